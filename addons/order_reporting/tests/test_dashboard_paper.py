import io
import json
import re

from PyPDF2 import PdfReader

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..tools.dashboards import DASHBOARDS
from .common import ReportingCommon

REPORT = "order_reporting.action_report_dashboard"
VIEWER = "order_reporting.group_reporting_user"


@tagged("post_install", "-at_install")
class TestDashboardPaper(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Else Odoo gives tests the page instead of the PDF.
        cls.env = cls.env(context=cls.env.context | {"force_report_rendering": True})
        cls.facts = cls.env["order.fact"]
        cls.executive = cls.env.ref("order_reporting.spreadsheet_dashboard_order_flow")
        cls.reader = new_test_user(
            cls.env, "reader", groups=VIEWER, email="reader@example.com", tz="UTC"
        )

    def paper(self, dashboard, **data):
        model = self.env["report.order_reporting.dashboard_paper"].with_user(self.reader)
        return model._get_report_values(dashboard.ids, data)["papers"][dashboard.id]

    def pdf(self, dashboard, user=None, **data):
        reports = self.env["ir.actions.report"].with_user(user or self.reader)
        content, kind = reports._render_qweb_pdf(REPORT, dashboard.ids, data=data)
        self.assertEqual(kind, "pdf")
        return content

    def text(self, content):
        """What people read in a PDF, without the breaks of lines."""
        reader = PdfReader(io.BytesIO(content))
        return " ".join(" ".join(page.extract_text() for page in reader.pages).split())

    def some_orders(self):
        now = fields.Datetime.to_string(fields.Datetime.now())
        orders = self.env["sale.order"]
        for _number in range(3):
            orders += self.make_order(moment=now)
        self.ship(orders[0], moment=now)
        self.fact(orders)
        return orders

    def test_every_dashboard_read_back_from_its_pdf(self):
        self.some_orders()
        for described in DASHBOARDS:
            dashboard = self.env.ref(f"order_reporting.spreadsheet_dashboard_{described.code}")
            content = self.pdf(dashboard)
            text, paper = self.text(content), self.paper(dashboard)
            self.assertIn(described.name, text)
            for score in paper["scores"]:
                self.assertIn(" ".join(f"{score['label']} {score['value']}".split()), text)
                self.assertIn(" ".join(score["definition"].split()), text)
            for chart in paper["charts"]:
                self.assertIn(chart["title"], text)
            for rows in paper["lists"]:
                self.assertIn(rows["title"], text)
            # As many pictures as charts with data.
            pages = PdfReader(io.BytesIO(content)).pages
            images = sum(len(page.images) for page in pages)
            wanted = len([chart for chart in paper["charts"] if chart["image"]])
            self.assertGreaterEqual(images, wanted)
            self.assertLessEqual(len(pages), 4, described.name)

    def test_a_copy_with_its_own_titles_and_filters(self):
        self.some_orders()
        copy = self.env["spreadsheet.dashboard"].create(
            {
                "name": "Monday",
                "is_order_copy": True,
                "order_code": "order_flow",
                "order_warehouse_ids": self.warehouse.ids,
                "order_block_ids": [
                    Command.create({"code": "order_flow.score.orders", "title": "How many"}),
                    Command.create({"code": "order_flow.chart.revenue_by_channel"}),
                ],
            }
        )
        text = self.text(self.pdf(copy))
        self.assertIn("Monday", text)
        self.assertIn("How many", text)
        self.assertIn(f"Warehouses: {self.warehouse.name}", text)
        self.assertNotIn("Margin", text)

    def test_the_filters_the_browser_shows(self):
        orders = self.some_orders()
        here = self.env["order.fact"].with_user(self.reader).with_context(tz="UTC")
        today = fields.Date.to_string(fields.Date.context_today(here))
        days = {"now": [today, today], "before": ["2020-01-01", "2020-01-02"]}
        everywhere = self.paper(self.executive, **days)
        [found] = [s for s in everywhere["scores"] if s["label"] == "Orders"]
        wanted = here.search_count([("state", "=", "sale"), ("date_received", ">=", today)])
        self.assertGreaterEqual(wanted, len(orders))
        self.assertEqual(found["value"], str(wanted))
        self.assertEqual(found["note"], "before: 0")
        nowhere = self.paper(self.executive, **days, warehouses=[0])
        [found] = [s for s in nowhere["scores"] if s["label"] == "Orders"]
        self.assertEqual(found["value"], "0")
        [margin] = [s for s in nowhere["scores"] if s["label"] == "Margin"]
        self.assertEqual(margin["value"], "no data")
        always = {"now": [False, False], "before": [False, False]}
        self.assertIn("…", self.paper(self.executive, **always)["filters"][0])
        for wrong in ({"now": ["x", "y"]}, {"now": 5}, days | {"channels": ["a"]}):
            with self.assertRaises(UserError):
                self.paper(self.executive, **({"before": [False, False]} | wrong))

    def test_without_the_library_for_pictures_figures_are_a_table(self):
        self.some_orders()
        self.patch(
            self.env.registry["report.order_reporting.dashboard_paper"],
            "_draws",
            lambda _self: False,
        )
        paper = self.paper(self.executive)
        self.assertFalse([chart for chart in paper["charts"] if chart["image"]])
        text = self.text(self.pdf(self.executive))
        [chart] = [one for one in paper["charts"] if one["title"] == "Revenue by warehouse"]
        self.assertIn(" ".join(chart["table"][0][1].split()), text)

    def test_bars_keep_what_is_nought_or_less(self):
        described = next(one for one in DASHBOARDS if one.code == "sales")
        [chart] = [one for one in described.charts if one.title == "Profit by customer"]
        buyers = self.env["res.partner"].create([{"name": f"Buyer {n}"} for n in range(12)])
        rows = [(buyer, value) for buyer, value in zip(buyers, range(-6, 6), strict=True)]
        model = self.env["report.order_reporting.dashboard_paper"]
        shown = model._prepare_chart(chart, [*rows, (self.partner, None)], str)
        self.assertTrue(shown["image"])
        self.assertEqual(
            [name for name, _value in shown["table"]],
            [f"Buyer {n}" for n in (11, 10, 9, 4, 3, 2, 1, 0)],
        )
        zero = model._prepare_chart(chart, [(self.partner, 0.0)], str)
        self.assertEqual(zero["table"], [("Acme Stores", "0.0")])
        nothing = model._prepare_chart(chart, [(self.partner, None)], str)
        self.assertFalse(nothing["image"] or nothing["table"])

    def test_who_may_print_what(self):
        outsider = new_test_user(self.env, "outsider", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.pdf(self.executive, user=outsider)
        other = self.env["spreadsheet.dashboard"].create(
            {
                "name": "Not ours",
                "dashboard_group_id": self.executive.dashboard_group_id.id,
                "group_ids": [Command.set(self.env.ref(VIEWER).ids)],
            }
        )
        with self.assertRaises(UserError):
            self.pdf(other)
        salesman = new_test_user(
            self.env, "own_only", groups=f"{VIEWER},sales_team.group_sale_salesman", tz="UTC"
        )
        self.some_orders().user_id = self.env.user
        self.fact(self.env["sale.order"].search([]))
        text = self.text(self.pdf(self.executive, user=salesman))
        mine = self.facts.with_user(salesman).search_count([("state", "=", "sale")])
        shown = re.search(r"Orders (\d+) before", text)
        self.assertLessEqual(int(shown.group(1)), mine)

    def test_the_digest_brings_it(self):
        self.some_orders()
        digest = self.env["digest.digest"].create(
            {
                "name": "Weekly",
                "order_dashboard_id": self.executive.id,
                "user_ids": [Command.set(self.reader.ids)],
            }
        )
        before = self.env["mail.mail"].search([])
        digest._action_send_to_user(self.reader)
        mail = self.env["mail.mail"].search([]) - before
        self.assertEqual(mail.attachment_ids.mapped("name"), ["Executive.pdf"])
        self.assertIn("Executive", self.text(mail.attachment_ids.raw))
        # Who may not see figures gets the mail without them.
        outsider = new_test_user(
            self.env, "outsider", groups="base.group_user", email="out@example.com"
        )
        before = self.env["mail.mail"].search([])
        digest._action_send_to_user(outsider)
        mail = self.env["mail.mail"].search([]) - before
        self.assertEqual((len(mail), len(mail.attachment_ids)), (1, 0))

    def test_the_browser_s_way(self):
        """Filters come as options of the address, the dashboard's id among them."""
        data = json.loads(json.dumps({"ids": self.executive.ids, "now": [False, False]}))
        model = self.env["report.order_reporting.dashboard_paper"].with_user(self.reader)
        values = model._get_report_values(None, data | {"before": [False, False]})
        self.assertEqual(values["docs"].ids, self.executive.ids)
        for wrong in ({"ids": ["x"]}, {"ids": 5}, {}):
            with self.assertRaises(UserError):
                model._get_report_values(None, wrong)
