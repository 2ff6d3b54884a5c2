import io
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools.pdf import PdfFileReader

from ..models.stock_picking_customs import REPORT
from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestCustoms(ShippingCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.abroad = cls.env["res.partner"].create(
            {
                "name": "Luc Acheteur",
                "street": "12 Rue de la Paix",
                "city": "Paris",
                "zip": "75002",
                "country_id": cls.env.ref("base.fr").id,
                "eori_number": "FR12345678901234",
            }
        )
        cls.ground.rate_line_ids = [
            Command.create({"price": 30, "country_ids": [Command.set(cls.env.ref("base.fr").ids)]})
        ]
        cls.products[0].write(
            {
                "hs_code": "940520",
                "country_of_origin": cls.env.ref("base.cn").id,
                "default_code": "L-1",
            }
        )

    def make_abroad(self):
        order = self.make_order(
            self.products[:2],
            3,
            partner_id=self.abroad.id,
            incoterm=self.env.ref("account.incoterm_DAP").id,
        )
        picking = order.picking_ids
        picking.action_assign()
        picking.carrier_id = self.ground
        return picking

    def test_the_paper_says_what_the_carrier_is_told(self):
        picking = self.make_abroad()
        self.assertTrue(picking.passes_customs)
        facts = picking._get_commercial_invoice()
        self.assertEqual([line.item.quantity for line in facts["lines"]], [3, 3])
        self.assertEqual((facts["goods"], facts["total"], facts["incoterm"]), (120, 120, "DAP"))
        self.assertEqual(facts["recipient_eori"], "FR12345678901234")
        self.assertEqual(facts["missing"], self.products[1])
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "order_shipping.report_commercial_invoice", picking.ids
        )
        for text in ("940520", "CN", "L-1", "FR12345678901234", "DAP", "120.00", "signature"):
            self.assertIn(text, html.decode())

    def test_within_a_country_or_the_union_there_are_no_customs(self):
        self.assertFalse(self.make_picking().passes_customs)
        picking = self.make_abroad()
        self.company.partner_id.country_id = self.env.ref("base.de")
        self.warehouse.partner_id.country_id = self.env.ref("base.de")
        picking.invalidate_recordset(["passes_customs"])
        self.assertFalse(picking.passes_customs)
        self.assertEqual(picking._get_customs_papers(), [])

    def test_it_is_printed_behind_the_labels(self):
        self.make_user("customs_packer", "order_shipping.group_shipping_user")
        picking, home = self.make_abroad(), self.make_picking()
        home.carrier_id = self.ground
        self.ground.rate_line_ids = [Command.create({"price": 8})]
        (picking | home).action_buy_label()
        self.authenticate("customs_packer", "customs_packer")
        url = (picking | home).action_print_labels()["url"]
        # Drawing is a browser test's: wkhtmltopdf doesn't run within these.
        paper = home.label_ids._get_merged_pdf()
        render = patch.object(type(self.env["ir.actions.report"]), "_render_qweb_pdf")
        with render as drawn:
            drawn.return_value = (paper, "pdf")
            answer = self.url_open(url)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        # A label and three copies of the invoice, then the label that needs none.
        pages = PdfFileReader(io.BytesIO(answer.content), strict=False).pages
        self.assertEqual(len(pages), 5)
        self.assertEqual(drawn.call_args.args, (REPORT, picking.ids))

    def test_the_carriers_own_papers_go_before_ours(self):
        picking = self.make_abroad()
        self.env["ir.attachment"].create(
            {
                "name": "ShippingDoc-ups-invoice",
                "raw": b"%PDF-theirs",
                "mimetype": "application/pdf",
                "res_model": "stock.picking",
                "res_id": picking.id,
            }
        )
        self.assertEqual(picking._get_customs_papers(), [b"%PDF-theirs"])

    def test_eori_numbers_are_checked(self):
        with self.assertRaisesRegex(ValidationError, "is no EORI number"):
            self.abroad.eori_number = "12"
        self.abroad.eori_number = "de 123 4567"
        self.assertEqual(self.abroad._get_label_address().eori, "DE1234567")
