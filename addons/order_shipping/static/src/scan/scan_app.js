import {_t} from "@web/core/l10n/translation";
import {Component, onWillStart, useState} from "@odoo/owl";
import {isConnectionLost, useScanner, useScanQueue} from "./scanner";
import {PackScreen} from "./pack_screen";
import {PickScreen} from "./pick_screen";
import {registry} from "@web/core/registry";
import {ScanFrame} from "./scan_frame";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

/** Where a shift begins: scan a batch, a transfer or a tote, or tap what waits. */
export class ScanStart extends Component {
    static template = "order_shipping.ScanStart";
    static components = {ScanFrame};
    static props = {onOpen: Function, onLeave: Function, message: String, screen: String};

    setup() {
        this.orm = useService("orm");
        this.scanner = useScanner({
            onCode: (code) => this.onCode(code),
            actions: () => this.actions,
        });
        const {state, flushLeftovers} = useScanQueue(null, () => {});
        this.state = useState({connection: state, work: {batches: [], packs: []}});
        onWillStart(async () => {
            if (!(await flushLeftovers())) {
                this.state.connection.online = false;
            }
            await this.load();
        });
        if (this.props.message) {
            this.scanner.say("done", this.props.message);
        }
    }

    async load() {
        try {
            this.state.work = await this.orm.silent.call("picking.scan", "get_work", []);
            this.state.connection.online = true;
        } catch (error) {
            this.failed(error);
        }
    }

    failed(error) {
        if (isConnectionLost(error)) {
            this.state.connection.online = false;
            this.scanner.say("refused", _t("No connection: try again in a moment."));
        } else {
            this.scanner.say("refused", error.data?.message || error.message);
        }
    }

    get title() {
        return this.props.screen === "pack" ? _t("Pack") : _t("Scan");
    }

    get prompt() {
        return this.props.screen === "pack"
            ? _t("Scan a tote or a transfer to pack")
            : _t("Scan a batch, a transfer or a tote");
    }

    get actions() {
        const {scanner} = this;
        return [
            {
                key: "T",
                label: _t("Type"),
                icon: "fa-keyboard-o",
                run: () => scanner.open("code"),
                help: _t("a barcode or name"),
            },
            {
                key: "R",
                label: _t("Reload"),
                icon: "fa-refresh",
                run: () => this.load(),
                help: _t("look what is new"),
            },
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
        ];
    }

    async onCode(code) {
        try {
            const found = await this.orm.silent.call("picking.scan", "find_task", [
                code,
                this.props.screen,
            ]);
            if (found.problem) {
                this.scanner.say("refused", found.problem);
                return;
            }
            this.scanner.say("ok", "");
            this.props.onOpen(found.screen, found.model, found.id);
        } catch (error) {
            this.failed(error);
        }
    }
}

/** The client action: start, pick and pack screens in turn, over the whole window. */
export class ScanApp extends Component {
    static template = "order_shipping.ScanApp";
    static components = {ScanStart, PickScreen, PackScreen};
    static props = {...standardActionServiceProps};

    setup() {
        this.actionService = useService("action");
        const params = this.props.action.params ?? {};
        this.kind = params.screen === "pack" ? "pack" : "pick";
        this.origin = params.model ? {model: params.model, id: params.id} : null;
        this.state = useState({
            screen: params.model ? params.screen : "start",
            model: params.model,
            id: params.id,
            message: "",
        });
    }

    open(screen, model, id) {
        Object.assign(this.state, {screen, model, id, message: ""});
    }

    start(message = "") {
        Object.assign(this.state, {
            screen: "start",
            message: typeof message === "string" ? message : "",
        });
    }

    /** Back from a task: to the form it was opened from, or to the start. */
    back(message) {
        const {model, id} = this.state;
        if (this.origin?.model === model && this.origin.id === id) {
            this.leave();
        } else {
            this.start(message);
        }
    }

    /** From the last line to the packing table; one of many transfers is scanned there. */
    pack(pickingId) {
        this.kind = "pack";
        if (pickingId) {
            this.open("pack", "stock.picking", pickingId);
        } else {
            this.start();
        }
    }

    /** Back to where the screen was opened from. */
    leave() {
        if (this.origin) {
            this.actionService.doAction(
                {
                    type: "ir.actions.act_window",
                    res_model: this.origin.model,
                    res_id: this.origin.id,
                    views: [[false, "form"]],
                    target: "main",
                },
                {clearBreadcrumbs: true}
            );
        } else {
            this.actionService.doAction("order_shipping.stock_picking_action_to_ship", {
                clearBreadcrumbs: true,
            });
        }
    }
}

registry.category("actions").add("order_shipping.scan", ScanApp);
