import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {Component, markup, onPatched, onWillStart, onMounted, useRef, useState} from "@odoo/owl";
import {isConnectionLost, owner, Reader, useScanner, useScanQueue} from "./scanner";
import {PickMachine} from "./pick_machine";
import {ScanFrame, ScanInput} from "./scan_frame";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

/** Picking a batch or a transfer by scanning. */
export class PickScreen extends Component {
    static template = "order_shipping.PickScreen";
    static components = {ScanFrame, ScanInput};
    static props = {model: String, id: Number, onLeave: Function, onPack: Function};

    setup() {
        this.orm = useService("orm");
        this.reader = new Reader(this.orm);
        this.map = useRef("map");
        this.scanner = useScanner({
            onCode: (code) => this.onCode(code),
            actions: () => this.actions,
        });
        const scope = {model: this.props.model, id: this.props.id};
        const {queue, state, flushLeftovers} = useScanQueue(scope, (...args) =>
            this.onAnswers(...args)
        );
        this.queue = queue;
        this.state = useState({connection: state, machine: null, problem: "", quantities: {}});
        onWillStart(async () => {
            await Promise.all([this.reader.load(), flushLeftovers()]);
            await this.load();
        });
        onMounted(() => this.markStop());
        onPatched(() => this.markStop());
    }

    get machine() {
        return this.state.machine;
    }

    /** Get the task; without a connection, the one kept from when it was last opened. */
    async load() {
        const {model, id} = this.props;
        const name = `order_shipping.task.${owner()}.${model}.${id}`;
        let task = null;
        try {
            task = await this.orm.call("picking.scan", "get_pick_task", [model, id]);
            browser.localStorage.setItem(name, JSON.stringify(task));
        } catch (error) {
            task = JSON.parse(browser.localStorage.getItem(name));
            if (!isConnectionLost(error) || !task) {
                this.state.problem = error.data?.message || error.message;
                return;
            }
            this.queue.failed(error);
        }
        this.state.machine = new PickMachine(task, (operation) => this.queue.add(operation));
        for (const line of this.machine.lines) {
            this.machine.replay(line, this.queue.waiting);
        }
        this.machine.apply([], this.queue.waiting);
        this.preload(task);
    }

    /** Have the pictures in the browser's cache before the connection goes. */
    preload(task) {
        for (const line of task.lines.filter((one) => one.image)) {
            new Image().src = this.imageUrl(line);
        }
    }

    imageUrl(line) {
        return `/web/image/product.product/${line.product}/image_256`;
    }

    get mapMarkup() {
        // Drawn by the server (engine/drawing.py), which escapes every name in it.
        return markup(this.machine.task.map);
    }

    /** Stand out the stop that is next, and fade those that are done. */
    markStop() {
        const open = new Set(this.machine?.openLines.map((line) => String(line.stop)));
        for (const node of this.map.el?.querySelectorAll("g") ?? []) {
            const label = node.querySelector("text")?.textContent.trim();
            if (/^\d+$/.test(label ?? "")) {
                node.classList.toggle(
                    "o_scan_stop_next",
                    label === String(this.machine.line?.stop)
                );
                node.classList.toggle("o_scan_stop_done", !open.has(label));
            }
        }
    }

    // --- what is shown ---

    get subtitle() {
        const {pickings} = this.machine.task;
        return pickings.length === 1 ? pickings[0].partner : _t("%s transfers", pickings.length);
    }

    get prompt() {
        const {machine} = this;
        const line = machine.line;
        switch (machine.step) {
            case "place":
                return _t("Go to %s and scan the place", line.place);
            case "item":
                return machine.armed
                    ? _t("Scan %(item)s: it counts for %(quantity)s", {
                          item: line.name,
                          quantity: machine.armed,
                      })
                    : _t("Scan %s", line.name);
            case "lot":
                return line.lot
                    ? _t("Scan the lot: %s", line.lot)
                    : _t("Scan the lot or serial number");
            case "tote":
                return line.tote
                    ? _t("Put %(quantity)s into tote %(tote)s and scan it", {
                          quantity: machine.pending.quantity,
                          tote: line.tote,
                      })
                    : _t("Scan an empty tote for %s", machine.picking.name);
            default:
                return _t("All done. Bring it to the packing table.");
        }
    }

    /** Why a scan was refused, in words that say what to do. */
    words(reason, line) {
        const words = {
            done: _t("That is picked already."),
            wrong_place: _t("Wrong place! Go to %s.", line?.place),
            wrong_item: _t("Wrong item! Take %s.", line?.name),
            no_lot: _t("Scan the lot or serial number of %s.", line?.name),
            wrong_lot: _t("Wrong lot! Take %s.", line?.lot),
            lot_not_free: _t("That lot is kept for another order. Take %s.", line?.lot),
            later_lot: _t("That lot expires later. Take %s first.", line?.lot),
            no_quantity: _t("Enter a quantity above 0."),
            one_serial: _t("Scan each serial number by itself."),
            too_much: _t("Too many! Only %s to take.", line && this.machine.left(line)),
            no_tote: _t("Scan the tote."),
            wrong_tote: line?.tote
                ? _t("Wrong tote! Use %s.", line.tote)
                : _t("That is no empty tote."),
        };
        return words[reason] ?? reason;
    }

