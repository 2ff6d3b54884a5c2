import datetime
import json
import os

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import file_path

from ..carriers.table import TableCarrier
from ..engine import labels, rating, rating_table
from .shipping_rate import to_decimal

FONT = "web/static/fonts/google/Open_Sans/Open_Sans-%s.ttf"
#: Fonts with Asian letters where Debian puts them; used if they are installed.
FALLBACK_FONTS = (
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)


class DeliveryCarrier(models.Model):
    _inherit = "delivery.carrier"

    delivery_type = fields.Selection(
        selection_add=[("rate_table", "Rate Table")], ondelete={"rate_table": "set default"}
    )
    rate_line_ids = fields.One2many(
        "shipping.rate.table.line", "carrier_id", string="Rate Table", copy=True
    )
    rate_currency_id = fields.Many2one(
        "res.currency",
        string="Table Currency",
        default=lambda self: self.env.company.currency_id,
        help="Currency the prices of the rate table are in.",
    )
    surcharge_ids = fields.One2many(
        "shipping.surcharge", "carrier_id", string="Surcharges", copy=True
    )
    divisor_ids = fields.One2many(
        "shipping.divisor", "carrier_id", string="Dimensional Divisors", copy=True
    )
    transit_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Delivery Days",
        help="Weekdays the carrier delivers on, and its holidays (the calendar's public time "
        "off). Empty: Monday to Friday, or every day where it delivers at weekends.",
    )
    collect_hour = fields.Float(
        string="Collects At",
        help="Hour at which it collects on its days, in the warehouse's time zone: what it takes "
        "is planned to be picked by then. 0: at no fixed hour.",
    )

    _collect_hour_range = models.Constraint(
        "CHECK (collect_hour >= 0 AND collect_hour < 24)",
        "The hour of collection is between 00:00 and 23:59.",
    )

    # === PROVIDER API === #

    def rate_table_rate_shipment(self, order):
        """Price of an order as one parcel.

        :return: dict as ``rate_shipment`` wants it, the price in the order's currency
        """
        self.ensure_one()
        partner = order.partner_shipping_id
        weight = self.env.context.get("order_weight") or order._get_estimated_weight()
        parcel = rating_table.Parcel(self._get_kg_converter()(weight))
        ship_date = order._get_ship_date()
        price = self._get_table_price(partner, [parcel], ship_date)
        if price.problem:
            return {
                "success": False,
                "price": 0.0,
                "error_message": self._get_price_problem(price.problem, partner),
                "warning_message": False,
            }
        date = order.date_order or fields.Date.context_today(self)
        return {
            "success": True,
            "price": self.rate_currency_id._convert(
                float(price.amount), order.currency_id, order.company_id, date
            ),
            "error_message": False,
            "warning_message": False,
            "promise": self._get_order_promise(
                order, "", self._get_arrival(ship_date, price.days_max)
            ),
        }

    def rate_table_send_shipping(self, pickings):
        """Hand over the labels that are there; make the missing ones. Never a second one.

        :return: list of dicts: ``exact_price`` (in the order's currency), ``tracking_number``
        :raise UserError: a label can't be made, and why
        """
        problems = self.env["shipping.label"]._buy(pickings)
        for picking in pickings:
            if picking in problems:
                raise UserError(
                    self.env._(
                        "%(delivery)s has no label: %(reason)s",
                        delivery=picking.name,
                        reason=problems[picking],
                    )
                )
        result = []
        for picking in pickings:
            live = picking.label_ids._filter_live()
            currency = picking.sale_id.currency_id or picking.company_id.currency_id
            cost = sum(
                label.currency_id._convert(
                    label.cost,
                    currency,
                    picking.company_id,
                    label.date_bought or fields.Date.today(),
                )
                for label in live
            )
            tracking = ",".join(live.mapped("tracking_number"))
            result.append({"exact_price": cost, "tracking_number": tracking or False})
        return result

    def rate_table_get_tracking_link(self, picking):
        """Link of each parcel, from the carrier's tracking link; False where it has none."""
        self.ensure_one()
        numbers = [part for part in (picking.carrier_tracking_ref or "").split(",") if part]
        if not self.tracking_url or not numbers:
            return False
        links = [
            (number, self.tracking_url.replace("<shipmenttrackingnumber>", number))
            for number in numbers
        ]
        return links[0][1] if len(links) == 1 else json.dumps(links)

    def rate_table_cancel_shipment(self, pickings):
        """Void the labels of these deliveries; again is as good as once.

        Core passes all deliveries for each of them, also those of other carriers: those are left.
        """
        self.ensure_one()
        pickings.filtered(lambda picking: picking.carrier_id == self).label_ids._void()

    # === BUSINESS === #

    def _get_port(self):
        """The port labels of this carrier are bought through; None where it makes none."""
        self.ensure_one()
        if self.delivery_type != "rate_table":
            return None
        words = {
            "from": self.env._("FROM"),
            "to": self.env._("TO"),
            "parcel": self.env._("PARCEL"),
            "weight": self.env._("WEIGHT"),
        }
        return TableCarrier(self._get_label_fonts(), words)

    def _get_label_fonts(self):
        """Odoo's own fonts, and those with further letters that this machine has."""
        parameter = self.env["ir.config_parameter"].sudo().get_param("order_shipping.label_fonts")
        paths = [*(parameter or "").split(","), *FALLBACK_FONTS]
        return labels.Fonts(
            regular=file_path(FONT % "Regular"),
            bold=file_path(FONT % "Bold"),
            fallbacks=tuple(path.strip() for path in paths if os.path.isfile(path.strip())),
        )

    def _get_table_price(self, partner, parcels, date):
        """Price of parcels to a customer by the table, in its currency.

        :param parcels: list of ``rating_table.Parcel``
        :param date: the day they leave: surcharges and divisors change
        :return: :class:`rating_table.Price`
        """
        self.ensure_one()
        place = rating_table.Destination(
            country=partner.country_id.code or "",
            zip_code=partner.zip or "",
            is_residential=bool(partner._is_residential()),
        )
        table = rating_table.Table(
            bands=self.rate_line_ids._get_bands(),
            surcharges=self.surcharge_ids._filter_valid(date)._get_surcharges(),
            divisor=to_decimal(self.divisor_ids._get_divisor(date)),
        )
        return rating_table.shipment_price(table, place, parcels)

    def _get_arrival(self, ship_date, days):
        """The day a parcel arrives that leaves on ``ship_date``; None where none is promised.

        :param int days: days in transit, counted on the days the carrier delivers
        """
        self.ensure_one()
        if not days:
            return None
        weekdays, closed = self._get_delivery_days(ship_date)
        return rating.add_working_days(ship_date, days, weekdays, closed)

    def _get_delivery_days(self, date):
        """On which weekdays the carrier delivers, and its holidays in the year after a day."""
        self.ensure_one()
        calendar = self.transit_calendar_id.sudo()  # sudo: working days aren't secret
        if not calendar:
            return (frozenset(range(7)) if self.delivers_weekends else rating.WEEKDAYS), frozenset()
        weekdays = frozenset(int(day) for day in calendar.attendance_ids.mapped("dayofweek"))
        zone = pytz.timezone(calendar.tz or "UTC")
        last = date + datetime.timedelta(days=366)
        closed = set()
        for leave in calendar.global_leave_ids:
            day, end = (
                pytz.utc.localize(moment).astimezone(zone).date()
                for moment in (leave.date_from, leave.date_to)
            )
            day = max(day, date)
            while day <= min(end, last):
                closed.add(day)
                day += datetime.timedelta(days=1)
        return weekdays or rating.WEEKDAYS, frozenset(closed)

    def _get_price_problem(self, problem, partner):
        """Say why the table has no price, and what to do."""
        self.ensure_one()
        if problem == rating_table.NO_WEIGHT:
            return self.env._(
                "The weight is 0: set the weight of the products, or the weight for shipping."
            )
        if problem == rating_table.TOO_LARGE:
            return self.env._(
                "A parcel is too large for the rate table of %(carrier)s: take a smaller box.",
                carrier=self.name,
            )
        if problem == rating_table.TOO_HEAVY:
            return self.env._(
                "A parcel is too heavy for the rate table of %(carrier)s: pack it in several.",
                carrier=self.name,
            )
        return self.env._(
            "The rate table of %(carrier)s has no line for %(place)s.",
            carrier=self.name,
            place=" ".join(filter(None, (partner.country_id.code, partner.zip)))
            or self.env._("an address without country"),
        )

    @api.model
    def _get_kg_converter(self):
        """Function that turns a weight in the database's unit into kilograms (Decimal)."""
        uom = self.env["product.template"]._get_weight_uom_id_from_ir_config_parameter()
        kilogram = self.env.ref("uom.product_uom_kgm")
        factor = 1.0 if uom == kilogram else uom._compute_quantity(1.0, kilogram, round=False)
        return lambda weight: to_decimal(weight * factor)
