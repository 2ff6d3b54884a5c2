"""Public documents of every format become orders, to the cent, through the channel.

The samples are read from ``../shared/order-samples`` beside the repository; its README names where
each of them was published.
"""

import base64
import json
from pathlib import Path

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..engine.intake.registry import READERS
from ..models.order_channel import OWN_KINDS
from .common import OrderProcessingCase, read_sample, sku_order, to_payload

SAMPLES = Path(__file__).resolve().parents[3].parent / "shared" / "order-samples"


def sample(name):
    """Bytes of a public document, e.g. ``ubl/Order_Example.xml``."""
    path = SAMPLES / name
    if not path.exists():
        raise AssertionError(f"Public sample ../shared/order-samples/{name} is missing")
    return path.read_bytes()


def canonical(number, **changes):
    """A small order in the addon's own JSON."""
    return {
        "ref": f"C{number}",
        "currency": "USD",
        "total": "20.00",
        "email": f"canonical{number}@mail.example.com",
        "customer_name": "Ann",
        "shipping": {
            "name": "Ann",
            "street": f"{number} Lane",
            "city": "Louisville",
            "zip": "40202",
            "state_code": "KY",
            "country_code": "US",
        },
        "lines": [{"ref": "1", "sku": "IPOD2008RED", "quantity": 2, "unit_price": "10"}],
    } | changes


