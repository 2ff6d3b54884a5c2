from collections import defaultdict
from unittest.mock import patch

from odoo import models
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.order_processing.flow import HOLD_STATES, STEPS
from odoo.addons.order_processing.tests.common_flow import tamper

from .common import ReportingCommon

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "No/Where", None)
#: What happens to a history at random, whatever Odoo would allow: (table, column, expression).
CHANCES = (
    ("sale_order", "state", "(ARRAY['draft', 'sent', 'sale', 'sale', 'sale', 'cancel'])[%(six)s]"),
    ("sale_order", "date_order", "date_order + (random() - 0.5) * INTERVAL '9 days'"),
    (
        "sale_order",
        "commitment_date",
        "CASE WHEN random() < 0.6 THEN date_order + random() * INTERVAL '20 days' END",
    ),
    ("sale_order", "currency_rate", "(ARRAY[0, 0.5, 1, 1, 1.25, 3])[%(six)s]"),
    ("sale_order", "invoice_status", "CASE WHEN random() < 0.7 THEN 'invoiced' ELSE 'no' END"),
    ("sale_order", "flow_step", "CASE WHEN random() < 0.8 THEN %(step)s END"),
    ("sale_order_line", "product_uom_qty", "floor(random() * 6)"),
    ("sale_order_line", "customer_lead", "random() * 5"),
    ("sale_order_line", "is_delivery", "random() < 0.1"),
    ("sale_order_line", "is_downpayment", "random() < 0.05"),
    ("stock_move", "quantity", "CASE WHEN random() < 0.5 THEN floor(random() * 6) ELSE 3 END"),
    ("stock_picking", "date_done", "now() - random() * INTERVAL '60 days'"),
    (
        "stock_picking",
        "state",
        "(ARRAY['done', 'done', 'done', 'assigned', 'cancel', 'done'])[%(six)s]",
    ),
    ("stock_picking", "carrier_price", "(ARRAY[0, 0, 4.5, 7, 12, NULL])[%(six)s]"),
    ("account_move", "invoice_date", "now() - random() * INTERVAL '60 days'"),
    ("account_move", "invoice_date_due", "now() - (random() - 0.5) * INTERVAL '60 days'"),
    ("account_move", "amount_residual_signed", "(ARRAY[0, 0, 0, 0.004, 100, -10])[%(six)s]"),
    ("order_hold", "state", "%(hold)s"),
    ("order_hold", "create_date", "now() - random() * INTERVAL '9 days'"),
    ("order_hold", "date_resolved", "now() - random() * INTERVAL '9 days'"),
    ("shipping_label", "cost", "random() * 10"),
    ("order_allocation", "state", "CASE WHEN random() < 0.5 THEN 'cancelled' ELSE state END"),
    (
        "order_fact",
        "confirmed_quantities",
        "CASE WHEN random() < 0.4 THEN (SELECT jsonb_object_agg(l.id, floor(random() * 6))"
        " FROM sale_order_line l WHERE l.order_id = order_fact.order_id AND l.id %% 3 > 0) END",
    ),
)
RANDOM_EVENT = """
    UPDATE order_event
       SET date = now() - random() * INTERVAL '60 days',
           source = CASE WHEN random() < 0.3 THEN 'user' ELSE 'system' END
"""


def choice(values):
    return f"(ARRAY{list(values)!r})[1 + floor(random() * {len(values)})::int]"


