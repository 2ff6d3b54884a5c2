import dataclasses
from decimal import Decimal

from odoo import api, fields, models

from .shipping_rate import to_decimal


class ShippingLabel(models.Model):
    """Cash that a carrier takes from the recipient of a parcel, told with its label."""

    _inherit = "shipping.label"

    collect_amount = fields.Float(
        string="Cash to Collect",
        digits="Product Price",
        readonly=True,
        help="In the order's currency; of several parcels the first has it.",
    )

    @api.model
    def _prepare_network_vals(self, picking, parcel, shipment, number):
        """Extend: the first parcel of a purchase keeps what all of them collect."""
        vals = super()._prepare_network_vals(picking, parcel, shipment, number)
        is_first = number == shipment.box_number
        return vals | {"collect_amount": float(shipment.collect) if is_first else 0.0}

    @api.model
    def _prepare_requests(self, pickings, problems):
        """Extend: the first label of a delivery says what is to be collected."""
        requests = super()._prepare_requests(pickings, problems)
        amounts = pickings._get_cash_amounts()
        for key, (picking, parcel, request) in requests.items():
            amount = amounts[picking]
            if not amount or request.parcel_number != 1:
                continue
            words = self.env._(
                "Cash %(amount)s %(currency)s",
                amount=f"{amount:.2f}",
                currency=picking.sale_id.currency_id.name,
            )
            request = dataclasses.replace(
                request, collect=amount, references=(words, *request.references)
            )
            requests[key] = (picking, parcel, request)
        return requests

    @api.model
    def _prepare_vals(self, picking, parcel, request, carrier):
        vals = super()._prepare_vals(picking, parcel, request, carrier)
        return vals | {"collect_amount": float(request.collect)}


class StockPicking(models.Model):
    """What customers still pay when deliveries arrive."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    def _get_cash_amounts(self):
        """Cash to take with these deliveries, in the currency of their orders.

        The customer chose to pay on delivery (Odoo's own payment method). Of several deliveries
        each takes its share by the value of its goods, and the last one what is left.

        :return: dict of picking to Decimal
        """
        amounts = dict.fromkeys(self, Decimal(0))
        outgoing = self.filtered(lambda picking: picking.picking_type_code == "outgoing")
        for order, pickings in outgoing.grouped("sale_id").items():
            # sudo: packers may not read payments; only how much is due counts.
            due = order.sudo().transaction_ids.filtered(
                lambda tx: (
                    tx.state == "pending" and tx.provider_id.custom_mode == "cash_on_delivery"
                )
            )
            if due:
                amounts |= pickings._share_cash(order, sum(due.mapped("amount")))
        return amounts

    def _share_cash(self, order, total):
        """Parts of what is due on an order that go with these of its deliveries."""
        siblings = order.sudo().picking_ids._filter_outgoing()
        told = siblings.label_ids._filter_live()
        left = to_decimal(total - sum(told.mapped("collect_amount")))
        open_ones = siblings.filtered(lambda p: p not in told.picking_id)
        values = {picking.id: picking._get_goods_value() for picking in open_ones}
        amounts = {}
        for picking in self:
            rest = sum(values.values(), Decimal(0))
            share = Decimal(0)
            if picking.id in values:
                mine = values.pop(picking.id)
                share = left * mine / rest if values and rest else left
                share = to_decimal(order.currency_id.round(float(max(share, Decimal(0)))))
            left -= share
            amounts[picking] = share
        return amounts

    def _get_collect_problem(self, carrier, amount):
        """Why a carrier can't take the cash that is due with this delivery; False if it can.

        :param Decimal amount: cash to collect
        """
        self.ensure_one()
        if not amount:
            return False
        offers = not carrier.is_network or "collect" in carrier._get_port_class().offers
        if not offers or not carrier.allow_cash_on_delivery:
            return self.env._(
                "The customer pays on delivery, and %s takes no cash: choose another carrier.",
                carrier.name,
            )
        if carrier._delivers_to_points():
            return self.env._("No cash is taken at pick-up points: choose another carrier.")
        return False

    def _get_label_problem(self, holds):
        """Extend: cash is due, and the carrier takes none."""
        problem = super()._get_label_problem(holds)
        if problem or not self.carrier_id:
            return problem
        return self._get_collect_problem(self.carrier_id, self._get_cash_amounts()[self])

    def _prepare_shipment(self, carrier, parcels, key="", service=""):
        """Extend: the carrier is told what to collect."""
        shipment = super()._prepare_shipment(carrier, parcels, key=key, service=service)
        amount = self._get_cash_amounts()[self]
        return dataclasses.replace(shipment, collect=amount) if amount else shipment
