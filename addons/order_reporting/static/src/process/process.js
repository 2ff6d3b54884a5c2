import {Component, markup, onWillStart, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

/** How orders really went through the steps: the picture, the usual ways, waits and loops. */
export class OrderProcess extends Component {
    static template = "order_reporting.Process";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({
            process: null,
            days: 90,
            channel: 0,
            warehouse: 0,
            kind: "all",
            share: 0.02,
        });
        onWillStart(() => this.load());
    }

    get filters() {
        const {days, channel, warehouse, kind} = this.state;
        return [days, channel || false, warehouse || false, kind];
    }

    async load() {
        this.state.process = await this.orm.call("order.process", "get_process", [
            ...this.filters,
            this.state.share,
        ]);
    }

    /** The server draws the picture and escapes every name in it. */
    get svg() {
        return markup(this.state.process.svg);
    }

    percent(share) {
        return `${(100 * share).toLocaleString(undefined, {maximumFractionDigits: 1})} %`;
    }

    set(name, ev) {
        const value = ev.target.value;
        this.state[name] = name === "kind" ? value : Number(value);
        return this.load();
    }

    async openVariant(variant) {
        const action = await this.orm.call("order.process", "action_open_variant", [
            variant.codes,
            ...this.filters,
        ]);
        return this.action.doAction(action);
    }
}

registry.category("actions").add("order_process", OrderProcess);
