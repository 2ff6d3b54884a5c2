import json
import re

from odoo.tests import tagged

from odoo.addons.spreadsheet.utils.validate_data import (
    fields_in_spreadsheet,
    menus_xml_ids_in_spreadsheet,
)

from ..tools import generate, sheets
from ..tools.dashboards import DASHBOARDS
from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestDashboard(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboards = {
            described: cls.env.ref(f"order_reporting.spreadsheet_dashboard_{described.code}")
            for described in DASHBOARDS
        }
        cls.data = {
            described: json.loads(record.spreadsheet_data)
            for described, record in cls.dashboards.items()
        }

    def test_what_is_shipped_is_what_the_generator_writes(self):
        self.assertEqual(len(DASHBOARDS), 7)
        for described in DASHBOARDS:
            text = generate.dashboard_file(described).read_text(encoding="utf-8")
            self.assertEqual(text, generate.dashboard_text(described))
            self.assertEqual(self.data[described], json.loads(text))
        shipped = generate.DASHBOARD_FILE.read_text(encoding="utf-8")
        self.assertEqual(shipped, generate.dashboard_data())
        self.assertEqual(generate.LIST_FILE.read_text(encoding="utf-8"), generate.kpi_list())

    def test_models_fields_and_menus_exist(self):
        for described, record in self.dashboards.items():
            record._check_spreadsheet_data()
            for model, names in fields_in_spreadsheet(self.data[described]).items():
                for name in names:
                    self.assertIn(name.split(":")[0], self.env[model]._fields, described.name)
            for xml_id in menus_xml_ids_in_spreadsheet(self.data[described]):
                self.assertTrue(self.env.ref(xml_id).action or self.env.ref(xml_id).child_id)

    def test_filters_reach_every_source_that_has_their_field(self):
        for described, data in self.data.items():
            sources = [*data["pivots"].values(), *data["lists"].values()]
            models = [source["model"] for source in sources]
            for figure in data["sheets"][0]["figures"]:
                if figure["data"]["type"] != "scorecard":
                    sources.append(figure["data"])
                    models.append(figure["data"]["metaData"]["resModel"])
            for model, source in zip(models, sources, strict=True):
                found = source["fieldMatching"]
                self.assertIn(sheets.COMPANY, found)
                fields = self.env[model]._fields
                for code, name in (
                    (sheets.CHANNEL, "channel_id"),
                    (sheets.WAREHOUSE, "warehouse_id"),
                ):
                    self.assertEqual(code in found, name in fields, (described.name, model))
                for match in found.values():
                    self.assertEqual(fields[match["chain"]].type, match["type"])

    def test_every_query_of_every_dashboard_runs(self):
        """What the browser asks for: grouped figures of pivots and charts, rows of lists."""
        for data in self.data.values():
            for source in data["pivots"].values():
                codes = [measure["id"] for measure in source["measures"]]
                codes = [
                    code if ":" in code or code == "__count" else f"{code}:sum" for code in codes
                ]
                self.env[source["model"]]._read_group(source["domain"], aggregates=codes)
            for source in data["lists"].values():
                self.env[source["model"]].search_read(source["domain"], source["columns"], limit=10)
            for figure in data["sheets"][0]["figures"]:
                if figure["data"]["type"] == "scorecard":
                    continue
                meta = figure["data"]["metaData"]
                model = self.env[meta["resModel"]]
                measure = meta["measure"]
                if measure != "__count":
                    measure = f"{measure}:{model._fields[measure].aggregator}"
                model._read_group(
                    figure["data"]["searchParams"]["domain"], meta["groupBy"], [measure]
                )

    def test_scorecards_read_cells_that_are_there_and_are_explained(self):
        for described, data in self.data.items():
            main, hidden = data["sheets"]
            texts = " ".join(str(cell) for cell in main["cells"].values())
            for score in described.scores:
                self.assertIn(score.definition, texts)
                self.assertGreater(len(score.definition), 20)
            for figure in main["figures"]:
                if figure["data"]["type"] != "scorecard":
                    continue
                self.assertEqual(
                    data["chartOdooMenusReferences"][figure["id"]], "order_reporting.menu_order_kpi"
                )
                for key in {"keyValue", "baseline"} & set(figure["data"]):
                    self.assertIn(figure["data"][key].split("!")[1], hidden["cells"])

    def test_figures_agree_between_dashboard_pivot_kpi_and_sql(self):
        self.env.user.tz = "UTC"
        self.env["sale.order"].search([]).write({"date_order": "2020-01-01"})
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM order_fact")
        orders = self.env["sale.order"]
        for day in (10, 11, 12, 13):
            orders += self.make_order(
                moment=f"2026-03-{day} 08:00:00", commitment_date="2026-03-15 17:00:00"
            )
        for order, day in zip(orders, (14, 15, 20), strict=False):
            self.ship(order, moment=f"2026-03-{day} 10:00:00")
        with self.at("2026-03-31 12:00:00"):
            self.fact(orders)
            kpi = self.env.ref("order_reporting.order_kpi_on_time").value
            margin = self.env.ref("order_reporting.order_kpi_margin_ratio").value
        [executive] = [data for item, data in self.data.items() if item.code == "order_flow"]
        domain = executive["pivots"]["1"]["domain"]
        codes = ["on_time_rate:avg", "margin:sum", "amount_ordered:sum", "__count"]
        shown = {measure["id"] for measure in executive["pivots"]["1"]["measures"]}
        self.assertLessEqual(set(codes), shown)
        [[on_time, top, bottom, count]] = self.facts._read_group(domain, aggregates=codes)
        self.env.cr.execute(
            "SELECT AVG(on_time_rate), SUM(margin) / SUM(amount_ordered), COUNT(*)"
            "  FROM order_fact WHERE state = 'sale'"
        )
        [(raw, raw_margin, raw_count)] = self.env.cr.fetchall()
        pivot = self.facts.formatted_read_group(domain, [], codes)[0]
        self.assertEqual({on_time, raw, kpi, pivot["on_time_rate:avg"]}, {0.5})
        self.assertAlmostEqual(top / bottom, margin)
        self.assertAlmostEqual(float(raw_margin), margin)
        self.assertEqual((count, raw_count), (4, 4))
        # The cell of the card divides the same two sums of the same pivot.
        cells = " ".join(executive["sheets"][1]["cells"].values())
        self.assertRegex(
            cells, re.escape('PIVOT.VALUE(1,"margin:sum")/PIVOT.VALUE(1,"amount_ordered:sum")')
        )

    def test_the_menus_open_them(self):
        for described, record in self.dashboards.items():
            action = self.env.ref(f"order_reporting.menu_{described.code}_dashboard").action
            self.assertEqual(action.tag, "action_spreadsheet_dashboard")
            self.assertEqual(action.params, {"dashboard_id": record.id})

    def test_only_viewers_see_them(self):
        outsider = self.env["res.users"].create(
            {
                "name": "Out",
                "login": "out",
                "group_ids": [(6, 0, self.env.ref("base.group_user").ids)],
            }
        )
        dashboards = self.env["spreadsheet.dashboard"]
        ours = dashboards.union(*self.dashboards.values())
        self.assertFalse(ours & dashboards.with_user(outsider).search([]))
        outsider.group_ids += self.env.ref("order_reporting.group_reporting_user")
        self.assertEqual(ours & dashboards.with_user(outsider).search([]), ours)
