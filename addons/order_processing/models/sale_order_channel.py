from decimal import Decimal

from odoo import fields, models

from ..engine.intake import totals
from ..engine.intake.canonical import HOLD, WARNING, Finding
from ..engine.intake.terms import same_terms


class SaleOrder(models.Model):
    """What an order of a channel knows of the document it came with."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    channel_total_stated = fields.Boolean(
        default=True,
        copy=False,
        help="Whether the channel said what the order costs; otherwise our own prices hold.",
    )
    channel_differences = fields.Json(
        copy=False,
        readonly=True,
        groups="base.group_user",
        help="Amounts that the channel stated otherwise than they came out when it was taken in.",
    )

    def _check_channel_totals(self, order, resolved=()):
        """Compare what this order comes to with what the document states, to the cent.

        A document that says nothing of taxes is compared before them. What it didn't state as
        total is kept as it came out, so that later changes show.

        :param order: ``engine.intake.canonical.Order``
        :param resolved: ``engine.intake.resolve.ResolvedLine`` of each line, to compare them too
        :return: list of findings
        """
        self.ensure_one()
        findings = []
        if resolved:
            amount = "price_total" if order.taxes_included else "price_subtotal"
            lines = [
                (each.plan, Decimal(repr(line[amount])))
                for line, each in zip(self.order_line, resolved, strict=True)
            ]
            findings += totals.check_lines(order, lines)
        if self.channel_id.tax_policy == "odoo":
            findings += totals.check_tax(order, Decimal(repr(self.amount_tax)))
        return findings + self._check_channel_total(order)

    def _check_channel_total(self, order):
        code = "odoo_total"
        field, computed, stated = "total_price", self.amount_total, order.total
        if stated is None and order.net_total is not None:
            code = "odoo_net_total"
            field = "net_total"
            if order.taxes_stated:
                # Taxes that the channel charged may be lines here, so taxes are compared with.
                stated = (
                    order.net_total if order.taxes_included else order.net_total + order.total_tax
                )
            else:
                computed, stated = self.amount_untaxed, order.net_total
        if stated is None:
            return []
        if self.currency_id.compare_amounts(computed, float(stated)):
            computed = Decimal(f"{computed:.{order.digits}f}")
            args = totals.difference(stated, computed, order.currency, channel=self.channel_id.name)
            return [Finding(code, field, args, HOLD)]
        if not self.channel_total_stated:
            # sudo: nobody edits what a channel stated; here intake keeps what it amounts to.
            self.sudo().write({"channel_total": self.amount_total, "channel_total_stated": True})
        return []

    def _check_channel_terms(self, order):
        """Compare the payment terms that the document states with those of this order.

        The order keeps ours: what is agreed with the customer isn't changed by what he asks for.

        :param order: ``engine.intake.canonical.Order``
        :return: list of findings
        """
        self.ensure_one()
        terms, days = self.payment_term_id, None
        if len(terms.line_ids) == 1 and terms.line_ids.delay_type == "days_after":
            days = terms.line_ids.nb_days
        if not order.payment_terms or same_terms(order.payment_terms, terms.name or "", days):
            return []
        args = {"stated": order.payment_terms, "ours": terms.name or "–"}
        return [Finding("other_terms", "payment_terms", args, WARNING)]

    def _note_total_differences(self, findings):
        """Keep the amounts that ``findings`` say are stated otherwise: validation holds for them.

        The order's own total is no part of them: validation compares it each time anew.
        """
        self.ensure_one()
        kept = [
            {"what": finding.code, **finding.args}
            for finding in findings
            if finding.severity == HOLD and finding.code != "odoo_total"
        ]
        if kept or self.channel_differences:
            # sudo: nobody edits what a channel stated but a document of the channel.
            self.sudo().channel_differences = kept or False
