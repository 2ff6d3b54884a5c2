from odoo import api, fields, models

INTERNAL = "base.group_user"


class SaleOrder(models.Model):
    """What the channel says was paid, beside what the order costs."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    channel_payment_ids = fields.One2many(
        "order.payment", "order_id", string="Payments at the Channel", groups=INTERNAL
    )
    channel_paid = fields.Monetary(
        string="Paid at the Channel",
        compute="_compute_channel_paid",
        store=True,
        groups=INTERNAL,
        help="Captured payments, gift cards and store credit.",
    )
    channel_due = fields.Monetary(
        string="Due at the Channel",
        compute="_compute_channel_paid",
        store=True,
        groups=INTERNAL,
        help="The order's total less what the channel has already.",
    )
    channel_payment_state = fields.Selection(
        [
            ("awaited", "Not Paid"),
            ("authorised", "Authorised"),
            ("partial", "Partly Paid"),
            ("paid", "Paid"),
            ("over", "Overpaid"),
        ],
        string="Payment at the Channel",
        compute="_compute_channel_paid",
        store=True,
        groups=INTERNAL,
    )

    @api.depends("channel_payment_ids.amount", "channel_payment_ids.state", "amount_total")
    def _compute_channel_paid(self):
        for order in self:
            amounts = dict.fromkeys(("captured", "authorised", "awaited"), 0.0)
            for payment in order.channel_payment_ids:
                amounts[payment.state] += payment.amount
            order.channel_paid = amounts["captured"]
            order.channel_due = order.amount_total - amounts["captured"]
            order.channel_payment_state = order._get_channel_payment_state(amounts)

    def _get_channel_payment_state(self, amounts):
        """How far the order is paid at its channel; nothing where the channel says nothing.

        :param amounts: dict state of a payment → sum
        """
        if not any(amounts.values()):
            return False
        compare = self.currency_id.compare_amounts
        if amounts["captured"]:
            verdict = compare(amounts["captured"], self.amount_total)
            return {-1: "partial", 0: "paid", 1: "over"}[verdict]
        enough = amounts["authorised"] and compare(amounts["authorised"], self.amount_total) >= 0
        return "authorised" if enough else "awaited"

    def _captured_amount(self):
        """Payments in Odoo, and what the channel captured or had authorised."""
        payments = self.channel_payment_ids.filtered(lambda payment: payment.state != "awaited")
        return super()._captured_amount() + sum(payments.mapped("amount"))

    def _set_channel_payments(self, orders):
        """Keep the payments that documents state, in place of those stated before.

        :param orders: list of ``engine.intake.canonical.Order``, one for each of these
        """
        # sudo: nobody edits what a channel stated but a document of the channel.
        Payment = self.env["order.payment"].sudo()
        self.sudo().channel_payment_ids.unlink()
        pairs = zip(self, orders, strict=True)
        Payment.create(
            [vals for sale, order in pairs for vals in Payment._prepare_vals_list(sale, order)]
        )
