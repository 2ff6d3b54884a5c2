from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from ..carriers.base import Box, Customs, CustomsItem, Shipment
from .shipping_rate import to_decimal


class SaleOrder(models.Model):
    """What carriers are told about an order that has no delivery yet."""

    _inherit = "sale.order"

    def _prepare_shipment(self, carrier):
        """This order as one parcel from its warehouse: :class:`Shipment` for a quote."""
        self.ensure_one()
        to_kg = self.env["delivery.carrier"]._get_kg_converter()
        weight = self.env.context.get("order_weight") or self._get_estimated_weight()
        warehouse = self.warehouse_id
        sender = warehouse.partner_id or self.company_id.partner_id
        hazards = ()
        if carrier.hazard_declares:
            hazards = tuple(
                product._prepare_hazard(count) for product, count in self._get_hazard_counts()
            )
        point = self._prepare_point(carrier)
        start, end = sender.country_id, self.partner_shipping_id.country_id
        customs = self._prepare_customs()
        insured = customs.total * to_decimal(carrier.shipping_insurance) / 100
        return Shipment(
            key="quote",
            sender=sender._get_label_address(),
            recipient=self.partner_shipping_id._get_label_address(),
            boxes=(Box(to_kg(weight), hazards=hazards),),
            ship_date=self._get_ship_date(),
            currency=self.currency_id.name,
            service=carrier.service_code or "",
            reference=self.name,
            residential=False if point else self.partner_shipping_id._is_residential(),
            insurance=insured.quantize(Decimal("0.01")),
            signature=carrier.signature or "",
            emergency_phone=carrier.hazard_phone or "",
            point=point,
            customs=customs if start != end else None,
            in_union=bool(start) and start._is_in_union_with(end),
        )

    def _prepare_customs(self):
        """The goods of this order as customs, and who insures them, wants to know: ``Customs``."""
        self.ensure_one()
        to_kg = self.env["delivery.carrier"]._get_kg_converter()
        items = []
        for line in self.order_line.filtered(lambda row: row.product_uom_qty > 0):
            # sudo: shoppers may not read products that aren't published any more.
            product = line.product_id.sudo()
            if line.is_delivery or not product or product.type == "service":
                continue
            count = line.product_uom_id._compute_quantity(line.product_uom_qty, product.uom_id)
            count = round(count) or 1
            items.append(
                CustomsItem(
                    description=product.name,
                    quantity=count,
                    value=to_decimal(line.price_subtotal / count).quantize(Decimal("0.01")),
                    weight=to_kg(product.weight),
                    hs_code=product.hs_code or "",
                    origin=product.country_of_origin.code or "",
                    sku=product.default_code or "",
                )
            )
        return Customs(tuple(items), self.currency_id.name, self.incoterm.code or "DAP", self.name)

    def _is_shopped(self):
        """Whether a customer of a website is asking, who can't be kept waiting or told details."""
        return "website_id" in self._fields and bool(self.website_id) and self.state == "draft"

    def _get_ship_date(self):
        """The day this order could leave: as planned, but not before today."""
        today = fields.Date.context_today(self)
        planned = self.expected_date and self.expected_date.date()
        return max(today, planned) if planned and not self.commitment_date else today

    def action_compare_rates(self):
        """Show every carrier's price for this order, side by side.

        :raise UserError: there is no delivery address
        """
        self.ensure_one()
        if not self.partner_shipping_id.country_id:
            raise UserError(
                self.env._(
                    "Enter the delivery address with its country first: prices depend on it."
                )
            )
        quote = self.env["shipping.quote"].create({"order_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Compare Shipping Rates"),
            "res_model": "shipping.quote",
            "res_id": quote.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }
