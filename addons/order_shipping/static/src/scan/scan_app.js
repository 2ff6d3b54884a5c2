import {Component, useState} from "@odoo/owl";
import {PackScreen} from "./pack_screen";
import {PickScreen} from "./pick_screen";
import {registry} from "@web/core/registry";
import {ReturnScreen} from "./return_screen";
import {ReturnStart} from "./return_start";
import {ScanStart} from "./scan_start";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

/** The client action: start, pick, pack and return screens in turn, over the whole window. */
export class ScanApp extends Component {
    static template = "order_shipping.ScanApp";
    static components = {ScanStart, ReturnStart, PickScreen, PackScreen, ReturnScreen};
    static props = {...standardActionServiceProps};

    setup() {
        this.actionService = useService("action");
        const params = this.props.action.params ?? {};
        this.kind = ["pack", "return"].includes(params.screen) ? params.screen : "pick";
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
            const list =
                this.kind === "return" ? "shipping_return_action" : "stock_picking_action_to_ship";
            this.actionService.doAction(`order_shipping.${list}`, {clearBreadcrumbs: true});
        }
    }
}

registry.category("actions").add("order_shipping.scan", ScanApp);
