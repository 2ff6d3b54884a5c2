from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestRateTable(ShippingCase):
    def rate(self, picking, carrier):
        picking.action_rate()
        return picking.rate_ids.filtered(
            lambda rate: rate.carrier_id == carrier and rate.state != "superseded"
        )

    def surcharge(self, name, **vals):
        return self.env["shipping.surcharge"].create(
            {"carrier_id": self.ground.id, "name": name, **vals}
        )

    def test_surcharges_hold_from_and_until_a_day(self):
        today = fields.Date.today()
        self.surcharge("Fuel", percent=10)
        self.surcharge("Winter", amount=1, date_to=today - timedelta(days=1))
        self.surcharge("Summer", amount=2, date_from=today, date_to=today + timedelta(days=9))
        self.surcharge("Next year", amount=4, date_from=today + timedelta(days=300))
        rate = self.rate(self.make_picking(), self.ground)
        self.assertEqual(rate.amount, 8.5 + 0.85 + 2)
        self.assertEqual(rate.charges_text, "Table: 8.50 USD\nFuel: 0.85 USD\nSummer: 2.00 USD")

    def test_homes_cost_more_than_offices(self):
        self.surcharge("Home", amount=4, only_residential=True)
        picking = self.make_picking()
        self.assertTrue(picking.partner_id._is_residential())
        self.assertEqual(self.rate(picking, self.ground).amount, 12.5)
        picking.partner_id.is_company = True
        self.assertEqual(self.rate(picking, self.ground).amount, 8.5)

    def test_a_large_box_is_billed_by_its_space(self):
        kind = self.env["stock.package.type"].create(
            {"name": "Large", "packaging_length": 500, "width": 400, "height": 200}
        )
        picking = self.make_picking()
        self.pack(picking.move_line_ids)
        picking.move_line_ids.result_package_id.package_type_id = kind
        self.assertEqual(self.rate(picking, self.ground).amount, 8.5)
        self.env["shipping.divisor"].create(
            [
                {"carrier_id": self.ground.id, "date_from": "2020-01-01", "divisor": 50000},
                {"carrier_id": self.ground.id, "date_from": "2021-01-01", "divisor": 5000},
                {"carrier_id": self.ground.id, "date_from": "2120-01-01", "divisor": 4000},
            ]
        )
        rate = self.rate(picking, self.ground)
        self.assertEqual((rate.billed_weight, rate.amount), (8, 30))
        # The label costs what the rate said.
        picking.carrier_id = self.ground
        picking.action_buy_label()
        self.assertEqual(picking.label_ids.cost, 30)

    def test_too_large_says_so(self):
        kind = self.env["stock.package.type"].create(
            {"name": "Long", "packaging_length": 2000, "width": 100, "height": 100}
        )
        self.ground.rate_line_ids.max_side = 120
        picking = self.make_picking()
        self.pack(picking.move_line_ids)
        picking.move_line_ids.result_package_id.package_type_id = kind
        rate = self.rate(picking, self.ground)
        self.assertEqual(rate.state, "unavailable")
        self.assertIn("take a smaller box", rate.reason)

    def test_holidays_put_the_arrival_off(self):
        monday = date(2030, 3, 4)
        self.assertEqual(self.express._get_arrival(monday, 1), date(2030, 3, 5))
        self.assertFalse(self.express._get_arrival(monday, 0))
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Carrier",
                "tz": "America/New_York",
                "company_id": self.company.id,
                "global_leave_ids": [
                    Command.create(
                        {
                            "name": "Holiday",
                            "date_from": "2030-03-05 05:00:00",
                            "date_to": "2030-03-06 04:59:59",
                        }
                    )
                ],
            }
        )
        self.express.transit_calendar_id = calendar
        self.assertEqual(self.express._get_arrival(monday, 1), date(2030, 3, 6))
        self.assertEqual(self.express._get_arrival(date(2030, 3, 7), 2), date(2030, 3, 11))
        self.express.write({"transit_calendar_id": False, "delivers_weekends": True})
        self.assertEqual(self.express._get_arrival(date(2030, 3, 7), 2), date(2030, 3, 9))

    def test_nonsense_is_refused(self):
        fuel = self.surcharge("Fuel", percent=10)
        for vals in (
            {"percent": 0},
            {"amount": -1},
            {"above_side": -1},
            {"date_from": "2026-02-02", "date_to": "2026-02-01"},
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
                fuel.write(vals)
                fuel.flush_recordset()

    def test_only_administrators_change_prices(self):
        packer = self.make_user("table_packer", "order_shipping.group_shipping_user")
        fuel = self.surcharge("Fuel", percent=10).with_user(packer)
        self.assertEqual(fuel.percent, 10)
        with self.assertRaises(AccessError):
            fuel.percent = 5
        manager = self.make_user("table_manager", "order_shipping.group_shipping_manager")
        fuel.with_user(manager).percent = 5
        self.assertEqual(fuel.percent, 5)
