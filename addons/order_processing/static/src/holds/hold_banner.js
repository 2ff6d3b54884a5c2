import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

const BUTTONS = {
    release: {label: _t("Release"), icon: "fa-unlock", method: "action_release"},
    approve: {label: _t("Approve"), icon: "fa-check", method: "action_approve"},
    reject: {label: _t("Reject…"), icon: "fa-ban"},
    ask_again: {label: _t("Ask Again"), icon: "fa-repeat", method: "action_ask_again"},
    check: {label: _t("Check Again"), icon: "fa-refresh"},
};

/** Each open hold of an order: why, what to do, and the buttons this user may press. */
export class HoldBanner extends Component {
    static template = "order_processing.HoldBanner";
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get holds() {
        return this.props.record.data[this.props.name] || [];
    }

    button(name) {
        return BUTTONS[name];
    }

    due(hold) {
        return hold.due && deserializeDateTime(hold.due).toRelative();
    }

    /** What was typed is saved first: the hold may be about it. */
    async press(hold, name) {
        const record = this.props.record;
        if (!(await record.save())) {
            return;
        }
        if (name === "reject") {
            await this.action.doAction("order_processing.order_hold_reject_action", {
                additionalContext: {active_model: "order.hold", active_ids: [hold.id]},
                onClose: () => record.load(),
            });
            return;
        }
        if (name === "check") {
            await this.orm.call("sale.order", "action_validate_order", [[record.resId]]);
        } else {
            await this.orm.call("order.hold", BUTTONS[name].method, [[hold.id]]);
        }
        await record.load();
    }

    open(hold) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "order.hold",
            res_id: hold.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("order_hold_banner", {
    component: HoldBanner,
    supportedTypes: ["json"],
});
