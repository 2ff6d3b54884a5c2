import {Component, onWillStart, onWillUnmount, useState} from "@odoo/owl";
import {formatDateTime, deserializeDateTime} from "@web/core/l10n/dates";
import {useBus, useService} from "@web/core/utils/hooks";
import {_t} from "@web/core/l10n/translation";
import {formatMonetary} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const CHANNEL = "order_cockpit";
/** Without a word from the bus the board is read again after this time. */
const EVERY_MS = 60000;
/** Many refreshes at once are read once. */
const GATHER_MS = 1500;

/** What waits at each stage just now and which promises are about to be broken. */
export class OrderCockpit extends Component {
    static template = "order_reporting.Cockpit";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.bus = useService("bus_service");
        this.state = useState({board: null, channel: 0, warehouse: 0});
        const soon = () => {
            clearTimeout(this.waiting);
            this.waiting = setTimeout(() => this.load(), GATHER_MS);
        };
        this.bus.addChannel(CHANNEL);
        this.bus.subscribe(CHANNEL, soon);
        useBus(this.bus, "BUS:RECONNECT", soon);
        this.timer = setInterval(() => this.load(), EVERY_MS);
        onWillStart(() => this.load());
        onWillUnmount(() => {
            clearInterval(this.timer);
            clearTimeout(this.waiting);
            this.bus.unsubscribe(CHANNEL, soon);
        });
    }

    async load() {
        this.state.board = await this.orm.silent.call("order.cockpit", "get_board", [
            this.state.channel || false,
            this.state.warehouse || false,
        ]);
    }

    onChannel(ev) {
        this.state.channel = Number(ev.target.value);
        return this.load();
    }

    onWarehouse(ev) {
        this.state.warehouse = Number(ev.target.value);
        return this.load();
    }

    money(value) {
        return formatMonetary(value, {
            currencyId: this.state.board.currency,
            digits: [16, 0],
        });
    }

    number(value) {
        return value.toLocaleString(undefined, {maximumFractionDigits: 1});
    }

    ago(text) {
        return text ? deserializeDateTime(text).toRelative() : "";
    }

    when(text) {
        return text ? formatDateTime(deserializeDateTime(text), {showSeconds: false}) : "";
    }

    get most() {
        return Math.max(1, ...this.state.board.stages.map((stage) => stage.count));
    }

    open(title, domain) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: title,
            res_model: "order.fact",
            domain,
            context: {create: false},
            views: [
                [false, "list"],
                [false, "pivot"],
                [false, "graph"],
                [false, "form"],
            ],
        });
    }

    openStage(stage) {
        return this.open(stage.title, stage.domain);
    }

    openOld(stage) {
        return this.open(_t("%s for over a day", stage.title), stage.old_domain);
    }

    openForecasts() {
        return this.action.doAction("order_reporting.order_forecast_action", {
            additionalContext: {
                search_default_orders: 0,
                search_default_picks: 1,
                search_default_over: 1,
            },
            viewType: "list",
        });
    }

    openOrder(order) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "order.fact",
            res_id: order.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("order_cockpit", OrderCockpit);
