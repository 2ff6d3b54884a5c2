from odoo import api, fields, models
from odoo.tools import formatLang

from ..engine import credit
from ..flow import HOLD_BLOCKING
from .order_rule import CREDIT_KINDS


class SaleOrder(models.Model):
    """The credit an order uses."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    credit_bar = fields.Json(
        compute="_compute_credit_bar",
        compute_sudo=True,
        groups="sales_team.group_sale_salesman",
        help="What the customer owes and may owe, and the part of this order.",
    )

    @api.depends(
        "partner_invoice_id",
        "company_id",
        "amount_total",
        "state",
        "currency_rate",
        "hold_ids.state",
    )
    def _compute_credit_bar(self):
        shown = self.filtered(
            lambda order: (
                order.state in ("draft", "sent", "sale")
                and order.company_id.account_use_credit_limit
                and order.partner_invoice_id.commercial_partner_id.ids
            )
        )
        standings = self.env["order.credit"]._get_standings([order._get_payer() for order in shown])
        for order in self:
            standing = standings.get(order._get_payer()) if order in shown else None
            if not standing or standing.limit is None:
                order.credit_bar = False
                continue
            amount = 0.0 if order.state == "sale" else order._get_company_amount()
            waits = order._origin.id in dict(standing.held)
            order.credit_bar = {
                **credit.bar(standing, order._origin.id, amount, waits),
                "currency_id": order.company_id.currency_id.id,
            }

    @api.depends("company_id", "partner_id", "partner_invoice_id", "amount_total", "hold_ids.state")
    def _compute_partner_credit_warning(self):
        """Odoo's warning from our exposure: it never contradicts the hold, nor repeats it."""
        for order in self:
            # sudo: limits and holds are told to whoever edits the order.
            holds = order.sudo().hold_ids.filtered(lambda hold: hold.state in HOLD_BLOCKING)
            told = order.state not in ("draft", "sent") or "credit" in holds.mapped("kind")
            bar = None if told else order.sudo().credit_bar
            if not bar or bar["over"] < order.company_id.currency_id.rounding / 2:
                order.partner_credit_warning = ""
                continue

            def money(value, order=order):
                return formatLang(self.env, value, currency_obj=order.company_id.currency_id)

            order.partner_credit_warning = self.env._(
                "%(customer)s has a credit limit of %(limit)s and would owe %(exposure)s:"
                " %(over)s too much.",
                customer=order.partner_invoice_id.commercial_partner_id.name,
                limit=money(bar["limit"]),
                exposure=money(bar["exposure"]),
                over=money(bar["over"]),
            )

    # === BUSINESS === #

    def _get_payer(self):
        """Whose credit this order uses: (commercial partner id, company id)."""
        self.ensure_one()
        return (self.partner_invoice_id.commercial_partner_id.id or 0, self.company_id.id or 0)

    def _gather_standings(self, kinds, locking=False):
        """Credit standings of these orders' customers, if any kind of rule looks at them.

        :param kinds: kinds of the rules
        :param bool locking: take turns with others who use the same customers' credit
        :return: dict payer → ``engine.credit.Standing``
        """
        if not CREDIT_KINDS & kinds:
            return {}
        payers = {order._get_payer() for order in self}
        return (
            self.env["order.credit"]
            .sudo()
            ._get_standings(payers, locking, limited="overdue" not in kinds)
        )
