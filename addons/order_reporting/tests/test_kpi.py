from datetime import datetime
from statistics import median

from odoo.tests import tagged

from ..engine import measures
from ..tools import generate
from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestKpi(ReportingCommon):
    """The figures of March 2026, read on the 31st; no other order is that old."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        cls.env["sale.order"].search([]).write({"date_order": "2020-01-01"})
        cls.env.flush_all()
        cls.env.cr.execute("DELETE FROM order_fact")

    def kpi(self, code):
        kpi = self.env.ref(f"order_reporting.order_kpi_{code}")
        kpi.invalidate_recordset()
        return kpi

    def test_every_measure_has_its_record_and_text(self):
        kpis = self.env["order.kpi"].with_context(active_test=False).search([])
        self.assertEqual(set(kpis.mapped("code")), set(measures.BY_CODE))
        for kpi in kpis:
            measure = measures.BY_CODE[kpi.code]
            self.assertEqual((kpi.name, kpi.definition), (measure.name, measure.definition))
            self.assertEqual((kpi.unit, kpi.group), (measure.unit, measure.group))
            self.assertEqual(kpi.target, False if measure.target is None else measure.target)
            for name in measure.columns():
                self.assertIn(name, self.env[measure.model]._fields)
        self.assertEqual(generate.KPI_FILE.read_text(encoding="utf-8"), generate.kpi_data())

    def test_no_data_is_said_and_not_zero(self):
        with self.at("2026-03-31 12:00:00"):
            for kpi in self.env["order.kpi"].search([]):
                self.assertIs(kpi.value, False, kpi.code)
                self.assertEqual(kpi.value_text, "no data")
                self.assertEqual((kpi.trend, kpi.status), ("none", "none"))

    def test_figures_agree_with_pivot_and_sql_and_open_their_orders(self):
        orders = self.env["sale.order"]
        for index in range(4):
            orders += self.make_order(moment=f"2026-03-{10 + index} 08:00:00")
        orders.commitment_date = datetime(2026, 3, 15, 17)
        for order, day in zip(orders, (14, 15, 20), strict=False):
            self.ship(order, moment=f"2026-03-{day} 10:00:00")
        with self.at("2026-03-31 12:00:00"):
            self.fact(orders)
            on_time = self.kpi("on_time")
            self.assertEqual(on_time.value, 0.5)  # two on time, one late, one overdue
            self.assertEqual(on_time.value_text, "50.0 %")
            self.assertEqual(on_time.order_count, 4)
            self.assertEqual(on_time.status, "bad")
            action = on_time.action_open_facts()
            found = self.facts.search(action["domain"])
            self.assertEqual(found.order_id, orders)
            [[average]] = self.facts._read_group(action["domain"], aggregates=["on_time_rate:avg"])
            self.assertEqual(on_time.value, average)
            self.env.cr.execute(
                "SELECT AVG(on_time_rate),"
                " percentile_cont(0.9) WITHIN GROUP (ORDER BY hours_order_to_ship)"
                " FROM order_fact"
            )
            [(raw, p90)] = self.env.cr.fetchall()
            self.assertEqual(on_time.value, raw)
            hours = [98.0, 98.0, 194.0]
            self.assertEqual(self.kpi("order_to_ship").value, median(hours))
            self.assertAlmostEqual(self.kpi("order_to_ship_p90").value, p90)
            self.assertEqual(self.kpi("orders").value, 4)
            self.assertEqual(self.kpi("revenue").value, 4000)
            self.assertAlmostEqual(self.kpi("margin_ratio").value, 0.4)
            for kpi in self.env["order.kpi"].search([]):
                action = kpi.action_open_facts()
                found = self.env[action["res_model"]].search_count(action["domain"])
                self.assertEqual(found, kpi.order_count, kpi.code)

    def test_the_period_before_and_the_trend(self):
        before = self.make_order(moment="2026-02-10 08:00:00")
        now = self.make_order(moment="2026-03-10 08:00:00") + self.make_order(
            moment="2026-03-11 08:00:00"
        )
        with self.at("2026-03-31 12:00:00"):
            self.fact(before + now)
            kpi = self.kpi("orders")
            self.assertEqual((kpi.value, kpi.previous_value), (2, 1))
            self.assertEqual(kpi.trend, "better")
            self.assertTrue(kpi.has_risen)

    def test_days_of_the_period_are_the_user_s(self):
        # 2 March 03:00 UTC is still 1 March in New York, which ends 30 days on 31 March.
        order = self.make_order(moment="2026-03-02 03:00:00")
        with self.at("2026-03-31 12:00:00"):
            self.fact(order)
            self.assertEqual(self.kpi("orders").order_count, 1)
            self.env.user.tz = "America/New_York"
            kpi = self.kpi("orders").with_context(tz="America/New_York")
            self.assertEqual(kpi.order_count, 0)
            self.assertEqual(kpi.previous_value, 1)

    def test_a_target_of_one_s_own_survives_an_update(self):
        kpi = self.kpi("on_time")
        kpi.target = 0.5
        kpi._load_records(
            [
                {
                    "xml_id": "order_reporting.order_kpi_on_time",
                    "values": {"name": kpi.name},
                    "noupdate": False,
                }
            ],
            update=True,
        )
        self.assertEqual(kpi.target, 0.5)
        kpi.target = False
        self.assertIs(kpi.target, False)
        self.assertEqual(kpi.target_text, "")
