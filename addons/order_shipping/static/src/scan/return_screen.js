import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {Component, onWillStart, useState} from "@odoo/owl";
import {isConnectionLost, Reader, useScanner, useScanQueue} from "./scanner";
import {OUTCOMES, ReturnMachine} from "./return_machine";
import {ScanFrame, ScanInput} from "./scan_frame";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

const ICONS = {
    restock: "fa-cubes",
    quarantine: "fa-ban",
    repair: "fa-wrench",
    scrap: "fa-trash",
    vendor: "fa-reply",
};

/** Receiving and inspecting one return, by scanning. */
export class ReturnScreen extends Component {
    static template = "order_shipping.ReturnScreen";
    static components = {ScanFrame, ScanInput};
    static props = {model: String, id: Number, onLeave: Function, onOpen: Function};

    setup() {
        this.orm = useService("orm");
        this.reader = new Reader(this.orm);
        this.scanner = useScanner({
            onCode: (code) => this.onCode(code),
            actions: () => this.actions,
        });
        const {queue, state, flushLeftovers} = useScanQueue(
            {model: this.props.model, id: this.props.id},
            (...args) => this.onAnswers(...args)
        );
        this.queue = queue;
        this.state = useState({connection: state, machine: null, problem: ""});
        onWillStart(async () => {
            await Promise.all([this.reader.load(), flushLeftovers()]);
            await this.load();
        });
    }

    get machine() {
        return this.state.machine;
    }

    get storageName() {
        return `order_shipping.return.${this.props.model}.${this.props.id}`;
    }

    async load() {
        try {
            const {model, id} = this.props;
            const task = await this.orm.call("picking.scan", "get_return_task", [model, id]);
            this.state.machine = new ReturnMachine(task);
            this.restore();
        } catch (error) {
            this.state.problem = error.data?.message || error.message;
        }
    }

    /** What was scanned survives a reload. */
    keep() {
        const {step, counts, found, arrivals} = this.machine;
        const wrong = arrivals.filter((line) => line.wrong);
        browser.localStorage.setItem(
            this.storageName,
            JSON.stringify({step, counts, found, wrong})
        );
    }

    forget() {
        browser.localStorage.removeItem(this.storageName);
    }

    restore() {
        const {machine} = this;
        const kept = JSON.parse(browser.localStorage.getItem(this.storageName));
        if (kept?.step !== machine.step) {
            return;
        }
        machine.arrivals.push(...kept.wrong);
        const products = machine.arrivals.map((line) => line.product);
        machine.counts = kept.counts.filter((entry) => products.includes(entry.product));
        for (const entry of kept.found) {
            const line = machine.goods.find((one) => one.id === entry.line);
            if (line && machine.left(line) + line.step / 2 > entry.quantity) {
                machine.found.push(entry);
            }
        }
    }

    // --- what is shown ---

    get lines() {
        const {machine} = this;
        return machine.step === "inspect" ? machine.goods : machine.arrivals;
    }

    isDone(line) {
        const {machine} = this;
        return machine.step === "inspect"
            ? !machine.left(line) && machine.current?.line !== line
            : machine.came(line) + line.step / 2 > line.quantity;
    }

    get progress() {
        return {
            done: this.lines.filter((line) => this.isDone(line)).length,
            all: this.lines.length,
        };
    }

    get prompt() {
        const {machine} = this;
        if (machine.step === "receive") {
            if (!machine.counts.length) {
                return _t("Scan what is in the parcel");
            }
            return machine.missing.length
                ? _t("Scan the next item, or D when the parcel is empty")
                : _t("All is here: press D");
        }
        if (machine.step === "inspect") {
            if (machine.current) {
                return _t("What becomes of it? Press 1 to 5");
            }
            return machine.isInspected
                ? _t("All is inspected: press D")
                : _t("Take an item, look at it and scan it");
        }
        return _t("Done: the office does the rest");
    }

