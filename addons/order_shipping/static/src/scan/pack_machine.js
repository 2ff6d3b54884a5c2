/** Packing one transfer without screen or network: what is left, what is in the open box. */

import {lotOf, sameItem} from "./scan_rules";

export class PackMachine {
    constructor(task) {
        this.task = task;
        this.lines = task.lines;
        this.boxes = task.boxes;
        this.suggestion = task.suggestion;
        this.contents = [];
        this.type = this.suggestion[0]?.type ?? task.types[0]?.id ?? null;
    }

    get boxType() {
        return this.task.types.find((type) => type.id === this.type);
    }

    inBox(line) {
        return this.contents
            .filter((entry) => entry.line === line.id)
            .reduce((sum, entry) => sum + entry.quantity, 0);
    }

    left(line) {
        const left = line.quantity - this.inBox(line);
        return left < line.step / 2 ? 0 : left;
    }

    get step() {
        if (this.lines.some((line) => this.left(line))) {
            return "item";
        }
        return this.contents.length ? "close" : "end";
    }

    /** What the open box should weigh; 0 where a product's weight isn't known. */
    get expectedWeight() {
        const lines = Object.fromEntries(this.lines.map((line) => [line.id, line]));
        if (this.contents.some((entry) => !lines[entry.line].weight)) {
            return 0;
        }
        const goods = this.contents.map((entry) => lines[entry.line].weight * entry.quantity);
        return goods.reduce((sum, weight) => sum + weight, this.boxType?.tare ?? 0);
    }

    /** Units of a line that a reading means; 0 if it isn't that line's item. */
    units(line, reading) {
        for (const code of [reading.code, reading.item]) {
            const known = sameItem(code, line.codes);
            if (known !== null) {
                return line.codes[known] * (reading.quantity || 1);
            }
        }
        return line.lot && line.tracking !== "none" && reading.code === line.lot ? 1 : 0;
    }

    scan(reading) {
        const type = this.task.types.find((one) => one.code && one.code === reading.code);
        if (type) {
            this.type = type.id;
            return this.answer("box_type");
        }
        const mine = this.lines.filter((line) => this.units(line, reading) > 0);
        if (!mine.length) {
            return this.answer("wrong_item", false);
        }
        const lot = lotOf(mine[0], reading);
        const exact = lot ? mine.filter((line) => line.lot === lot) : mine;
        const lots = new Set(exact.map((line) => line.lot));
        if (!exact.length) {
            return this.answer("wrong_lot", false);
        }
        if (lots.size > 1) {
            return this.answer("no_lot", false);
        }
        const open = exact.filter((line) => this.left(line));
        const units = this.units(exact[0], reading);
        const line = open.find((one) => this.left(one) + one.step / 2 > units);
        return line ? this.put(line, units) : this.answer("too_much", false);
    }

    put(line, quantity) {
        this.contents.push({line: line.id, quantity});
        return {...this.answer(""), line};
    }

    /** Put all that is left into the box, counted by eye: for goods without a barcode. */
    putAll(line) {
        return this.put(line, this.left(line));
    }

    takeOut() {
        return this.contents.pop() ? this.answer("taken_out") : this.answer("empty", false);
    }

    answer(reason, ok = true) {
        return {ok, reason};
    }

    get operation() {
        return {kind: "box", picking: this.task.id, type: this.type, contents: this.contents};
    }

    /** The server has closed the box: take it off what is left. */
    closed(box) {
        for (const line of this.lines) {
            line.quantity -= this.inBox(line);
        }
        this.lines = this.lines.filter((line) => line.quantity >= line.step / 2);
        this.contents = [];
        this.boxes.push(box);
        this.suggestion = this.suggestion.slice(1);
        this.type = this.suggestion[0]?.type ?? this.type;
    }
}
