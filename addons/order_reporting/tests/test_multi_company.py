from odoo.tests import new_test_user, tagged

from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestMultiCompany(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.home = cls.env.company
        cls.euro.rate_ids.unlink()
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.euro.id, "name": "2026-01-01", "rate": 0.5}
        )
        cls.abroad = cls.env["res.company"].create({"name": "Abroad", "currency_id": cls.euro.id})
        cls.user = new_test_user(
            cls.env,
            "two_companies",
            groups="order_reporting.group_reporting_user,sales_team.group_sale_salesman_all_leads",
            company_id=cls.home.id,
            company_ids=[(6, 0, (cls.home + cls.abroad).ids)],
        )

    def make_service_order(self, company):
        with self.at("2026-03-10 08:00:00"):
            product = self.env["product.product"].create(
                {"name": "Advice", "type": "service", "taxes_id": False}
            )
            order = (
                self.env["sale.order"]
                .with_company(company)
                .create(
                    {
                        "partner_id": self.partner.id,
                        "company_id": company.id,
                        "order_line": [(0, 0, {"product_id": product.id, "price_unit": 100.0})],
                    }
                )
            )
            order.action_confirm()
        return order

    def test_each_company_sees_its_own_and_amounts_are_in_its_currency(self):
        orders = self.make_service_order(self.home) + self.make_service_order(self.abroad)
        facts = self.fact(orders)
        by_company = {fact.company_id: fact for fact in facts}
        self.assertEqual(by_company[self.home].currency_id, self.home.currency_id)
        self.assertEqual(by_company[self.abroad].currency_id, self.euro)
        mine = self.facts.with_user(self.user)
        for companies in (self.home, self.abroad, self.home + self.abroad):
            seen = mine.with_context(allowed_company_ids=companies.ids).search(
                [("order_id", "in", orders.ids)]
            )
            self.assertEqual(seen.sudo().company_id, companies)

    def test_kpis_of_two_companies_are_in_the_current_one_s_currency(self):
        orders = self.make_service_order(self.home) + self.make_service_order(self.abroad)
        home_fact, abroad_fact = self.fact(orders).sorted(
            lambda fact: fact.company_id == self.abroad
        )
        with self.at("2026-03-11 12:00:00"):
            revenue = self.env.ref("order_reporting.order_kpi_revenue").with_user(self.user)

            def read(companies):
                return revenue.with_context(allowed_company_ids=companies.ids).value

            alone = read(self.home)
            both = read(self.home + self.abroad)
        self.assertEqual(alone, home_fact.amount_ordered)
        self.assertAlmostEqual(both, alone + abroad_fact.amount_ordered / 0.5)
