from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..engine import returning
from .shipping_rate import to_decimal

OUTCOMES = [
    ("restock", "Back to stock"),
    ("quarantine", "Quarantine"),
    ("repair", "Repair"),
    ("scrap", "Scrap"),
    ("vendor", "Back to the vendor"),
]


class ShippingReturnInspection(models.Model):
    """What becomes of some of the goods of one line."""

    _name = "shipping.return.inspection"
    _description = "Return Inspection"
    _order = "id"

    line_id = fields.Many2one(
        "shipping.return.line", string="Goods", required=True, index=True, ondelete="cascade"
    )
    return_id = fields.Many2one(related="line_id.return_id", store=True, index=True)
    company_id = fields.Many2one(related="line_id.company_id", store=True)
    product_id = fields.Many2one(related="line_id.product_id", store=True)
    uom_id = fields.Many2one(related="line_id.uom_id")
    quantity = fields.Float(digits="Product Unit", required=True)
    outcome = fields.Selection(OUTCOMES, required=True, default="restock")
    note = fields.Char(help="What was found; for a repair, what is to be repaired.")
    is_done = fields.Boolean(string="Moved", readonly=True, copy=False)

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "Enter how many.")

    @api.model_create_multi
    def create(self, vals_list):
        """Inspect what has arrived only."""
        rows = super().create(vals_list)
        rows._check_open()
        return rows

    def write(self, vals):
        """What was moved stays as it was found."""
        if not self.env.su and ("is_done" in vals or any(self.mapped("is_done"))):
            raise UserError(self.env._("These goods are moved already: this stays as it is."))
        result = super().write(vals)
        self._check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_open(self):
        if any(self.mapped("is_done")):
            raise UserError(self.env._("These goods are moved already: this stays as it is."))

    def _check_open(self):
        """:raise UserError: more is inspected than arrived"""
        for line in self.line_id:
            told = [(row.outcome, to_decimal(row.quantity)) for row in line.inspection_ids]
            rounding = to_decimal(line.uom_id.rounding or 0.01)
            came = to_decimal(line.quantity_received)
            if returning.outcome_problem(came, told, rounding) < 0:
                raise UserError(
                    self.env._(
                        "%(product)s: %(count)s arrived, so no more can be inspected.",
                        product=line.product_id.display_name,
                        count=line.quantity_received,
                    )
                )

    def _take(self, pool):
        """What of the goods that arrived this outcome is about.

        :param pool: list of [product, location, lot, quantity left], in the product's unit
        :return: list of (product, location, lot, quantity); a kit's parts in proportion
        """
        self.ensure_one()
        line = self.line_id
        mine = [each for each in pool if each[0] == line.product_id]
        shares = {
            line.product_id: line.uom_id._compute_quantity(self.quantity, line.product_id.uom_id)
        }
        if not mine and line.sale_line_id:
            parts = line.sale_line_id.move_ids.product_id
            mine = [each for each in pool if each[0] in parts]
            total = {}
            for product, _location, _lot, quantity in mine:
                total[product] = total.get(product, 0.0) + quantity
            open_count = line.quantity_open or self.quantity
            shares = {p: p.uom_id.round(q * self.quantity / open_count) for p, q in total.items()}
        taken = []
        for each in mine:
            part = min(each[3], shares.get(each[0], 0.0))
            if each[0].uom_id.compare(part, 0.0) > 0:
                each[3] -= part
                shares[each[0]] -= part
                taken.append((each[0], each[1], each[2], part))
        return taken


