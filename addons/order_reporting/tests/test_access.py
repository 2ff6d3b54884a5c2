from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ReportingCommon

VIEWER = "order_reporting.group_reporting_user"


@tagged("post_install", "-at_install")
class TestAccess(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outsider = new_test_user(cls.env, "outsider", groups="base.group_user")
        cls.viewer = new_test_user(cls.env, "viewer", groups=VIEWER)
        cls.salesman = new_test_user(
            cls.env, "salesman", groups=f"{VIEWER},sales_team.group_sale_salesman"
        )
        cls.lead = new_test_user(
            cls.env, "lead", groups=f"{VIEWER},sales_team.group_sale_salesman_all_leads"
        )
        cls.manager = new_test_user(
            cls.env, "order_manager", groups="order_processing.group_order_manager"
        )

    def setUp(self):
        super().setUp()
        self.own = self.make_order(user_id=self.salesman.id)
        self.others = self.make_order(user_id=self.lead.id)
        self.nobodys = self.make_order(user_id=False)
        self.nobodys.user_id = False
        self.orders = self.own + self.others + self.nobodys
        self.fact(self.orders)

    def seen_by(self, user):
        facts = self.facts.with_user(user).search([("order_id", "in", self.orders.ids)])
        return self.env["sale.order"].browse(facts.sudo().order_id.ids)

    def test_who_sees_what(self):
        with self.assertRaises(AccessError):
            self.seen_by(self.outsider)
        self.assertEqual(self.seen_by(self.viewer), self.orders)
        self.assertEqual(self.seen_by(self.salesman), self.own + self.nobodys)
        self.assertEqual(self.seen_by(self.lead), self.orders)
        self.assertEqual(self.seen_by(self.manager), self.orders)

    def test_kpis_count_only_what_the_user_sees(self):
        with self.at("2026-03-10 12:00:00"):
            kpi = self.env.ref("order_reporting.order_kpi_orders")
            everybody = kpi.with_user(self.lead).order_count
            own = kpi.with_user(self.salesman).order_count
        self.assertEqual(everybody - own, 1)

    def test_nobody_edits_facts(self):
        for user in (self.viewer, self.manager):
            fact = self.facts.with_user(user).search([("order_id", "=", self.own.id)])
            with self.assertRaises(AccessError):
                fact.amount_ordered = 1
            with self.assertRaises(AccessError):
                fact.unlink()
            with self.assertRaises(AccessError):
                self.facts.with_user(user).create({"order_id": self.own.id})

    def test_viewers_may_refresh_and_only_managers_rebuild(self):
        fact = self.facts.with_user(self.viewer).search([("order_id", "=", self.own.id)])
        self.ship(self.own)
        fact.action_refresh()
        self.assertTrue(fact.date_shipped)
        result = self.facts.with_user(self.viewer).action_refresh_now()
        self.assertEqual(result["tag"], "display_notification")
        with self.assertRaises(AccessError):
            self.facts.with_user(self.viewer).action_rebuild_all()
        self.facts.with_user(self.manager).action_rebuild_all()
        with self.assertRaises(AccessError):
            self.facts.with_user(self.outsider).action_refresh_now()

    def test_only_managers_set_targets(self):
        kpi = self.env.ref("order_reporting.order_kpi_on_time")
        kpi.with_user(self.manager).target = 0.9
        with self.assertRaises(AccessError):
            kpi.with_user(self.viewer).target = 0.8

    def test_plain_viewers_open_a_fact(self):
        """They read facts without any right on sale orders."""
        fact = self.facts.with_user(self.viewer).search([("order_id", "=", self.own.id)])
        self.assertFalse(self.env["sale.order"].with_user(self.viewer).has_access("read"))
        self.assertEqual(fact.display_name, self.own.name)
        arch = etree.fromstring(fact.get_view(view_type="form")["arch"])
        spec = {node.get("name"): {} for node in arch.iter("field")} | {"display_name": {}}
        [read] = fact.web_read(spec | {"order_id": {"fields": {"display_name": {}}}})
        self.assertEqual(read["order_id"]["display_name"], self.own.name)

    def test_viewers_find_the_way(self):
        menus = self.env["ir.ui.menu"].with_user(self.viewer)._visible_menu_ids()
        for name in ("menu_order_fact", "menu_order_kpi", "menu_order_flow_dashboard"):
            self.assertIn(self.env.ref(f"order_reporting.{name}").id, menus)
        self.assertNotIn(self.env.ref("order_reporting.menu_order_fact_rebuild").id, menus)
