/**
 * The picker's walk as a state machine without screen or network: what to scan next, what a scan
 * means, and the operation it makes. Decides by scan_rules.js; the server judges the same again.
 */

import {isPlace, judge, lotOf, read, unitsOf} from "./scan_rules";

export const SHORT_REASONS = ["missing", "damaged", "other_item", "blocked"];

export class PickMachine {
    /**
     * @param {Object} task as picking.scan.get_pick_task gives it
     * @param {(operation: Object) => Object} record keeps an operation; returns it with its key
     */
    constructor(task, record) {
        this.task = task;
        this.lines = task.lines.map((line) => ({...line, closed: false}));
        this.totes = [...task.totes];
        this.record = record;
        this.place = null;
        this.pending = null;
        this.armed = 0;
        this.history = [];
        this.lineId = this.nextOpen()?.id ?? null;
    }

    // --- what to do next ---

    left(line) {
        return Math.max(line.quantity - line.scanned, 0);
    }

    isOpen(line) {
        return !line.closed && this.left(line) >= line.step / 2;
    }

    get line() {
        return this.lines.find((line) => line.id === this.lineId) ?? null;
    }

    get picking() {
        return this.task.pickings.find((picking) => picking.id === this.line?.picking);
    }

    get openLines() {
        return this.lines.filter((line) => this.isOpen(line));
    }

    get isHere() {
        return !this.line.confirm_place || this.place?.location === this.line.location;
    }

    /** What must be scanned next: place, item, lot, tote; "end" when nothing is left. */
    get step() {
        if (!this.line) {
            return "end";
        }
        if (!this.isHere) {
            return "place";
        }
        return this.pending ? this.pending.wants : "item";
    }

    /** The open line after the current one, around the end; at the same place first. */
    nextOpen() {
        const rank = this.lines.findIndex((line) => line.id === this.lineId);
        const after = [...this.lines.slice(rank + 1), ...this.lines.slice(0, rank + 1)];
        const open = after.filter((line) => this.isOpen(line));
        return open.find((line) => line.location === this.place?.location) ?? open[0];
    }

    select(line) {
        this.lineId = line?.id ?? null;
        this.pending = null;
        this.armed = 0;
    }

    // --- scans ---

    /**
     * Take one barcode.
     *
     * @returns {{ok: boolean, reason: string, done: boolean}} done: the line is complete
     */
    scan(reading) {
        const handler = {
            place: this.scanPlace,
            item: this.scanItem,
            lot: this.scanLot,
            tote: this.scanTote,
        };
        return this.step === "end"
            ? this.refuse("done", reading)
            : handler[this.step].call(this, reading);
    }

    /** Confirm what is asked for without a readable barcode; the operation says so. */
    byHand() {
        const step = this.step;
        if (step === "place") {
            this.place = {location: this.line.location, reading: null, byHand: true};
            return this.accept();
        }
        if (step === "item") {
            this.begin(this.line, null, this.armed || 1);
            this.pending.by_hand.push("item");
            return this.advance();
        }
        if (step === "lot" && !this.line.lot) {
            return this.refuse("no_lot");
        }
        if (step === "tote" && !this.line.tote) {
            return this.refuse("no_tote");
        }
        if (step === "end") {
            return this.refuse("done");
        }
        this.pending.by_hand.push(step);
        return this.advance();
    }

    scanPlace(reading) {
        if (!isPlace(this.line, reading)) {
            return this.refuse("wrong_place", reading);
        }
        this.place = {location: this.line.location, reading, byHand: false};
        return this.accept();
    }

    scanItem(reading) {
        const line = this.findLine(reading);
        if (!line) {
            const again = this.line.confirm_place && isPlace(this.line, reading);
            return again ? this.accept() : this.refuse("wrong_item", reading);
        }
        const isPackage = [reading.code, reading.package].includes(line.package) && line.package;
        const units = unitsOf(line, reading);
        const armed = this.armed;
        this.lineId = line.id;
        this.begin(line, reading, isPackage ? units : units * (armed || 1));
        return this.advance();
    }

