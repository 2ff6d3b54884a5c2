/** One return at the returns desk without screen or network: what came, and what becomes of it. */

import {sameItem} from "./scan_rules";

export const OUTCOMES = ["restock", "quarantine", "repair", "scrap", "vendor"];

export class ReturnMachine {
    constructor(task) {
        this.task = task;
        this.step = task.step;
        this.arrivals = task.arrivals;
        this.goods = task.goods;
        this.counts = []; // {product, lot, quantity}, in the order of scanning
        this.found = []; // {line, outcome, quantity, note}
        this.current = null; // {line, quantity}: goods in hand that have no outcome yet
    }

    // --- reading ---

    /** Units of a line that a reading means; 0 if it isn't that line's item. */
    units(line, reading) {
        for (const code of [reading.code, reading.item]) {
            const known = sameItem(code, line.codes);
            if (known !== null) {
                return line.codes[known] * (reading.quantity || 1);
            }
        }
        return line.tracking !== "none" && line.lots.includes(reading.code) ? 1 : 0;
    }

    lot(line, reading) {
        if (line.tracking === "none") {
            return "";
        }
        if (reading.lot) {
            return reading.lot;
        }
        if (line.lots.includes(reading.code)) {
            return reading.code;
        }
        return line.lots.length === 1 ? line.lots[0] : "";
    }

    scan(reading) {
        return this.step === "inspect" ? this.take(reading) : this.count(reading);
    }

    // --- receiving ---

    came(line) {
        return sum(this.counts.filter((entry) => entry.product === line.product));
    }

    get missing() {
        return this.arrivals.filter((line) => this.came(line) + line.step / 2 < line.quantity);
    }

    count(reading) {
        const line = this.arrivals.find((one) => this.units(one, reading) > 0);
        if (!line) {
            return this.answer("unknown", false);
        }
        const lot = this.lot(line, reading);
        if (line.tracking !== "none" && !lot) {
            return this.answer("no_lot", false, line);
        }
        if (lot && line.lots.length && !line.lots.includes(lot)) {
            return this.answer("wrong_lot", false, line);
        }
        const isTwice = this.counts.some(
            (entry) => entry.product === line.product && entry.lot === lot
        );
        if (line.tracking === "serial" && isTwice) {
            return this.answer("twice", false, line);
        }
        const units = this.units(line, reading);
        this.counts.push({product: line.product, lot, quantity: units});
        const isMore = this.came(line) > line.quantity + line.step / 2;
        return this.answer(isMore ? "more" : "came", !isMore, line);
    }

    /** Goods that nobody announced: counted beside the others, and inspected like them. */
    addWrong(item) {
        this.arrivals.push({...item, wrong: true});
    }

    /** Set by hand how many came of the last item scanned. */
    setCount(quantity) {
        const last = this.counts.at(-1);
        if (!last || !(quantity >= 0)) {
            return this.answer("nothing", false);
        }
        const line = this.arrivals.find((one) => one.product === last.product);
        if (line.tracking !== "none") {
            return this.answer("one_serial", false, line);
        }
        this.counts = this.counts.filter((entry) => entry.product !== last.product);
        if (quantity > 0) {
            this.counts.push({product: last.product, lot: "", quantity});
        }
        return this.answer("came", true, line);
    }

    /** All of a line came, counted by eye: for goods without a barcode. */
    countAll(line) {
        if (line.tracking !== "none") {
            return this.answer("no_lot", false, line);
        }
        const left = line.quantity - this.came(line);
        if (left > line.step / 2) {
            this.counts.push({product: line.product, lot: "", quantity: left});
        }
        return this.answer("came", true, line);
    }

    get arriveOperation() {
        const {model, id} = this.task;
        const whose = model === "sale.order" ? {order: id} : {back: id};
        return {kind: "arrive", contents: this.counts, ...whose};
    }

    // --- inspecting ---

    left(line) {
        const told = sum(this.found.filter((entry) => entry.line === line.id));
        const inHand = this.current?.line === line ? this.current.quantity : 0;
        const left = line.quantity - told - inHand;
        return left < line.step / 2 ? 0 : left;
    }

    get isInspected() {
        return !this.current && this.goods.every((line) => !this.left(line));
    }

    take(reading) {
        const mine = this.goods.filter((line) => this.units(line, reading) > 0);
        if (!mine.length) {
            return this.answer("wrong_item", false);
        }
        const line = mine.find((one) => this.left(one));
        return line ? this.hold(line, this.units(line, reading)) : this.answer("all", false);
    }

    /** Take some of a line in hand; what was in hand before without an outcome is put back. */
    hold(line, quantity = 1) {
        const before = this.current?.line === line ? this.current.quantity : 0;
        if (this.current?.line !== line) {
            this.current = null;
        }
        const more = Math.min(quantity, this.left(line));
        if (!more) {
            return this.answer("all", false, line);
        }
        this.current = {line, quantity: before + more, note: this.current?.note ?? ""};
        return this.answer("held", true, line);
    }

    setHeld(quantity) {
        const {line} = this.current ?? {};
        if (!line || !(quantity > 0)) {
            return this.answer("nothing", false);
        }
        const note = this.current.note;
        this.current = null;
        if (quantity > this.left(line) + line.step / 2) {
            this.current = {line, quantity: this.left(line), note};
            return this.answer("all", false, line);
        }
        this.current = {line, quantity, note};
        return this.answer("held", true, line);
    }

    decide(outcome) {
        if (!this.current) {
            return this.answer("take", false);
        }
        const {line, quantity, note} = this.current;
        this.found.push({line: line.id, outcome, quantity, note});
        this.current = null;
        return {...this.answer("decided", true, line), outcome, quantity};
    }

    restockAll() {
        this.current = null;
        for (const line of this.goods) {
            const quantity = this.left(line);
            if (quantity) {
                this.found.push({line: line.id, outcome: "restock", quantity, note: ""});
            }
        }
        return this.answer("restocked");
    }

    get inspectOperation() {
        return {kind: "inspect", back: this.task.id, contents: this.found};
    }

    // --- both ---

    undo() {
        if (this.step === "inspect" && this.current) {
            this.current = null;
            return this.answer("undone");
        }
        const list = this.step === "inspect" ? this.found : this.counts;
        return list.pop() ? this.answer("undone") : this.answer("nothing", false);
    }

    answer(reason, ok = true, line = null) {
        return {ok, reason, line};
    }
}

function sum(entries) {
    return entries.reduce((total, entry) => total + entry.quantity, 0);
}