    words(reason, line) {
        const names = {name: line?.name};
        const words = {
            unknown: _t("Nobody knows this barcode: put it aside."),
            wrong_item: _t("This isn't in the return."),
            wrong: _t("Wrong item! %(name)s wasn't announced. It is put down.", names),
            no_lot: _t("Scan the lot or serial number of %(name)s.", names),
            wrong_lot: _t("This lot wasn't sent with this order: put it aside.", names),
            twice: _t("This serial number was scanned already."),
            one_serial: _t("Scan each serial number by itself."),
            more: _t("More of %(name)s than announced: count again.", names),
            came: _t("%(name)s is here.", names),
            all: _t("All of these have an outcome."),
            take: _t("Scan an item first."),
            nothing: _t("There is nothing to change."),
            undone: _t("Taken back."),
            restocked: _t("All the rest goes back to stock."),
            held: _t("%(name)s: what becomes of it?", names),
        };
        return words[reason] ?? reason;
    }

    get outcomes() {
        const labels = {
            restock: _t("Back to stock"),
            quarantine: _t("Quarantine"),
            repair: _t("Repair"),
            scrap: _t("Scrap"),
            vendor: _t("To the vendor"),
        };
        return OUTCOMES.map((name, index) => ({
            name,
            key: String(index + 1),
            label: labels[name],
            icon: ICONS[name],
        }));
    }

    outcomeLabel(name) {
        return this.outcomes.find((one) => one.name === name).label;
    }

    /** What was decided of a line, in a few words. */
    told(line) {
        return this.machine.found
            .filter((entry) => entry.line === line.id)
            .map((entry) => `${this.format(entry.quantity)} ${this.outcomeLabel(entry.outcome)}`)
            .join(", ");
    }

    get actions() {
        const {machine, scanner, state} = this;
        if (!machine || machine.step === "end") {
            return [];
        }
        const isInspecting = machine.step === "inspect";
        const isBusy = Boolean(state.connection.waiting);
        const ready = isInspecting ? machine.isInspected : machine.counts.length > 0;
        return [
            {
                key: "T",
                label: _t("Type"),
                icon: "fa-keyboard-o",
                run: () => scanner.open("code"),
                help: _t("a barcode"),
            },
            {
                key: "N",
                label: _t("Number"),
                icon: "fa-calculator",
                disabled: isInspecting ? !machine.current : !machine.counts.length,
                run: () => scanner.open("number"),
                help: _t("how many of the item scanned last"),
            },
            {
                key: "U",
                label: _t("Take back"),
                icon: "fa-undo",
                disabled: isBusy,
                run: () => this.act(() => machine.undo()),
                help: _t("the last scan"),
            },
            ...(isInspecting
                ? [
                      {
                          key: "M",
                          label: _t("Remark"),
                          icon: "fa-pencil",
                          disabled: !machine.current,
                          run: () => scanner.open("note"),
                          help: _t("what is wrong with the item in hand"),
                      },
                      {
                          key: "A",
                          label: _t("All fine"),
                          icon: "fa-cubes",
                          disabled: machine.isInspected || isBusy,
                          run: () => this.act(() => machine.restockAll()),
                          help: _t("all the rest goes back to stock"),
                      },
                  ]
                : []),
            ...(isInspecting && machine.arrivals.length
                ? [
                      {
                          key: "R",
                          label: _t("Receive"),
                          icon: "fa-download",
                          disabled: machine.found.length > 0 || isBusy,
                          run: () => this.change("receive"),
                          help: _t("more that has come"),
                      },
                  ]
                : []),
            ...(scanner.camera
                ? [
                      {
                          key: "C",
                          label: _t("Camera"),
                          icon: "fa-camera",
                          run: () => scanner.useCamera(this.env),
                      },
                  ]
                : []),
            {
                key: "D",
                label: _t("Done"),
                icon: "fa-check",
                primary: ready && !(machine.step === "receive" && machine.missing.length),
                disabled: !ready || isBusy,
                run: () => this.finish(),
                help: isInspecting ? _t("move the goods") : _t("book what has come"),
            },
            ...(isInspecting ? this.outcomeActions : []),
        ];
    }