    scanLot(reading) {
        const product = this.line.product;
        const same = this.here().find(
            (line) => line.product === product && line.lot === lotOf(line, reading)
        );
        if (same) {
            this.lineId = same.id;
        }
        this.pending.lot = reading;
        return this.advance();
    }

    scanTote(reading) {
        const known = [this.line.tote, ...this.totes];
        const units = unitsOf(this.line, reading);
        if (units && !known.includes(reading.code) && this.line.tracking === "none") {
            const quantity = this.pending.quantity + units;
            if (quantity > this.left(this.line) + this.line.step / 2) {
                return this.refuse("too_much", reading);
            }
            this.pending.quantity = quantity;
            return this.accept();
        }
        this.pending.tote = reading;
        return this.advance();
    }

    /** Open lines at the place where the picker stands, the one asked for first. */
    here() {
        const others = this.openLines.filter(
            (line) => line.id !== this.lineId && line.location === this.line.location
        );
        return [this.line, ...others];
    }

    /** The line that a scanned item is for; one with the very lot that was scanned, if any has. */
    findLine(reading) {
        const fitting = this.here().filter((line) => unitsOf(line, reading) > 0);
        const exact = fitting.find((line) => line.lot && line.lot === lotOf(line, reading));
        return exact ?? fitting[0];
    }

    begin(line, reading, quantity) {
        this.pending = {item: reading, lot: null, tote: null, quantity, by_hand: [], wants: "item"};
        if (this.place?.byHand && line.confirm_place) {
            this.pending.by_hand.push("place");
        }
        this.armed = 0;
    }

    /** Ask for what is still missing, or do it. */
    advance() {
        const {line, pending} = this;
        const attempt = {...pending, place: this.place?.reading ?? null};
        const facts = {...line, totes: this.totes};
        const verdict = judge(facts, attempt);
        if (verdict.reason === "no_lot" && pending.wants !== "lot") {
            pending.wants = "lot";
            return this.accept();
        }
        if (verdict.reason === "no_tote" && pending.wants !== "tote") {
            pending.wants = "tote";
            return this.accept();
        }
        if (verdict.reason) {
            return this.refuse(verdict.reason, pending.tote || pending.lot || pending.item);
        }
        return this.commit(attempt, verdict);
    }

    commit(attempt, verdict) {
        const line = this.line;
        const code = (reading) => reading?.code ?? "";
        const isSwap = verdict.lot !== line.lot;
        const tote = line.needs_tote && !line.tote ? attempt.tote.package || attempt.tote.code : "";
        const operation = this.record({
            kind: "pick",
            line: line.id,
            quantity: verdict.quantity,
            place: code(attempt.place),
            item: code(attempt.item),
            lot: code(attempt.lot),
            tote: code(attempt.tote),
            by_hand: attempt.by_hand,
        });
        this.history.push({key: operation.key, line: line.id, quantity: verdict.quantity, isSwap});
        if (isSwap && verdict.quantity + line.step / 2 < line.quantity) {
            line.quantity -= verdict.quantity; // the server answers with a line of its own
        } else {
            line.lot = verdict.lot;
            this.count(line, verdict.quantity);
        }
        if (tote) {
            this.assignTote(line.picking, tote);
        }
        this.pending = null;
        this.armed = 0;
        const done = !this.isOpen(line);
        if (done) {
            this.select(this.nextOpen());
        }
        return {...this.accept(), done};
    }

    count(line, quantity) {
        const digits = Math.round(-Math.log10(line.step || 0.01));
        line.scanned = Math.max(Number((line.scanned + quantity).toFixed(digits)), 0);
    }

