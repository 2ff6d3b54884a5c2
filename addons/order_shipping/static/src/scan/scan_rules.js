/**
 * Whether what a picker scanned is what a line asks for: the rules of engine/scanning.py, so that
 * the screen can decide while it has no connection. tests/data/scanning_cases.json is run on both.
 */

const GS1_PARTS = {
    product: "item",
    lot: "lot",
    package: "package",
    location: "place",
    quantity: "quantity",
};
/** Application identifiers of counts: variable count, and count of items contained. */
const GS1_COUNTS = ["30", "37"];

/** What one barcode says: as it is, and what a GS1 barcode holds besides. */
export function read(code, parts = []) {
    const reading = {
        code: (code || "").trim(),
        item: "",
        lot: "",
        package: "",
        place: "",
        quantity: 0,
    };
    for (const part of parts) {
        const name = GS1_PARTS[part.type];
        // Of quantities only counts of items: a net weight (310n …) isn't how many there are.
        if (name && (name !== "quantity" || GS1_COUNTS.includes(part.ai))) {
            reading[name] = part.value;
        }
    }
    return reading;
}

/** The known barcode that `code` is: itself, or the same GTIN with other leading zeros. */
export function sameItem(code, known) {
    if (!code) {
        return null;
    }
    if (code in known) {
        return code;
    }
    const bare = (text) => text.replace(/^0+/, "");
    if (/^\d{8,}$/.test(code)) {
        const same = Object.keys(known).find(
            (one) => /^\d+$/.test(one) && bare(one) === bare(code)
        );
        return same ?? null;
    }
    return null;
}

/** How many of the line's units one scan means: a package all that is left, a packaging its content. */
export function unitsOf(line, reading) {
    if (line.package && [reading.code, reading.package].includes(line.package)) {
        return line.quantity - line.scanned;
    }
    for (const code of [reading.code, reading.item]) {
        const known = sameItem(code, line.codes);
        if (known !== null) {
            return line.codes[known] * (reading.quantity || 1);
        }
    }
    if (line.tracking !== "none" && reading.code) {
        if (reading.code === line.lot || reading.code in line.lots) {
            return 1;
        }
    }
    return 0;
}

/** The lot or serial number that a scan names, empty if none. */
export function lotOf(line, reading) {
    if (line.tracking === "none") {
        return "";
    }
    if (reading.lot) {
        return reading.lot;
    }
    return sameItem(reading.code, line.codes) === null ? reading.code : "";
}

export function isPlace(line, place, byHand = []) {
    if (!line.confirm_place || byHand.includes("place")) {
        return true;
    }
    return Boolean(place) && [place.code, place.place].some((code) => line.places.includes(code));
}

function judgeLot(line, attempt) {
    if (line.tracking === "none") {
        return ["", ""];
    }
    if (attempt.by_hand.includes("lot")) {
        return line.lot ? ["", line.lot] : ["no_lot", ""];
    }
    let lot = attempt.lot && lotOf(line, attempt.lot);
    lot = lot || (attempt.item && lotOf(line, attempt.item));
    const isPackage = Boolean(line.package) && attempt.item !== null;
    if (!lot && isPackage && unitsOf(line, attempt.item)) {
        lot = line.lot;
    }
    if (!lot || (isPackage && lot === line.package)) {
        return isPackage && line.lot ? ["", line.lot] : ["no_lot", ""];
    }
    if (lot === line.lot) {
        return ["", lot];
    }
    const other = line.lots[lot];
    if (!other) {
        return ["wrong_lot", ""];
    }
    if (other.free < line.step / 2) {
        return ["lot_not_free", ""];
    }
    if (line.expiry && (!other.expiry || other.expiry > line.expiry)) {
        return ["later_lot", ""];
    }
    return ["", lot];
}

function judgeTote(line, tote, byHand) {
    if (!line.needs_tote || (byHand.includes("tote") && line.tote)) {
        return "";
    }
    const code = tote && (tote.package || tote.code);
    if (!code) {
        return "no_tote";
    }
    if (line.tote) {
        return code === line.tote ? "" : "wrong_tote";
    }
    return line.totes.includes(code) ? "" : "wrong_tote";
}

/**
 * Say whether an attempt is right for a line; see judge() of engine/scanning.py.
 *
 * @returns {{reason: string, quantity: number, lot: string}} reason is empty where it is right
 */
export function judge(line, attempt) {
    const refused = (reason) => ({reason, quantity: 0, lot: ""});
    const left = line.quantity - line.scanned;
    if (left < line.step / 2) {
        return refused("done");
    }
    if (!isPlace(line, attempt.place, attempt.by_hand)) {
        return refused("wrong_place");
    }
    const isItem = attempt.item && unitsOf(line, attempt.item) > 0;
    if (!attempt.by_hand.includes("item") && !isItem) {
        return refused("wrong_item");
    }
    const [lotReason, lot] = judgeLot(line, attempt);
    if (lotReason) {
        return refused(lotReason);
    }
    if (!(attempt.quantity > 0)) {
        return refused("no_quantity");
    }
    if (line.tracking === "serial" && attempt.quantity !== 1) {
        return refused("one_serial");
    }
    if (attempt.quantity > left + line.step / 2) {
        return refused("too_much");
    }
    if (lot !== line.lot && line.lots[lot].free + line.step / 2 < attempt.quantity) {
        return refused("lot_not_free");
    }
    const toteReason = judgeTote(line, attempt.tote, attempt.by_hand);
    return toteReason ? refused(toteReason) : {reason: "", quantity: attempt.quantity, lot};
}
