import dataclasses
import uuid
from decimal import Decimal

from odoo import api, fields, models

from ..carriers.base import LITHIUM, Box, Customs, CustomsItem, Shipment
from ..engine import rating_table
from .shipping_rate import to_decimal


class StockPicking(models.Model):
    """What a carrier is told about a delivery, as plain values."""

    _inherit = "stock.picking"

    has_lithium = fields.Boolean(
        string="Lithium Batteries",
        compute="_compute_has_lithium",
        store=True,
        readonly=False,
        help="By a product's UN number, or a tag with “lithium” in its name. Who carries them is "
        "up to shipping rules and to what a delivery method takes.",
    )

    @api.depends("move_ids.product_id.product_tag_ids", "move_ids.product_id.hazard_un")
    def _compute_has_lithium(self):
        for picking in self:
            products = picking.move_ids.product_id
            picking.has_lithium = any(
                tag.name and "lithium" in tag.name.lower() for tag in products.product_tag_ids
            ) or not LITHIUM.keys().isdisjoint(products.mapped("hazard_un"))

    def _prepare_shipment(self, carrier, parcels, key="", service=""):
        """This delivery as a carrier is asked for it.

        :param parcels: list of ``Parcel``
        :param str key: names the purchase; empty for a quote
        :return: :class:`Shipment`
        """
        self.ensure_one()
        currency = self.sale_id.currency_id or self.company_id.currency_id
        value = self._get_goods_value()
        sender, recipient = self._get_sender(), self._get_recipient()
        point = self._prepare_point(carrier)
        if point and recipient.is_pickup_location:
            recipient = recipient.parent_id  # the address is the shop's: carriers want both
        hazards = self._prepare_hazards(carrier, parcels)
        insured = value * to_decimal(carrier.shipping_insurance) / 100
        shipment = Shipment(
            key=key or str(uuid.uuid4()),
            sender=sender._get_label_address(),
            recipient=recipient._get_label_address(),
            boxes=tuple(
                dataclasses.replace(self._prepare_box(parcel), hazards=goods)
                for parcel, goods in zip(parcels, hazards, strict=True)
            ),
            ship_date=self._get_ship_date(),
            currency=currency.name,
            service=service,
            reference=self.sale_id.name or self.name,
            residential=False if point else recipient._is_residential(),
            insurance=insured.quantize(Decimal("0.01")),
            signature=carrier.signature or "",
            emergency_phone=carrier.hazard_phone or "",
            point=point,
            in_union=bool(sender.country_id)
            and sender.country_id._is_in_union_with(recipient.country_id),
            customs=None
            if sender.country_id == recipient.country_id
            else self._prepare_customs(currency),
            label_format=carrier.label_format,
        )
        return shipment

    def _prepare_hazards(self, carrier, parcels):
        """What a carrier is told of dangerous goods: a tuple of ``Hazard`` for each parcel."""
        if not carrier.is_network or not carrier.hazard_declares:
            return [()] * len(parcels)
        counts = {box.id: goods for box, goods in self._get_hazard_counts().items()}
        return [
            tuple(
                product._prepare_hazard(count)
                for product, count in counts.get(parcel.package.id, [])
            )
            for parcel in parcels
        ]

    def _prepare_box(self, parcel):
        """A parcel with its box's size, in centimetres."""
        kind = parcel.package.package_type_id if parcel.package else None
        if not kind:
            return Box(parcel.weight)
        parameter = self.env["ir.config_parameter"].sudo()  # sudo: only the unit is read
        factor = "2.54" if parameter.get_param("product.volume_in_cubic_feet") == "1" else "0.1"
        size = [
            to_decimal(side) * Decimal(factor)
            for side in (kind.packaging_length, kind.width, kind.height)
        ]
        return Box(parcel.weight, *size)

    def _get_table_parcels(self, parcels):
        """Parcels as a rate table wants them, with the sizes of their boxes.

        :param parcels: list of ``Parcel``
        :return: list of ``rating_table.Parcel``
        """
        boxes = [self._prepare_box(parcel) for parcel in parcels]
        return [
            rating_table.Parcel(
                box.weight, (box.length, box.width, box.height) if box.is_measured else ()
            )
            for box in boxes
        ]

    def _get_goods_value(self):
        """What the customer pays for the goods in this delivery, without tax."""
        self.ensure_one()
        total = Decimal(0)
        for move in self.move_ids.filtered(lambda move: move.state != "cancel"):
            total += self._get_unit_value(move) * to_decimal(move.quantity or move.product_uom_qty)
        return total

    def _get_unit_value(self, move):
        line = move.sale_line_id
        if line and line.product_uom_qty:
            return to_decimal(line.price_subtotal / line.product_uom_qty)
        return to_decimal(move.product_id.list_price)

    def _prepare_customs(self, currency):
        to_kg = self.env["delivery.carrier"]._get_kg_converter()
        items = []
        for move in self.move_ids.filtered(lambda move: move.state != "cancel"):
            product = move.product_id
            quantity = round(move.quantity or move.product_uom_qty) or 1
            items.append(
                CustomsItem(
                    description=product.name,
                    quantity=quantity,
                    value=self._get_unit_value(move).quantize(Decimal("0.01")),
                    weight=to_kg(product.weight),
                    hs_code=product.hs_code or "",
                    origin=product.country_of_origin.code or "",
                    sku=product.default_code or "",
                )
            )
        return Customs(
            items=tuple(items),
            currency=currency.name,
            incoterm=self.sale_id.incoterm.code or "DAP",
            invoice_number=self.sale_id.name or self.name,
        )

    def _keep_tracking_numbers(self):
        """Give deliveries that were shipped the numbers of their labels, where they have none."""
        for picking in self.filtered(lambda p: p.state == "done" and not p.carrier_tracking_ref):
            bought = picking.label_ids.filtered(lambda label: label.state == "bought")
            numbers = [n for n in bought.sorted("parcel_number").mapped("tracking_number") if n]
            if numbers:
                picking.carrier_tracking_ref = ",".join(numbers)

    def _buy_label_job(self):
        """Buy the labels these deliveries lack (a job: it may run twice)."""
        self.env["shipping.label"]._buy_outside(self)

    def _record_delivered(self):
        """Log on their orders that all parcels of these deliveries arrived."""
        self._record_step(
            "deliver",
            lambda picking: picking.name,
            lambda picking: {
                "parcels": [
                    {"tracking": row.tracking_number, "time": row.date_track.isoformat()}
                    for row in picking.label_ids
                    if row.track_status == "delivered"
                ]
            },
        )
