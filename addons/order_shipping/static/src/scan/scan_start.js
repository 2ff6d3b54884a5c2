import {_t} from "@web/core/l10n/translation";
import {Component, onWillStart, useState} from "@odoo/owl";
import {isConnectionLost, useScanner, useScanQueue} from "./scanner";
import {ScanFrame} from "./scan_frame";
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
            this.state.work = await this.orm.silent.call("picking.scan", this.loader, []);
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

    get loader() {
        return "get_work";
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

    find(code) {
        return this.orm.silent.call("picking.scan", "find_task", [code, this.props.screen]);
    }

    found({screen, model, id}) {
        this.scanner.say("ok", "");
        this.props.onOpen(screen, model, id);
    }

    async onCode(code) {
        try {
            const found = await this.find(code);
            if (found.problem) {
                this.scanner.say("refused", found.problem);
                return;
            }
            this.found(found);
        } catch (error) {
            this.failed(error);
        }
    }
}
