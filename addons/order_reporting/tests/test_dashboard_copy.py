import json
from ast import literal_eval

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.convert import convert_file

from odoo.addons.spreadsheet.utils.validate_data import fields_in_spreadsheet

from ..hooks import uninstall_hook
from ..tools import blocks, sheets
from ..tools.dashboards import DASHBOARDS
from .common import ReportingCommon

VIEWER = "order_reporting.group_reporting_user"
MANAGER = "order_processing.group_order_manager"


@tagged("post_install", "-at_install")
class TestDashboardCopy(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboards = cls.env["spreadsheet.dashboard"]
        cls.executive = cls.env.ref("order_reporting.spreadsheet_dashboard_order_flow")
        cls.manager = new_test_user(cls.env, "chief", groups=MANAGER)
        cls.viewer = new_test_user(cls.env, "reader", groups=VIEWER)

    def make_copy(self, **vals):
        return self.dashboards.with_user(self.manager).create(
            {"name": "Monday", "is_order_copy": True, "order_code": "order_flow", **vals}
        )

    def lines(self, *chosen):
        return [
            Command.create({"code": code, "sequence": place} | vals)
            for place, (code, vals) in enumerate(chosen)
        ]

    def drawn(self, copy):
        return json.loads(copy.spreadsheet_data)

    def titles(self, document, kind):
        return [
            figure["data"]["title"]["text"]
            for figure in document["sheets"][0]["figures"]
            if (figure["data"]["type"] == "scorecard") == (kind == "score")
        ]

    def test_names_of_parts_are_unique_and_stay(self):
        parts = sum(len(list(blocks._parts(dashboard))) for dashboard in DASHBOARDS)
        self.assertEqual(len(blocks.BLOCKS), parts)
        # Names that copies keep: who renames a part must move the copies' names too.
        for name in (
            "order_flow.score.orders",
            "warehouse.chart.units_by_product",
            "finance.list.overdue_invoices",
        ):
            self.assertIn(name, blocks.BLOCKS)

    def test_a_copy_begins_as_its_dashboard(self):
        for described in DASHBOARDS:
            copy = self.make_copy(order_code=described.code)
            original = self.env.ref(f"order_reporting.spreadsheet_dashboard_{described.code}")
            self.assertEqual(self.drawn(copy), json.loads(original.spreadsheet_data))
            self.assertEqual(copy.dashboard_group_id, original.dashboard_group_id)
            self.assertEqual(copy.group_ids, original.group_ids)
            self.assertEqual(copy._get_dashboard_translation_namespace(), "order_reporting")

    def test_the_form_of_a_new_copy(self):
        action = self.executive.with_user(self.manager).action_change_order_dashboard()
        model = self.dashboards.with_user(self.manager).with_context(**action["context"])
        view = self.env.ref("order_reporting.order_dashboard_copy_view_form")
        with Form(model, view) as form:
            self.assertEqual(form.name, "Executive (copy)")
            self.assertEqual(len(form.order_block_ids), 15)
            form.order_period = "last_30_days"
            for _number in range(13):
                form.order_block_ids.remove(2)
            with form.order_block_ids.edit(0) as line:
                line.title = "How many"
            with form.order_block_ids.new() as line:
                line.code = "warehouse.chart.units_ordered_per_week"
                self.assertEqual((line.kind, line.is_wide), ("chart", True))
        copy = form.record
        self.assertTrue(copy.is_order_copy)
        document = self.drawn(copy)
        self.assertEqual(self.titles(document, "score"), ["How many", "Revenue"])
        self.assertEqual(self.titles(document, "chart"), ["Units ordered per week"])
        self.assertEqual(document["globalFilters"][0]["defaultValue"], "last_30_days")
        self.assertFalse(document["lists"])
        opened = copy.action_change_order_dashboard()
        self.assertEqual((opened["res_id"], opened["views"][0][1]), (copy.id, "form"))
        self.assertEqual(copy.action_open_order_dashboard()["params"], {"dashboard_id": copy.id})
        # The menu's own *New* begins with nothing chosen.
        action = self.env.ref("order_reporting.order_dashboard_copy_action")
        form = Form(model.with_context(**literal_eval(action.context)), view)
        form.order_code = "finance"
        self.assertEqual(form.name, "Finance & Treasury (copy)")

    def test_parts_of_several_dashboards_in_the_order_chosen(self):
        channel = self.env["order.channel"].create({"name": "Copy", "code": "copy", "kind": "api"})
        copy = self.make_copy(
            order_channel_ids=channel.ids,
            order_warehouse_ids=self.warehouse.ids,
            order_block_ids=self.lines(
                ("order_flow.list.overdue_or_on_hold", {}),
                ("finance.list.overdue_invoices", {"title": 'Who [owes] "us" =1'}),
                ("carriers.chart.parcels_by_warehouse", {"is_wide": True}),
                ("finance.score.overdue", {}),
                ("sales.chart.revenue_by_country", {}),
                ("warehouse.score.lines_filled_first", {"title": 'Say "A\\'}),
            ),
        )
        document = self.drawn(copy)
        self.assertEqual(self.titles(document, "score"), ["Overdue", "Say 'A/"])
        self.assertEqual(
            self.titles(document, "chart"), ["Parcels, by warehouse", "Revenue by country"]
        )
        figures = document["sheets"][0]["figures"]
        self.assertEqual(figures[2]["width"], sheets.WIDTH)
        self.assertEqual(
            [one["model"] for one in document["lists"].values()],
            ["order.fact", "order.invoice.fact"],
        )
        self.assertEqual(
            {pivot["model"] for pivot in document["pivots"].values()},
            {"order.invoice.fact", "order.fact"},
        )
        cells = document["sheets"][0]["cells"].values()
        self.assertTrue([cell for cell in cells if cell.startswith("[Who (owes) 'us' =1](odoo:")])
        self.assertIn('=ODOO.LIST(2,1,"move_id")', cells)
        self.assertFalse([cell for cell in cells if "\\" in cell.split("](odoo:")[0]])
        defaults = {one["id"]: one.get("defaultValue") for one in document["globalFilters"]}
        self.assertEqual(defaults[sheets.CHANNEL], {"operator": "in", "ids": channel.ids})
        self.assertEqual(defaults[sheets.WAREHOUSE]["ids"], self.warehouse.ids)
        self.assertIsNone(defaults[sheets.COMPANY])
        # Odoo's own check of documents, which copies don't pass through, and each field.
        for model, names in fields_in_spreadsheet(document).items():
            for name in names:
                self.assertIn(name.split(":")[0], self.env[model]._fields)
        # The other way round: places in the order are the lines' own.
        for place, line in enumerate(copy.order_block_ids[::-1]):
            line.sequence = place
        self.assertEqual(self.titles(self.drawn(copy), "score"), ["Say 'A/", "Overdue"])

    def test_every_part_alone_makes_a_document(self):
        """Whatever is chosen: the document is whole, and its fields exist."""
        for name, block in blocks.BLOCKS.items():
            document = sheets.document(blocks.compose("one", "One", [blocks.Choice(name)], "today"))
            self.assertTrue(document["pivots"] or document["lists"] or block.kind == blocks.CHART)
            for model, names in fields_in_spreadsheet(document).items():
                for field in names:
                    self.assertIn(field.split(":")[0], self.env[model]._fields, name)
        everything = blocks.compose("all", "All", map(blocks.Choice, blocks.BLOCKS), "today")
        document = sheets.document(everything)
        hidden = document["sheets"][1]
        rows = [int(cell[1:]) for cell in hidden["cells"]]
        self.assertLessEqual(max(rows), hidden["rowNumber"])

    def test_an_update_keeps_copies_and_choices(self):
        copy = self.make_copy(
            order_block_ids=self.lines(("order_flow.score.orders", {"title": "All"}))
        )
        gone = self.make_copy(
            order_block_ids=self.lines(
                ("order_flow.score.orders", {}), ("order_flow.score.revenue", {})
            )
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE order_dashboard_block SET code = 'old.score.gone' WHERE id = %s",
            [gone.order_block_ids[0].id],
        )
        self.env.invalidate_all()
        before = self.drawn(copy)
        self.executive.name = "Changed by hand"
        convert_file(
            self.env, "order_reporting", "data/spreadsheet_dashboard_data.xml", {}, mode="update"
        )
        self.env.invalidate_all()
        self.assertEqual(self.executive.name, "Executive")
        self.assertEqual((copy.name, self.drawn(copy)), ("Monday", before))
        # What an update took away is passed over, and may still be looked at and taken out.
        self.assertEqual(self.titles(self.drawn(gone), "score"), ["Revenue"])
        self.assertFalse(gone.order_block_ids[0].kind)
        gone.order_block_ids[0].unlink()
        self.assertEqual(self.titles(self.drawn(gone), "score"), ["Revenue"])

    def test_originals_stay_as_they_are(self):
        original = self.executive.with_user(self.manager)
        before = original.spreadsheet_data
        copy = original.copy()
        self.assertTrue(copy.is_order_copy)
        self.assertEqual((copy.name, len(copy.order_block_ids)), ("Executive (copy)", 15))
        copy.order_block_ids[1:].unlink()
        again = copy.copy({"name": "Again"})
        again.order_block_ids.title = "Other"
        self.assertEqual(self.titles(self.drawn(copy), "score"), ["Orders"])
        self.assertEqual(self.titles(self.drawn(again), "score"), ["Other"])
        self.assertEqual(original.spreadsheet_data, before)
        with self.assertRaises(AccessError):
            original.name = "Mine"
        with self.assertRaises(AccessError):
            original.unlink()
        with self.assertRaises(UserError):
            copy.is_order_copy = False
        with self.assertRaises(UserError):
            self.executive.is_order_copy = True
        line = {"dashboard_id": original.id, "code": "order_flow.score.orders"}
        with self.assertRaises(AccessError):
            self.env["order.dashboard.block"].with_user(self.manager).create(line)
        (copy + again).unlink()

    def test_who_copies_and_who_sees(self):
        copy = self.make_copy()
        seen = copy.with_user(self.viewer)
        self.assertEqual(self.drawn(seen), self.drawn(copy))
        self.assertIn(copy.id, self.dashboards.with_user(self.viewer).search([]).ids)
        seen.action_toggle_favorite()
        with self.assertRaises(AccessError):
            seen.name = "Mine"
        with self.assertRaises(AccessError):
            self.executive.with_user(self.viewer).action_change_order_dashboard()
        with self.assertRaises(AccessError):
            seen.action_change_order_dashboard()
        # For others only: whoever made it isn't locked out.
        copy.group_ids = self.env.ref("base.group_system")
        self.assertFalse(self.dashboards.with_user(self.viewer).search([("id", "=", copy.id)]))
        copy.name = "For the board"
        # Odoo's own administrators of dashboards change every one, as before.
        admin = new_test_user(
            self.env, "boards", groups="spreadsheet_dashboard.group_dashboard_manager"
        )
        copy.with_user(admin).order_block_ids[0].title = "By them"
        self.executive.with_user(admin).sequence = 11
        other = self.dashboards.create(
            {"name": "Not ours", "dashboard_group_id": self.executive.dashboard_group_id.id}
        )
        with self.assertRaises(UserError):
            other.with_user(self.manager).action_change_order_dashboard()
        with self.assertRaises(AccessError):
            other.with_user(self.manager).name = "Mine"

    def test_other_companies_do_not_see_parts(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.company_ids += company
        copy = self.make_copy()
        copy.with_context(allowed_company_ids=self.manager.company_ids.ids).company_ids = company
        here = {"allowed_company_ids": self.env.company.ids}
        found = self.env["order.dashboard.block"].with_user(self.manager).with_context(**here)
        self.assertFalse(found.search([("dashboard_id", "=", copy.id)]))

    def test_a_copy_needs_something_to_show(self):
        with self.assertRaises(ValidationError):
            self.make_copy(
                order_code=False, order_block_ids=self.lines(("order_flow.score.orders", {}))
            )
        copy = self.make_copy()
        with self.assertRaises(ValidationError):
            copy.order_block_ids = [Command.clear()]

    def test_uninstalling_takes_copies_along_and_nothing_else(self):
        copy, count = self.make_copy(), self.dashboards.search_count([])
        uninstall_hook(self.env)
        self.assertFalse(copy.exists())
        self.assertEqual(self.dashboards.search_count([]), count - 1)

    def test_the_choices_are_named_in_the_reader_s_language(self):
        codes = dict(self.env["order.dashboard.block"]._list_codes())
        self.assertEqual(codes["sales.score.margin"], "Sales & Customers: Margin")
        self.assertEqual(len(codes), len(blocks.BLOCKS))
