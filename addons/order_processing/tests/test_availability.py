from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_promise import MONDAY, PromiseCommon


@tagged("post_install", "-at_install")
class TestAvailability(PromiseCommon):
    def _atp(self, product, *days, warehouse=None, **options):
        warehouse = warehouse or self.main
        dates = [MONDAY + timedelta(days=number) for number in days or (0,)]
        return product._available_to_promise(warehouse, dates, **options)[product.id, warehouse.id]

    def test_on_hand_less_what_is_to_leave(self):
        self._stock(self.green, self.main, 10)
        self._commitment(self.green, 4, 5)
        self.assertEqual(self._atp(self.green), [6])
        self.assertEqual(self._atp(self.green, warehouse=self.east), [50])

    def test_receipts_by_date(self):
        self._stock(self.green, self.main, 2)
        self._receipt(self.green, 5, 3)
        self._commitment(self.green, 4, 7)
        # Four of the five that come on day 3 are for day 7; three of them wait here now.
        self.assertEqual(self._atp(self.green, 0, 2, 3, 9), [2, 2, 3, 3])

    def test_a_later_commitment_is_never_broken(self):
        self._stock(self.green, self.main, 10)
        self._commitment(self.green, 15, 3)
        self._receipt(self.green, 20, 5)
        self.assertEqual(self._atp(self.green, 0, 5), [0, 15])

    def test_reserved_and_unreserved_count_once(self):
        self._stock(self.green, self.main, 10)
        move = self._commitment(self.green, 4, 0)
        move._action_assign()
        self.assertEqual(move.state, "assigned")
        self.assertEqual(self._atp(self.green), [6])
        outlook = self.green._get_outlooks(self.main)[self.green.id, self.main.id]
        self.assertEqual((outlook.on_hand, outlook.reserved, outlook.committed), (10, 4, 4))

    def test_several_steps_count_once(self):
        """Picked, packed and shipped: the goods are promised to one order all along."""
        self.main.delivery_steps = "pick_pack_ship"
        self._stock(self.green, self.main, 10)
        order = self._typed((self.green, 3))
        order.action_confirm()
        self.assertEqual(self._atp(self.green), [7])
        pick = order.picking_ids.filtered(lambda each: each.state not in ("done", "cancel"))[:1]
        self._ship(pick)
        self.assertEqual(self._atp(self.green), [7])

    def test_receipt_in_several_steps(self):
        self.main.reception_steps = "two_steps"
        place = self.main.wh_input_stock_loc_id
        move = self._move(self.green, 5, 2, self.supplier, place)
        self.assertEqual(self._atp(self.green, 0, 2), [0, 5])
        move.quantity, move.picked = 5, True
        move._action_done()
        self.assertEqual(self._atp(self.green), [5], "what waits in the input is here")

    def test_moves_between_warehouses(self):
        transfer = self._move(self.green, 8, 2, self.east.lot_stock_id, self.main.lot_stock_id)
        self.assertTrue(transfer)
        self.assertEqual(self._atp(self.green, 0, 2), [0, 8])
        self.assertEqual(self._atp(self.green, warehouse=self.east), [42])

    def test_units_are_the_products(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self._receipt(self.green, 2, 1, uom=dozen)
        self.assertEqual(self._atp(self.green, 1), [24])

    def test_rounded_down(self):
        self.env.ref("uom.decimal_product_uom", raise_if_not_found=False)
        self._stock(self.green, self.main, 2.999)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        self.assertLessEqual(self._atp(self.green)[0], 3.0)
        self.assertEqual(round(self._atp(self.green)[0], digits), self._atp(self.green)[0])

    def test_safety_stock_the_closest_setting_counts(self):
        self._stock(self.green, self.main, 10)
        self.main.safety_stock = 1
        self.assertEqual(self._atp(self.green), [9])
        self.green.safety_stock_ids = [Command.create({"quantity": 3})]
        self.assertEqual(self._atp(self.green), [7])
        self.green.safety_stock_ids = [
            Command.create({"quantity": 4, "warehouse_id": self.main.id})
        ]
        self.assertEqual(self._atp(self.green), [6])
        self.assertEqual(self._atp(self.green, warehouse=self.east), [47])

    def test_channels_buffer_comes_on_top(self):
        self._stock(self.green, self.main, 10)
        self.main.safety_stock = 1
        self.channel.buffer_stock = 2
        self.assertEqual(self._atp(self.green), [9])
        self.assertEqual(self._atp(self.green, channel=self.channel), [7])
        self.green.safety_stock_ids = [
            Command.create({"quantity": 5, "channel_id": self.channel.id})
        ]
        self.assertEqual(self._atp(self.green, channel=self.channel), [4])

    def test_a_setting_exists_once(self):
        vals = {"product_id": self.green.id, "quantity": 1}
        self.env["order.safety.stock"].create(vals)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.env["order.safety.stock"].create(vals)

    def test_what_is_not_counted_never_runs_out(self):
        loose = self._product("LOOSE", 1.0, is_storable=False)
        self.assertEqual(self._atp(loose), [float("inf")])

    def test_a_kit_is_as_good_as_its_components(self):
        """Kits are Manufacturing's; without it what they consist of is said here."""
        self._stock(self.green, self.main, 5)
        self._stock(self.red, self.main, 7)
        self._receipt(self.red, 4, 2)
        kit = self._product("KIT", 1.0, is_storable=False)
        parts = {kit: [(self.green, 1), (self.red, 2)]}
        with patch.object(self.env.registry["product.product"], "_get_kits", lambda *_a: parts):
            self.assertEqual(self._atp(kit, 0, 2), [3, 5])

    def test_negative_stock_is_nothing(self):
        self._stock(self.green, self.main, -3)
        self.assertEqual(self._atp(self.green), [0])

    def test_planned_allocations_are_held(self):
        order = self._order((self.green, 5))
        order.action_route()
        self.assertEqual(self._atp(self.green, warehouse=self.east), [45])
        self.assertEqual(self._atp(self.green, warehouse=self.east, ignore_orders=order), [50])

    def test_queries_do_not_grow(self):
        """As many queries for 200 products in three warehouses as for one in one."""
        products = self.env["product.product"].create(
            [
                {"name": f"P{number}", "is_storable": True, "default_code": f"P{number}"}
                for number in range(200)
            ]
        )
        counts = []
        for some, places in ((products[:1], self.main), (products, self.warehouses)):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            some._available_to_promise(places, [MONDAY], self.channel)
            counts.append(self.env.cr.sql_log_count - start)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], 12)

    # === screen === #

    def test_screen(self):
        self._stock(self.green, self.main, 10)
        self._receipt(self.red, 4, 5)
        answer = self.env["product.product"].get_availability(
            {"search": "GREEN", "warehouse_ids": self.warehouses.ids}
        )
        [row] = [row for row in answer["rows"] if row["id"] == self.green.id]
        self.assertEqual([cell["quantity"] for cell in row["cells"]], [10, 50, 0, 60])
        self.assertEqual(
            [c["state"] for c in row["cells"]], ["enough", "enough", "elsewhere", "enough"]
        )
        answer = self.env["product.product"].get_availability(
            {"search": "RED", "warehouse_ids": self.main.ids, "columns": "dates"}
        )
        [row] = [row for row in answer["rows"] if row["id"] == self.red.id]
        self.assertEqual([cell["quantity"] for cell in row["cells"]], [0, 0, 4, 4, 4, 4])
        self.assertEqual(row["cells"][0]["state"], "incoming")

    def test_screen_refuses_what_is_no_date(self):
        with self.assertRaisesRegex(UserError, "no date"):
            self.env["product.product"].get_availability({"date": "yesterday"})

    def test_detail_adds_up(self):
        self._stock(self.green, self.main, 10)
        self._receipt(self.green, 5, 3)
        self._commitment(self.green, 12, 4)
        self.main.safety_stock = 1
        detail = self.env["product.product"].get_availability_detail(self.green.id, self.main.ids)
        self.assertEqual(
            {name: detail[name] for name in ("on_hand", "committed", "incoming", "kept_back")},
            {"on_hand": 10, "committed": 12, "incoming": 5, "kept_back": 1},
        )
        self.assertEqual(detail["available"], 2)
        self.assertEqual([event["balance"] for event in detail["events"]], [14, 2])

    # === access, companies === #

    def test_sellers_ask_but_customers_do_not(self):
        self._stock(self.green, self.main, 10)
        asked = self.env["product.product"].with_user(self.salesman)
        self.assertTrue(asked.get_availability({"search": "GREEN"})["rows"])
        self.assertTrue(asked.get_availability_detail(self.green.id, self.main.ids)["available"])
        portal = new_test_user(self.env, "availability_portal", "base.group_portal")
        with self.assertRaises(AccessError):
            self.env["product.product"].with_user(portal).get_availability({})

    def test_another_companys_warehouse_is_not_shown(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        with self.assertRaises(UserError):
            self.env["product.product"].with_user(self.salesman).get_availability_detail(
                self.green.id, foreign.ids
            )
        answer = self.env["product.product"].with_user(self.salesman).get_availability({})
        self.assertNotIn(foreign.id, [each["id"] for each in answer["warehouses"]])

    def test_safety_stock_belongs_to_a_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        kept = self.env["order.safety.stock"].create(
            {"product_id": self.green.id, "quantity": 1, "company_id": other.id}
        )
        self.assertFalse(
            self.env["order.safety.stock"].with_user(self.salesman).search([("id", "=", kept.id)])
        )
        with self.assertRaises(AccessError):
            self.env["order.safety.stock"].with_user(self.salesman).create(
                {"product_id": self.green.id, "quantity": 1}
            )

    # === published === #

    def test_published_by_sku(self):
        self._stock(self.green, self.main, 10)
        self._receipt(self.black, 5, 3)
        self.channel.warehouse_ids = self.main
        self.env["order.channel.alias"].create(
            {"code": "their-black", "product_id": self.black.id, "channel_id": self.channel.id}
        )
        rows = self.channel._prepare_availability(["GREEN", "Their-Black", "NONE"])
        self.assertEqual(
            [(row["sku"], row["available"]) for row in rows], [("GREEN", 10), ("Their-Black", 0)]
        )
        self.assertEqual(rows[1]["next_at"], "2026-03-05T09:00:00Z")
        self.assertEqual(rows[1]["next_available"], 5)
        self.assertEqual(rows[0]["warehouses"], [{"code": "TMAIN", "available": 10}])
        self.assertEqual(fields.Datetime.now(), MONDAY)
