import base64

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.image import image_data_uri

from ..engine import labels, logistic


class StockPackage(models.Model):
    _inherit = "stock.package"

    sscc = fields.Char(
        string="SSCC",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The number GS1 logistic labels carry, given when the first one is printed.",
    )

    _sscc_uniq = models.UniqueIndex("(sscc) WHERE sscc IS NOT NULL", "SSCC are given once only.")

    @api.model
    def _find_free_totes(self, names=None, limit=None):
        """Empty reusable boxes that no open transfer is picked into.

        :param names: only those with one of these names
        """
        domain = (
            Domain("package_type_id.package_use", "=", "reusable")
            & Domain("company_id", "in", (False, *self.env.companies.ids))
            & Domain("quant_ids", "=", False)
        )
        if names is not None:
            domain &= Domain("name", "in", names)
        found = self.search(domain, limit=limit)
        if not found:
            return found
        # sudo: a tote in use for another company's transfer isn't free either.
        used = (
            self.env["stock.picking"]
            .sudo()
            .search(
                Domain("tote_id", "in", found.ids) & Domain("state", "not in", ("done", "cancel"))
            )
        )
        return found - used.tote_id.with_env(self.env)

    def _ensure_sscc(self):
        """Give each box its SSCC: that of its label where it has one, else the next number.

        :raise UserError: the company has no GS1 prefix, or its numbers are used up
        """
        bare = self.filtered(lambda package: not package.sscc)
        bought = self.env["shipping.label"].search(
            [("package_id", "in", bare.ids), ("state", "=", "bought")]
        )
        numbers = {
            label.package_id: label.tracking_number
            for label in bought
            if labels.is_sscc(label.tracking_number)
        }
        rest = bare.filtered(lambda package: package not in numbers)
        companies = [package.company_id or self.env.company for package in rest]
        fresh = self.env["shipping.label"]._next_sscc(companies)
        for package, number in [*numbers.items(), *zip(rest, fresh, strict=True)]:
            # sudo: the number is given here only, whoever prints.
            package.sudo().sscc = number

    # === BUSINESS: PAPERS === #

    def _get_packed_lines(self):
        """What was packed into one box, for the last transfer it was packed for."""
        self.ensure_one()
        lines = self.env["stock.move.line"].search(
            [("result_package_id", "=", self.id), ("state", "!=", "cancel")], order="id"
        )
        return lines.filtered(lambda line: line.picking_id == lines[-1:].picking_id)

    def _get_gs1_facts(self):
        """What one box's GS1 logistic label says.

        :return: dict with ``sender`` and ``recipient``, ``captions`` and ``barcodes``
        """
        self.ensure_one()
        lines = self._get_packed_lines()
        picking, product = lines.picking_id, lines.product_id
        count = sum(lines.mapped("quantity_product_uom")) if len(product) == 1 else 0
        lot = lines.lot_id.name if len(lines.lot_id) == 1 and all(lines.mapped("lot_id")) else ""
        captions = [(self.env._("Box"), self.name)]
        if picking:
            captions.insert(0, (self.env._("Delivery"), picking.name))
        if picking.sale_id:
            captions.insert(0, (self.env._("Order"), picking.sale_id.name))
        if len(product) == 1:
            captions.append((product.display_name, f"{count:g} {product.uom_id.name}"))
        if self.shipping_weight:
            unit = self.env["product.template"]._get_weight_uom_name_from_ir_config_parameter()
            captions.append((self.env._("Weight"), f"{self.shipping_weight:.2f} {unit}"))
        company = picking.company_id or self.company_id or self.env.company
        barcodes = logistic.elements(
            self.sscc, len(product) == 1 and product.barcode, count, lot or ""
        )
        return {
            "sender": picking._get_sender() if picking else company.partner_id,
            "recipient": picking.partner_id,
            "captions": captions,
            "barcodes": [
                (image_data_uri(base64.b64encode(logistic.barcode_png(data))), text)
                for data, text in barcodes
            ],
        }
