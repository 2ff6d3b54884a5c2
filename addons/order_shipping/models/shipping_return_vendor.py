from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..engine import returning
from .shipping_rate import to_decimal


class ShippingReturnInspection(models.Model):
    _inherit = "shipping.return.inspection"

    claim_id = fields.Many2one(
        "shipping.return.claim", string="Vendor Claim", readonly=True, index="btree_not_null"
    )


class ShippingReturn(models.Model):
    """Goods that go back to whom we bought them from."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "shipping.return"

    claim_ids = fields.One2many("shipping.return.claim", "return_id", string="Vendor Claims")
    claim_count = fields.Integer(compute="_compute_claim_count")

    @api.depends("claim_ids")
    def _compute_claim_count(self):
        for each in self:
            # sudo: whoever sees the return is told how many there are.
            each.claim_count = len(each.sudo().claim_ids)

    def action_view_claims(self):
        """Open what vendors owe us for the goods of this return."""
        return self._open("shipping.return.claim", self.claim_ids, self.env._("Vendor Claims"))

    # === BUSINESS: goods that went to the vendor at once === #

    def _note_received(self):
        """Extend: dropshipped goods are with their vendor: nothing to inspect here."""
        result = super()._note_received()
        for each in self.sudo():
            each._note_with_vendor()
        return result

    def _note_with_vendor(self):
        """Write what customers sent straight to a vendor as such, with the claim for it."""
        receipts = self.picking_ids.filtered(
            lambda p: (
                p.state == "done" and p.is_return_receipt and p.location_dest_id.usage == "supplier"
            )
        )
        for receipt in receipts.filtered(lambda p: not p.return_claim_id):
            vendor = receipt._get_recipient_vendor()
            claim = self._get_claim(vendor)
            receipt.return_claim_id = claim
            for line in self.line_ids.filtered("sale_line_id"):
                count = line._count_of(receipt.move_ids)
                if line.uom_id.compare(count, 0.0) > 0:
                    self.env["shipping.return.inspection"].create(
                        {
                            "line_id": line.id,
                            "quantity": count,
                            "outcome": "vendor",
                            "is_done": True,
                            "claim_id": claim.id,
                        }
                    )
            claim._add_amount(receipt.move_ids)
            claim._note_sent()
        is_all = all(
            line.uom_id.compare(sum(line.inspection_ids.mapped("quantity")), line.quantity_received)
            >= 0
            for line in self.line_ids
        )
        if receipts and is_all and self.state == "received":
            self._move_on("inspected", self.env._("inspected: %s", self._describe_outcomes()))
            done = self.activity_ids.filtered(
                lambda task: task.summary == self.env._("Inspect the return")
            )
            done.action_feedback(feedback=self.env._("It went straight to the vendor."))

    # === BUSINESS: goods at our dock === #

    def _send_to_vendor(self, parts):
        """Transfers that wait to take goods from the dock to their vendors, each with its claim.

        :param parts: list of (inspection, product, location, lot, quantity in the product's unit)
        :raise UserError: nobody knows whom the goods are from
        """
        by_vendor = {}
        for row, product, location, lot, quantity in parts:
            bought, rest = self._find_bought(product, lot, quantity)
            if rest:
                bought = [*bought, (self.env["stock.move"], rest)]
            for move, count in bought:
                vendor = move._get_vendor() or product.with_company(self.company_id)._get_vendor()
                if not vendor:
                    raise UserError(
                        self.env._(
                            "Nobody knows the vendor of %s: enter one on the product.",
                            product.display_name,
                        )
                    )
                by_vendor.setdefault((vendor, location), []).append(
                    (row, move, product, lot, count)
                )
        for (vendor, location), some in by_vendor.items():
            claim = self._get_claim(vendor)
            picking = self.env["stock.picking"].create(
                self._prepare_vendor_picking(claim, location, some)
            )
            picking.action_confirm()
            claim._add_amount(picking.move_ids)
            for row, *_rest in some:
                row.claim_id = claim

    def _get_claim(self, vendor):
        """The claim of this return on a vendor, open again where more goods go there."""
        claim = self.claim_ids.filtered(lambda each: each.partner_id == vendor)
        claim = claim or self.env["shipping.return.claim"].create(
            {"return_id": self.id, "partner_id": vendor.id, "note": self._describe_reasons()}
        )
        claim.state = "open"
        return claim

    def _describe_reasons(self):
        lines = self.line_ids.filtered("reason_id")
        return "\n".join(
            f"{line.product_id.display_name}: {line.reason_id.name} {line.note or ''}".strip()
            for line in lines
        )

    def _find_bought(self, product, lot, quantity):
        """The receipts these goods came from, the latest first, as far as they still stand.

        :return: (list of (stock.move, quantity in the product's unit), rest nobody bought)
        """
        moves = self.env["stock.move"]
        if "purchase_line_id" in moves._fields:
            domain = [
                ("product_id", "=", product.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "done"),
                ("purchase_line_id", "!=", False),
                ("location_id.usage", "=", "supplier"),
                ("location_dest_id.usage", "=", "internal"),
            ]
            if lot:
                domain.append(("move_line_ids.lot_id", "=", lot.id))
            moves = moves.search(domain, order="date desc, id desc", limit=100)
        facts = []
        for move in moves:
            back = move.returned_move_ids.filtered(lambda m: m.state != "cancel")
            facts.append(
                returning.Billed(
                    move,
                    to_decimal(move.product_uom._compute_quantity(move.quantity, product.uom_id)),
                    to_decimal(
                        sum(
                            m.product_uom._compute_quantity(m.product_uom_qty, product.uom_id)
                            for m in back
                        )
                    ),
                )
            )
        rounding = to_decimal(product.uom_id.rounding or 0.01)
        parts, rest = returning.spread(to_decimal(quantity), facts, rounding)
        return [(move, float(count)) for move, count in parts], float(rest)

    def _prepare_vendor_picking(self, claim, location, some):
        """Values of the transfer of goods to a vendor: Odoo's return of what it sent us."""
        warehouse = self._get_warehouse()
        incoming = warehouse.in_type_id
        vendor = claim.partner_id.with_company(self.company_id)
        target = vendor.property_stock_supplier
        moves = []
        for row, move, product, lot, count in some:
            vals = self._prepare_move(row, product, lot, count, location, target)
            vals |= {"to_refund": True, "origin_returned_move_id": move.id}
            if move and "purchase_line_id" in move._fields:
                vals["purchase_line_id"] = move.purchase_line_id.id
            moves.append(Command.create(vals))
        return {
            "picking_type_id": (incoming.return_picking_type_id or warehouse.out_type_id).id,
            "partner_id": vendor.id,
            "location_id": location.id,
            "location_dest_id": target.id,
            "origin": self.name,
            "shipping_return_id": self.id,
            "return_claim_id": claim.id,
            "company_id": self.company_id.id,
            "move_ids": moves,
        }


class ShippingReturnClaim(models.Model):
    _inherit = "shipping.return.claim"

    def _add_amount(self, moves):
        """Claim what was paid for the goods of some moves."""
        for move in moves:
            self.amount += move._get_bought_value(self.company_id)


class StockMove(models.Model):
    _inherit = "stock.move"

    def _get_vendor(self):
        """Whom these goods were bought from; empty without a purchase."""
        if "purchase_line_id" not in self._fields:
            return self.env["res.partner"]
        return self.purchase_line_id.order_id.partner_id[:1]

    def _get_bought_value(self, company):
        """What was paid for these goods, without tax, in the company's currency."""
        self.ensure_one()
        product = self.product_id.with_company(company)
        count = self.product_uom._compute_quantity(
            self.quantity or self.product_uom_qty, product.uom_id
        )
        line = self.purchase_line_id if "purchase_line_id" in self._fields else None
        if not line or not line.product_qty:
            return company.currency_id.round(product.standard_price * count)
        mine = product.uom_id._compute_quantity(count, line.product_uom_id)
        return line.currency_id._convert(
            line.price_subtotal / line.product_qty * mine,
            company.currency_id,
            company,
            fields.Date.today(),
        )


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _get_recipient_vendor(self):
        """The vendor that dropshipped goods went back to."""
        self.ensure_one()
        moves = self.move_ids | self.move_ids.origin_returned_move_id
        return moves._get_vendor() or self.partner_id


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_vendor(self):
        """The first vendor of this product, of this company or of all."""
        sellers = self.seller_ids.filtered(
            lambda seller: seller.company_id in (self.env["res.company"], self.env.company)
        )
        return sellers[:1].partner_id
