from datetime import timedelta

from odoo import Command, fields

from .common_rule import RuleCommon


class TestRuleQueryCount(RuleCommon):
    """Twenty rules cost fifty orders about what they cost five."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.account_use_credit_limit = True
        us = cls.country.ids
        cls.rules = cls.env["order.rule"]
        for kind, vals in (
            ("content", {}),
            ("address", {"check_served": True}),
            ("total", {}),
            ("customer", {}),
            ("blocked", {"country_ids": cls.env.ref("base.kp").ids}),
            ("credit", {}),
            ("overdue", {"days": 10}),
            ("order_value", {"amount": 1e6}),
            ("discount", {"percent": 50.0}),
            ("margin", {"percent": -1000.0}),
            ("price_floor", {"percent": 1.0}),
            ("price_list", {"percent": 90.0}),
            ("price_changed", {"gate": "invoice"}),
            ("tax", {"country_ids": cls.env.ref("base.kp").ids}),
            ("duplicate", {"hours": 1.0}),
            ("stock", {}),
            ("promise", {}),
            (
                "fraud",
                {
                    "score": 999,
                    "signal_ids": [
                        Command.create({"code": "many_orders", "points": 1, "limit": 99})
                    ],
                },
            ),
            ("export", {"country_ids": cls.env.ref("base.kp").ids}),
            ("domain", {"domain": "[('amount_total', '<', 0)]"}),
        ):
            cls.rules |= cls._rule(kind, **vals)
        cls.us = us

    def _orders(self, count):
        partners = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "street": f"{number} Main Street",
                    "city": "Albany",
                    "zip": "12201",
                    "state_id": self.new_york.id,
                    "country_id": self.country.id,
                    "credit_limit": 1e6,
                }
                for number in range(count)
            ]
        )
        orders = self.env["sale.order"]
        for partner in partners:
            orders |= self._order(
                (self.green, 1),
                (self.black, 1),
                partner_id=partner.id,
                commitment_date=fields.Datetime.now() + timedelta(days=30),
            )
        return orders

    def _count(self, orders):
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        orders._check_rules("release")
        self.env.flush_all()
        return self.env.cr.sql_log_count - start

    def test_budget(self):
        self.assertEqual(len(self.rules), 20)
        self._count(self._orders(1))  # warm the caches of configuration
        few, many = self._count(self._orders(5)), self._count(self._orders(50))
        self.assertLessEqual(many - few, 3, f"{few} queries for 5 orders, {many} for 50")
        self.assertLessEqual(many, 90)
