from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import pickup


class ShippingPickupPoint(models.Model):
    """A shop or locker of a carrier where customers fetch their parcels."""

    _name = "shipping.pickup.point"
    _description = "Pick-up Point"
    _order = "carrier_id, country_id, zip, name"
    _rec_names_search = ["code", "name", "zip", "city"]

    carrier_id = fields.Many2one("delivery.carrier", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="carrier_id.company_id", store=True)
    code = fields.Char(required=True, help="The carrier's number of it: printed on labels.")
    name = fields.Char(required=True)
    street = fields.Char(required=True)
    zip = fields.Char(required=True)
    city = fields.Char(required=True)
    state_id = fields.Many2one("res.country.state", domain="[('country_id', '=', country_id)]")
    country_id = fields.Many2one("res.country", required=True)
    latitude = fields.Float(digits=(10, 7))
    longitude = fields.Float(digits=(10, 7))
    hours = fields.Char(
        string="Opening Hours", help="Such as: Mo-Fr 9:00-18:00; Sa 9:00-12:00", translate=False
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex("(carrier_id, code)", "The carrier has this point already.")

    @api.depends("name", "street", "zip", "city")
    def _compute_display_name(self):
        for point in self:
            point.display_name = f"{point.name}, {point.street}, {point.zip} {point.city}"

    # === BUSINESS === #

    def _get_place(self):
        self.ensure_one()
        position = (self.latitude, self.longitude)
        return pickup.Place(
            self.id, self.country_id.code, self.zip, position if any(position) else ()
        )

    def _get_location(self):
        """This point as Odoo's own selector of locations and its orders know them."""
        self.ensure_one()
        return {
            "id": self.code,
            "name": self.name,
            "street": self.street,
            "city": self.city,
            "zip_code": self.zip,
            "state": self.state_id.code or "",
            "country_code": self.country_id.code,
            "latitude": str(self.latitude),
            "longitude": str(self.longitude),
            "opening_hours": pickup.opening(self.hours),
        }


class DeliveryCarrier(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "delivery.carrier"

    # Odoo finds this by its name: <provider>_use_locations; other providers have it as theirs.
    rate_table_use_locations = fields.Boolean(
        string="To Pick-up Points",
        help="Customers choose a point of the list, on the website or with their salesperson.",
    )
    takes_pickup_points = fields.Boolean(compute="_compute_takes_pickup_points")
    pickup_point_ids = fields.One2many("shipping.pickup.point", "carrier_id", copy=False)
    pickup_point_count = fields.Integer(compute="_compute_pickup_point_count")

    @api.depends("delivery_type")
    def _compute_takes_pickup_points(self):
        for carrier in self:
            carrier.takes_pickup_points = carrier.delivery_type == "rate_table"

    @api.depends("pickup_point_ids")
    def _compute_pickup_point_count(self):
        counts = dict(
            self.env["shipping.pickup.point"]._read_group(
                [("carrier_id", "in", self.ids)], ["carrier_id"], ["__count"]
            )
        )
        for carrier in self:
            carrier.pickup_point_count = counts.get(carrier, 0)

    def _rate_table_get_close_locations(self, partner, **_options):
        """The carrier's points nearest to an address, for Odoo's selector of locations."""
        self.ensure_one()
        position = (partner.partner_latitude, partner.partner_longitude)
        where = pickup.Place(
            None, partner.country_id.code, partner.zip, position if any(position) else ()
        )
        # sudo: shoppers read no model; a shop's address is no secret.
        points = self.sudo().pickup_point_ids
        keys = pickup.nearest([point._get_place() for point in points], where)
        return [point._get_location() for point in points.browse(keys)]

    def _delivers_to_points(self):
        """Whether parcels of this carrier go to its pick-up points, not to addresses."""
        return self.takes_pickup_points and self.rate_table_use_locations

    def action_view_pickup_points(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_shipping.shipping_pickup_point_action"
        )
        return action | {
            "domain": [("carrier_id", "=", self.id)],
            "context": {"default_carrier_id": self.id},
        }


class SaleOrder(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    pickup_point_id = fields.Many2one(
        "shipping.pickup.point",
        compute="_compute_pickup_point_id",
        inverse="_inverse_pickup_point_id",
        string="Pick-up Point",
        domain="[('carrier_id', '=', carrier_id)]",
        help="Where the customer fetches the parcel: on confirmation it becomes the delivery "
        "address.",
    )
    uses_pickup_points = fields.Boolean(compute="_compute_uses_pickup_points")

    @api.depends("carrier_id")
    def _compute_uses_pickup_points(self):
        for order in self:
            order.uses_pickup_points = order.carrier_id._delivers_to_points()

    @api.depends("carrier_id", "pickup_location_data")
    def _compute_pickup_point_id(self):
        for order in self:
            code = (order.pickup_location_data or {}).get("id")
            order.pickup_point_id = code and self.env["shipping.pickup.point"].search(
                [("carrier_id", "=", order.carrier_id.id), ("code", "=", code)], limit=1
            )

    def _inverse_pickup_point_id(self):
        for order in self:
            if order.state not in ("draft", "sent"):
                raise UserError(
                    self.env._("%s is confirmed: change its delivery address instead.", order.name)
                )
            point = order.pickup_point_id
            order.pickup_location_data = point._get_location() if point else False


class StockPicking(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    def _get_pickup_code(self):
        """The number of the point this delivery goes to; "" if it goes to an address."""
        self.ensure_one()
        return self._get_point_data(self.carrier_id).get("id") or ""

    def _get_point_data(self, carrier):
        """The point chosen on the order, if it is one of this carrier's; else an empty dict."""
        order = self.sale_id
        is_its = carrier._delivers_to_points() and order.carrier_id == carrier
        return (is_its and order.pickup_location_data) or {}

    def _get_pickup_problem(self, carrier=None):
        """Why a carrier to pick-up points can't take this delivery; False if nothing is wrong.

        :param carrier: another than the delivery's own
        """
        self.ensure_one()
        carrier = carrier or self.carrier_id
        if carrier._delivers_to_points() and not self._get_point_data(carrier):
            return self.env._(
                "%s delivers to pick-up points: no point was chosen on the order, so choose "
                "another carrier.",
                carrier.name,
            )
        return False
