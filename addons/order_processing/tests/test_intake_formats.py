"""Public documents of every format become orders, to the cent, through the channel."""

import json

from odoo.tests import Form, tagged

from ..engine.intake.registry import READERS
from ..models.order_channel import OWN_KINDS
from .common_formats import FormatCase, sample


@tagged("post_install", "-at_install")
class TestPublicSamples(FormatCase):
    def test_every_format_is_a_kind(self):
        kinds = dict(self.env["order.channel"]._fields["kind"]._description_selection(self.env))
        self.assertEqual(set(kinds), {*OWN_KINDS, *READERS})
        self.assertGreaterEqual(
            set(READERS),
            {"shopify", "woocommerce", "amazon_api", "amazon_flat", "ubl", "edifact", "x12"},
        )

    def test_woocommerce(self):
        # woocommerce/woocommerce-rest-api-docs, the orders chapter's example.
        self._product("Woo Single #1", default_code="id:93")
        self._product("Ship Your Idea", default_code="Bar3")
        order = self.assertAccepted(
            self._take_in(sample("woocommerce/order_1.json"), self._channel("woocommerce"))
        )
        self.assertRecordValues(
            order,
            [{"amount_total": 29.35, "channel_ref": "727", "partner_id": order.partner_id.id}],
        )
        self.assertEqual(order.partner_id.email, "john.doe@example.com")
        self.assertEqual(order.partner_shipping_id.city, "San Francisco")

    def test_amazon_api(self):
        # amzn/selling-partner-api-models, the sandbox's answers.
        model = json.loads(sample("amazon/ordersV0.json"))
        document = {}
        for key, path in (
            ("order", ""),
            ("items", "/orderItems"),
            ("address", "/address"),
            ("buyer", "/buyerInfo"),
        ):
            answer = model["paths"]["/orders/v0/orders/{orderId}" + path]["get"]["responses"]["200"]
            document[key] = answer["x-amzn-api-sandbox"]["static"][0]["response"]["payload"]
        self._product("Sandbox", default_code="NABetaASINB00551Q3CS")
        order = self.assertAccepted(self._take_in(document, self._channel("amazon_api")))
        self.assertEqual((order.amount_total, order.partner_shipping_id.city), (11.01, "SEATTLE"))

    def test_amazon_flat_file(self):
        # No report is public; columns as Seller Central documents them.
        report = (
            "amazon-order-id\torder-item-id\tpurchase-date\tbuyer-email\tbuyer-name\tsku"
            "\tproduct-name\tquantity-purchased\tcurrency\titem-price\titem-tax\tshipping-price"
            "\tshipping-tax\trecipient-name\tship-address-1\tship-city\tship-state"
            "\tship-postal-code\tship-country\tsales-channel\n"
        )
        for number in (1, 2):
            report += (
                f"113-{number}\t{number}\t2025-02-03T04:05:06+00:00\tb{number}@m.example\tAnn"
                "\tIPOD2008RED\tPlayer\t2\tUSD\t39.98\t3.30\t5.99\t0.49\tAnn\t12 Main St\tPortland"
                "\tOR\t97201\tUS\tAmazon.com\n"
            )
        intakes = self._take_in(report.encode(), self._channel("amazon_flat"), "orders.txt")
        self.assertEqual(intakes.mapped("filename"), ["orders-1.txt", "orders-2.txt"])
        orders = self.assertAccepted(intakes)
        self.assertEqual(orders.mapped("amount_total"), [49.76, 49.76])

    def test_shopify_export(self):
        # The documented order #1001, as Shopify's export lays it out.
        columns = (
            "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
            "Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
            "Lineitem sku,Shipping Name,Shipping Address1,Shipping City,Shipping Zip,"
            "Shipping Province,Shipping Country,Id\n"
        )
        head = (
            "#1001,bob@mail.example.com,paid,USD,587.00,0.00,11.94,598.94,TENOFF,10.00,"
            "2008-01-10 11:00:00 -0500,1,IPod,199.00,IPOD2008GREEN,Bob,1 Main St,Louisville,40202,"
            "KY,US,450789469\n"
        )
        rows = "".join(
            f"#1001,bob@mail.example.com,,,,,,,,,,1,IPod,199.00,{sku},,,,,,,\n"
            for sku in ("IPOD2008RED", "IPOD2008BLACK")
        )
        channel = self._channel("shopify_csv")
        order = self.assertAccepted(self._take_in((columns + head + rows).encode(), channel))
        self.assertEqual((order.amount_total, len(order.order_line)), (598.94, 5))

    def test_ubl_with_allowances_charges_and_taxes(self):
        # OpenPEPPOL/poacc-upgrade-3, rules/examples/Order_Example.xml.
        red = self._product("Red", barcode="7560000012345")
        blue = self._product("Blue", default_code="SItemNo011")
        channel = self._channel("ubl")
        self._alias(channel, "product", "121212", product_id=red.id)
        order = self.assertAccepted(self._take_in(sample("ubl/Order_Example.xml"), channel))
        self.assertRecordValues(
            order,
            [{"amount_total": 6372.50, "channel_ref": "34", "channel_total": 6372.50}],
        )
        self.assertEqual(order.currency_id.name, "NOK")
        self.assertEqual(order.order_line.product_id & (red | blue), red | blue)
        company = order.partner_id.commercial_partner_id
        self.assertEqual((company.name, company.vat), ("Helseforetak", "NO9311867455MVA"))
        self.assertEqual(order.partner_shipping_id.city, "Lørenskog")
        self.assertEqual(order.partner_invoice_id.city, "Oslo")

    def test_ubl_use_cases(self):
        # OpenPEPPOL/poacc-upgrade-3: UC1 by number and barcode, UC2 and sc1 by words alone.
        for number in (33, 34, 35):
            self._product(f"Item {number}", default_code=f"SN-{number}")
        for name, total in (("UC1_Order", 143.75), ("UC4_Order", 55.0)):
            channel = self._channel("ubl", name)
            order = self.assertAccepted(self._take_in(sample(f"ubl/{name}.xml"), channel))
            self.assertEqual((order.amount_total, order.currency_id.name), (total, "EUR"))
        for name, total in (("UC2_Order", 875.0), ("Order_sc1", 840.0)):
            channel = self._channel("ubl", name)
            for item, product in (("Item 1", self.product_red), ("Item 2", self.product_green)):
                self._alias(channel, "product", item, product_id=product.id)
            order = self.assertAccepted(self._take_in(sample(f"ubl/{name}.xml"), channel))
            self.assertEqual(order.amount_total, total)

    def test_edifact_without_prices(self):
        # nerdocs/pydifact, tests/data/order.edi: GLNs, barcodes and quantities, nothing else.
        first = self._product("First", barcode="5020436373085", list_price=10.0)
        second = self._product("Second", barcode="5020436373108", list_price=5.0)
        channel = self._channel("edifact")
        intake = self._take_in(sample("edifact/order.edi"), channel)
        self.assertEqual(intake.state, "rejected")
        self.assertIn("GLN 8711576000012", intake.error)
        self.assertIn("GLN 8711576100019", intake.error)
        store = self.env["res.partner"].create({"name": "Chain", "is_company": True})
        ramp = store.copy({"name": "Ramp", "parent_id": store.id, "type": "delivery"})
        self._alias(channel, "customer", "GLN 8711576000012", customer_id=store.id)
        self._alias(channel, "customer", "GLN 8711576100019", customer_id=ramp.id)
        intake.action_retry()
        order = self.assertAccepted(intake)
        self.assertRecordValues(
            order,
            [
                {
                    "partner_id": store.id,
                    "partner_shipping_id": ramp.id,
                    "amount_total": 120.0,
                    "commitment_date": False,
                    "channel_ref": "801715918011",
                    "channel_total_stated": False,
                }
            ],
        )
        self.assertEqual(
            [(line.product_id, line.price_unit) for line in order.order_line],
            [(first, 10.0), (second, 5.0)],
        )
        self.assertIn("which is past", intake.warning_text)

    def test_x12_by_the_customers_own_numbers(self):
        # Inteligenz/X12Parser, 850-Example1_PGWGlass: buyer's part numbers, no taxes.
        channel = self._channel("x12", tax_policy="odoo")
        intake = self._take_in(sample("x12/850-Example1_PGWGlass.txt"), channel)
        self.assertEqual(intake.state, "rejected")
        wizard = self.env["order.intake.alias"].with_context(active_ids=intake.ids).create({})
        self.assertEqual(len(wizard.line_ids), 5)
        products = self.product_red
        for number in ("0459001004", "0650002027", "0670104514", "0684202074"):
            products |= self._product(number)
        glass = self.env["res.partner"].create({"name": "Glass Works", "is_company": True})
        for line in wizard.line_ids:
            if line.kind == "customer":
                line.customer_id = glass
            else:
                self.assertTrue(line.is_customers_own)
                line.partner_id = glass
                line.product_id = products.filtered(lambda p, line=line: p.name == line.code)
        wizard.action_set()
        order = self.assertAccepted(intake)
        self.assertEqual((order.amount_untaxed, order.partner_id), (884.06, glass))
        self.assertEqual(order.partner_shipping_id.city, "BEREA")

    def test_x12_with_a_pack(self):
        # Inteligenz/X12Parser, 850-From_aojuk: a unit that only the partners know, no currency.
        channel = self._channel("x12", tax_policy="odoo")
        self._product("One", default_code="123456")
        self._product("Two", default_code="654321")
        intake = self._take_in(sample("x12/850-From_aojuk.txt"), channel)
        self.assertEqual(intake.state, "rejected")
        self.assertIn("“PK”", intake.error)
        pack = self.env["uom.uom"].create(
            {
                "name": "Pack of 6",
                "relative_factor": 6,
                "relative_uom_id": self.env.ref("uom.product_uom_unit").id,
            }
        )
        with Form(self.env["order.intake.alias"].with_context(active_ids=intake.ids)) as form:
            with form.line_ids.edit(0) as line:
                line.uom_id = pack
        form.record.action_set()
        order = self.assertAccepted(intake)
        self.assertEqual((order.amount_untaxed, order.currency_id), (229.98, self.usd))
        self.assertEqual(order.order_line[0].product_uom_id, pack)
        self.assertEqual(order.partner_id.name, "Demo Customer")
        # The number that the sender gave the customer is known from now on.
        again = sample("x12/850-From_aojuk.txt").replace(b"6190", b"6191")
        self.assertEqual(
            self.assertAccepted(self._take_in(again, channel)).partner_id, order.partner_id
        )

    def test_documents_that_are_no_orders(self):
        for kind, name, reason in (
            ("ubl", "ubl/DespatchAdvice_Example.xml", "not a UBL Order"),
            ("edifact", "edifact/wikipedia_en.edi", "is expected"),
            ("x12", "x12/856-Example1.txt", "is expected"),
        ):
            channel = self._channel(kind, name[-9:-4].replace(".", "").replace("_", ""))
            intake = self._take_in(sample(name), channel)
            self.assertEqual(intake.state, "rejected", name)
            self.assertIn(reason, intake.error)
            self.assertTrue(intake.document_text)
