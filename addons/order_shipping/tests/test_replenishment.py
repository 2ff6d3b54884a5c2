from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ShippingCase


class ReplenishmentCase(ShippingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Suggestion = cls.env["replenishment.suggestion"]
        cls.reserve = cls.env["stock.location"].create(
            [
                {"name": name, "location_id": cls.warehouse.lot_stock_id.id, "usage": "internal"}
                for name in ("Reserve 1", "Reserve 2")
            ]
        )
        cls.mug = cls.env["product.product"].create(
            {"name": "Mug", "is_storable": True, "standard_price": 4.0}
        )
        cls.face = cls.env["warehouse.pick.face"].create(
            {
                "product_id": cls.mug.id,
                "location_id": cls.bins[0].id,
                "min_qty": 10,
                "max_qty": 40,
            }
        )

    @classmethod
    def put(cls, place, quantity, product=None):
        cls.env["stock.quant"]._update_available_quantity(product or cls.mug, place, quantity)

    def suggest(self, kind="face"):
        found = self.Suggestion._suggest(self.warehouse)
        return found.filtered(lambda one: one.kind == kind)


@tagged("post_install", "-at_install")
class TestRefill(ReplenishmentCase):
    def test_face_is_refilled_from_the_reserve(self):
        self.put(self.bins[0], 4)
        self.put(self.reserve[0], 20)
        self.put(self.reserve[1], 100)
        found = self.suggest()
        self.assertEqual(
            [(one.location_id, one.quantity) for one in found],
            [(self.reserve[0], 20), (self.reserve[1], 16)],
        )
        self.assertIn("4 are there", found[0].reason)
        transfer = self.env["stock.picking"].search(found.action_apply()["domain"])
        self.assertEqual((transfer.state, len(transfer.move_ids)), ("draft", 2))
        self.assertTrue(self.face.date_refilled)
        # What is on its way isn't brought twice, not even as a draft.
        self.assertFalse(self.suggest())
        transfer.action_confirm()
        transfer.action_assign()
        self.assertEqual(transfer.move_ids.move_line_ids.location_id, self.reserve)
        self.assertFalse(self.suggest())
        transfer.move_ids.picked = True
        transfer.button_validate()
        quants = self.env["stock.quant"]._gather(self.mug, self.bins[0])
        self.assertEqual(sum(quants.mapped("quantity")), 40)

    def test_enough_is_enough(self):
        self.put(self.bins[0], 10)
        self.put(self.reserve[0], 20)
        self.assertFalse(self.suggest())

    def test_open_transfers_take_from_the_face(self):
        self.put(self.bins[0], 15)
        self.make_picking(self.mug, 8)
        self.put(self.reserve[0], 100)
        [one] = self.suggest()
        self.assertEqual((one.quantity, one.needed), (25, 0))
        self.assertIn("take 8", one.reason)

    def test_open_transfers_wait_for_the_face(self):
        picking = self.make_picking(self.mug, 7)
        self.assertEqual(picking.state, "confirmed")
        self.put(self.reserve[0], 100)
        [one] = self.suggest()
        self.assertEqual((one.quantity, one.needed), (40, 7))

    def test_reserved_reserve_is_left(self):
        self.put(self.reserve[0], 12)
        self.make_picking(self.mug, 9)
        [one] = self.suggest()
        self.assertEqual(one.quantity, 3)

    def test_done_by_somebody_else(self):
        self.put(self.reserve[0], 100)
        mine = self.suggest()
        other = self.Suggestion.with_user(self.make_user("o", "order_shipping.group_shipping_user"))
        other._suggest(self.warehouse).action_apply()
        with self.assertRaises(UserError):
            mine.action_apply()

    def test_bad_faces(self):
        vals = {"product_id": self.mug.id, "location_id": self.bins[1].id, "max_qty": 5}
        for wrong in ({"min_qty": 6}, {"max_qty": 0}, {"min_qty": -1}):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                with self.env.cr.savepoint():
                    self.face.create(vals | wrong)
        customers = self.env.ref("stock.stock_location_customers")
        with self.assertRaises(ValidationError):
            self.face.create(vals | {"location_id": customers.id})

    def test_query_count(self):
        for product, place in zip(self.products, self.bins[1:], strict=False):
            self.face.create(
                {"product_id": product.id, "location_id": place.id, "min_qty": 5, "max_qty": 9}
            )
            self.put(self.reserve[0], 50, product)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(26):
            found = self.Suggestion._suggest_refills(self.warehouse)
        self.assertGreater(len(found), 6)

    def test_who_may(self):
        self.put(self.reserve[0], 100)
        packer = self.make_user("packer", "order_shipping.group_shipping_user")
        found = self.Suggestion.with_user(packer)._suggest(self.warehouse)
        self.assertEqual(found.mapped("kind"), ["face"])
        self.assertTrue(found.action_apply())
        with self.assertRaises(AccessError):
            self.face.with_user(packer).max_qty = 50
        clerk = self.make_user("clerk", "base.group_user")
        with self.assertRaises(AccessError):
            self.Suggestion.with_user(clerk).create({"kind": "face"})


@tagged("post_install", "-at_install")
class TestReorder(ReplenishmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "replenish_weeks": 10,
                "replenish_service_level": 95,
                "replenish_order_cost": 10,
                "replenish_holding_rate": 25,
            }
        )
        cls.vendor = cls.env["res.partner"].create({"name": "Potter"})
        cls.env["product.supplierinfo"].create(
            {
                "product_tmpl_id": cls.mug.product_tmpl_id.id,
                "partner_id": cls.vendor.id,
                "delay": 15,
                "company_id": cls.company.id,
            }
        )
        cls.sell(cls.mug, [7, 14] * 5)

    @classmethod
    def sell(cls, product, weeks):
        """Ship so many in each past week, the oldest first."""
        customers = cls.env.ref("stock.stock_location_customers")
        stock = cls.warehouse.lot_stock_id
        today = fields.Datetime.now().replace(hour=12)
        moves = cls.env["stock.move"].create(
            [
                {
                    "product_id": product.id,
                    "product_uom_qty": quantity,
                    "quantity": quantity,
                    "picked": True,
                    "location_id": stock.id,
                    "location_dest_id": customers.id,
                    "company_id": cls.company.id,
                }
                for quantity in weeks
            ]
        )
        moves._action_done()
        for age, move in enumerate(reversed(moves)):
            move.date = today - timedelta(days=7 * age + 3)

    def test_minimum_and_maximum(self):
        [one] = self.suggest("supplier")
        # Weeks vary by 3.689 (n - 1), days by 1.394, sixteen of them by 5.578; times 1.645: 9.17.
        self.assertAlmostEqual(one.daily, 1.5)
        self.assertAlmostEqual(one.safety, 9.17, places=2)
        self.assertEqual(one.minimum, 34)
        # sqrt(2 × 547.5 × 10 / (0.25 × 4)) = 104.6
        self.assertEqual((one.quantity, one.maximum), (105, 139))
        self.assertEqual((one.partner_id, one.lead, one.doubts), (self.vendor, 15, ""))
        self.assertIn("1.50 a day", one.reason)

    def test_written_on_odoos_rule(self):
        [one] = self.suggest("supplier")
        rule = self.env["stock.warehouse.orderpoint"].search(one.action_apply()["domain"])
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (34, 139))
        self.assertEqual((rule.trigger, rule.location_id), ("manual", self.warehouse.lot_stock_id))
        self.assertFalse(self.suggest("supplier"))
        rule.write({"product_min_qty": 3, "product_max_qty": 5, "trigger": "auto"})
        [one] = self.suggest("supplier")
        self.assertEqual((one.minimum_now, one.maximum_now), (3, 5))
        one.action_apply()
        self.assertEqual((rule.product_min_qty, rule.trigger), (34, "auto"))

    def test_rule_somebody_archived_stays_so(self):
        [one] = self.suggest("supplier")
        self.env["stock.warehouse.orderpoint"].search(one.action_apply()["domain"]).write(
            {"active": False, "product_min_qty": 0}
        )
        self.assertFalse(self.suggest("supplier"))

    def test_what_is_doubtful_is_said(self):
        self.mug.standard_price = 0
        [one] = self.suggest("supplier")
        self.assertIn("cost", one.doubts)
        self.assertEqual(one.quantity, 45)

    def test_internal_moves_are_no_demand(self):
        self.put(self.reserve[0], 100)
        self.suggest().action_apply()
        self.assertEqual(self.suggest("supplier").product_id, self.mug)

    def count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        found = self.Suggestion._suggest_reorders(self.warehouse)
        return self.env.cr.sql_log_count - before, len(found)

    def test_query_count(self):
        self.count_queries()  # what is looked up once only
        one, found = self.count_queries()
        self.assertEqual(found, 1)
        for product in self.products:
            self.sell(product, [3, 4, 5, 4])
        ten, found = self.count_queries()
        self.assertEqual(found, 10)
        self.assertLessEqual(ten, one)

    def test_bad_settings(self):
        for vals in (
            {"replenish_service_level": 100},
            {"replenish_service_level": 20},
            {"replenish_weeks": 0},
            {"replenish_order_cost": -1},
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                with self.env.cr.savepoint():
                    self.company.write(vals)
                    self.company.flush_recordset()
