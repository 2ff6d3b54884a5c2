"""Two database transactions bill the same orders at once: nothing is billed twice.

Real cursors and real commits, as two job runners have them; the database is thrown away after.
"""

import threading

import psycopg2
from transactions import WorkersCase

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.order_processing.quiet import expected_conflict

ORDERS = 6


@tagged("post_install", "-at_install")
class TestBillingWorkers(WorkersCase):
    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            self.orders = self.make_orders(env).ids

    def make_orders(self, env):
        customer = env["res.partner"].create({"name": "Billed At Once", "is_company": True})
        service = env["product.product"].create(
            {"name": "Service", "type": "service", "invoice_policy": "order", "taxes_id": []}
        )
        line = {"product_id": service.id, "price_unit": 40.0, "tax_ids": [Command.clear()]}
        orders = env["sale.order"].create(
            [
                {"partner_id": customer.id, "order_line": [Command.create(line)]}
                for _number in range(ORDERS)
            ]
        )
        orders.action_confirm()
        return orders

    def bill(self, env):
        return env["sale.order"].browse(self.orders)._invoice_run()

    def check(self, billed=ORDERS):
        with self.transaction() as env:
            orders = env["sale.order"].browse(self.orders)
            moves = orders.invoice_ids
            self.assertEqual(len(moves), billed)
            self.assertEqual(set(moves.mapped("state")), {"posted"})
            self.assertEqual(orders.mapped("amount_invoiced"), [40.0] * ORDERS)
            self.assertEqual(set(orders.mapped("invoice_status")), {"invoiced"})
            self.assertEqual(len(set(moves.mapped("name"))), billed, "numbers are given once")
            numbers = sorted(moves.mapped("sequence_number"))
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + billed)), "no gap")

    def test_the_second_of_two_finds_out_before_it_bills(self):
        """The worst case: the second read the orders as unbilled before the first committed."""
        with self.transaction() as first, self.transaction() as second:
            status = second["sale.order"].browse(self.orders).mapped("invoice_status")
            self.assertEqual(set(status), {"to invoice"})
            self.bill(first)
            first.cr.commit()
            with expected_conflict(), self.assertRaises(psycopg2.OperationalError):
                self.bill(second)
                second.cr.commit()
            second.cr.rollback()
            second.invalidate_all()
            self.assertFalse(self.bill(second), "tried again, there is nothing left to bill")
        self.check()

    def test_two_workers_at_the_same_moment(self):
        """Both begin together; who is refused tries again, as the job runner does."""
        start, results = threading.Barrier(2), []

        def work():
            for attempt in range(10):
                try:
                    with self.transaction() as env, expected_conflict():
                        if not attempt:
                            env["sale.order"].browse(self.orders).mapped("invoice_status")
                            start.wait(60)
                        done = len(self.bill(env))
                    results.append(done)
                    return
                except psycopg2.OperationalError:
                    continue

        workers = [threading.Thread(target=work) for _number in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(300)
        self.assertEqual(sorted(results), [0, ORDERS])
        self.check()