    assignTote(pickingId, tote) {
        const single = this.task.pickings.length === 1;
        for (const line of this.lines.filter((other) => other.picking === pickingId)) {
            line.tote = tote;
            line.needs_tote = line.needs_tote && !single;
        }
        const picking = this.task.pickings.find((other) => other.id === pickingId);
        picking.tote = tote;
        this.totes = this.totes.filter((other) => other !== tote);
    }

    accept() {
        return {ok: true, reason: "", done: false};
    }

    /** Refuse, and go back to where it was asked for. */
    refuse(reason, reading = null) {
        const line = this.line;
        if (["wrong_lot", "lot_not_free", "later_lot", "no_lot"].includes(reason) && this.pending) {
            Object.assign(this.pending, {lot: null, wants: "lot"});
        } else if (["wrong_tote", "no_tote"].includes(reason) && this.pending) {
            Object.assign(this.pending, {tote: null, wants: "tote"});
        } else if (!(reason === "too_much" && this.pending?.wants === "tote")) {
            this.pending = null;
            this.armed = 0;
        }
        if (line) {
            this.record({kind: "refused", line: line.id, reason, code: reading?.code ?? ""});
        }
        return {ok: false, reason, done: false};
    }

    // --- other things a picker does ---

    /** Let the next scan count for so many. */
    arm(quantity) {
        if (!(quantity > 0)) {
            return this.refuse("no_quantity");
        }
        if (this.line && quantity > this.left(this.line) + this.line.step / 2) {
            return this.refuse("too_much");
        }
        this.armed = quantity;
        return this.accept();
    }

    short(reason) {
        const line = this.line;
        if (!line) {
            return this.refuse("done");
        }
        this.record({kind: "short", line: line.id, reason});
        line.closed = true;
        this.select(this.nextOpen());
        return this.accept();
    }

    skip() {
        this.select(this.nextOpen() ?? this.line);
        return this.accept();
    }

    get undoable() {
        return this.history.findLast((entry) => !entry.isUndone && !entry.isSwap);
    }

    undo() {
        const entry = this.undoable;
        const line = this.lines.find((other) => other.id === entry?.line);
        if (!line) {
            return this.refuse("done");
        }
        entry.isUndone = true;
        this.record({kind: "undo", line: line.id, undo: entry.key});
        this.count(line, -entry.quantity);
        this.select(line);
        return this.accept();
    }

    // --- what the server says ---

    /**
     * Take over the server's answers.
     *
     * @param {Object[]} answers
     * @param {Object[]} waiting operations it hasn't seen yet, whose effect is kept
     */
    apply(answers, waiting) {
        for (const answer of answers) {
            this.lines = this.lines.filter((line) => !answer.removed.includes(line.id));
            for (const facts of answer.lines) {
                const line = this.lines.find((other) => other.id === facts.id);
                if (line) {
                    Object.assign(line, facts, {scanned: facts.scanned});
                    this.replay(line, waiting);
                    line.closed = waiting.some((op) => op.kind === "short" && op.line === line.id);
                } else if (facts.product) {
                    this.lines.push({...facts, closed: false});
                }
            }
            if (!answer.accepted) {
                const entry = this.history.find((other) => other.key === answer.key);
                this.history = this.history.filter((other) => other !== entry);
            }
        }
        if (!this.line || (!this.isOpen(this.line) && !this.pending)) {
            this.select(this.nextOpen());
        }
    }

    /** Do again on the screen what was scanned and not yet answered. */
    replay(line, waiting) {
        const quantities = Object.fromEntries(this.history.map((one) => [one.key, one.quantity]));
        for (const op of waiting.filter((other) => other.line === line.id)) {
            if (op.kind === "pick") {
                this.count(line, op.quantity);
            } else if (op.kind === "undo") {
                this.count(line, -(quantities[op.undo] ?? 0));
            } else if (op.kind === "short") {
                line.closed = true;
            }
        }
    }

    get progress() {
        const done = this.lines.filter((line) => !this.isOpen(line)).length;
        return {done, all: this.lines.length};
    }
}

export {read};
