from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import hashchain
from ..flow import STEP_SELECTION


class OrderEvent(models.Model):
    """What happened to an order: appended, never changed, each row sealed by a hash of the last."""

    _name = "order.event"
    _description = "Order Event"
    _order = "order_id, sequence"
    _rec_name = "summary"

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    sequence = fields.Integer(required=True, readonly=True)
    step = fields.Selection(STEP_SELECTION, required=True, readonly=True, index=True)
    summary = fields.Char(required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True)
    source = fields.Selection(
        [("user", "User"), ("channel", "Channel"), ("system", "System")],
        required=True,
        readonly=True,
        help="Who acted: a person, the channel, or the suite by itself.",
    )
    details = fields.Json(readonly=True)
    previous_hash = fields.Char(readonly=True)
    hash = fields.Char(required=True, readonly=True)

    _order_sequence_uniq = models.Constraint(
        "UNIQUE (order_id, sequence)", "Two events took the same place in an order's log."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse rows that don't come through :meth:`_append`, which seals them."""
        if not self.env.su:
            raise UserError(self.env._("Events are recorded by the flow itself, not by hand."))
        return super().create(vals_list)

    def write(self, vals):
        raise UserError(self.env._("Events can't be changed: they are the order's audit log."))

    def unlink(self):
        raise UserError(self.env._("Events can't be deleted: they are the order's audit log."))

    # === BUSINESS === #

    @api.model
    def _append(self, rows):
        """Append events and seal each onto the last one of its order.

        :param rows: list of dicts with ``order`` (sale.order), ``step``, ``summary`` and, if
            wanted, ``details`` (dict of JSON values) and ``source``
        :return: the new events
        """
        orders = self.env["sale.order"].union(*[row["order"] for row in rows])
        # sudo: whoever moves an order is logged, even without rights on the log itself.
        log = self.sudo()
        last = {}
        for event in log.search([("order_id", "in", orders.ids)], order="order_id, sequence"):
            last[event.order_id.id] = (event.sequence, event.hash)
        now = fields.Datetime.now()
        vals_list = []
        for row in rows:
            sequence, previous = last.get(row["order"].id, (0, hashchain.GENESIS))
            vals = {
                "order_id": row["order"].id,
                "sequence": sequence + 1,
                "step": row["step"],
                "summary": row["summary"],
                "date": now,
                "user_id": self.env.uid,
                "source": row.get("source") or "system",
                "details": row.get("details") or None,
                "previous_hash": previous,
            }
            vals["hash"] = hashchain.seal(previous, self._sealed_part(vals))
            last[row["order"].id] = (vals["sequence"], vals["hash"])
            vals_list.append(vals)
        return log.create(vals_list)

    @api.model
    def _sealed_part(self, vals):
        """The part of an event's values that its hash covers, as JSON values."""
        return {
            "order_id": vals["order_id"],
            "sequence": vals["sequence"],
            "step": vals["step"],
            "summary": vals["summary"],
            "date": fields.Datetime.to_string(vals["date"]),
            "user_id": vals["user_id"],
            "source": vals["source"],
            "details": vals["details"] or None,
        }
