"""QR codes of bank transfers on the invoices of orders: what a banking app reads from them."""

import base64
import io

import zxingcpp
from PIL import Image

from odoo.tests import tagged

from odoo.addons.order_processing.tests.common_billing import BillingCase

IBAN = "BE68539007547034"


@tagged("post_install", "-at_install")
class TestQr(BillingCase):
    def test_invoice_of_an_order_is_paid_by_its_code(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.company.qr_code = True
        self.company.partner_id.bank_ids.unlink()
        self.env["res.partner.bank"].create(
            {
                "acc_number": IBAN,
                "partner_id": self.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        order = self._sold(pricelist_id=pricelist.id)
        self._ship_part(order, 10)
        invoice = order._create_invoices()
        invoice.action_post()
        image = invoice._generate_qr_code()
        picture = Image.open(io.BytesIO(base64.b64decode(image.partition(",")[2])))
        (code,) = zxingcpp.read_barcodes(picture)
        rows = code.text.split("\n")
        self.assertEqual(rows[:4], ["BCD", "002", "1", "SCT"])
        self.assertIn(IBAN, rows)
        self.assertIn(f"EUR{invoice.amount_residual}", rows)
        self.assertIn(invoice.payment_reference, rows)
