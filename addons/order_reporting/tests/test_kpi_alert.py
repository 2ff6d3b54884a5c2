from odoo.tests import tagged

from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestKpiAlert(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        cls.kpi = cls.env.ref("order_reporting.order_kpi_on_time")
        cls.kpi.user_id = cls.env.ref("base.user_admin")
        cls.env["sale.order"].search([]).write({"date_order": "2020-01-01"})
        cls.env.flush_all()
        cls.env.cr.execute("DELETE FROM order_fact")

    def read(self, moment):
        with self.at(moment):
            self.env["order.kpi"]._cron_read()

    def readings(self):
        return self.env["order.kpi.reading"].search(
            [("kpi_id", "=", self.kpi.id), ("company_id", "=", self.env.company.id)], order="date"
        )

    def test_history_is_kept_once_a_day(self):
        order = self.make_order()
        self.ship(order)
        with self.at("2026-03-10 12:00:00"):
            self.fact(order)
        self.read("2026-03-10 12:00:00")
        self.read("2026-03-10 18:00:00")
        self.read("2026-03-11 12:00:00")
        readings = self.readings()
        self.assertEqual(len(readings), 2)
        self.assertEqual(readings.mapped("value"), [1.0, 1.0])
        self.assertEqual(readings[0].order_count, 1)
        self.assertEqual(readings[0].status, "good")
        self.assertFalse(readings.filtered("is_alert"))

    def test_an_alert_names_the_orders_and_comes_once_in_thirty_days(self):
        self.kpi.threshold = 0.9
        late, good = self.make_order(), self.make_order()
        self.ship(good)
        self.ship(late, moment="2026-03-09 10:00:00")
        with self.at("2026-03-10 12:00:00"):
            self.fact(late + good)
        for day in (10, 11, 30):
            self.read(f"2026-03-{day} 12:00:00")
        activities = self.kpi.activity_ids
        self.assertEqual(len(activities), 1)
        self.assertEqual(activities.user_id, self.kpi.user_id)
        self.assertIn(late.name, activities.note)
        self.assertNotIn(good.name, activities.note)
        self.assertIn("50.0", activities.note)
        self.assertEqual(self.readings().mapped("is_alert"), [True, False, False])

    def test_no_alert_without_threshold_person_or_data(self):
        order = self.make_order()
        self.ship(order, moment="2026-03-09 10:00:00")
        with self.at("2026-03-10 12:00:00"):
            self.fact(order)
        self.read("2026-03-10 12:00:00")
        self.assertFalse(self.kpi.activity_ids)
        self.kpi.write({"threshold": 0.9, "user_id": False})
        self.read("2026-03-11 12:00:00")
        self.assertFalse(self.kpi.activity_ids)
        self.kpi.user_id = self.env.ref("base.user_admin")
        self.read("2026-05-20 12:00:00")  # nothing was promised for these 30 days
        self.assertFalse(self.kpi.activity_ids)
