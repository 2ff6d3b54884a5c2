from odoo import api, fields, models

from ..engine import quiet_hours


class SaleOrder(models.Model):
    """Which steps of an order its customer is told of."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    message_outbox_ids = fields.One2many(
        "order.message", "order_id", string="Customer Messages", groups="base.group_user"
    )

    def _wants_messages(self, kind):
        """Whether the customer of one order is told this kind of news."""
        self.ensure_one()
        return (
            self.company_id.order_messages
            and (not self.channel_id or self.channel_id.customer_messages)
            and kind not in self.partner_id.order_message_muted_ids
        )

    def _get_message_time(self, now):
        """The first moment from ``now`` on that isn't quiet where the customer is."""
        self.ensure_one()
        company = self.company_id
        zone = self.partner_id.tz or company.partner_id.tz or self.env.user.tz or "UTC"
        return quiet_hours.next_allowed(now, zone, company.order_quiet_from, company.order_quiet_to)

    def _record_event(self, step, summary, details=None, source="system", duty=None):
        """Tell customers of what they wait for."""
        events = super()._record_event(step, summary, details, source, duty)
        orders = self.sudo().filtered("company_id.order_messages")
        if orders:
            orders._tell_step(step, events)
        return events

    def _tell_step(self, step, events):
        """Queue the message of a step, if it has one."""
        message = self.env["order.message"]
        by_order = {event.order_id.id: event for event in events}
        if step in ("intake", "release"):
            message._queue(self, "received")
        elif step == "ship":
            message._queue(
                self,
                "shipped",
                event=lambda order: f"event:{by_order[order.id].id}",
                words=lambda order: by_order[order.id].summary,
            )
        elif step == "deliver":
            message._queue(self, "delivered", event=lambda order: f"event:{by_order[order.id].id}")
            for company, orders in self.grouped("company_id").items():
                orders._ask_rating(company.order_rating_days)
        elif step == "invoice":
            credited = self.filtered(
                lambda order: (by_order[order.id].details or {}).get("type") == "out_refund"
            )
            if credited:
                message._queue(
                    credited,
                    "refunded",
                    event=lambda order: by_order[order.id].details["document"],
                    words=lambda order: by_order[order.id].summary,
                )

    @api.model
    def _cron_tell_delayed(self):
        """Tell customers whose order should have left by now, once for each promised date."""
        now = fields.Datetime.now()
        late = self.search(
            [
                ("state", "=", "sale"),
                ("company_id.order_messages", "=", True),
                ("commitment_date", "<", now),
                ("commitment_date", ">", fields.Datetime.subtract(now, days=30)),
                ("delivery_status", "in", ("pending", "started", "partial")),
            ]
        )
        self.env["order.message"]._queue(
            late, "delayed", event=lambda order: f"due:{order.commitment_date.date()}"
        )
