import {AvailabilityDetail} from "../availability/availability_detail";
import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatDate} from "@web/core/l10n/dates";
import {formatFloat} from "@web/core/utils/numbers";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

/** Availability and earliest delivery of an order line: green there, amber incoming, red short. */
export class LinePromise extends Component {
    static template = "order_processing.LinePromise";
    static props = {...standardWidgetProps};

    setup() {
        this.dialog = useService("dialog");
    }

    get data() {
        return this.props.record.data;
    }

    get isShown() {
        return Boolean(
            this.data.product_id && (this.data.availability_state || this.data.earliest_deliver_at)
        );
    }

    get color() {
        return (
            {enough: "success", incoming: "warning", short: "danger"}[
                this.data.availability_state
            ] || "muted"
        );
    }

    get label() {
        if (this.data.state === "sale") {
            return {enough: _t("In time"), incoming: _t("Later"), short: _t("Short")}[
                this.data.availability_state
            ];
        }
        const text = formatFloat(this.data.available_quantity, {
            trailingZeros: false,
            digits: [16, 2],
        });
        return {
            enough: _t("%s there", text),
            incoming: _t("Incoming"),
            short: this.data.available_quantity ? _t("Only %s", text) : _t("Short"),
        }[this.data.availability_state];
    }

    get date() {
        const date = this.data.earliest_deliver_at;
        return date ? formatDate(date) : "";
    }

    get hint() {
        if (this.data.state === "sale") {
            return _t("When it is expected to arrive, as stock and receipts are now.");
        }
        return this.data.availability_note || _t("In stock, it can leave at once.");
    }

    open() {
        const places = this.data.availability_places || [];
        if (!places.length) {
            return;
        }
        this.dialog.add(AvailabilityDetail, {
            productId: this.data.product_id.id,
            warehouseIds: places,
        });
    }
}

export const linePromise = {
    component: LinePromise,
    fieldDependencies: [
        {name: "state", type: "selection"},
        {name: "availability_state", type: "selection"},
        {name: "available_quantity", type: "float"},
        {name: "earliest_deliver_at", type: "datetime"},
        {name: "availability_note", type: "char"},
        {name: "availability_places", type: "json"},
    ],
};
registry.category("view_widgets").add("order_line_promise", linePromise);
