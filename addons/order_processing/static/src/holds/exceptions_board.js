import {Component, onWillStart, onWillUnmount, useState} from "@odoo/owl";
import {useBus, useService} from "@web/core/utils/hooks";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const CHANNEL = "order_exceptions";

/** Everything that waits for somebody, worst first; it follows what others do by itself. */
export class ExceptionsBoard extends Component {
    static template = "order_processing.ExceptionsBoard";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.bus = useService("bus_service");
        this.state = useState({columns: []});
        const refresh = () => this.load();
        this.bus.addChannel(CHANNEL);
        this.bus.subscribe(CHANNEL, refresh);
        useBus(this.bus, "BUS:RECONNECT", refresh);
        onWillStart(() => this.load());
        onWillUnmount(() => this.bus.unsubscribe(CHANNEL, refresh));
    }

    async load() {
        this.state.columns = await this.orm.silent.call("order.hold", "get_exceptions", []);
    }

    ago(text) {
        return text && deserializeDateTime(text).toRelative();
    }

    openCard(column, card) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: column.model,
            res_id: card.id,
            views: [[false, "form"]],
        });
    }

    openList(column) {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: column.title,
            res_model: column.model,
            domain: column.domain,
            views: [
                [false, "list"],
                [false, "form"],
            ],
        });
    }
}

registry.category("actions").add("order_exceptions", ExceptionsBoard);
