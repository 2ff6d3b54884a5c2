from odoo import models
from odoo.tools import format_date, formatLang


class SaleOrder(models.Model):
    """What was found in an order, in words people act on."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _finding_text(self, finding):
        """A finding of this order in words the order desk acts on."""
        self.ensure_one()
        if finding.code == "address_incomplete":
            return self._address_finding_text(finding)
        if finding.code == "domain":
            # sudo: the name of the rule is all that is told of it.
            return self.env["order.rule"].sudo().browse(finding.rule_id).name
        return self._finding_texts()[finding.code] % self._finding_words(finding)

    def _address_finding_text(self, finding):
        words = {
            "name": self.env._("name"),
            "street": self.env._("street"),
            "city": self.env._("city"),
            "state": self.env._("state"),
            "zip": self.env._("ZIP code"),
            "country": self.env._("country"),
        }
        missing = ", ".join(words[part] for part in finding.params["missing"])
        if finding.params["role"] == "invoice":
            return self.env._("The invoice address lacks: %(missing)s", missing=missing)
        return self.env._("The delivery address lacks: %(missing)s", missing=missing)

    def _finding_words(self, finding):
        """The params of a finding as text: amounts in their currency, dates as people read them."""
        order_money = {
            "order",
            "channel",
            "price",
            "before",
            "list_price",
            "floor",
            "captured",
            "due",
        }
        company_money = {"exposure", "limit", "over", "amount"}
        counted = finding.code in ("fraud_score", "discount_high", "margin_low")
        words = {}
        for name, value in finding.params.items():
            if name == "country_id":
                name, value = "country", self.env["res.country"].browse(value).name
            elif name == "signs":
                labels = dict(
                    self.env["order.rule.signal"]._fields["code"]._description_selection(self.env)
                )
                value = ", ".join(labels[sign].lower() for sign in value)
            elif isinstance(value, str):
                pass
            elif name in order_money:
                value = formatLang(self.env, value, currency_obj=self.currency_id)
            elif name in company_money and not counted:
                value = formatLang(self.env, value, currency_obj=self.company_id.currency_id)
            elif name in ("promised", "feasible"):
                value = format_date(self.env, value)
            elif isinstance(value, float):
                value = formatLang(self.env, value, digits=1)
            words[name] = value
        return words

    def _finding_details(self, finding):
        """The params of a finding as JSON values, for the order's log."""
        return {
            name: value if isinstance(value, (str, int, float, list)) else str(value)
            for name, value in finding.params.items()
        }

    def _finding_texts(self):
        """Text by code of finding."""
        return {
            "no_lines": self.env._("The order has no lines"),
            "line_without_product": self.env._("The line “%(line)s” has no product"),
            "product_archived": self.env._("%(line)s is no longer sold (archived)"),
            "quantity_not_positive": self.env._("The quantity of %(line)s is not above zero"),
            "total_differs": self.env._(
                "The order comes to %(order)s, the channel said %(channel)s"
            ),
            "customer_archived": self.env._("The customer is archived"),
            "customer_blocked": self.env._("The customer is blocked"),
            "country_blocked": self.env._("Orders to %(country)s are blocked"),
            "address_undeliverable": self.env._("The carrier knows no such delivery address"),
            "address_unserved": self.env._("No delivery method goes to the delivery address"),
            "credit_exceeded": self.env._(
                "With this order the customer would owe %(exposure)s, %(over)s over the limit of"
                " %(limit)s"
            ),
            "overdue": self.env._(
                "Invoices over %(amount)s are overdue, the oldest for %(days)s days"
            ),
            "value_high": self.env._("The order comes to %(amount)s, more than %(limit)s"),
            "value_low": self.env._("The order comes to %(amount)s, less than %(limit)s"),
            "discount_high": self.env._(
                "%(discount)s %% discount on %(line)s, more than the %(limit)s %% allowed"
            ),
            "margin_low": self.env._("The margin is %(margin)s %%, less than %(limit)s %%"),
            "price_below_floor": self.env._(
                "%(line)s is sold at %(price)s, below its floor of %(floor)s"
            ),
            "price_off_list": self.env._(
                "%(line)s is sold at %(price)s, the pricelist says %(list_price)s"
            ),
            "price_changed": self.env._(
                "The unit price of %(line)s is %(price)s, it was confirmed at %(before)s"
            ),
            "tax_missing": self.env._("%(line)s is sold without tax"),
            "duplicate": self.env._(
                "May be the same order as %(order)s: same customer, address, lines and amount"
            ),
            "stock_short": self.env._("%(missing)s of %(line)s are in no warehouse"),
            "promise_late": self.env._(
                "Promised for %(promised)s, but it can't be there before %(feasible)s"
            ),
            "promise_uncovered": self.env._(
                "Promised for %(promised)s, but nothing in stock or incoming covers all of it"
            ),
            "payment_missing": self.env._("%(captured)s are paid or authorised of %(due)s"),
            "fraud_score": self.env._("%(score)s points for signs of fraud (%(signs)s)"),
            "export_restricted": self.env._("%(line)s may not go to %(country)s"),
        }

    def _findings_advice(self, findings):
        """What to do about findings of one rule, in one line."""
        self.ensure_one()
        # sudo: the advice of the rule is all that is told of it.
        advice = self.env["order.rule"].sudo().browse(findings[0].rule_id).advice
        if advice:
            return advice
        texts = self._finding_advices()
        return " ".join(dict.fromkeys(texts[finding.code] for finding in findings))

    def _finding_advices(self):
        """What to do, by code of finding."""
        price = self.env._("Correct the price on the line, or have it approved.")
        lines = self.env._("Correct or remove the line.")
        return {
            "no_lines": self.env._("Add what the customer ordered, or cancel the order."),
            "line_without_product": lines,
            "product_archived": self.env._("Replace the product, or take it out of the archive."),
            "quantity_not_positive": lines,
            "total_differs": self.env._(
                "Compare the lines and taxes with the document of the channel."
            ),
            "customer_archived": self.env._(
                "Choose another customer, or take him out of the archive."
            ),
            "customer_blocked": self.env._(
                "Talk to whoever blocked the customer, or cancel the order."
            ),
            "country_blocked": self.env._("Change the address, or cancel the order."),
            "address_incomplete": self.env._(
                "Complete the address on the contact; ask the customer."
            ),
            "address_undeliverable": self.env._(
                "Ask the customer, correct the address and check it again."
            ),
            "address_unserved": self.env._(
                "Change the address, or add a delivery method that goes there."
            ),
            "credit_exceeded": self.env._(
                "Ask for a payment, raise the credit limit, or have the order approved."
            ),
            "overdue": self.env._("Ask for the overdue payment, or have the order approved."),
            "value_high": self.env._("Have the order approved."),
            "value_low": self.env._("Add to the order, or have it approved."),
            "discount_high": self.env._("Lower the discount, or have it approved."),
            "margin_low": self.env._(
                "Raise prices or lower discounts, or have the order approved."
            ),
            "price_below_floor": price,
            "price_off_list": price,
            "price_changed": self.env._("Set the price back, or have the new one approved."),
            "tax_missing": self.env._(
                "Set the taxes of the line, or the customer's fiscal position."
            ),
            "duplicate": self.env._("Cancel one of the two orders, or release this one."),
            "stock_short": self.env._(
                "Wait for goods, replace the product, or release: it is back-ordered."
            ),
            "promise_late": self.env._("Agree on a later date with the customer."),
            "promise_uncovered": self.env._(
                "Order goods, replace the product, or agree on a part delivery."
            ),
            "payment_missing": self.env._("Wait for the payment, or ask for it."),
            "fraud_score": self.env._("Call the customer on a number you found yourself."),
            "export_restricted": self.env._(
                "Take the line out, or get a licence and have it approved."
            ),
            "domain": self.env._("See why the rule is there, then decide."),
        }
