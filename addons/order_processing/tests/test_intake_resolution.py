"""From a document's words to records, and column mappings."""

import base64

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common_formats import FormatCase, canonical


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
