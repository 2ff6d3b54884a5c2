from odoo import fields, models

from ..flow import STEP_RANK, STEP_SELECTION


class SaleOrder(models.Model):
    _inherit = "sale.order"

    channel_id = fields.Many2one(
        "order.channel", index="btree_not_null", copy=False, tracking=True, check_company=True
    )
    channel_ref = fields.Char(
        string="Channel Reference",
        copy=False,
        index="btree_not_null",
        help="The order's number at its channel, as the customer knows it.",
    )
    channel_total = fields.Monetary(
        copy=False,
        help="Total the channel stated; the order's own total agreed with it to the cent.",
    )
    intake_ids = fields.One2many("order.intake", "order_id")
    event_ids = fields.One2many("order.event", "order_id", string="Timeline")
    hold_ids = fields.One2many("order.hold", "order_id", string="Holds")
    allocation_ids = fields.One2many("order.allocation", "order_id", string="Allocations")
    match_ids = fields.Many2many("order.match", string="Payment Matches")
    flow_step = fields.Selection(
        STEP_SELECTION,
        string="Step",
        readonly=True,
        copy=False,
        index=True,
        help="The furthest step this order has reached.",
    )

    # === BUSINESS === #

    def _record_event(self, step, summary, details=None, source="system"):
        """Append one event per order to the audit log and move ``flow_step`` forward.

        :param str step: a code of ``flow.STEPS``
        :param summary: text, or a function of the order that gives it
        :param details: dict of JSON values, or a function of the order that gives it
        :param str source: ``user``, ``channel`` or ``system``
        :return: the events
        """
        if not self:
            return self.env["order.event"]
        events = self.env["order.event"]._append(
            [
                {
                    "order": order,
                    "step": step,
                    "summary": summary(order) if callable(summary) else summary,
                    "details": details(order) if callable(details) else details,
                    "source": source,
                }
                for order in self
            ]
        )
        behind = self.filtered(lambda order: STEP_RANK.get(order.flow_step, -1) < STEP_RANK[step])
        # sudo: the step is a reading of the log, not something a user edits.
        behind.sudo().write({"flow_step": step})
        return events
