import json

from odoo.tests import tagged

from odoo.addons.spreadsheet.utils.validate_data import (
    fields_in_spreadsheet,
    menus_xml_ids_in_spreadsheet,
)

from ..tools import generate
from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestDashboard(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = cls.env.ref("order_reporting.spreadsheet_dashboard_order_flow")
        cls.data = json.loads(cls.dashboard.spreadsheet_data)

    def test_what_is_shipped_is_what_the_generator_writes(self):
        text = generate.DASHBOARD_FILE.read_text(encoding="utf-8")
        self.assertEqual(text, generate.dashboard_text())
        self.assertEqual(generate.dashboard_text(), generate.dashboard_text())
        self.assertEqual(self.data, json.loads(text))

    def test_models_fields_and_menus_exist(self):
        self.dashboard._check_spreadsheet_data()
        self.assertEqual(set(fields_in_spreadsheet(self.data)), {"order.fact"})
        for name in fields_in_spreadsheet(self.data)["order.fact"]:
            self.assertIn(name, self.facts._fields)
        self.assertEqual(
            set(menus_xml_ids_in_spreadsheet(self.data)), {"order_reporting.menu_order_fact"}
        )

    def test_filters_reach_every_source(self):
        sources = [*self.data["pivots"].values(), *self.data["lists"].values()]
        sheets = self.data["sheets"]
        sources += [
            figure["data"]
            for sheet in sheets
            for figure in sheet["figures"]
            if figure["data"]["type"] != "scorecard"
        ]
        filters = {item["id"] for item in self.data["globalFilters"]}
        self.assertEqual(len(sources), 9)
        for source in sources:
            self.assertEqual(set(source["fieldMatching"]), filters)
            for match in source["fieldMatching"].values():
                self.assertIn(match["chain"], self.facts._fields)

    def test_scorecards_read_cells_that_are_there(self):
        main, data = self.data["sheets"]
        for figure in main["figures"]:
            if figure["data"]["type"] == "scorecard":
                for key in ("keyValue", "baseline"):
                    self.assertIn(figure["data"][key].split("!")[1], data["cells"])

    def test_the_menu_opens_it(self):
        action = self.env.ref("order_reporting.menu_order_flow_dashboard").action
        self.assertEqual(action.tag, "action_spreadsheet_dashboard")
        self.assertEqual(action.params, {"dashboard_id": self.dashboard.id})

    def test_only_viewers_see_it(self):
        outsider = self.env["res.users"].create(
            {
                "name": "Out",
                "login": "out",
                "group_ids": [(6, 0, self.env.ref("base.group_user").ids)],
            }
        )
        dashboards = self.env["spreadsheet.dashboard"]
        self.assertNotIn(self.dashboard, dashboards.with_user(outsider).search([]))
        outsider.group_ids += self.env.ref("order_reporting.group_reporting_user")
        self.assertIn(self.dashboard, dashboards.with_user(outsider).search([]))
