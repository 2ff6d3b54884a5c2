from odoo import Command
from odoo.tests import tagged

from ..engine import measures
from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestQueryCount(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders = cls.env["sale.order"].create(
            [
                {
                    "partner_id": cls.partner.id,
                    "order_line": [
                        Command.create({"product_id": cls.product.id, "product_uom_qty": 1})
                    ],
                }
                for _index in range(50)
            ]
        )
        cls.orders.action_confirm()
        cls.env.flush_all()

    def test_refreshing_50_orders_costs_as_many_queries_as_10(self):
        self.fact(self.orders)
        for orders in (self.orders[:10], self.orders):
            # 1 for labels in other currencies, 1 setting, 1 for facts and lines, 2 for the
            # savepoint, 1 to find the facts, and 1 to tell cockpits of the refresh before
            with self.assertQueryCount(7):
                self.facts._refresh(orders)
            self.env.flush_all()

    def test_all_kpis_cost_one_query_for_each_kind_of_fact(self):
        self.fact(self.orders)
        kpis = self.env["order.kpi"].search([])
        kpis.mapped("target")
        self.env.user.tz  # noqa: B018 (into the cache)
        self.env.flush_all()
        kpis.invalidate_recordset(["value", "value_text", "order_count"])
        with self.assertQueryCount(len(measures.MODELS)):
            kpis.mapped("value_text")
