import {Component, onWillStart, useState} from "@odoo/owl";
import {deserializeDateTime, formatDate} from "@web/core/l10n/dates";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";
import {formatFloat} from "@web/core/utils/numbers";
import {useService} from "@web/core/utils/hooks";

/** What makes one figure of available to promise: its parts, and the moves to come. */
export class AvailabilityDetail extends Component {
    static template = "order_processing.AvailabilityDetail";
    static components = {Dialog};
    static props = {
        productId: Number,
        warehouseIds: Array,
        channelId: {type: [Number, Boolean], optional: true},
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({detail: null});
        onWillStart(async () => {
            this.state.detail = await this.orm.call("product.product", "get_availability_detail", [
                this.props.productId,
                this.props.warehouseIds,
                this.props.channelId || false,
            ]);
        });
    }

    get title() {
        return _t("Available to promise: %s", this.state.detail.product);
    }

    /** The parts of the figure that aren't nothing, with their sign. */
    get parts() {
        const detail = this.state.detail;
        return [
            {key: "on_hand", name: _t("On hand"), quantity: detail.on_hand, always: true},
            {key: "committed", name: _t("Ordered, to leave"), quantity: -detail.committed},
            {key: "held", name: _t("Kept by carts and plans"), quantity: -detail.held},
            {key: "kept_back", name: _t("Safety stock and buffer"), quantity: -detail.kept_back},
            {key: "incoming", name: _t("Incoming"), quantity: detail.incoming},
        ].filter((part) => part.always || part.quantity);
    }

    /** Bars of what may be promised over time, as shares of the most. */
    get bars() {
        const most = Math.max(...this.state.detail.steps.map((step) => step.quantity), 1);
        return this.state.detail.steps.map((step) => ({
            ...step,
            day: this.day(step.date),
            height: Math.round((100 * step.quantity) / most),
        }));
    }

    number(value) {
        return formatFloat(value, {trailingZeros: false, digits: [16, 2]});
    }

    day(text) {
        return formatDate(deserializeDateTime(text));
    }

    openForecast() {
        this.props.close();
        this.action.doAction("stock.stock_forecasted_product_product_action", {
            additionalContext: {
                active_model: "product.product",
                active_id: this.props.productId,
                warehouse_id: this.props.warehouseIds[0],
            },
        });
    }
}
