import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..carriers import base
from ..carriers.base import CarrierError

_logger = logging.getLogger(__name__)


class ShippingPickupPoint(models.Model):
    """Points that carriers tell over the network, kept beside those of imported lists."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "shipping.pickup.point"

    @api.model
    def _keep_found(self, carrier, points):
        """Keep what a carrier told of its points, whatever becomes of the caller's transaction.

        The caller's transaction doesn't see what is new here: it began before.

        :param points: list of ``PickupPoint``
        :return: them as ``_get_location`` tells them, in the order given
        """
        countries = {c.code: c for c in self.env["res.country"].search([])}
        points = [point for point in points if point.address.country_code in countries]
        with self.env["shipping.label"]._own_transaction() as env:
            for point in sorted(points, key=lambda each: each.code):
                address = point.address
                country = countries[address.country_code]
                state = country.state_ids.filtered(lambda s, a=address: s.code == a.state)[:1]
                env.cr.execute(
                    "INSERT INTO shipping_pickup_point (carrier_id, company_id, code, name, street,"
                    " zip, city, state_id, country_id, latitude, longitude, hours, active)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, TRUE)"
                    " ON CONFLICT (carrier_id, code) DO UPDATE SET name = EXCLUDED.name,"
                    " street = EXCLUDED.street, zip = EXCLUDED.zip, city = EXCLUDED.city,"
                    " state_id = EXCLUDED.state_id, country_id = EXCLUDED.country_id,"
                    " latitude = EXCLUDED.latitude, longitude = EXCLUDED.longitude,"
                    " hours = EXCLUDED.hours, active = TRUE",
                    (
                        carrier.id,
                        carrier.company_id.id or None,
                        point.code,
                        address.name,
                        address.street,
                        address.zip,
                        address.city,
                        state.id or None,
                        country.id,
                        point.latitude,
                        point.longitude,
                        point.hours or None,
                    ),
                )
            # sudo: shoppers read no model; a shop's address is no secret.
            codes = [point.code for point in points]
            rows = env[self._name].sudo()
            rows = rows.search([("carrier_id", "=", carrier.id), ("code", "in", codes)])
            found = [row._get_location() for row in rows.sorted(lambda r: codes.index(r.code))]
        self.invalidate_model()
        return found


class DeliveryCarrier(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "delivery.carrier"

    # Odoo looks for <provider>_use_locations: one switch for all of them.
    ups_use_locations = fields.Boolean(
        string="To UPS Access Points", related="rate_table_use_locations"
    )
    fedex_use_locations = fields.Boolean(
        string="Held at FedEx Locations", related="rate_table_use_locations"
    )
    dhl_express_use_locations = fields.Boolean(
        string="To DHL Service Points", related="rate_table_use_locations"
    )
    finds_pickup_points = fields.Boolean(compute="_compute_takes_pickup_points")

    @api.depends("delivery_type")
    def _compute_takes_pickup_points(self):
        """Extend: what the interface of a carrier on the network can do with points."""
        result = super()._compute_takes_pickup_points()
        for carrier in self:
            offers = carrier._get_port_class().offers if carrier.is_network else frozenset()
            carrier.takes_pickup_points |= "to_points" in offers
            carrier.finds_pickup_points = "points" in offers
        return result

    # === BUSINESS === #

    def _find_points(self, address):
        """Ask the carrier for its points near an address, and keep them.

        :param Address address: of the customer
        :return: list of dicts as ``_get_location`` gives them, the nearest first
        :raise CarrierError: it gives no answer
        """
        self.ensure_one()
        points = self._get_port().points(address)
        return self.env["shipping.pickup.point"]._keep_found(self, points)

    def _network_get_close_locations(self, partner, **options):
        """The points a carrier tells, or those of its list where it tells none now."""
        self.ensure_one()
        if self.finds_pickup_points:
            try:
                if found := self._find_points(partner._get_label_address()):
                    return found
            except (CarrierError, ValueError) as error:
                _logger.info("Points of %s: %s", self.name, type(error).__name__)
        return self._rate_table_get_close_locations(partner, **options)

    def _ups_get_close_locations(self, partner, **options):
        """Odoo's hook for UPS."""
        return self._network_get_close_locations(partner, **options)

    def _fedex_get_close_locations(self, partner, **options):
        """Odoo's hook for FedEx."""
        return self._network_get_close_locations(partner, **options)

    def _dhl_express_get_close_locations(self, partner, **options):
        """Odoo's hook for DHL Express."""
        return self._network_get_close_locations(partner, **options)


class SaleOrder(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    finds_pickup_points = fields.Boolean(related="carrier_id.finds_pickup_points")

    def action_find_pickup_points(self):
        """Ask the carrier for points near the delivery address, to choose one from.

        :raise AccessError: the user may not change the order
        :raise UserError: the carrier gives no answer, or has none there
        """
        self.ensure_one()
        self.check_access("write")
        if not self.finds_pickup_points:
            raise UserError(
                self.env._("This carrier can't be asked for points: choose one of its list.")
            )
        address = self.partner_shipping_id._get_label_address()
        try:
            found = self.carrier_id._find_points(address)
        except (CarrierError, ValueError) as error:
            raise UserError(
                self.env._(
                    "%(carrier)s tells no pick-up points: %(reason)s",
                    carrier=self.carrier_id.name,
                    reason=getattr(error, "message", error),
                )
            )
        if not found:
            raise UserError(
                self.env._("%s has no pick-up points near this address.", self.carrier_id.name)
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Pick-up Points"),
                "message": self.env._(
                    "%(count)s found. The nearest: %(nearest)s. Choose one under Pick-up Point.",
                    count=len(found),
                    nearest="{name}, {street}, {zip_code} {city}".format(**found[0]),
                ),
                "type": "success",
            },
        }

    def _prepare_point(self, carrier):
        """The point chosen for this carrier as it is told of it; None for an address."""
        self.ensure_one()
        data = carrier._delivers_to_points() and self.carrier_id == carrier
        data = data and self.pickup_location_data
        code = str((data or {}).get("id") or "")
        if not code:
            return None
        return base.PickupPoint(
            code=code,
            address=base.Address(
                name=data.get("name") or "",
                street=data.get("street") or "",
                city=data.get("city") or "",
                state=data.get("state") or "",
                zip=data.get("zip_code") or "",
                country_code=data.get("country_code") or "",
            ),
        )


class StockPicking(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    def _prepare_point(self, carrier):
        """The point this delivery goes to with this carrier; None where it goes to an address."""
        self.ensure_one()
        return self.sale_id._prepare_point(carrier) if self.sale_id else None
