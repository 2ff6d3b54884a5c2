from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import replenishment


class WarehousePickFace(models.Model):
    """A place that one product is picked from, refilled from the reserve."""

    _name = "warehouse.pick.face"
    _description = "Pick Face"
    _order = "location_id, product_id, id"
    _check_company_auto = True
    _rec_name = "location_id"

    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        check_company=True,
        domain="[('is_storable', '=', True)]",
        ondelete="cascade",
    )
    location_id = fields.Many2one(
        "stock.location",
        required=True,
        index=True,
        check_company=True,
        domain="[('usage', '=', 'internal')]",
        ondelete="cascade",
    )
    warehouse_id = fields.Many2one(related="location_id.warehouse_id", store=True, index=True)
    company_id = fields.Many2one(related="location_id.company_id", store=True, index=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    min_qty = fields.Float(
        string="Minimum",
        digits="Product Unit",
        help="It is refilled when open transfers would leave less than this.",
    )
    max_qty = fields.Float(
        string="Maximum", digits="Product Unit", required=True, help="What fits there."
    )
    date_refilled = fields.Datetime(string="Last Refill Planned", readonly=True, copy=False)

    _product_location_unique = models.Constraint(
        "UNIQUE (product_id, location_id)", "This product has a pick face there already."
    )
    _min_max = models.Constraint(
        "CHECK (min_qty >= 0 AND max_qty > 0 AND min_qty <= max_qty)",
        "A pick face holds more than 0, and its minimum is between 0 and its maximum.",
    )

    @api.constrains("location_id")
    def _check_location(self):
        for face in self:
            if face.location_id.usage != "internal" or not face.warehouse_id:
                raise ValidationError(
                    self.env._(
                        "%s is no place of a warehouse that goods are picked from.",
                        face.location_id.display_name,
                    )
                )

    # === BUSINESS === #

    def _get_refills(self):
        """What to bring to these faces from the reserve of their warehouses.

        The reserve is everything in stock that isn't at a pick face of that product.

        :return: list of ``(face, place goods come from, replenishment.Face, replenishment.Refill)``
        """
        if not self:
            return []
        siblings = self.search(
            [
                ("product_id", "in", self.product_id.ids),
                ("warehouse_id", "in", self.warehouse_id.ids),
            ]
        )
        quants = self._get_quants()
        at_face = {(face.product_id, face.location_id): face for face in siblings}
        rows = siblings._get_rows(quants, siblings._get_incoming())
        refills = replenishment.refill(
            list(rows.values()),
            self._get_sources([q for q in quants if (q.product_id, q.location_id) not in at_face]),
            siblings._get_unreserved_demand(),
        )
        faces = {face.id: face for face in self}
        return [
            (faces[refill.face], self.env["stock.location"].browse(refill.place), row, refill)
            for refill in refills
            if refill.face in faces and (row := rows[refill.face])
        ]

    def _get_key(self):
        self.ensure_one()
        return (self.product_id.id, self.warehouse_id.id)

    def _get_quants(self):
        """Stock of these products in these warehouses, the first to be used at the beginning."""
        Quant = self.env["stock.quant"]
        first = "removal_date, " if "removal_date" in Quant._fields else ""
        return Quant.search(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id", "child_of", self.warehouse_id.lot_stock_id.ids),
                ("location_id.usage", "=", "internal"),
                ("owner_id", "=", False),
            ],
            order=f"{first}in_date, id",
        )

    def _get_rows(self, quants, incoming):
        """``replenishment.Face`` by id."""
        on_hand, reserved = defaultdict(float), defaultdict(float)
        for quant in quants:
            key = quant.product_id, quant.location_id
            on_hand[key] += quant.quantity
            reserved[key] += quant.reserved_quantity
        return {
            face.id: replenishment.Face(
                face.id,
                face._get_key(),
                face.min_qty,
                face.max_qty,
                on_hand[face.product_id, face.location_id],
                reserved[face.product_id, face.location_id],
                incoming[face.product_id, face.location_id],
            )
            for face in self
        }

    def _get_incoming(self):
        """What open moves, drafts too, bring to these faces, by product and place."""
        open_at = [
            ("product_id", "in", self.product_id.ids),
            ("location_dest_id", "in", self.location_id.ids),
            ("state", "not in", ("done", "cancel")),
        ]
        incoming = defaultdict(float)
        for product, place, quantity in self.env["stock.move"]._read_group(
            open_at, ["product_id", "location_dest_id"], ["product_qty:sum"]
        ):
            incoming[product, place] += quantity
        # Receipts go to the stock as a whole; only their lines say where they are put.
        for product, place, quantity in self.env["stock.move.line"]._read_group(
            [*open_at, ("move_id.location_dest_id", "not in", self.location_id.ids)],
            ["product_id", "location_dest_id"],
            ["quantity_product_uom:sum"],
        ):
            incoming[product, place] += quantity
        return incoming

    def _get_sources(self, quants):
        """Free reserve as ``replenishment.Source``, without what drafts will take from it."""
        free = {}
        for quant in quants:
            key = quant.location_id, quant.product_id
            free[key] = free.get(key, 0.0) + quant.quantity - quant.reserved_quantity
        promised = self.env["stock.move"].search_fetch(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id", "in", [place.id for place, _product in free]),
                ("state", "in", ("draft", "confirmed", "partially_available")),
            ],
            ["product_id", "location_id", "product_qty", "quantity", "product_uom"],
        )
        for move in promised:
            key = move.location_id, move.product_id
            if key in free:
                free[key] -= move._get_unreserved_quantity()
        return [
            replenishment.Source(place.id, (product.id, place.warehouse_id.id), quantity)
            for (place, product), quantity in free.items()
        ]

    def _get_unreserved_demand(self):
        """What open transfers out of the stock still lack, by product and warehouse."""
        stocks = self.warehouse_id.lot_stock_id
        moves = self.env["stock.move"].search_fetch(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id", "parent_of", self.location_id.ids),
                ("location_id.warehouse_id", "in", self.warehouse_id.ids),
                ("state", "in", ("confirmed", "partially_available")),
                "!",
                ("location_dest_id", "child_of", stocks.ids),
            ],
            ["product_id", "location_id", "product_qty", "quantity", "product_uom"],
        )
        demand = defaultdict(float)
        for move in moves:
            key = move.product_id.id, move.location_id.warehouse_id.id
            demand[key] += move._get_unreserved_quantity()
        return demand

    def _prepare_refill_move(self, place, quantity):
        """Values of a move that brings goods from a place of the reserve."""
        self.ensure_one()
        return {
            "product_id": self.product_id.id,
            "product_uom_qty": quantity,
            "product_uom": self.uom_id.id,
            "location_id": place.id,
            "location_dest_id": self.location_id.id,
        }