    /** Keys only: on the screen they are the big buttons of the item in hand. */
    get outcomeActions() {
        return this.outcomes.map((outcome) => ({
            ...outcome,
            disabled: !this.machine.current,
            hidden: true,
            run: () => this.decide(outcome.name),
        }));
    }

    get footActions() {
        return this.actions.filter((action) => !action.hidden);
    }

    imageUrl(line) {
        return `/web/image/product.product/${line.product}/image_128`;
    }

    format(number) {
        return new Intl.NumberFormat(user.lang.replace("_", "-"), {
            maximumFractionDigits: 3,
        }).format(number);
    }

    // --- what is done at the desk ---

    async onCode(code) {
        const {machine} = this;
        if (!machine || machine.step === "end" || this.state.connection.waiting) {
            return;
        }
        const reading = this.reader.read(code);
        const {ok, reason, line} = machine.scan(reading);
        if (reason === "unknown") {
            await this.scanUnannounced(code, reading);
            return;
        }
        this.tell(ok, reason, line);
    }

    async scanUnannounced(code, reading) {
        try {
            const item = await this.orm.silent.call("picking.scan", "find_item", [
                reading.item || code,
            ]);
            if (item) {
                this.machine.addWrong(item);
                const {ok, reason, line} = this.machine.scan(reading);
                this.tell(false, ok || reason === "more" ? "wrong" : reason, line);
            } else {
                this.tell(false, "unknown");
            }
        } catch (error) {
            const text = isConnectionLost(error)
                ? _t("It isn't announced, and without a connection it can't be looked up.")
                : error.data?.message || error.message;
            this.scanner.say("refused", text);
        }
    }

    tell(ok, reason, line) {
        this.scanner.say(ok ? "ok" : "refused", this.words(reason, line));
        this.keep();
    }

    act(step) {
        const {ok, reason, line} = step();
        this.tell(ok, reason, line);
    }

    /** Tapped: for goods without a barcode. */
    tap(line) {
        const {machine} = this;
        this.act(() => (machine.step === "inspect" ? machine.hold(line) : machine.countAll(line)));
    }

    setNumber(quantity) {
        const {machine} = this;
        this.scanner.close();
        this.act(() =>
            machine.step === "inspect" ? machine.setHeld(quantity) : machine.setCount(quantity)
        );
    }

    setNote(note) {
        this.machine.current.note = note;
        this.scanner.close();
    }

    decide(outcome) {
        const {ok, reason, line, quantity} = this.machine.decide(outcome);
        const label = this.outcomeLabel(outcome);
        const text = ok ? `${this.format(quantity)} × ${line.name}: ${label}` : this.words(reason);
        this.scanner.say(ok ? "ok" : "refused", text);
        this.keep();
    }

    change(step) {
        this.machine.step = step;
        this.keep();
    }

    finish() {
        const {machine} = this;
        if (machine.step === "inspect") {
            this.queue.add(machine.inspectOperation);
        } else if (machine.missing.length && machine.task.model !== "sale.order") {
            this.scanner.open("missing");
        } else {
            this.arrive("never");
        }
    }

    arrive(rest) {
        this.scanner.close();
        this.queue.add({...this.machine.arriveOperation, rest});
    }

    async onAnswers(answers) {
        for (const answer of answers) {
            this.scanner.say(answer.accepted ? "done" : "refused", answer.message);
            if (!answer.accepted) {
                continue;
            }
            this.forget();
            if (this.props.model === "sale.order") {
                this.props.onOpen("return", "shipping.return", answer.back);
                return;
            }
            await this.load();
            if (this.machine?.step === "end") {
                this.props.onLeave(answer.message);
                return;
            }
        }
    }
}