class ShippingReturn(models.Model):
    """Inspection: every piece that arrived gets an outcome, and is moved there."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "shipping.return"

    inspection_ids = fields.One2many("shipping.return.inspection", "return_id")

    # === ACTION === #

    def action_restock(self):
        """All that isn't inspected is fine: it goes back to stock.

        :raise UserError: nothing arrived
        """
        self.check_access("write")
        self._check_state("received", "inspected")
        for line in self.line_ids:
            told = sum(line.inspection_ids.mapped("quantity"))
            left = line.uom_id.round(line.quantity_received - told)
            if line.uom_id.compare(left, 0.0) > 0:
                line.inspection_ids = [Command.create({"quantity": left, "outcome": "restock"})]
        return self.action_inspect()

    def action_inspect(self):
        """Move inspected goods where they belong.

        :raise UserError: some of what arrived has no outcome yet
        """
        self.check_access("write")
        self._check_state("received", "inspected")
        for each in self:
            each._check_inspected()
            each._move_inspected()
            if each.state == "received":
                each._move_on("inspected", each.env._("inspected: %s", each._describe_outcomes()))
        return True

    # === BUSINESS === #

    def _check_inspected(self):
        """:raise UserError: some of what arrived has no outcome yet"""
        for line in self.line_ids:
            told = [(row.outcome, to_decimal(row.quantity)) for row in line.inspection_ids]
            rounding = to_decimal(line.uom_id.rounding or 0.01)
            left = returning.outcome_problem(to_decimal(line.quantity_received), told, rounding)
            if left > 0:
                raise UserError(
                    self.env._(
                        "%(product)s: tell what becomes of %(count)s more.",
                        product=line.product_id.display_name,
                        count=f"{left.normalize():f}",
                    )
                )

    def _describe_outcomes(self):
        words = dict(self.inspection_ids._fields["outcome"]._description_selection(self.env))
        return ", ".join(
            f"{row.quantity:g} × {row.product_id.display_name}: {words[row.outcome]}"
            + (f" ({row.note})" if row.note else "")
            for row in self.inspection_ids
        )

    def _move_inspected(self):
        """Stock moves of what was inspected since the last time, done at once."""
        self.ensure_one()
        # sudo: whoever may inspect returns has their goods moved.
        rows = self.sudo().inspection_ids.filtered(lambda row: not row.is_done)
        receipts = self._get_arrivals().filtered(lambda p: p.state == "done")
        pool = receipts._get_arrived()
        vals_list = []
        for row in rows:
            for product, location, lot, quantity in row._take(pool):
                vals_list.append((row, product, location, lot, quantity))
        by_way = {"scrap": [], "vendor": [], "stay": []}
        for vals in vals_list:
            outcome = vals[0].outcome
            by_way[outcome if outcome in by_way else "stay"].append(vals)
        self._transfer(by_way["stay"])
        self._scrap(by_way["scrap"])
        self.sudo()._send_to_vendor(by_way["vendor"])
        rows.is_done = True

    def _get_warehouse(self):
        """The warehouse the goods came back to."""
        types = self.sudo().picking_ids.picking_type_id
        return types.warehouse_id[:1] or self.sudo().order_id.warehouse_id

    def _transfer(self, parts):
        """One internal transfer for all that is restocked or put aside."""
        if not parts:
            return
        warehouse = self._get_warehouse()
        targets = {
            "restock": warehouse.lot_stock_id,
            "quarantine": warehouse._get_return_location("quarantine"),
            "repair": warehouse._get_return_location("quarantine"),
        }
        pickings = self.env["stock.picking"].sudo()
        by_target = {}
        for row, product, location, lot, quantity in parts:
            target = targets[row.outcome]
            by_target.setdefault((location, target), []).append((row, product, lot, quantity))
        for (location, target), some in by_target.items():
            picking = pickings.create(
                {
                    "picking_type_id": warehouse.int_type_id.id,
                    "location_id": location.id,
                    "location_dest_id": target.id,
                    "origin": self.name,
                    "shipping_return_id": self.id,
                    "company_id": self.company_id.id,
                    "move_ids": [
                        Command.create(
                            self._prepare_move(row, product, lot, quantity, location, target)
                        )
                        for row, product, lot, quantity in some
                    ],
                }
            )
            picking.action_confirm()
            picking.move_ids.picked = True
            picking._action_done()

    def _prepare_move(self, row, product, lot, quantity, location, target):
        """A move of some inspected goods, with the very lot that came back."""
        return {
            "product_id": product.id,
            "product_uom": product.uom_id.id,
            "product_uom_qty": quantity,
            "location_id": location.id,
            "location_dest_id": target.id,
            "description_picking": row.note or product.display_name,
            "company_id": self.company_id.id,
            "move_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_id": product.uom_id.id,
                        "quantity": quantity,
                        "lot_id": lot.id,
                        "location_id": location.id,
                        "location_dest_id": target.id,
                        "company_id": self.company_id.id,
                    }
                )
            ],
        }

    def _scrap(self, parts):
        """Odoo's own scrap of what is of no use."""
        scraps = (
            self.env["stock.scrap"]
            .sudo()
            .create(
                [
                    {
                        "product_id": product.id,
                        "product_uom_id": product.uom_id.id,
                        "scrap_qty": quantity,
                        "lot_id": lot.id,
                        "location_id": location.id,
                        "origin": self.name,
                        "company_id": self.company_id.id,
                    }
                    for _row, product, location, lot, quantity in parts
                ]
            )
        )
        scraps.do_scrap()


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _get_arrived(self):
        """What came with these receipts and hasn't been moved on, by place and lot.

        :return: list of [product, location, lot, quantity], in the product's unit
        """
        pool = {}
        for line in self.move_line_ids.filtered(lambda each: each.state == "done"):
            key = (line.product_id, line.location_dest_id, line.lot_id)
            pool[key] = pool.get(key, 0.0) + line.quantity_product_uom
        moved = self.shipping_return_id.picking_ids.filtered(
            lambda p: not p.is_return_receipt and p.state not in ("draft", "cancel")
        )
        for line in moved.move_line_ids:
            key = (line.product_id, line.location_id, line.lot_id)
            if key in pool:
                pool[key] -= line.quantity_product_uom
        scraps = self.env["stock.scrap"].search(
            [("origin", "in", self.shipping_return_id.mapped("name")), ("state", "=", "done")]
        )
        for scrap in scraps:
            key = (scrap.product_id, scrap.location_id, scrap.lot_id)
            if key in pool:
                pool[key] -= scrap.product_uom_id._compute_quantity(
                    scrap.scrap_qty, scrap.product_id.uom_id
                )
        return [[*key, quantity] for key, quantity in pool.items()]
