from decimal import Decimal
from typing import NamedTuple

from odoo import fields, models

REPORT = "order_shipping.report_commercial_invoice"
#: Originals that go in the pouch: for the country it leaves, the one it enters, and the recipient.
COPIES = 3


class CustomsLine(NamedTuple):
    """One line of a commercial invoice; ``value`` is of all its pieces, ``weight`` their kg."""

    item: object
    value: Decimal
    weight: Decimal


class StockPicking(models.Model):
    """What customs wants to see of a delivery: the same that its carrier is told."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    passes_customs = fields.Boolean(compute="_compute_passes_customs")

    def _compute_passes_customs(self):
        for picking in self:
            start, end = picking._get_sender().country_id, picking.partner_id.country_id
            picking.passes_customs = bool(
                picking.picking_type_code == "outgoing"
                and start
                and end
                and start != end
                and not start._is_in_union_with(end)
            )

    # === BUSINESS === #

    def _get_commercial_invoice(self):
        """What the commercial invoice of this delivery says, as plain values.

        :return: dict; amounts are ``Decimal`` in ``currency``, weights are kilograms
        """
        self.ensure_one()
        currency = self.sale_id.currency_id or self.company_id.currency_id
        customs = self._prepare_customs(currency)
        lines = [
            CustomsLine(item, item.value * item.quantity, item.weight * item.quantity)
            for item in customs.items
        ]
        freight = self.sale_id.order_line.filtered("is_delivery")
        parcels = self._get_parcels()[self]
        sender = self._get_sender()
        bought = self.label_ids.filtered(lambda label: label.state == "bought")
        goods = sum((line.value for line in lines), Decimal(0))
        # Goods sent in several deliveries: the freight the customer pays is declared once.
        first = self.sale_id.picking_ids.filtered(
            lambda p: p.picking_type_code == "outgoing" and p.state != "cancel"
        ).sorted("id")[:1]
        shipping = Decimal(0)
        if self == first:
            shipping = Decimal(str(round(sum(freight.mapped("price_subtotal")), 2)))
        return {
            "currency": currency,
            "lines": lines,
            "goods": goods,
            "shipping": shipping,
            "total": goods + shipping,
            "net_weight": sum((line.weight for line in lines), Decimal(0)),
            "gross_weight": sum((parcel.weight for parcel in parcels), Decimal(0)),
            "parcels": len(parcels),
            "tracking": [number for number in bought.mapped("tracking_number") if number],
            "incoterm": customs.incoterm,
            "place": self.sale_id.incoterm_location or self.partner_id.city or "",
            "number": customs.invoice_number,
            "date": self._get_ship_date() if self.state != "done" else self.date_done.date(),
            "sender": sender,
            "sender_eori": (sender.eori_number or sender.commercial_partner_id.eori_number or ""),
            "recipient_eori": (
                self.partner_id.eori_number
                or self.partner_id.commercial_partner_id.eori_number
                or ""
            ),
            "missing": self._get_missing_customs(),
        }

    def _get_missing_customs(self):
        """Products of this delivery without what customs asks of each."""
        products = self.move_ids.filtered(lambda move: move.state != "cancel").product_id
        return products.filtered(lambda p: not p.hs_code or not p.country_of_origin)

    def _get_customs_papers(self):
        """PDFs that go along with the labels: the carrier's own, else our invoice in copies."""
        self.ensure_one()
        if not self.passes_customs:
            return []
        theirs = self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("name", "=like", "ShippingDoc-%"),
                ("mimetype", "=", "application/pdf"),
            ],
            order="id",
        )
        if theirs:
            return theirs.mapped("raw")
        pdf, _kind = self.env["ir.actions.report"]._render_qweb_pdf(REPORT, self.ids)
        return [pdf] * COPIES
