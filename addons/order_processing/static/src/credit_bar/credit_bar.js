import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {formatMonetary} from "@web/views/fields/formatters";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const LABELS = {
    overdue: _t("Overdue"),
    not_due: _t("Invoiced, not due"),
    to_invoice: _t("Ordered, not invoiced"),
    held: _t("On hold"),
    this: _t("This order"),
    free: _t("Free"),
};

/** What a customer owes and may owe, as one bar: the server's figures, drawn. */
export class CreditBarField extends Component {
    static template = "order_processing.CreditBarField";
    static props = {...standardFieldProps};

    get bar() {
        return this.props.record.data[this.props.name];
    }

    get parts() {
        return this.bar.parts.map((part) => ({
            ...part,
            label: LABELS[part.name].toString(),
            text: this.money(part.amount),
        }));
    }

    get summary() {
        const {exposure, limit, over, free} = this.bar;
        if (limit === null) {
            return _t("%s used, no limit", this.money(exposure));
        }
        const used = _t("%(used)s of %(limit)s used", {
            used: this.money(exposure),
            limit: this.money(limit),
        });
        return over
            ? _t("%(used)s: %(over)s too much", {used, over: this.money(over)})
            : _t("%(used)s, %(free)s free", {used, free: this.money(free)});
    }

    money(amount) {
        return formatMonetary(amount, {currencyId: this.bar.currency_id});
    }
}

registry.category("fields").add("order_credit_bar", {
    component: CreditBarField,
    displayName: _t("Credit Bar"),
    supportedTypes: ["json"],
});
