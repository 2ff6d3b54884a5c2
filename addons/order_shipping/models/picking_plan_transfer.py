from odoo import api, fields, models


class PickingPlanTransfer(models.TransientModel):
    _name = "picking.plan.transfer"
    _description = "Transfer in a Plan"
    _order = "id"

    plan_id = fields.Many2one("picking.plan", required=True, index=True, ondelete="cascade")
    proposal_id = fields.Many2one("picking.plan.batch", index=True, ondelete="cascade")
    picking_id = fields.Many2one("stock.picking", required=True, ondelete="cascade")
    zone = fields.Char()
    signature = fields.Char(help="What the transfer was when it was planned.")
    lines = fields.Integer()
    items = fields.Float()
    totes = fields.Integer()
    date_due = fields.Datetime()
    skill_ids = fields.Many2many("picking.skill")
    is_unmapped = fields.Boolean(help="None of its places is in any walk.")
    is_late = fields.Boolean()

    @api.model
    def _get_measures(self):
        """Names of what fills a batch, for people."""
        return [
            ("orders", self.env._("transfers")),
            ("lines", self.env._("lines")),
            ("items", self.env._("items")),
            ("weight", self.env._("weight")),
            ("volume", self.env._("volume")),
            ("totes", self.env._("totes")),
        ]

    def _get_key(self):
        """(Id of the transfer, zone): what its ``batching.Order`` is called."""
        return self.picking_id.id, self.zone or ""

    def _get_chip(self):
        """What the screen shows of one transfer."""
        self.ensure_one()
        picking = self.picking_id
        due = self.date_due
        return {
            "id": self.id,
            "picking_id": picking.id,
            "name": picking.name,
            "partner": picking.partner_id.display_name or "",
            "zone": self.zone or "",
            "lines": self.lines,
            "due": fields.Datetime.to_string(due) if due else False,
            "is_late": self.is_late,
            "is_urgent": picking.priority == "1",
            "is_unmapped": self.is_unmapped,
        }
