from odoo import Command, fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    routing_cost = fields.Float(
        string="Cost of a Shipment", help="Handling of one shipment, for routing by landed cost."
    )
    routing_cost_km = fields.Float(string="Cost per km", digits=(16, 4))
    routing_cost_kg = fields.Float(string="Cost per kg")
    routing_cutoff = fields.Float(
        string="Cut-Off",
        default=14.0,
        help="Orders routed before this hour leave on the same working day.",
    )
    quarantine_location_id = fields.Many2one(
        "stock.location",
        string="Quarantine",
        check_company=True,
        help="Where rejected, damaged goods go; made when first needed.",
    )

    def _quarantine(self):
        """The warehouse's quarantine location, outside of what may be promised."""
        self.ensure_one()
        if not self.quarantine_location_id:
            self.quarantine_location_id = self.env["stock.location"].create(
                {
                    "name": self.env._("Quarantine"),
                    "usage": "internal",
                    "location_id": self.view_location_id.id,
                    "company_id": self.company_id.id,
                }
            )
        return self.quarantine_location_id

    def _correct_stock(self, product, places, quantity, reason):
        """Bring the stock in line with what was found on the shelf.

        Not found: what is missing is written off, and the place is to be counted today. Damaged:
        it moves to quarantine. Other reasons say nothing about the stock.

        :param places: locations it was looked for in
        :param quantity: in the product's unit
        """
        self.ensure_one()
        if reason not in ("not_found", "damaged") or not product.is_storable:
            return
        rest = quantity
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("location_id", "child_of", (places or self.lot_stock_id).ids),
                ("quantity", ">", 0),
            ]
        )
        for quant in quants:
            part = min(quant.quantity - quant.reserved_quantity, rest)
            if product.uom_id.compare(part, 0.0) <= 0:
                continue
            rest -= part
            if reason == "damaged":
                self._move_to_quarantine(quant, part)
            else:
                quant.with_context(inventory_mode=True).inventory_quantity = quant.quantity - part
                quant.action_apply_inventory()
                quant.exists().inventory_date = fields.Date.context_today(self)

    def _move_to_quarantine(self, quant, quantity):
        """Move goods with their lot, package and owner out of what may be promised."""
        line = {
            "product_id": quant.product_id.id,
            "product_uom_id": quant.product_id.uom_id.id,
            "quantity": quantity,
            "lot_id": quant.lot_id.id,
            "package_id": quant.package_id.id,
            "owner_id": quant.owner_id.id,
            "location_id": quant.location_id.id,
            "location_dest_id": self._quarantine().id,
            "company_id": self.company_id.id,
            "picked": True,
        }
        move = self.env["stock.move"].create(
            {
                "product_id": quant.product_id.id,
                "product_uom": quant.product_id.uom_id.id,
                "product_uom_qty": quantity,
                "picked": True,
                "location_id": quant.location_id.id,
                "location_dest_id": self._quarantine().id,
                "company_id": self.company_id.id,
                "origin": self.env._("Rejected"),
                "move_line_ids": [Command.create(line)],
            }
        )
        move._action_done()
