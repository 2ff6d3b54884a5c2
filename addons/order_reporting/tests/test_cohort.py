from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ReportingCommon

NOW = "2026-04-15 12:00:00"


@tagged("post_install", "-at_install")
class TestCohort(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        cls.channel = cls.env["order.channel"].create(
            {"name": "Cohort", "code": "cohort", "kind": "api"}
        )
        cls.buyers = cls.env["res.partner"].create([{"name": "Once"}, {"name": "Again"}])

    def order(self, buyer, day):
        order = self.make_order(
            moment=f"{day} 08:00:00", partner_id=buyer.id, commitment_date=f"{day} 17:00:00"
        )
        order.channel_id = self.channel
        return order

    def table(self, kind):
        with self.at(NOW):
            return self.env["order.cohort"].get_cohorts(kind, self.channel.id)

    def open_cell(self, kind, month, offset):
        action = self.env["order.cohort"].action_open_cell(kind, month, offset, self.channel.id)
        return self.facts.search(action["domain"]).order_id

    def test_customers_by_the_month_of_their_first_order(self):
        once, again = self.buyers
        orders = self.order(once, "2026-02-03") + self.order(again, "2026-02-10")
        orders += self.order(again, "2026-04-01") + self.order(again, "2026-04-02")
        self.fact(orders)
        [row] = self.table("customers")["rows"]
        self.assertEqual((row["month"], row["size"]), ("2026-02-01", 2))
        self.assertEqual([cell["count"] for cell in row["cells"]], [2, 0, 1])
        self.assertEqual([cell["share"] for cell in row["cells"]], [1.0, 0.0, 0.5])
        self.assertEqual(self.open_cell("customers", "2026-02-01", 2), orders[2:])
        self.assertEqual(self.open_cell("customers", "2026-02-01", -1), orders)

    def test_a_month_begins_where_the_reader_is(self):
        self.env.user.tz = "America/New_York"
        order = self.order(self.buyers[0], "2026-03-01")
        with self.at("2026-03-01 02:00:00"):
            order.date_order = "2026-03-01 02:00:00"
            self.env.cr.execute(
                "UPDATE sale_order SET create_date = '2026-03-01 02:00:00' WHERE id = %s",
                [order.id],
            )
        self.fact(order)
        [row] = self.table("customers")["rows"]
        self.assertEqual(row["month"], "2026-02-01")
        self.assertEqual(self.open_cell("customers", "2026-02-01", 0), order)

    def test_returns_by_the_month_of_shipping(self):
        orders = self.order(self.buyers[0], "2026-02-03") + self.order(self.buyers[1], "2026-02-03")
        for order in orders:
            self.ship(order, moment="2026-02-04 10:00:00")
        done = orders[0].picking_ids
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=done.id, active_ids=done.ids, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 1
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        with self.at("2026-03-09 10:00:00"):
            back.action_assign()
            back.move_ids.picked = True
            back.button_validate()
        facts = self.fact(orders)
        self.assertEqual(str(facts.filtered("date_returned").date_returned), "2026-03-09 10:00:00")
        [row] = self.table("returns")["rows"]
        self.assertEqual((row["month"], row["size"]), ("2026-02-01", 2))
        self.assertEqual([cell["count"] for cell in row["cells"]], [0, 1, 1])
        self.assertEqual(self.open_cell("returns", "2026-02-01", 2), orders[0])
        self.assertFalse(self.open_cell("returns", "2026-02-01", 0))

    def test_only_what_the_reader_may_see(self):
        self.fact(self.order(self.buyers[0], "2026-02-03"))
        outsider = new_test_user(self.env, "outside", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.env["order.cohort"].with_user(outsider).get_cohorts()
        groups = "order_reporting.group_reporting_user,sales_team.group_sale_salesman"
        other = new_test_user(self.env, "other", groups=groups)
        with self.at(NOW):
            rows = self.env["order.cohort"].with_user(other).get_cohorts("customers")["rows"]
        self.assertFalse([row for row in rows if row["month"] == "2026-02-01"])
        with self.assertRaises(UserError):
            self.env["order.cohort"].get_cohorts("nonsense")
