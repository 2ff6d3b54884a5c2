from datetime import datetime
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.order_processing.tests.common_flow import tamper

from ..hooks import post_init_hook
from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestFactRefresh(ReportingCommon):
    """Which orders are refreshed, when, and what happens to those that can't be."""

    def _snapshot(self, facts):
        names = [name for name in facts._fields if name not in ("date_refreshed", "display_name")]
        return {row["id"]: row for row in facts.read(names)}

    def test_refresh_is_idempotent_and_keeps_one_row(self):
        order = self.make_order()
        first = self.fact(order)
        before = self._snapshot(first)
        again = self.fact(order)
        self.assertEqual(again, first)
        self.assertEqual(self._snapshot(again), before)
        self.assertEqual(self.facts.search_count([("order_id", "=", order.id)]), 1)

    def test_rebuilding_all_equals_refreshing_step_by_step(self):
        orders = self.make_order()
        self.fact(orders)
        self.ship(orders, quantity=4)
        self.fact(orders)
        orders += self.make_order(lines=((self.other, 3),))
        self.fact(orders)
        self.ship(orders[1])
        self.pay(self.invoice(orders[1]))
        self.fact(orders)
        step_by_step = self._snapshot(self.facts.search([("order_id", "in", orders.ids)]))
        self.facts._rebuild()
        rebuilt = self._snapshot(self.facts.search([("order_id", "in", orders.ids)]))
        self.assertEqual(rebuilt, step_by_step)
        self.assertEqual(
            self.facts.search_count([]),
            self.env["sale.order"].with_context(active_test=False).search_count([]),
        )

    def test_what_touches_an_order(self):
        order = self.make_order()
        self.ship(order)
        moves = self.invoice(order)
        self.facts._rebuild()

        def touched():
            """Forget what happened so far; return a function that tells if the order is due."""
            self.env.flush_all()
            for table in (
                "sale_order",
                "sale_order_line",
                "stock_picking",
                "stock_move",
                "account_move",
                "order_allocation",
                "order_hold",
            ):
                self.env.cr.execute(f"UPDATE {table} SET write_date = '2026-01-01'")
            tamper(self.env, "UPDATE order_event SET date = '2026-01-01'")
            self.env.cr.execute("UPDATE account_partial_reconcile SET create_date = '2026-01-01'")
            self.env.invalidate_all()
            self.assertNotIn(order.id, self.facts._touched_order_ids("2026-02-01"))
            return lambda: order.id in self.facts._touched_order_ids("2026-02-01")

        is_due = touched()
        order.client_order_ref = "PO 1"
        self.assertTrue(is_due(), "the order")
        is_due = touched()
        order._record_event("pack", "Packed")
        self.assertTrue(is_due(), "an event")
        is_due = touched()
        order.picking_ids.date_done = datetime(2026, 3, 3, 9)
        self.assertTrue(is_due(), "a delivery")
        is_due = touched()
        self.pay(moves)
        self.assertTrue(is_due(), "a payment")
        is_due = touched()
        self.facts.search([("order_id", "=", order.id)]).unlink()
        self.assertTrue(is_due(), "a missing fact")

    def test_an_order_becomes_overdue_with_nobody_touching_it(self):
        order = self.make_order()
        with self.at("2026-03-02 12:00:00"):
            self.assertEqual(self.fact(order).promise_state, "open")
            self.assertNotIn(order.id, self.facts._touched_order_ids("2100-01-01"))
        self.assertIn(order.id, self.facts._touched_order_ids("2100-01-01"))
        self.assertEqual(self.fact(order).promise_state, "overdue")

    def test_the_cron_sweeps_and_moves_on(self):
        order = self.make_order()
        sweep = self.env["order.fact.sweep"]._current()
        sweep.write({"since": False, "horizon": False, "after_order": 0})
        with self.enter_registry_test_mode():
            self.env.ref("order_reporting.ir_cron_refresh").method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(self.facts.search([("order_id", "=", order.id)]))
        self.assertTrue(sweep.since)
        self.assertFalse(sweep.horizon)
        self.assertLessEqual(sweep.since, datetime.utcnow())

    def test_a_sweep_out_of_time_is_continued(self):
        orders = self.make_order() + self.make_order() + self.make_order()
        self.facts.search([("order_id", "in", orders.ids)]).unlink()
        sweep = self.env["order.fact.sweep"]._current()
        horizon = datetime(2026, 3, 2)
        sweep.write({"since": horizon, "horizon": horizon, "after_order": orders[0].id})
        self.env.flush_all()
        refreshed = []
        cron = type(self.env["ir.cron"])
        chunk = "odoo.addons.order_reporting.models.order_fact_refresh.CHUNK"
        with (
            patch.object(cron, "_commit_progress", lambda *_args, **_kwargs: 0),
            patch.object(
                type(self.facts), "_refresh", lambda _self, found: refreshed.extend(found.ids)
            ),
            patch(chunk, 1),
        ):
            self.facts._cron_refresh()
            self.assertEqual(refreshed, orders[1].ids, "goes on behind the last order done")
            self.assertEqual(sweep.after_order, orders[1].id)
            self.assertEqual(sweep.horizon, horizon, "the horizon of the sweep's start stays")
            self.facts._cron_refresh()
        self.assertEqual(refreshed, orders[1:].ids)
        self.assertEqual(sweep.since, horizon)

    def test_one_bad_order_does_not_stop_the_others(self):
        good, bad = self.make_order(), self.make_order()
        self.fact(good + bad)
        self.ship(good)
        # What no computation can make sense of: a quantity that is no number.
        self.env.cr.execute(
            "UPDATE order_fact SET confirmed_quantities = jsonb_build_object(%s, 'many')"
            " WHERE order_id = %s",
            [str(bad.order_line.id), bad.id],
        )
        logger = "odoo.addons.order_reporting.models.order_fact_refresh"
        with mute_logger(logger, "odoo.sql_db"):
            self.fact(good + bad)
        facts = {fact.order_id: fact for fact in self.facts.search([])}
        self.assertTrue(facts[good].date_shipped)
        self.assertIn("not supported between", facts[bad].refresh_error)
        self.env.cr.execute(
            "UPDATE order_fact SET confirmed_quantities = NULL WHERE order_id = %s", [bad.id]
        )
        self.assertFalse(self.fact(bad).refresh_error)

    def test_the_hook_takes_in_old_orders(self):
        order = self.make_order()
        self.ship(order)
        self.forget_events(order)
        self.facts.search([]).unlink()
        sweep = self.env["order.fact.sweep"]._current()
        sweep.since = False
        # The demo database's past orders are made once, at installation, and not again here.
        self.env.ref("base.module_order_reporting").demo = False
        post_init_hook(self.env)
        self.assertTrue(sweep.since)
        fact = self.facts.search([("order_id", "=", order.id)])
        self.assertEqual((fact.flow_step, fact.promise_state), ("ship", "on_time"))
