from datetime import timedelta

from odoo import api, fields, models


class OrderRoutingAttempt(models.Model):
    """A warehouse rejected a line: why, and what was done about its stock."""

    _name = "order.routing.attempt"
    _description = "Rejected Allocation"
    _order = "id desc"
    _rec_name = "line_id"

    line_id = fields.Many2one("sale.order.line", required=True, index=True, ondelete="cascade")
    order_id = fields.Many2one(related="line_id.order_id", store=True, index=True)
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    product_id = fields.Many2one(related="line_id.product_id", store=True)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, index=True)
    picking_id = fields.Many2one("stock.picking")
    quantity = fields.Float(digits="Product Unit", help="In the line's unit.")
    reason = fields.Selection(
        [
            ("not_found", "Not found"),
            ("damaged", "Damaged"),
            ("busy", "No capacity"),
            ("other", "Other"),
        ],
        required=True,
    )
    note = fields.Char()

    @api.model
    def _tried(self, lines, plans):
        """Where these lines may not be tried (yet): dict (line id, warehouse id) → reason code.

        :param plans: dict order → ``order.routing.plan``
        """
        # sudo: routing sees every warehouse's rejections.
        attempts = self.sudo().search([("line_id", "in", lines.ids)])
        now, tried = fields.Datetime.now(), {}
        for line, mine in attempts.grouped("line_id").items():
            plan = plans.get(line.order_id)
            days = plan.cooling_days if plan else 1.0
            for attempt in mine:
                if attempt.create_date + timedelta(days=days) > now:
                    tried[line.id, attempt.warehouse_id.id] = "cooling"
        return tried

    @api.model
    def _stopped(self, lines, plans):
        """Those of these lines that were rejected so often that a person has to look."""
        attempts = self.sudo().search([("line_id", "in", lines.ids)]).grouped("line_id")
        return lines.filtered(
            lambda line: (
                (most := plans[line.order_id].max_attempts if line.order_id in plans else 3)
                and len(attempts.get(line, ())) >= most
            )
        )