    get shortReasons() {
        return [
            ["missing", _t("It isn't there")],
            ["damaged", _t("It is damaged")],
            ["other_item", _t("Another item is there")],
            ["blocked", _t("I can't get at it")],
        ];
    }

    get actions() {
        const {machine, scanner} = this;
        if (!machine) {
            return [];
        }
        const isEnd = machine.step === "end";
        const list = [
            {
                key: "T",
                label: _t("Type"),
                icon: "fa-keyboard-o",
                run: () => scanner.open("code"),
                help: _t("a barcode"),
            },
            {
                key: "Q",
                label: _t("Quantity"),
                icon: "fa-hashtag",
                disabled: machine.step !== "item",
                run: () => scanner.open("quantity"),
                help: _t("the next scan counts for so many"),
            },
            {
                key: "H",
                label: _t("By hand"),
                icon: "fa-hand-paper-o",
                disabled: isEnd,
                run: () => this.act(() => machine.byHand()),
                help: _t("confirm without a barcode; it is noted"),
            },
            {
                key: "S",
                label: _t("Short"),
                icon: "fa-ban",
                disabled: isEnd,
                run: () => scanner.open("short"),
                help: _t("not enough there: the place is counted, the rest looked for elsewhere"),
            },
            {
                key: "U",
                label: _t("Undo"),
                icon: "fa-undo",
                disabled: !machine.undoable,
                run: () => this.undo(),
                help: _t("take back the last pick"),
            },
            {
                key: "N",
                label: _t("Skip"),
                icon: "fa-step-forward",
                disabled: isEnd,
                run: () => this.act(() => machine.skip()),
                help: _t("come back to this line later"),
            },
            {
                key: "L",
                label: _t("List"),
                icon: "fa-list",
                run: () => scanner.open("list"),
                help: _t("all lines and the map"),
            },
        ];
        if (isEnd && machine.task.pickings.some((picking) => picking.outgoing)) {
            list.push({
                key: "P",
                label: _t("Pack"),
                icon: "fa-archive",
                primary: true,
                disabled: Boolean(this.state.connection.waiting),
                run: () => this.pack(),
                help: _t("pack what was picked"),
            });
        } else if (scanner.camera) {
            list.push({
                key: "C",
                label: _t("Camera"),
                icon: "fa-camera",
                run: () => scanner.useCamera(this.env),
            });
        }
        return list;
    }

    get nextLines() {
        return this.machine.openLines.filter((line) => line.id !== this.machine.lineId).slice(0, 6);
    }

    toteOf(line) {
        const picking = this.machine.task.pickings.find((one) => one.id === line.picking);
        return line.tote || picking?.name;
    }

    format(number) {
        return new Intl.NumberFormat(user.lang.replace("_", "-"), {
            maximumFractionDigits: 3,
        }).format(number);
    }

    // --- what the picker does ---

    onCode(code) {
        if (!this.machine) {
            return;
        }
        this.act(() => this.machine.scan(this.reader.read(code)));
    }

    /** Do one step of the machine, and say how it went. */
    act(step) {
        const before = this.machine.line;
        const {ok, reason, done} = step();
        if (!ok) {
            this.scanner.say("refused", this.words(reason, before));
        } else if (this.machine.step === "end") {
            this.scanner.say("end", _t("Last line picked."));
        } else if (done) {
            this.scanner.say("done", _t("%s: complete.", before.name));
        } else {
            this.scanner.say("ok", "");
        }
    }

    arm(quantity) {
        this.scanner.close();
        this.act(() => this.machine.arm(quantity));
    }

    short(reason) {
        this.scanner.close();
        this.act(() => this.machine.short(reason));
    }

    undo() {
        this.act(() => this.machine.undo());
        this.scanner.say("ok", _t("Undone: put it back."));
    }

    onAnswers(answers, done, waiting) {
        if (!this.machine) {
            return;
        }
        const kinds = Object.fromEntries(done.map((operation) => [operation.key, operation.kind]));
        this.machine.apply(answers, waiting);
        for (const answer of answers.filter((one) => kinds[one.key] !== "refused")) {
            if (!answer.accepted) {
                this.scanner.say("refused", answer.message);
            } else if (answer.message) {
                this.scanner.say("ok", answer.message);
            }
        }
    }

    pack() {
        const picking = this.machine.task.pickings.find((one) => one.outgoing);
        const single = this.machine.task.pickings.length === 1;
        this.props.onPack(single ? picking.id : null);
    }
}