@tagged("post_install", "-at_install")
class TestFactDerive(ReportingCommon):
    """The SQL of ``order_fact_derive.py`` says what the engine says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.flush_all()
        cls.order_ids = cls.env["sale.order"].search([]).ids

    def _make_histories(self):
        """Orders in all stages of their way, beside those of the demo data."""
        orders = self.env["sale.order"]
        for number in range(8):
            order = self.make_order(lines=((None, 4), (self.other, 2)))
            orders += order
            if number >= 2:
                self.ship(order, quantity=None if number % 2 else 2)
            if number >= 4:
                moves = self.invoice(order)
                if number >= 6:
                    self.pay(moves, amount=None if number == 6 else 50)
            if number % 3 == 0:
                self.env["order.hold"].create(
                    [
                        {"order_id": order.id, "kind": "manual", "reason": "Look"},
                        {"order_id": order.id, "kind": "stock", "reason": "Look"},
                    ]
                )
        self.env.flush_all()
        return orders

    def _shake(self, seed):
        """Change everything a fact is made of, at random."""
        cr = self.env.cr
        cr.execute("SELECT setseed(%s)", [seed])
        words = {
            "six": "1 + floor(random() * 6)::int",
            "step": choice([step.code for step in STEPS]),
            "hold": choice([code for code, _name in HOLD_STATES]),
        }
        for table, column, expression in CHANCES:
            cr.execute(f"UPDATE {table} SET {column} = {expression % words}")
        zone = choice([zone or "" for zone in ZONES])
        cr.execute(
            "UPDATE res_partner SET tz = NULLIF("
            f"{zone}, '') WHERE id IN (SELECT partner_id FROM stock_warehouse)"
        )
        tamper(self.env, RANDOM_EVENT)

    def _read(self, table, key):
        self.env.cr.execute(f"SELECT * FROM {table}")
        found = {row.pop(key): row for row in self.env.cr.dictfetchall()}
        for row in found.values():
            del row["id"]
            row.pop("date_refreshed", None)
        return found

    def _both(self, ids):
        """Facts and line facts of these orders, by the engine and by SQL."""
        facts = self.env["order.fact"]
        answers = []
        for derive in (
            lambda: facts._refresh_by_engine(ids),
            lambda: facts._derive(ids, *facts._get_terms()),
        ):
            self.env.cr.execute("SAVEPOINT answer")
            derive()
            answers.append(
                (self._read("order_fact", "order_id"), self._read("order_line_fact", "line_id"))
            )
            self.env.cr.execute("ROLLBACK TO SAVEPOINT answer")
        return answers

    def assertSameRows(self, expected, found):
        self.assertEqual(expected.keys(), found.keys())
        for key, row in expected.items():
            for name, value in row.items():
                other = found[key][name]
                if hasattr(value, "__float__") and hasattr(other, "__float__"):
                    self.assertAlmostEqual(float(value), float(other), 6, (key, name))
                else:
                    self.assertEqual(value, other, (key, name))

    def test_sql_and_engine_agree_on_random_histories(self):
        ids = self.order_ids + self._make_histories().ids
        self.env["order.fact"]._refresh_by_engine(ids)
        seen = defaultdict(set)
        with self.at("2026-03-20 12:00:00"):
            for seed in range(12):
                self._shake(seed / 12)
                (facts, lines), (sql_facts, sql_lines) = self._both(ids)
                self.assertSameRows(facts, sql_facts)
                self.assertSameRows(lines, sql_lines)
                for row in facts.values():
                    for name, value in row.items():
                        seen[name].add(value if isinstance(value, float | str | bool) else None)
        # Chance must have played: a comparison of rows that are all alike shows nothing.
        self.assertEqual(
            seen["promise_state"], {"none", "open", "on_time", "late", "overdue"}, "promises"
        )
        for name in ("on_time_rate", "in_full_rate", "otif_rate", "documents_rate", "filled_rate"):
            self.assertEqual(seen[name], {None, 0.0, 1.0}, name)

    def test_labels_in_another_currency_count_in_the_company_s(self):
        order = self.make_order()
        picking = self.ship(order)
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2026-01-01", "rate": 0.5}
        )
        self.env["shipping.label"].create(
            {
                "picking_id": picking.id,
                "company_id": order.company_id.id,
                "carrier_id": self.env["delivery.carrier"].search([], limit=1).id,
                "currency_id": euro.id,
                "cost": 6.0,
                "state": "bought",
                "date_bought": "2026-03-03 09:00:00",
            }
        )
        self.assertEqual(self.fact(order).freight_cost, 12)
        (facts, _lines), (sql_facts, _sql_lines) = self._both(order.ids)
        self.assertSameRows(facts, sql_facts)

    def test_an_order_sql_cannot_derive_is_derived_by_the_engine(self):
        orders = self.make_order() + self.make_order() + self.make_order()
        self.fact(orders)
        self.ship(orders)
        derive = type(self.facts)._derive
        tried = []

        def fail_for_one(model, order_ids, *terms):
            tried.append(list(order_ids))
            if orders[1].id in order_ids:
                raise ValueError("on purpose")
            return derive(model, order_ids, *terms)

        logger = "odoo.addons.order_reporting.models.order_fact_refresh"
        with patch.object(type(self.facts), "_derive", fail_for_one), mute_logger(logger):
            facts = self.fact(orders)
        self.assertEqual(set(facts.mapped("promise_state")), {"on_time"})
        self.assertFalse(any(facts.mapped("refresh_error")))
        self.assertEqual(len(tried), 5, "halves: 3, 1 and 2, 1 and 1")

    def test_facts_forget_what_is_deleted(self):
        order = self.make_order()
        team = self.env["crm.team"].create({"name": "Short-lived"})
        order.team_id = team
        fact = self.fact(order)
        lines = self.env["order.line.fact"].search([("order_id", "=", order.id)])
        self.assertEqual((fact.team_id, lines.team_id), (team, team))
        team.unlink()
        self.assertFalse(fact.team_id)
        self.assertFalse(lines.team_id)

    def test_every_dimension_says_when_it_is_deleted(self):
        """A link without a foreign key needs its model to tell the facts."""
        for name in ("order.fact", "order.line.fact"):
            self.env.cr.execute(
                "SELECT a.attname FROM pg_constraint c JOIN pg_attribute a"
                " ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
                " WHERE c.contype = 'f' AND c.conrelid = %s::regclass",
                [self.env[name]._table],
            )
            checked = {column for (column,) in self.env.cr.fetchall()}
            for field in self.env[name]._fields.values():
                if field.type != "many2one" or not field.store or field.name in checked:
                    continue
                told = self.env[field.comodel_name]._ondelete_methods
                self.assertIn("_unlink_from_facts", [method.__name__ for method in told], field)

    def test_groups_come_in_odoo_s_order(self):
        """Grouping first and sorting afterwards gives what Odoo's own query gives."""
        names = ("Zulu", "alpha", "Mike")
        partners = self.env["res.partner"].create([{"name": name} for name in names])
        for partner, day in zip(partners, ("02", "03", "02"), strict=True):
            for team in (self.env["crm.team"].search([], limit=1).id, False):
                self.fact(
                    self.make_order(f"2026-03-{day} 08:00:00", partner_id=partner.id, team_id=team)
                )
        self.env["order.fact"].flush_model()
        for groupby in (
            ["partner_id"],
            ["team_id", "partner_id"],
            ["date_received:day", "partner_id"],
            ["partner_id", "date_shipped:month"],
            ["channel_id"],
        ):
            asked = ([], groupby, ["__count", "amount_ordered:sum"])
            order = ", ".join(groupby)
            plain = models.BaseModel._read_group(self.facts, *asked, order=order)
            with self.subTest(groupby):
                self.assertEqual(self.facts._read_group(*asked, order=order), plain)
                self.assertGreater(len(plain), 0)
