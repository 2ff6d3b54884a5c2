import {Component} from "@odoo/owl";
import {deserializeDate} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const {DateTime} = luxon;
const BAD = ["hold", "cancel", "return"];
const GOOD = ["pay", "close", "deliver"];

/** What happened to an order, by day, with an icon per step. */
export class OrderTimeline extends Component {
    static template = "order_processing.OrderTimeline";
    static props = {...standardFieldProps};

    get days() {
        return this.props.record.data[this.props.name] || [];
    }

    dayLabel(day) {
        return deserializeDate(day.day).toLocaleString(DateTime.DATE_HUGE);
    }

    tone(event) {
        if (BAD.includes(event.step)) {
            return "text-bg-danger";
        }
        if (GOOD.includes(event.step)) {
            return "text-bg-success";
        }
        return event.step === "change" ? "text-bg-light" : "text-bg-primary";
    }
}

registry.category("fields").add("order_timeline", {
    component: OrderTimeline,
    supportedTypes: ["json"],
});
