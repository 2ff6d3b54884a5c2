"""Two transactions take in and release orders at once: neither does its work again for nothing.

Real cursors and real commits, as two job runners have them; the database is thrown away after.
"""

import json
from pathlib import Path
from unittest.mock import patch

import psycopg2
from transactions import WorkersCase

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.order_processing.quiet import expected_conflict

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "addons/order_processing/demo/files/shopify_order_1001.json"


@tagged("post_install", "-at_install")
class TestReserveAtOnce(WorkersCase):
    """A hundred in stock; who began earlier doesn't see what the other has reserved since."""

    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            # An order for as many moves as it takes to be reserved in bulk.
            self.products = env["product.product"].create(
                [
                    {"name": name, "is_storable": True, "list_price": 10.0, "taxes_id": []}
                    for name in ("Wanted by two", "Wanted by both")
                ]
            )
            place = env["stock.warehouse"].search([], limit=1).lot_stock_id
            for product in self.products:
                env["stock.quant"]._update_available_quantity(product, place, 100.0)
            self.products, self.place = self.products.ids, place.id
            self.customer = env["res.partner"].create({"name": "Two Workers"}).id

    def orders(self, env, quantity):
        lines = [
            Command.create({"product_id": product, "product_uom_qty": quantity})
            for product in self.products
        ]
        return env["sale.order"].create({"partner_id": self.customer, "order_line": lines})

    def states(self, ids):
        with self.transaction() as env:
            return set(env["sale.order"].browse(ids).picking_ids.move_ids.mapped("state"))

    def reserved(self):
        with self.transaction() as env:
            quants = env["stock.quant"].search(
                [("product_id", "in", self.products), ("location_id", "=", self.place)]
            )
            return {
                product.id: sum(each.mapped("reserved_quantity"))
                for product, each in quants.grouped("product_id").items()
            }

    def run_both(self, first_quantity, second_quantity):
        with self.transaction() as env:
            early = self.orders(env, first_quantity).ids
            late = self.orders(env, second_quantity).ids
        with self.transaction() as first, self.transaction() as second:
            # The second looks at the stock before the first has taken any.
            second["stock.quant"].search([("product_id", "in", self.products)]).mapped("quantity")
            first["sale.order"].browse(early).action_confirm()
            first.cr.commit()
            with expected_conflict():
                second["sale.order"].browse(late).action_confirm()
                second.flush_all()
        return early + late

    def test_with_plenty_both_reserve(self):
        orders = self.run_both(1.0, 2.0)
        self.assertEqual(self.states(orders), {"assigned"})
        self.assertEqual(self.reserved(), dict.fromkeys(self.products, 3.0))

    def test_where_little_is_left_the_second_is_run_again(self):
        with self.assertRaises(psycopg2.OperationalError):
            self.run_both(70.0, 2.0)
        self.assertEqual(self.reserved(), dict.fromkeys(self.products, 70.0))

    def test_what_is_reserved_on_two_quants_is_shipped_and_merged(self):
        orders = self.run_both(1.0, 2.0)
        with self.transaction() as env:
            pickings = env["sale.order"].browse(orders).picking_ids
            pickings.move_ids.picked = True
            pickings._action_done()
            env["stock.quant"]._quant_tasks()
        self.assertEqual(self.states(orders), {"done"})
        self.assertEqual(self.reserved(), dict.fromkeys(self.products, 0.0))
        with self.transaction() as env:
            quants = env["stock.quant"].search(
                [("product_id", "in", self.products), ("location_id", "=", self.place)]
            )
            self.assertEqual(quants.mapped("quantity"), [97.0, 97.0], "one quant of each product")


@tagged("post_install", "-at_install")
class TestNewCustomerAtOnce(WorkersCase):
    """Two jobs take in the first orders of one customer."""

    def receive(self, env, number, email):
        order = json.loads(SAMPLE.read_text())
        order = dict(order.get("order", order))
        order.update(id=700_000 + number, name=f"#W{number}", order_number=number, email=email)
        order["customer"] = {**order["customer"], "email": email, "id": 700_000 + number}
        channel = env.ref("order_processing.channel_shopify")
        channel.duplicate_hours = 0
        return channel._receive(json.dumps(order).encode(), filename="workers.json")

    def test_the_second_goes_on_with_the_others(self):
        with self.transaction() as env:
            one = self.receive(env, 1, "both@example.com").id
            two = self.receive(env, 2, "both@example.com").id
            other = self.receive(env, 3, "other@example.com").id
        runner = patch("odoo.addons.order_processing.jobs.has_runner", lambda: True)
        with runner, self.transaction() as first, self.transaction() as second:
            job = {"job_uuid": "a job"}
            second["order.intake"].browse([two, other]).mapped("state")
            first["order.intake"].with_context(**job).browse(one).action_process()
            # Without waiting: the first hasn't ended yet.
            late = second["order.intake"].with_context(**job).browse([two, other])
            late.action_process()
            self.assertEqual(late.mapped("state"), ["received", "accepted"])
            self.assertFalse(late[0].attempts)
        with self.transaction() as env:
            domain = [("model_name", "=", "order.intake"), ("method_name", "=", "action_process")]
            job = env["queue.job"].search(domain, order="id desc", limit=1)
            self.assertEqual(job.records.ids, [two])
            self.assertTrue(job.eta, "a moment later")
            job.records.action_process()
        with self.transaction() as env:
            intakes = env["order.intake"].browse([one, two, other])
            self.assertEqual(set(intakes.mapped("state")), {"accepted"})
            partners = intakes.order_id.mapped("partner_id.commercial_partner_id")
            self.assertEqual(len(partners), 2, "the customer was created once")

    def test_a_customer_created_since_is_found_by_the_next_job(self):
        with self.transaction() as env:
            one = self.receive(env, 4, "since@example.com").id
            two = self.receive(env, 5, "since@example.com").id
        runner = patch("odoo.addons.order_processing.jobs.has_runner", lambda: True)
        with runner, self.transaction() as first, self.transaction() as second:
            second["order.intake"].browse(two).mapped("state")
            first["order.intake"].with_context(job_uuid="a job").browse(one).action_process()
            first.cr.commit()
            late = second["order.intake"].with_context(job_uuid="a job").browse(two)
            late.action_process()
            self.assertEqual(late.state, "received")
        with self.transaction() as env:
            intakes = env["order.intake"].browse([one, two])
            intakes[1].action_process()
            self.assertEqual(len(intakes.order_id.partner_id.commercial_partner_id), 1)
