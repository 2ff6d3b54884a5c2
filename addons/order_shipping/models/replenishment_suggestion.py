from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang


class ReplenishmentSuggestion(models.TransientModel):
    """What to bring to pick faces and what to order, for somebody to confirm or leave."""

    _name = "replenishment.suggestion"
    _description = "Replenishment Suggestion"
    _order = "kind, needed desc, warehouse_id, product_id, id"
    _rec_name = "product_id"

    kind = fields.Selection(
        [("face", "Pick faces"), ("supplier", "Reorder rules")], readonly=True, required=True
    )
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", readonly=True, ondelete="cascade")
    uom_id = fields.Many2one(related="product_id.uom_id")
    face_id = fields.Many2one("warehouse.pick.face", readonly=True, ondelete="cascade")
    location_id = fields.Many2one("stock.location", string="From", readonly=True)
    location_dest_id = fields.Many2one("stock.location", string="To", readonly=True)
    orderpoint_id = fields.Many2one("stock.warehouse.orderpoint", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Vendor", readonly=True)
    quantity = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="To bring, or to order at once (the economic order quantity).",
    )
    needed = fields.Float(
        string="Waited For",
        digits="Product Unit",
        readonly=True,
        help="What open transfers want and the pick face doesn't have.",
    )
    minimum_now = fields.Float(digits="Product Unit", readonly=True)
    maximum_now = fields.Float(digits="Product Unit", readonly=True)
    minimum = fields.Float(digits="Product Unit", readonly=True)
    maximum = fields.Float(digits="Product Unit", readonly=True)
    daily = fields.Float(string="Demand a Day", digits=(16, 2), readonly=True)
    deviation = fields.Float(
        string="Standard Deviation",
        digits=(16, 2),
        readonly=True,
        help="How much the demand of a day varies.",
    )
    lead = fields.Float(string="Lead Time (days)", digits=(16, 1), readonly=True)
    safety = fields.Float(
        string="Safety Stock",
        digits=(16, 2),
        readonly=True,
        help="Kept for demand above the mean during the lead time.",
    )
    unit_cost = fields.Float(digits="Product Price", readonly=True)
    reason = fields.Char(string="Why", readonly=True)
    doubts = fields.Char(string="To Be Checked", readonly=True)

    # === BUSINESS: SUGGEST === #

    @api.model
    def _suggest(self, warehouses):
        """Fresh suggestions for these warehouses; the user's former ones are dropped."""
        self.search([("create_uid", "=", self.env.uid)]).unlink()
        vals_list = self._suggest_refills(warehouses)
        if self.env["stock.warehouse.orderpoint"].has_access("create"):
            vals_list += self._suggest_reorders(warehouses)
        return self.create(vals_list)

    @api.model
    def _suggest_refills(self, warehouses):
        faces = self.env["warehouse.pick.face"].search([("warehouse_id", "in", warehouses.ids)])
        return [
            {
                "kind": "face",
                "warehouse_id": face.warehouse_id.id,
                "product_id": face.product_id.id,
                "face_id": face.id,
                "location_id": place.id,
                "location_dest_id": face.location_id.id,
                "quantity": refill.quantity,
                "needed": refill.needed,
                "minimum_now": row.minimum,
                "maximum_now": row.maximum,
                "minimum": row.minimum,
                "maximum": row.maximum,
                "reason": self.env._(
                    "%(on_hand)s are there and %(incoming)s on the way; open transfers take "
                    "%(taken)s, which leaves less than %(minimum)s.",
                    on_hand=self._format(row.on_hand),
                    incoming=self._format(row.incoming),
                    taken=self._format(refill.taken),
                    minimum=self._format(row.minimum),
                ),
            }
            for face, place, row, refill in faces._get_refills()
        ]

    @api.model
    def _format(self, number, digits=0):
        """A number for people; digits only where there is something behind the point."""
        return formatLang(self.env, number, digits=digits if number % 1 else 0)

    # === ACTION === #

    @api.model
    def action_suggest(self):
        """Look at all warehouses of the user's companies.

        :return: action that shows the suggestions
        """
        warehouses = self.env["stock.warehouse"].search(
            [("company_id", "in", self.env.companies.ids)]
        )
        found = self._suggest(warehouses)
        action = self.env["ir.actions.actions"]._for_xml_id(
            "order_shipping.replenishment_suggestion_action"
        )
        return action | {"domain": [("id", "in", found.ids)], "target": "main"}

    def action_apply(self):
        """Make draft transfers to pick faces, and write minimum and maximum of reorder rules.

        :return: action that shows what was made
        :raise UserError: nothing is left to do
        """
        transfers = self.filtered(lambda one: one.kind == "face")._refill()
        rules = self.filtered(lambda one: one.kind == "supplier")._write_orderpoints()
        if not transfers and not rules:
            raise UserError(self.env._("Somebody has done this meanwhile: press Suggest Again."))
        self.unlink()
        if transfers:
            action = self.env["ir.actions.actions"]._for_xml_id("stock.action_picking_tree_all")
            return action | {"domain": [("id", "in", transfers.ids)], "context": {}}
        action = self.env["ir.actions.actions"]._for_xml_id("stock.action_orderpoint")
        return action | {"domain": [("id", "in", rules.ids)], "context": {}}

    def _refill(self):
        """A draft internal transfer for each warehouse, of what is still to be brought."""
        faces = self.face_id
        if not faces:
            return self.env["stock.picking"]
        chosen = {(one.face_id, one.location_id) for one in self}
        # Whoever refills the same faces at the same moment is repeated, and sees these drafts.
        # sudo: pickers may not change what a face holds, only note that it is refilled.
        faces.sudo().date_refilled = fields.Datetime.now()
        faces.sudo().flush_recordset()
        by_warehouse = {}
        for face, place, _row, refill in faces._get_refills():
            if (face, place) in chosen:
                moves = by_warehouse.setdefault(face.warehouse_id, [])
                moves.append(
                    fields.Command.create(face._prepare_refill_move(place, refill.quantity))
                )
        return self.env["stock.picking"].create(
            [
                {
                    "picking_type_id": warehouse.int_type_id.id,
                    "location_id": warehouse.lot_stock_id.id,
                    "location_dest_id": warehouse.lot_stock_id.id,
                    "origin": self.env._("Refill of pick faces"),
                    "move_ids": moves,
                }
                for warehouse, moves in by_warehouse.items()
            ]
        )
