from datetime import datetime, timezone

from odoo import api, fields, models


class OrderPayment(models.Model):
    """What the channel says was paid for an order: no payment of ours, but where to look for it."""

    _name = "order.payment"
    _description = "Payment at the Channel"
    _order = "id"
    _check_company_auto = True

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    kind = fields.Selection(
        [
            ("payment", "Payment"),
            ("gift_card", "Gift Card"),
            ("store_credit", "Store Credit"),
        ],
        required=True,
        readonly=True,
    )
    method = fields.Char(readonly=True, help="What the channel calls the way it is paid.")
    amount = fields.Monetary(readonly=True)
    state = fields.Selection(
        [("captured", "Captured"), ("authorised", "Authorised"), ("awaited", "Awaited")],
        required=True,
        readonly=True,
        help="Captured: the channel has the money. Authorised: it may take it, and usually does"
        " when the goods leave.",
    )
    reference = fields.Char(
        readonly=True,
        index="btree_not_null",
        help="The transaction's own reference. Bank lines that bear it are matched by it.",
    )
    paid_at = fields.Datetime(string="Paid On", readonly=True)

    @api.model
    def _prepare_vals_list(self, sale, order):
        """Values of the payments that a document states for its order.

        :param sale: the sales order
        :param order: ``engine.intake.canonical.Order``
        """
        return [
            {
                "order_id": sale.id,
                "kind": payment.kind,
                "method": payment.method,
                "amount": float(payment.amount),
                "state": payment.status,
                "reference": payment.reference or False,
                "paid_at": _moment(payment.paid_at),
            }
            for payment in order.payments
        ]


def _moment(text):
    """An ISO moment in UTC as Odoo keeps it; nothing where it isn't one."""
    try:
        moment = datetime.fromisoformat(
            text.strip().replace(" UTC", "+00:00").replace("Z", "+00:00")
        )
    except ValueError:
        return False
    return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
