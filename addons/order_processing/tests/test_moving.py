import io
import json
import zipfile

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..engine import moving
from ..engine.intake import canonical_json, csv_mapped, ubl
from ..engine.intake.mapping import guess_mapping
from ..models import order_export
from .common_flow import FlowCommon

#: Where the exports of these tests say they come from.
ELSEWHERE = "7e57da7a-0000-4000-8000-000000000000"


@tagged("post_install", "-at_install")
class TestMoving(FlowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.order_messages = True
        cls.partner.email = "bob.norman@mail.example.com"
        cls.tax = cls.env["account.tax"].create(
            {"name": "Move 10%", "amount": 10, "type_tax_use": "sale"}
        )

    def _export(self, orders, user=None, **vals):
        """The bytes of an export's first part."""
        export = orders.with_user(user or self.manager).action_export_orders()
        export = self.env["order.export"].with_user(user or self.manager).browse(export["res_id"])
        export.write(vals)
        export.action_start()
        self.assertEqual(export.state, "done", export.part_ids.mapped("problems"))
        self.assertFalse(export.part_ids.filtered("problems"))
        return export.part_ids[:1].attachment_id.raw

    @staticmethod
    def _record(payload, name):
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            return json.loads(archive.read(f"{name}/record.json"))

    @staticmethod
    def _elsewhere(payload, change=None):
        """The same ZIP as another database would have made it; ``change(record)`` edits it."""
        out = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(payload)) as archive,
            zipfile.ZipFile(out, "w") as changed,
        ):
            for name in archive.namelist():
                content = archive.read(name)
                if name.endswith("record.json"):
                    record = json.loads(content)
                    record["key"] = f"{ELSEWHERE}/{record['key'].rpartition('/')[2]}"
                    if change:
                        change(record)
                    content = json.dumps(record).encode()
                changed.writestr(name, content)
        return out.getvalue()

    def _import(self, *payloads, user=None, **vals):
        user = user or self.manager
        files = (
            self.env["ir.attachment"]
            .with_user(user)
            .create([{"name": f"{n}.zip", "raw": payload} for n, payload in enumerate(payloads)])
        )
        record = (
            self.env["order.import"]
            .with_user(user)
            .create({"attachment_ids": files.ids, "prefix": "OLD-", **vals})
        )
        record.action_start()
        return record

    def _shipped_half(self):
        """A confirmed order of two lines, of which one is shipped and invoiced."""
        order = self._order((self.green, 3), (self.black, 2), client_order_ref="PO 7")
        order.order_line.write({"tax_ids": [Command.set(self.tax.ids)], "discount": 5})
        order.channel_id.auto_confirm = False
        order.action_confirm()
        order.picking_ids.action_assign()
        for picking in order.picking_ids:
            greens = picking.move_ids.filtered(lambda move: move.product_id == self.green)
            if greens:
                self._ship(picking, GREEN=3)
        order.order_line.invalidate_recordset()
        return order

    def test_import_gives_the_same_order_and_does_nothing_again(self):
        order = self._shipped_half()
        self.assertEqual(order.order_line[0].qty_delivered, 3)
        invoice = order.invoice_ids or order._create_invoices()
        invoice.filtered(lambda move: move.state == "draft").action_post()
        self.env["ir.attachment"].create(
            {
                "name": "agreed.txt",
                "raw": b"What we agreed",
                "res_id": order.id,
                "res_model": "sale.order",
            }
        )
        payload = self._export(order)
        before = self._record(payload, order.name)
        counts = [
            self.env[model].search_count([])
            for model in ("mail.mail", "order.message", "stock.picking", "account.move")
        ]
        done = self._import(self._elsewhere(payload))
        self.assertEqual(done.line_ids.mapped("state"), ["done"], done.line_ids.mapped("error"))
        copy = done.line_ids.order_id
        self.assertEqual(copy.name, f"OLD-{order.name}", "The number is taken here")
        self.assertEqual(copy.state, "sale")
        self.assertEqual(
            counts,
            [
                self.env[model].search_count([])
                for model in ("mail.mail", "order.message", "stock.picking", "account.move")
            ],
            "Nobody is told, nothing is shipped or invoiced",
        )
        self.assertEqual(copy.order_line.mapped("qty_delivered"), [3, 0])
        self.assertEqual(copy.order_line.mapped("qty_invoiced"), [3, 0])
        self.assertEqual(copy.order_line.mapped("qty_to_invoice"), [0, 0])
        self.assertEqual(
            copy.order_line.mapped("untaxed_amount_invoiced"),
            order.order_line.mapped("untaxed_amount_invoiced"),
        )
        after = self._record(self._export(copy), copy.name)
        self.assertEqual(after.pop("key"), f"{ELSEWHERE}/{order.id}")
        before.pop("key")
        self.assertEqual(after["events"].pop()["summary"], "Imported from another database")
        after["order"]["name"] = order.name
        for record in (before, after):
            record["files"] = sorted((f["name"], f["kind"], f["sha256"]) for f in record["files"])
        self.maxDiff = None
        self.assertEqual(after, before)
        self.assertTrue(after["invoices"] and after["deliveries"] and after["files"])

    def test_what_is_open_is_shipped_from_here(self):
        order = self._shipped_half()
        copy = self._import(self._elsewhere(self._export(order))).line_ids.order_id
        self.assertTrue(copy.moved_open)
        copy.with_user(self.manager).action_ship_moved()
        self.assertEqual(
            [(m.product_id.default_code, m.product_uom_qty) for m in copy.order_line.move_ids],
            [("BLACK", 2)],
            "Only what wasn't shipped there",
        )
        self.assertFalse(copy.moved_open)
        with self.assertRaises(UserError):
            copy.with_user(self.manager).action_ship_moved()

    def test_second_import_doubles_nothing(self):
        order = self._order((self.green, 1))
        own = self._export(order)
        done = self._import(own)
        self.assertEqual(done.line_ids.state, "known", "It never left this database")
        self.assertEqual(done.line_ids.order_id, order)
        payload = self._elsewhere(own)
        first = self._import(payload, payload)
        self.assertEqual(first.line_ids.mapped("state"), ["done", "known"])
        second = self._import(payload)
        self.assertEqual(second.line_ids.state, "known")
        self.assertEqual(second.line_ids.order_id, first.line_ids[0].order_id)
        self.assertEqual(
            self.env["sale.order"].search_count([("moved_key", "=", f"{ELSEWHERE}/{order.id}")]), 1
        )

    def test_open_hold_holds_back_here_too(self):
        order = self._order((self.green, 1))
        order._place_hold("address", "release", "The street is missing")
        messages = self.env["order.message"].search_count([])
        copy = self._import(self._elsewhere(self._export(order))).line_ids.order_id
        self.assertEqual(copy.hold_ids.mapped("reason"), ["The street is missing"])
        self.assertEqual(self.env["order.message"].search_count([]), messages)
        with self.assertRaises(UserError):
            copy.action_confirm()

    def test_log_of_imported_order_verifies(self):
        order = self._order((self.green, 1))
        order._record_event("validate", "Looked at", {"weight": 2.0, "who": ["a", None]})
        copy = self._import(self._elsewhere(self._export(order))).line_ids.order_id
        first = copy.event_ids.sorted("sequence")[0]
        self.assertEqual(first.date, order.event_ids.sorted("sequence")[0].date)
        # The log of an order is a chain that verifying follows to its recorded end.
        result = self.env["order.event.verification"].with_user(self.manager)
        action = copy.with_user(self.manager).action_verify_log()
        self.assertNotIn("danger", json.dumps(action, default=str), result)

    def test_errors_say_what_to_do_and_keep_nothing(self):
        order = self._order((self.green, 1))
        order._record_event("validate", "Looked at")
        payload = self._export(order)

        def setting(path, value):
            def change(record):
                *way, last = path
                for step in way:
                    record = record[step]
                record[last] = value

            return change

        cases = [
            (setting(["order", "currency"], "XXX"), {}, "Activate the currency XXX"),
            (setting(["order", "total"], "1.00"), {}, "there to 1.00"),
            (setting(["lines", 0, "quantity"], 5), {}, "lines[0].quantity"),
            (setting(["lines", 0, "product"], None), {}, "no product"),
            (setting(["lines", 0, "product", "sku"], "NEW"), {"create_missing": False}, "NEW"),
            (setting(["lines", 0, "unit"], "Furlong"), {}, "Furlong"),
            (setting(["version"], 9), {}, "version 9"),
            (setting(["format"], "other"), {}, "no order of an export"),
            (setting(["events", 0, "step"], "teleport"), {}, "teleport"),
            (setting(["events", 0, "at"], "2999-01-01T00:00:00Z"), {}, "still to come"),
            (setting(["order", "customer"], 7), {}, "partner"),
            (lambda record: None, {"prefix": False}, "prefix"),
        ]
        for change, vals, words in cases:
            with self.subTest(words):
                done = self._import(self._elsewhere(payload, change), **vals)
                self.assertEqual(done.line_ids.state, "failed")
                self.assertIn(words, done.line_ids.error)
                self.assertFalse(self.env["sale.order"].search([("moved_key", "!=", False)]))
        # Once it is put right the same import goes on.
        done.prefix = "OLD-"
        done.action_retry()
        self.assertEqual(done.line_ids.state, "done", done.line_ids.error)

    def test_hostile_files_are_refused(self):
        order = self._order((self.green, 1))
        self.env["ir.attachment"].create(
            {
                "name": "page.html",
                "raw": b"<html><script>alert(1)</script></html>",
                "res_model": "sale.order",
                "res_id": order.id,
            }
        )
        payload = self._export(order)
        for wrong in (b"", b"PK\x03\x04 no zip", payload[: len(payload) // 2], b"[" * 100_000):
            with self.subTest(wrong[:20]), self.assertRaises(UserError):
                self._import(wrong)

        def outside(record):
            record["files"][0]["path"] = "../../../etc/passwd"

        done = self._import(self._elsewhere(payload, outside))
        self.assertEqual(done.line_ids.state, "failed")
        self.assertIn("missing or damaged", done.line_ids.error)

        def other(record):
            record["files"][0]["sha256"] = "0" * 64

        done = self._import(self._elsewhere(payload, other))
        self.assertIn("isn't what was exported", done.line_ids.error)

        done = self._import(self._elsewhere(payload))
        page = self.env["ir.attachment"].search(
            [("res_model", "=", "sale.order"), ("res_id", "=", done.line_ids.order_id.id)]
        )
        self.assertEqual(page.mapped("mimetype"), ["text/plain"], "No browser runs it")

    def test_missing_customers_products_and_taxes_are_made(self):
        order = self._order((self.green, 2))
        order.order_line.tax_ids = self.tax

        def rename(record):
            record["partners"][0]["name"] = "Somebody New"
            record["lines"][0]["product"].update(sku="NEW-1", barcode=None, name="New thing")
            record["lines"][0]["taxes"][0]["name"] = "New 10%"

        payload = self._elsewhere(self._export(order), rename)
        refused = self._import(payload)
        self.assertEqual(refused.line_ids.state, "failed", "An import gives no right to products")
        self.assertIn("Product", refused.line_ids.error)
        self.manager.group_ids |= self.env.ref("product.group_product_manager")
        done = self._import(payload)
        copy = done.line_ids.order_id
        self.assertEqual(done.line_ids.state, "done", done.line_ids.error)
        self.assertEqual(copy.partner_id.name, "Somebody New")
        self.assertNotEqual(copy.partner_id, self.partner)
        self.assertEqual(copy.order_line.product_id.default_code, "NEW-1")
        self.assertEqual(copy.order_line.tax_ids.name, "New 10%")
        self.assertEqual(copy.amount_total, order.amount_total)

    def test_open_formats_are_read_back_by_the_intake(self):
        order = self._shipped_half()
        order.commitment_date = "2026-12-24 10:00:00"
        for kind, name, parse in (
            ("json", "order.json", canonical_json.parse),
            ("ubl", "order.xml", ubl.parse),
        ):
            payload = self._export(order, file_format=kind)
            with zipfile.ZipFile(io.BytesIO(payload)) as archive:
                result = parse(archive.read(f"{order.name}/{name}"))
            self.assertFalse(
                [f for f in result.findings if f.severity != "warning"], result.findings
            )
            self._same(result.order, order)
        payload = self._export(order, file_format="csv")
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            table = archive.read("orders.csv")
        headers = table.decode("utf-8-sig").splitlines()[0].split(",")
        mapping = guess_mapping(headers)
        self.assertEqual(len(mapping), len(headers), set(headers) - set(mapping.values()))
        result = csv_mapped.parse(table, mapping)
        self._same(result.order, order)

    def _same(self, read, order):
        self.assertEqual(float(read.total), order.amount_total)
        self.assertEqual(float(read.total_tax), order.amount_tax)
        self.assertEqual([line.sku for line in read.lines], ["GREEN", "BLACK"])
        self.assertEqual([float(line.quantity) for line in read.lines], [3, 2])
        self.assertEqual(
            [float(line.net) for line in read.lines], order.order_line.mapped("price_subtotal")
        )
        self.assertEqual(read.currency, order.currency_id.name)

    def test_large_export_is_written_in_parts(self):
        orders = self.env["sale.order"].union(*[self._order((self.green, 1)) for _n in range(3)])
        self.patch_chunk(2)
        action = orders.with_user(self.manager).action_export_orders()
        export = self.env["order.export"].with_user(self.manager).browse(action["res_id"])
        export.action_start()
        self.assertEqual(export.part_ids.mapped("count"), [2, 1])
        self.assertEqual((export.state, export.done, export.progress), ("done", 3, 100))
        with self.assertRaises(UserError):
            export.action_start()
        done = self._import(*(self._elsewhere(part.attachment_id.raw) for part in export.part_ids))
        self.assertEqual(done.line_ids.mapped("state"), ["done"] * 3)

    def patch_chunk(self, size):
        self.patch(order_export, "CHUNK", size)

    def test_exports_are_their_makers_and_companies_stay_apart(self):
        order = self._order((self.green, 1))
        action = order.with_user(self.desk).action_export_orders()
        export = self.env["order.export"].with_user(self.desk).browse(action["res_id"])
        export.action_start()
        part = export.part_ids
        for user in (self.manager, self.salesman):
            with self.assertRaises(AccessError):
                part.with_user(user).action_download()
            with self.assertRaises(AccessError):
                _raw = part.with_user(user).attachment_id.raw
            with self.assertRaises(AccessError):
                part.sudo().attachment_id.with_user(user).check_access("read")
        self.assertIn("/web/content/", part.action_download()["url"])
        with self.assertRaises(AccessError):
            order.with_user(self.salesman).action_export_orders()
        with self.assertRaises(AccessError):
            self._import(self._elsewhere(self._export(order)), user=self.desk)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "moving_stranger",
            "order_processing.group_order_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError):
            self.env["order.export"].with_user(stranger).create({"order_ids": order.ids})
        empty = self.env["order.export"].with_user(stranger).create({})
        with self.assertRaises(UserError):
            empty.action_start()

    def test_only_an_import_states_what_was_done_elsewhere(self):
        order = self._order((self.green, 1))
        with self.assertRaises(AccessError):
            order.with_user(self.manager).moved_key = "x/1"
        with self.assertRaises(AccessError):
            order.order_line.with_user(self.manager).moved_invoiced = 1

    def test_record_of_any_order_fits_its_description(self):
        for order in self.env["sale.order"].search([], limit=40):
            moving.check({**order._prepare_moved(), "files": []})
