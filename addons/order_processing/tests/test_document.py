import base64
import io
import zipfile

from PyPDF2 import PdfReader

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common_billing import BillingCase


class TestDocument(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # In tests Odoo makes HTML of reports unless told otherwise.
        cls.env = cls.env(context={**cls.env.context, "force_report_rendering": True})

    def _rows(self, order, user=None):
        action = order.with_user(user or self.env.user).action_view_documents()
        return self.env["order.document"].with_user(user or self.env.user).search(action["domain"])

    def _content(self, action):
        number = int(action["url"].split("/")[3].split("?")[0])
        return self.env["ir.attachment"].browse(number).raw

    def _full_order(self):
        order = self._sold(user_id=self.salesman.id)
        self._ship_part(order, 10)
        self._pay(self._bill(order))
        self.env["ir.attachment"].create(
            {
                "name": "../../order: 1.xml",
                "raw": b"<order/>",
                "mimetype": "application/xml",
                "res_model": "sale.order",
                "res_id": order.id,
            }
        )
        return order

    def test_everything_in_one_list(self):
        order = self._full_order()
        rows = self._rows(order)
        kinds = rows.mapped("kind")
        self.assertEqual({*kinds}, {"other", "confirmation", "delivery", "invoice"})
        self.assertEqual(rows.order_id, order)
        invoice = rows.filtered(lambda row: row.kind == "invoice")
        self.assertEqual(invoice.action_open()["res_id"], order.invoice_ids.id)
        mine = self.partner.action_view_order_documents()
        self.assertEqual(len(self.env["order.document"].search(mine["domain"])), len(rows))

    def test_one_pdf(self):
        order = self._full_order()
        papers = self._rows(order).filtered(lambda row: row.kind != "other")
        pdf = PdfReader(io.BytesIO(self._content(papers.action_download_pdf())))
        self.assertGreaterEqual(len(pdf.pages), 3)
        text = "".join(page.extract_text() for page in pdf.pages)
        self.assertIn(order.invoice_ids.name, text)
        with self.assertRaisesRegex(UserError, "order: 1.xml"):
            self._rows(order).action_download_pdf()

    def test_one_zip_without_traps(self):
        order = self._full_order()
        archive = zipfile.ZipFile(
            io.BytesIO(self._content(self._rows(order).action_download_zip()))
        )
        names = archive.namelist()
        self.assertEqual(len(names), 4)
        self.assertIn("-..-order- 1.xml", names)
        self.assertFalse([name for name in names if name.startswith(("/", ".")) or "/" in name])
        self.assertEqual(archive.read("-..-order- 1.xml"), b"<order/>")

    def test_pictures_are_pages(self):
        order = self._sold()
        pixel = (
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
            "rkJggg=="
        )
        self.env["ir.attachment"].create(
            {
                "name": "proof.png",
                "raw": base64.b64decode(pixel),
                "res_model": "sale.order",
                "res_id": order.id,
            }
        )
        row = self._rows(order).filtered(lambda each: each.kind == "other")
        pdf = PdfReader(io.BytesIO(self._content(row.action_download_pdf())))
        self.assertEqual(len(pdf.pages), 1)

    def test_rights_are_those_of_the_papers(self):
        order = self._full_order()
        seen = self._rows(order, self.salesman)
        self.assertIn("confirmation", seen.mapped("kind"))
        archive = zipfile.ZipFile(io.BytesIO(self._content(seen.action_download_zip())))
        self.assertEqual(len(archive.namelist()), len(seen))
        with self.assertRaises(AccessError):
            seen.create({"name": "x", "res_model": "res.users", "res_id": 1})
        stranger = new_test_user(self.env, "document_stranger", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self._rows(order, stranger)
        self.assertFalse(
            self.env["order.document"].with_user(self.desk).search([("id", "in", seen.ids)]),
            "rows are seen by whom they were made for",
        )
        packer_row = seen.with_user(self.packer)
        with self.assertRaises(AccessError):
            packer_row.action_download_zip()
        invoice = (
            self.env["order.document"]
            .sudo()
            .create(
                {
                    "name": "x",
                    "report": "account.account_invoices",
                    "res_model": "account.move",
                    "res_id": order.invoice_ids.id,
                }
            )
        )
        with self.assertRaises(AccessError):
            invoice.with_user(self.packer).sudo(False)._get_content()
