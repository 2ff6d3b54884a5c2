import {Component, onWillStart, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

/** Cohorts by month: who ordered again, what came back. */
export class OrderCohort extends Component {
    static template = "order_reporting.Cohort";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({table: null, kind: "customers", channel: 0, warehouse: 0});
        onWillStart(() => this.load());
    }

    get filters() {
        return [this.state.channel || false, this.state.warehouse || false];
    }

    async load() {
        this.state.table = await this.orm.call("order.cohort", "get_cohorts", [
            this.state.kind,
            ...this.filters,
        ]);
    }

    set(name, ev) {
        const value = ev.target.value;
        this.state[name] = name === "kind" ? value : Number(value);
        return this.load();
    }

    percent(share) {
        return `${(100 * share).toLocaleString(undefined, {maximumFractionDigits: 1})} %`;
    }

    /** The darker, the more; returns in red. The first month of customers is always all of them. */
    shade(share, offset) {
        const isReturn = this.state.kind === "returns";
        const most = isReturn ? 0.2 : 1;
        const strength = offset || isReturn ? Math.min(share / most, 1) * 0.55 : 0;
        const color = isReturn ? "220, 105, 101" : "42, 157, 143";
        return `background-color: rgba(${color}, ${strength.toFixed(2)})`;
    }

    async open(row, offset) {
        const action = await this.orm.call("order.cohort", "action_open_cell", [
            this.state.kind,
            row.month,
            offset,
            ...this.filters,
        ]);
        return this.action.doAction(action);
    }
}

registry.category("actions").add("order_cohort", OrderCohort);
