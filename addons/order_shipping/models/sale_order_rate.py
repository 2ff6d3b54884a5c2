from odoo import fields, models
from odoo.exceptions import UserError

from ..carriers.base import Box, Shipment


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
            signature=carrier.signature or "",
            emergency_phone=carrier.hazard_phone or "",
            point=point,
        )

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
