import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {Component, onWillStart, useState} from "@odoo/owl";
import {Reader, useScanner, useScanQueue} from "./scanner";
import {ScanFrame, ScanInput} from "./scan_frame";
import {PackMachine} from "./pack_machine";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

/** Packing a picked transfer into boxes, by scanning. */
export class PackScreen extends Component {
    static template = "order_shipping.PackScreen";
    static components = {ScanFrame, ScanInput};
    static props = {id: Number, onLeave: Function};

    setup() {
        this.orm = useService("orm");
        this.reader = new Reader(this.orm);
        this.scanner = useScanner({
            onCode: (code) => this.onCode(code),
            actions: () => this.actions,
        });
        const scope = {model: "stock.picking", id: this.props.id};
        const {queue, state, flushLeftovers} = useScanQueue(scope, (...args) =>
            this.onAnswers(...args)
        );
        this.queue = queue;
        this.state = useState({
            connection: state,
            machine: null,
            problem: "",
            papers: "",
            labelProblem: "",
            labelled: false,
            busy: false,
        });
        onWillStart(async () => {
            await Promise.all([this.reader.load(), flushLeftovers()]);
            await this.load();
        });
    }

    get machine() {
        return this.state.machine;
    }

    get storageName() {
        return `order_shipping.box.${this.props.id}`;
    }

    async load() {
        try {
            const task = await this.orm.call("picking.scan", "get_pack_task", [this.props.id]);
            this.state.machine = new PackMachine(task);
            this.state.labelled = task.labelled;
            this.restore();
        } catch (error) {
            this.state.problem = error.data?.message || error.message;
        }
    }

    /** The open box survives a reload: what lies in it needn't be scanned again. */
    keep() {
        const {contents, type} = this.machine;
        browser.localStorage.setItem(this.storageName, JSON.stringify({contents, type}));
    }

    restore() {
        const kept = JSON.parse(browser.localStorage.getItem(this.storageName)) ?? {contents: []};
        const {machine} = this;
        for (const entry of kept.contents) {
            const line = machine.lines.find((one) => one.id === entry.line);
            if (line && machine.left(line) + line.step / 2 > entry.quantity) {
                machine.put(line, entry.quantity);
            }
        }
        if (machine.contents.length && machine.task.types.some((type) => type.id === kept.type)) {
            machine.type = kept.type;
        }
    }

    // --- what is shown ---

    get progress() {
        const {machine} = this;
        const packed = machine.lines.filter((line) => !machine.left(line)).length;
        const boxed = machine.boxes.reduce((sum, box) => sum + box.contents.length, 0);
        return {done: packed + boxed, all: machine.lines.length + boxed};
    }

    get prompt() {
        const {machine} = this;
        switch (machine.step) {
            case "item":
                return machine.contents.length
                    ? _t("Scan the next item, or W to close the box")
                    : _t(
                          "Take a %s and scan what goes into it",
                          machine.boxType?.name ?? _t("box")
                      );
            case "close":
                return machine.task.weigh
                    ? _t("Weigh the box: press W")
                    : _t("Close the box: press W");
            default:
                if (!this.state.papers) {
                    return _t("All packed: press P for label and packing slip");
                }
                return _t("Stick the label on, then press V to ship");
        }
    }

    words(reason) {
        const words = {
            wrong_item: _t("Wrong item! It isn't in this order."),
            wrong_lot: _t("Wrong lot! It wasn't picked for this order."),
            no_lot: _t("Scan its lot or serial number."),
            too_much: _t("Too many! All of these are in a box."),
            empty: _t("The box is empty."),
            taken_out: _t("Take the last item out again."),
            box_type: _t("%s taken.", this.machine.boxType?.name),
        };
        return words[reason] ?? reason;
    }

    get actions() {
        const {machine, scanner, state} = this;
        if (!machine) {
            return [];
        }
        const isEnd = machine.step === "end";
        const isBusy = state.busy || Boolean(state.connection.waiting);
        return [
            {
                key: "T",
                label: _t("Type"),
                icon: "fa-keyboard-o",
                disabled: isEnd,
                run: () => scanner.open("code"),
                help: _t("a barcode"),
            },
            {
                key: "B",
                label: _t("Box"),
                icon: "fa-cube",
                disabled: isEnd,
                run: () => scanner.open("box"),
                help: _t("take another kind of box"),
            },
            {
                key: "U",
                label: _t("Take out"),
                icon: "fa-undo",
                disabled: !machine.contents.length || isBusy,
                run: () => this.act(() => machine.takeOut()),
                help: _t("the last item scanned"),
            },
            {
                key: "W",
                label: _t("Weigh, close"),
                icon: "fa-balance-scale",
                primary: machine.step === "close",
                disabled: !machine.contents.length || isBusy,
                run: () => this.weigh(),
                help: _t("the box, which becomes a package"),
            },
            {
                key: "P",
                label: _t("Print"),
                icon: "fa-print",
                primary: isEnd && !state.papers,
                disabled: !isEnd || isBusy,
                run: () => this.print(),
                help: _t("buy the label and print it with the packing slip"),
            },
            {
                key: "V",
                label: _t("Ship"),
                icon: "fa-truck",
                primary: Boolean(state.papers),
                disabled: !isEnd || isBusy,
                run: () => this.ship(),
                help: _t("validate the transfer"),
            },
            ...(scanner.camera
                ? [
                      {
                          key: "C",
                          label: _t("Camera"),
                          icon: "fa-camera",
                          disabled: isEnd,
                          run: () => scanner.useCamera(this.env),
                      },
                  ]
                : []),
        ];
    }

    imageUrl(line) {
        return `/web/image/product.product/${line.product}/image_128`;
    }

    format(number) {
        return new Intl.NumberFormat(user.lang.replace("_", "-"), {
            maximumFractionDigits: 3,
        }).format(number);
    }

    get boxContents() {
        const lines = this.machine.lines.filter((line) => this.machine.inBox(line));
        return lines.map((line) => ({...line, inBox: this.machine.inBox(line)}));
    }

    typeName(id) {
        return this.machine.task.types.find((type) => type.id === id)?.name;
    }

    // --- what the packer does ---

    onCode(code) {
        if (this.machine && this.machine.step !== "end" && !this.state.connection.waiting) {
            this.act(() => this.machine.scan(this.reader.read(code)));
        }
    }

    act(step) {
        const {ok, reason, line} = step();
        const text = line ? _t("%s is in the box.", line.name) : this.words(reason);
        this.scanner.say(ok ? "ok" : "refused", text);
        this.keep();
    }

    choose(type) {
        this.machine.type = type.id;
        this.scanner.close();
        this.keep();
    }

    weigh() {
        if (this.machine.task.weigh) {
            this.scanner.open("weight");
        } else {
            this.closeBox(0);
        }
    }

    closeBox(weight) {
        this.scanner.close();
        this.queue.add({...this.machine.operation, weight});
    }

    open(box) {
        this.queue.add({kind: "unbox", picking: this.props.id, package: box.id});
    }

    async onAnswers(answers, done) {
        for (const answer of answers) {
            this.scanner.say(answer.accepted ? "done" : "refused", answer.message);
            const operation = done.find((one) => one.key === answer.key);
            if (answer.accepted && answer.box && operation.kind === "box") {
                this.machine?.closed(answer.box);
            } else if (this.machine) {
                await this.load();
                continue;
            }
            if (this.machine) {
                this.keep();
            }
        }
    }

    /** Run a call to the server, with its problems shown here. */
    async call(method) {
        this.state.busy = true;
        try {
            return await this.orm.call("picking.scan", method, [this.props.id]);
        } catch (error) {
            this.scanner.say("refused", error.data?.message || error.message);
            return null;
        } finally {
            this.state.busy = false;
        }
    }

    async print() {
        // Opened at once: later than the key or click, browsers take it for an advertisement.
        const tab = browser.open("", "_blank");
        const result = await this.call("finish_packing");
        if (!result) {
            tab?.close();
            return;
        }
        this.state.papers = result.url;
        this.state.labelled = result.labelled;
        this.state.labelProblem = result.problem;
        if (result.problem) {
            this.scanner.say("refused", _t("No label: %s", result.problem));
        } else {
            this.scanner.say("done", _t("Label and packing slip are ready."));
        }
        if (tab) {
            tab.location = result.url;
        }
        if (result.thermal) {
            browser.location.assign(result.thermal); // a download: the screen stays
        }
    }

    async ship() {
        const result = await this.call("ship");
        if (result?.done) {
            browser.localStorage.removeItem(this.storageName);
            this.props.onLeave(_t("%s is shipped.", this.machine.task.name));
        }
    }
}