class FormatCase(OrderProcessingCase):
    """Channels of every kind, with pricelists in the currencies of the samples."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        currencies = cls.env.ref("base.EUR") | cls.env.ref("base.NOK")
        currencies.active = True
        cls.env["product.pricelist"].create(
            [
                {"name": each.name, "currency_id": each.id, "company_id": cls.company.id}
                for each in currencies
            ]
        )

    @classmethod
    def _channel(cls, kind, code="", **vals):
        values = {
            "kind": kind,
            "code": f"{kind}{code}",
            "tax_policy": "line",
            "auto_confirm": False,
        }
        return cls._create_channel(**(values | vals))

    @classmethod
    def _product(cls, name, **vals):
        values = {
            "name": name,
            "type": "consu",
            "company_id": cls.company.id,
            "taxes_id": [Command.clear()],
        }
        return cls.env["product.product"].create(values | vals)

    def _alias(self, channel, kind, code, **vals):
        return self.env["order.channel.alias"].create(
            {"channel_id": channel.id, "kind": kind, "code": code, **vals}
        )

    def assertAccepted(self, intake):
        refused = intake.filtered(lambda each: each.state != "accepted")
        self.assertFalse(refused, refused.mapped(lambda each: (each.state, each.error)))
        return intake.order_id


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


@tagged("post_install", "-at_install")
class TestResolution(FormatCase):
    def setUp(self):
        super().setUp()
        self.json = self._channel("json", tax_policy="odoo")

    def _refused(self, document, *reasons):
        intake = self._take_in(document, self.json)
        self.assertEqual(intake.state, "rejected")
        for reason in reasons:
            self.assertIn(reason, intake.error)
        return intake

    def test_alias_set_once_helps_every_waiting_document(self):
        lines = [{"sku": "THEIRS", "quantity": 2, "unit_price": "10"}]
        documents = [canonical(n, lines=lines) for n in range(3)]
        intakes = self.env["order.intake"]
        for document in documents:
            intakes |= self._refused(document, "THEIRS", "Set Alias")
        other = self._refused(canonical(9, lines=[lines[0] | {"sku": "OTHER"}]), "OTHER")
        self.assertTrue(intakes[0].can_set_alias)
        wizard = (
            self.env["order.intake.alias"]
            .with_user(self.user)
            .with_context(active_ids=intakes[0].ids)
            .create({})
        )
        with self.assertRaises(UserError):
            wizard.action_set()
        wizard.line_ids.product_id = self.product_red
        wizard.action_set()
        self.assertEqual(self.assertAccepted(intakes).order_line.product_id, self.product_red)
        self.assertEqual(other.state, "rejected")
        self.assertFalse(intakes[0].can_set_alias)
        later = self._take_in(canonical(7, lines=[lines[0] | {"sku": "theirs"}]), self.json)
        self.assertAccepted(later)

    def test_customers_own_number_is_only_his(self):
        mine, other = self.env["res.partner"].create(
            [{"name": n, "email": f"{n}@b.example"} for n in ("mine", "other")]
        )
        for partner, product in ((mine, self.product_red), (False, self.product_green)):
            self._alias(
                self.json,
                "product",
                "A1",
                partner_id=partner and partner.id,
                product_id=product.id,
            )
        lines = [{"buyer_sku": "A1", "quantity": 2, "unit_price": "10"}]
        for number, partner, product in (
            (1, mine, self.product_red),
            (2, other, self.product_green),
        ):
            document = canonical(number, email=partner.email, lines=lines)
            order = self.assertAccepted(self._take_in(document, self.json))
            self.assertEqual((order.partner_id, order.order_line.product_id), (partner, product))

    def test_number_and_barcode_contradict_each_other(self):
        self.product_green.barcode = "4006381333931"
        lines = [
            {"sku": "IPOD2008RED", "gtin": "04006381333931", "quantity": 2, "unit_price": "10"}
        ]
        self._refused(canonical(1, lines=lines), "names two products")
        self.product_green.barcode = False
        self.product_red.barcode = "4006381333931"
        lines[0]["sku"] = "NOT-KNOWN"
        order = self.assertAccepted(self._take_in(canonical(2, lines=lines), self.json))
        self.assertEqual(order.order_line.product_id, self.product_red)

    def test_units(self):
        line = {"sku": "IPOD2008RED", "quantity": 2, "unit_price": "10"}
        order = self.assertAccepted(
            self._take_in(canonical(1, lines=[line | {"uom": "DZN"}]), self.json)
        )
        self.assertEqual(order.order_line.product_uom_id, self.env.ref("uom.product_uom_dozen"))
        self.assertEqual((order.amount_total, order.order_line.product_uom_qty), (20.0, 2.0))
        self._refused(canonical(2, lines=[line | {"uom": "KGM"}]), "can't be converted")
        self._refused(canonical(3, lines=[line | {"uom": "XBX"}]), "“XBX” isn't known")

    def test_two_customers_of_one_address_need_a_person(self):
        partners = self.env["res.partner"].create(
            [{"name": name, "email": "both@b.example"} for name in ("One", "Two")]
        )
        intake = self._refused(canonical(1, email="Both@b.example"), "One", "Two", "Both@b.example")
        wizard = self.env["order.intake.alias"].with_context(active_ids=intake.ids).create({})
        wizard.line_ids.customer_id = partners[1]
        wizard.action_set()
        self.assertEqual(self.assertAccepted(intake).partner_id, partners[1])

    def test_tax_number_goes_before_the_address(self):
        company = (
            self.env["res.partner"]
            .with_context(no_vat_validation=True)
            .create({"name": "Taxed", "is_company": True, "vat": "DE123456788"})
        )
        person = self.env["res.partner"].create({"name": "P", "email": "p@b.example"})
        buyer = {"name": "Taxed Inc.", "vat": "DE 123.456.788"}
        order = self.assertAccepted(
            self._take_in(canonical(1, email="p@b.example", buyer=buyer), self.json)
        )
        self.assertNotEqual(order.partner_id, person)
        self.assertEqual(order.partner_id, company)
        self._alias(self.json, "customer", "p@b.example", customer_id=person.id)
        self._refused(canonical(2, email="p@b.example", buyer=buyer), "has the tax number of Taxed")

    def test_name_alone(self):
        document = canonical(1, email="", shipping=None, customer_name="Only A Name")
        first = self.assertAccepted(self._take_in(document, self.json))
        intake = self._take_in(document | {"ref": "C2"}, self.json)
        self.assertEqual(self.assertAccepted(intake).partner_id, first.partner_id)
        self.assertIn("by the name", intake.warning_text)

    def test_taxes_left_to_us(self):
        self.product_red.taxes_id = self.tax_6
        order = self.assertAccepted(
            self._take_in(
                canonical(1, total=None, net_total="20.00", taxes_stated=False), self.json
            )
        )
        self.assertEqual((order.amount_untaxed, order.amount_total), (20.0, 21.2))
        self.assertTrue(order.channel_total_stated)
        self.product_red.taxes_id = self._create_tax(10.0, included=True)
        document = canonical(2, total=None, net_total="20.00", taxes_stated=False)
        held = self._take_in(document, self.json).order_id
        for amount in ("18.18", "20.00"):
            self.assertIn(amount, held.hold_ids.reason)

    def test_requested_date_fee_and_notes(self):
        lines = [
            {
                "sku": "IPOD2008RED",
                "title": "Player",
                "quantity": 2,
                "unit_price": "10",
                "note": "Engrave",
                "requested_date": "2099-02-01",
            }
        ]
        document = canonical(
            1,
            lines=lines,
            total="25.00",
            charges=[{"kind": "fee", "title": "Small order", "amount": "5"}],
            requested_date="2099-01-31",
        )
        order = self.assertAccepted(self._take_in(document, self.json))
        self.assertEqual(str(order.commitment_date), "2099-01-31 12:00:00")
        self.assertEqual(order.order_line[0].name, "Player\nEngrave\nAsked for by 2099-02-01")
        self.assertEqual(order.order_line[1].name, "Small order")

    def test_price_and_currency_left_to_us(self):
        euro = self.env["product.pricelist"].search([("name", "=", "EUR")], limit=1)
        self.json.pricelist_id = euro
        lines = [{"sku": "IPOD2008RED", "quantity": 2, "unit_price": None}]
        document = canonical(1, total=None, currency="", lines=lines)
        order = self.assertAccepted(self._take_in(document, self.json))
        self.assertEqual(order.currency_id, euro.currency_id)
        self.assertGreater(order.amount_total, 0)
        self.assertFalse(order.channel_total_stated)
        order.action_confirm()
        self.assertEqual(order.state, "sale")


@tagged("post_install", "-at_install")
class TestColumnMapping(FormatCase):
    TABLE = (
        b"Auftrag;Ware;Stk;EUR je;Wer;Bemerkt\n"
        b"A1;IPOD2008RED;2;1.010,50;<b>Ann</b>;x\n"
        b"A1;IPOD2008GREEN;1;10,00;<b>Ann</b>;x\n"
        b"A2;IPOD2008RED;1;5,00;Bob;x\n"
    )

    def _wizard(self, channel, payload):
        form = Form(self.env["order.channel.mapping"].with_context(default_channel_id=channel.id))
        form.sample = base64.b64encode(payload)
        return form

    def test_mapping_is_saved_and_used(self):
        channel = self._channel("csv", pricelist_id=False)
        intake = self._take_in(self.TABLE, channel, "orders.csv")
        self.assertEqual(intake.state, "rejected")
        form = self._wizard(channel, self.TABLE)
        wanted = {
            "ref": "Auftrag",
            "sku": "Ware",
            "quantity": "Stk",
            "unit_price": "EUR je",
            "customer_name": "Wer",
            "currency": "=USD",
        }
        while len(form.line_ids):
            form.line_ids.remove(0)
        for name, column in wanted.items():
            with form.line_ids.new() as line:
                line.field_name = name
                line.column = column
        self.assertEqual(form.order_count, 2)
        self.assertIn("&lt;b&gt;Ann", form.preview)
        self.assertNotIn("<b>", form.preview)
        self.assertIn("1010.50", form.preview)
        self.assertIn("Bemerkt", form.unused)
        action = form.save().action_import()
        self.assertEqual(channel._get_column_mapping(), wanted)
        orders = self.assertAccepted(self.env["order.intake"].search(action["domain"]))
        self.assertEqual(sorted(orders.mapped("amount_total")), [5.0, 2031.0])

    def test_guess_from_file(self):
        channel = self._channel("csv")
        table = b"Order;SKU;Qty;Price;Customer;Currency\nB1;IPOD2008RED;2;3.00;Ann;USD\n"
        wizard = self._wizard(channel, table).save()
        self.assertIn(("sku", "SKU"), [(w.field_name, w.column) for w in wizard.line_ids])
        wizard.line_ids[0].column = "Nothing like it"
        self.assertIn("Nothing like it", wizard.preview)
        wizard.action_guess()
        wizard.action_save()
        order = self.assertAccepted(self._take_in(table, channel, "b.csv"))
        self.assertEqual(order.amount_total, 6.0)
        self.assertEqual(channel.copy()._get_column_mapping(), channel._get_column_mapping())

    def test_sample_that_is_no_table(self):
        for payload in (b"PK\x03\x04", b"\x00\x01", b"just text"):
            form = self._wizard(self._channel("csv", str(len(payload))), payload)
            self.assertTrue(form.preview)


@tagged("post_install", "-at_install")
class TestHostileDocuments(FormatCase):
    def test_nothing_stops_the_channel(self):
        bomb = (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x"><!ENTITY c SYSTEM '
            b'"file:///etc/passwd">]><Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:'
            b'Order-2">&b;&c;</Order>'
        )
        documents = [
            b"",
            b"\x00" * 1000,
            b"\xff\xfe" + "UNA:+.? '".encode("utf-16-le"),
            bomb,
            b"UNA:+.? 'UNB+UNOA:1+A+B+260101:1200+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1",
            b"ISA*00*" + b" " * 97 + b"~ST*850*1~",
            b"PK\x03\x04 not a workbook",
            b'{"ref": "1", "lines": [{"sku": "A", "quantity": 1e308, "unit_price": -1}]}',
            b"[" * 100_000,
            b"order;sku;qty;price\n=cmd|' /C calc'!A0;<script>;-1;1e308\n",
        ]
        for kind in READERS:
            channel = self._channel(kind)
            intakes = channel._receive_documents([(each, "x\x00\n.exe") for each in documents])
            intakes.action_process()
            self.assertEqual(set(intakes.mapped("state")), {"rejected"}, kind)
            self.assertTrue(all(intakes.mapped("error")), kind)
            for intake in intakes:
                self.assertNotIn("root:", intake.document_text + intake.error)
            # It still takes good ones.
        good = self._take_in(
            canonical(1), self.env["order.channel"].search([("code", "=", "json")])
        )
        self.assertAccepted(good)

    def test_script_in_names_stays_text(self):
        evil = "<script>alert(1)</script>"
        document = canonical(
            1, customer_name=evil, note=evil, shipping={"name": evil, "city": evil}
        )
        order = self.assertAccepted(self._take_in(document, self._channel("json")))
        self.assertEqual(order.partner_id.name, evil)
        self.assertNotIn("<script>", "".join(order.message_ids.mapped("body")))

    def test_many_lines_in_one_order(self):
        lines = [{"sku": "IPOD2008RED", "quantity": 1, "unit_price": "1"} for _n in range(500)]
        order = self.assertAccepted(
            self._take_in(canonical(1, lines=lines, total="500"), self._channel("json"))
        )
        self.assertEqual((order.amount_total, len(order.order_line)), (500.0, 500))


@tagged("post_install", "-at_install")
class TestFormatsAtScale(FormatCase):
    def test_one_file_of_many_orders(self):
        channel = self._channel("json")

        def count(start, number):
            payload = to_payload([canonical(n) for n in range(start, start + number)])
            intakes = channel._receive(payload, filename="many.json", source="upload")
            self.assertEqual(len(intakes), number)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            intakes.action_process()
            self.env.flush_all()
            self.assertAccepted(intakes)
            return self.env.cr.sql_log_count - before

        count(100, 10)  # fills the caches of the registry
        ten, twenty = count(200, 10), count(300, 20)
        self.assertLess((twenty - ten) / 10, 10, "Each further document costs too many queries")

    def test_answer_to_a_file_of_several_orders(self):
        channel = self._channel("json")
        intakes = channel._receive(to_payload([canonical(1), canonical(2, currency="QQQ")]))
        intakes.action_process()
        answers = [intake._answer() for intake in intakes]
        self.assertEqual([status for status, _answer in answers], [201, 422])

    def test_bulk_export_of_shopify(self):
        channel = self._channel("shopify")
        payload = to_payload({"orders": [sku_order(n) for n in range(3)]})
        self.assertEqual(len(self.assertAccepted(self._take_in(payload, channel))), 3)
        self.assertEqual(len(channel._receive(read_sample("shopify_order_1001.json"))), 1)
