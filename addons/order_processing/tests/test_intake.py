from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.order_channel_receive import IntakeRace, OrderChannel
from .common import OrderProcessingCase, read_sample, sample_order, sku_order, to_payload


@tagged("post_install", "-at_install")
class TestIntakeAccepted(OrderProcessingCase):
    def test_documented_order_to_the_cent(self):
        intake = self._take_in(read_sample("shopify_order_1001.json"))
        self.assertEqual(intake.state, "accepted", intake.error)
        order = intake.order_id
        self.assertRecordValues(
            order,
            [
                {
                    "amount_total": 598.94,
                    "amount_tax": 0.0,
                    "channel_total": 598.94,
                    "channel_id": self.channel.id,
                    "channel_ref": "#1001",
                    "client_order_ref": "ABC123",
                    "company_id": self.company.id,
                    "currency_id": self.usd.id,
                    "warehouse_id": self.warehouse.id,
                }
            ],
        )
        self.assertEqual(
            [(line.product_id, line.price_subtotal) for line in order.order_line],
            [
                (self.product_green, 199.0),
                (self.product_red, 199.0),
                (self.product_black, 199.0),
                (self.channel.shipping_product_id, 0.0),
                (self.channel.discount_product_id, -10.0),
                (self.channel.tax_product_id, 11.94),
            ],
        )
        self.assertFalse(order.order_line.tax_ids)
        self.assertIn("Happy Birthday", order.order_line[0].name)
        self.assertEqual(order.order_line[4].name, "Discount TENOFF")
        self.assertEqual(order.order_line[5].name, "State Tax (6 %)")
        customer = order.partner_id
        self.assertEqual((customer.name, customer.city), ("Bob Norman", "Louisville"))
        self.assertEqual(customer.state_id.code, "KY")
        self.assertEqual(customer.email, "bob.norman@mail.example.com")
        self.assertEqual(order.partner_shipping_id, customer)
        self.assertEqual(order.create_uid, self.user)
        self.assertEqual(order.event_ids[0].step, "intake")
        self.assertEqual(order.event_ids[0].source, "channel")

    def test_odoo_taxes_discount_and_shipping_to_the_cent(self):
        intake = self._take_in(read_sample("shopify_order_1002.json"), self.channel_odoo_tax)
        self.assertEqual(intake.state, "accepted", intake.error)
        order = intake.order_id
        self.assertRecordValues(
            order, [{"amount_untaxed": 910.0, "amount_tax": 54.6, "amount_total": 964.6}]
        )
        self.assertRecordValues(
            order.order_line,
            [
                {"product_uom_qty": 2, "discount": 10.0, "tax_ids": self.tax_6.ids},
                {"product_uom_qty": 3, "discount": 10.0, "tax_ids": self.tax_6.ids},
                {"product_uom_qty": 1, "discount": 0.0, "tax_ids": self.tax_6.ids},
            ],
        )
        contact = order.partner_id
        self.assertEqual(
            (contact.name, contact.parent_id.name), ("Jane Porter", "Acme Instruments")
        )
        self.assertTrue(contact.parent_id.is_company)
        self.assertEqual(order.partner_invoice_id, contact)
        self.assertEqual(order.partner_shipping_id.type, "delivery")
        self.assertEqual(order.partner_shipping_id.street, "77 River Road")
        self.assertEqual(order.partner_shipping_id.parent_id, contact.parent_id)
        self.assertIn("loading dock", "".join(order.message_ids.mapped("body")))

    def test_taxes_included_in_prices(self):
        included = self._create_tax(10.0, included=True)
        document = sku_order(
            1,
            taxes_included=True,
            total_tax="18.09",
            tax_lines=[{"title": "VAT", "rate": 0.1, "price": "18.09"}],
        )
        for channel, taxes in (
            (self.channel_odoo_tax, included),
            (self.channel, included.browse()),
        ):
            order = self._take_in(document, channel).order_id
            self.assertEqual((order.amount_total, order.order_line[0].tax_ids), (199.0, taxes))
            self.assertEqual(order.order_line[0].price_subtotal, 180.91)

    def test_documented_order_leaves_from_two_of_three_warehouses(self):
        order = self._take_in(sample_order(1001)).order_id
        self.assertEqual(order.state, "sale")
        self.assertEqual(
            order.picking_ids.picking_type_id.warehouse_id,
            self.warehouse_east | self.warehouse_west,
        )

    def test_released_by_itself_or_not(self):
        self.assertEqual(self._take_in(sku_order(1)).order_id.state, "sale")
        self.channel.auto_confirm = False
        self.assertEqual(self._take_in(sku_order(2)).order_id.state, "draft")

    def test_order_that_cannot_be_released_is_still_taken_in(self):
        def refuse(orders):
            if orders:
                raise UserError("No way")

        with patch.object(self.env.registry["sale.order"], "action_confirm", refuse):
            intake = self._take_in(sku_order(1))
        self.assertEqual((intake.state, intake.order_id.state), ("accepted", "draft"))
        self.assertIn("No way", intake.order_id.activity_ids.note)

    def test_customer_and_addresses_are_used_again(self):
        first = self._take_in(sample_order(1002), self.channel_odoo_tax).order_id
        again = sample_order(1002, id=99, name="#1003")
        again["shipping_address"]["address1"] = "77  RIVER road"
        second = self._take_in(again, self.channel_odoo_tax).order_id
        for name in ("partner_id", "partner_invoice_id", "partner_shipping_id"):
            self.assertEqual(second[name], first[name])
        moved = sample_order(1002, id=100, name="#1004")
        moved["shipping_address"]["address1"] = "79 River Road"
        third = self._take_in(moved, self.channel_odoo_tax).order_id
        self.assertEqual(third.partner_id, first.partner_id)
        self.assertNotEqual(third.partner_shipping_id, first.partner_shipping_id)

    def test_one_new_customer_of_two_documents_in_a_batch(self):
        documents = [sku_order(n, email="Same@Mail.example.com") for n in (1, 2)]
        intakes = self.channel._receive_documents([(to_payload(d), None) for d in documents])
        intakes.action_process()
        self.assertEqual(len(intakes.order_id), 2)
        self.assertEqual(len(intakes.order_id.partner_id), 1)

    def test_payload_is_kept_untouched(self):
        payload = b'\xef\xbb\xbf  {"not": "an order"}  \n'
        for body in (payload, b"\xff\x00\xfe", read_sample("shopify_order_1001.json")):
            intake = self._take_in(body)
            self.assertEqual(intake.attachment_id.raw, body)
            self.assertEqual(intake.attachment_id.res_id, intake.id)
            self.assertTrue(intake.document_text or body == b"\xff\x00\xfe")

    def test_barcode_is_a_sku_and_own_product_goes_before_shared(self):
        self.product_green.barcode = "4006381333931"
        shared = self.env["product.product"].create(
            {"name": "Shared", "default_code": "IPOD2008RED"}
        )
        order = self._take_in(sku_order(1, sku="4006381333931")).order_id
        self.assertEqual(order.order_line[0].product_id, self.product_green)
        order = self._take_in(sku_order(2, sku="IPOD2008RED")).order_id
        self.assertEqual(order.order_line[0].product_id, self.product_red)
        self.assertNotEqual(order.order_line[0].product_id, shared)

    def test_foreign_currency_needs_a_pricelist(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        intake = self._take_in(sku_order(1, currency="EUR"))
        self.assertIn("No pricelist is in EUR", intake.error)
        self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": euro.id, "company_id": self.company.id}
        )
        intake.action_retry()
        self.assertEqual(intake.order_id.currency_id, euro)
        self.assertEqual(intake.order_id.amount_total, 199.0)


@tagged("post_install", "-at_install")
class TestIntakeRejected(OrderProcessingCase):
    def assertRejected(self, intake, *parts):
        """The document is kept, no order was made, and the reason says each of ``parts``."""
        self.assertEqual(intake.state, "rejected")
        self.assertFalse(intake.order_id)
        self.assertTrue(intake.attachment_id)
        for part in parts:
            self.assertIn(part, intake.error)

    def test_malformed(self):
        self.assertRejected(self._take_in(b'{"id": 1,'), "isn't complete JSON", "line 1")

    def test_unknown_things_all_at_once(self):
        document = sample_order(1001)
        document["line_items"][0]["sku"] = "NEVER-SEEN"
        document["line_items"][1]["sku"] = "NOR-THIS"
        document["shipping_address"]["country_code"] = "ZZ"
        document["shipping_address"]["country"] = "Atlantis"
        intake = self._take_in(document)
        self.assertRejected(intake, "“NEVER-SEEN”", "“NOR-THIS”", "“ZZ”")
        self.assertEqual(len(intake.findings), 3)

    def test_unknown_and_inactive_currency(self):
        self.assertRejected(self._take_in(sku_order(1, currency="QQQ")), "no currency “QQQ”")
        self.env.ref("base.SEK").active = False
        self.assertRejected(self._take_in(sku_order(2, currency="SEK")), "Activate it")

    def test_archived_and_ambiguous_sku(self):
        self.product_green.write({"default_code": "TEST-OLD", "active": False})
        self.assertRejected(self._take_in(sku_order(1, sku="TEST-OLD")), "is archived")
        (self.product_red | self.product_black).default_code = "TEST-BOTH"
        self.assertRejected(self._take_in(sku_order(2, sku="TEST-BOTH")), "2 products have")

    def test_missing_tax_says_which_and_what_to_do(self):
        self.tax_6.active = False
        intake = self._take_in(sample_order(1002), self.channel_odoo_tax)
        self.assertRejected(intake, "No sales tax of 6 %", "Create one, or set the channel")
        self.tax_6.active = True
        intake.action_retry()
        self.assertEqual(intake.order_id.amount_total, 964.6)

    def test_unknown_state_is_only_a_warning(self):
        document = sku_order(1)
        document["shipping_address"]["province_code"] = "QQ"
        intake = self._take_in(document)
        self.assertEqual(intake.state, "accepted")
        self.assertIn("left out of the address", intake.warning_text)

    def test_retry_after_the_missing_sku_was_created(self):
        intake = self._take_in(sku_order(1, sku="NEW-SKU"))
        self.assertRejected(intake, "NEW-SKU")
        self.product_green.default_code = "NEW-SKU"
        intake.with_user(self.user).action_retry()
        self.assertEqual(intake.state, "accepted", intake.error)
        self.assertFalse(intake.error)
        self.assertEqual(intake.attempts, 2)
        with self.assertRaises(UserError):
            intake.action_retry()

    def test_one_bad_document_never_stops_the_rest(self):
        documents = [sku_order(n) for n in range(1, 6)]
        documents[1]["line_items"][0]["sku"] = "NEVER-SEEN"
        payloads = [(to_payload(document), None) for document in documents]
        payloads[3] = (b"nothing", "nothing.json")
        intakes = self.channel._receive_documents(payloads)
        intakes.action_process()
        self.assertEqual(
            intakes.mapped("state"), ["accepted", "rejected", "accepted", "rejected", "accepted"]
        )

    def test_order_that_odoo_refuses_never_stops_the_rest(self):
        self.channel.auto_confirm = False
        documents = [sku_order(n) for n in range(1, 6)]
        documents[2]["email"] = "refuse@mail.example.com"
        intakes = self.channel._receive_documents([(to_payload(d), None) for d in documents])
        create = self.env.registry["sale.order"].create

        def refuse(orders, vals_list):
            created = create(orders, vals_list)
            if "refuse@mail.example.com" in created.partner_id.mapped("email"):
                raise ValidationError("Not this one.")
            return created

        with patch.object(self.env.registry["sale.order"], "create", refuse):
            intakes.action_process()
        self.assertEqual(
            intakes.mapped("state"), ["accepted"] * 2 + ["rejected"] + ["accepted"] * 2
        )
        self.assertIn("Not this one.", intakes[2].error)

    def test_unexpected_error_is_a_reason_too(self):
        with (
            patch.object(
                self.env.registry["order.channel"], "_gather_facts", side_effect=KeyError("boom")
            ),
            mute_logger("odoo.addons.order_processing.models.order_intake_process"),
        ):
            self.assertRejected(self._take_in(sku_order(1)), "unexpected error", "boom")


@tagged("post_install", "-at_install")
class TestIntakeRepeats(OrderProcessingCase):
    def test_same_document_again_replays_the_first_answer(self):
        first = self._take_in(sku_order(1))
        self.assertEqual(first._answer()[0], 201)
        again = self._take_in(sku_order(1))
        self.assertEqual(again, first)
        self.assertEqual(first.replays, 1)
        status, answer = first._answer()
        self.assertEqual((status, answer["order"]), (200, first.order_id.name))
        self.assertEqual(self.channel.order_count, 1)

    def test_rejected_again_is_still_rejected(self):
        first = self._take_in(sku_order(1, sku="NONE"))
        again = self._take_in(sku_order(1, sku="NONE"))
        self.assertEqual((again, first.replays, first._answer()[0]), (first, 1, 422))

    def test_corrected_document_takes_the_place_of_the_rejected(self):
        first = self._take_in(sku_order(1, sku="NONE"))
        second = self._take_in(sku_order(1))
        self.assertNotEqual(first, second)
        self.assertEqual((first.state, second.state), ("superseded", "accepted"))
        self.assertEqual(second.original_id, first)

    def test_other_content_after_an_order_was_made(self):
        first = self._take_in(sku_order(1))
        changed = sku_order(1, note="Leave it with the neighbour")
        second = self._take_in(changed)
        self.assertEqual((second.state, second.original_id), ("accepted", first))
        self.assertEqual(second.order_id, first.order_id)
        self.assertIn("neighbour", "".join(first.order_id.message_ids.mapped("body")))
        self.assertEqual(second._answer()[0], 200)
        self.assertEqual(second._answer()[1]["order"], first.order_id.name)
        third = self._take_in(changed)
        self.assertEqual((third, second.replays), (second, 1))

    def test_unreadable_documents_are_told_apart_by_content(self):
        first = self._take_in(b"{")
        self.assertEqual(self._take_in(b"{"), first)
        self.assertNotEqual(self._take_in(b"{{"), first)

    def test_same_file_twice_in_one_upload(self):
        payload = to_payload(sku_order(1))
        intakes = self.channel._receive_documents([(payload, "a"), (payload, "b"), (b"x", "c")])
        self.assertEqual(intakes[0], intakes[1])
        self.assertEqual(len(set(intakes.ids)), 2)

    def test_archived_document_is_still_recognised(self):
        first = self._take_in(sku_order(1, test=True))
        first.action_archive()
        self.assertEqual(self._take_in(sku_order(1, test=True)), first)

    def test_same_reference_of_another_channel_is_another_order(self):
        first = self._take_in(sku_order(1))
        second = self._take_in(sku_order(1), self.channel_odoo_tax)
        self.assertEqual((first.state, second.state), ("accepted", "accepted"))
        self.assertNotEqual(first.order_id, second.order_id)

    @mute_logger("odoo.sql_db")
    def test_race_of_two_workers_is_repeated(self):
        self._take_in(sku_order(1))
        # The other worker's row is there, but this transaction couldn't see it yet.
        with (
            patch.object(OrderChannel, "_decide_document", lambda _c, key, _e: (None, dict(key))),
            self.assertRaises(IntakeRace) as caught,
        ):
            self.channel._receive(to_payload(sku_order(1)))
        self.assertEqual(caught.exception.pgcode, "40001")


@tagged("post_install", "-at_install")
class TestIntakeDesk(OrderProcessingCase):
    def test_upload_of_many(self):
        attachments = self.env["ir.attachment"].create(
            [
                {"name": "1001.json", "raw": read_sample("shopify_order_1001.json")},
                {"name": "bad.json", "raw": b"no json"},
            ]
        )
        with Form(self.env["order.intake.upload"]) as form:
            form.channel_id = self.channel
            form.attachment_ids = attachments
        action = form.record.action_upload()
        intakes = self.env["order.intake"].search(action["params"]["next"]["domain"])
        self.assertEqual(sorted(intakes.mapped("state")), ["accepted", "rejected"])
        self.assertEqual(set(intakes.mapped("filename")), {"1001.json", "bad.json"})
        self.assertIn("1 accepted, 1 need attention", action["params"]["message"])

    def test_inbox_opens_on_what_needs_attention(self):
        self.env["order.intake"].search([]).action_archive()
        Intake = self.env["order.intake"]
        self.assertFalse(Intake.action_open_inbox()["context"])
        self._take_in(b"{")
        self.assertTrue(Intake.action_open_inbox()["context"]["search_default_attention"])
        self.assertEqual(self.channel.intake_attention_count, 1)

    def test_channel_code(self):
        with self.assertRaises(ValidationError):
            self.channel.code = "with space"
        copied = self.channel.copy()
        self.assertNotEqual(copied.code, self.channel.code)
        self.assertNotEqual(copied.secret, self.channel.secret)

    def test_document_is_shown_readably(self):
        intake = self._take_in(b'{"b":[1,2]}', filename=None)
        self.assertEqual(intake.document_text, '{\n  "b": [\n    1,\n    2\n  ]\n}')
        self.assertIn(str(intake.id), intake.display_name)
        intake.invalidate_recordset()
        (shown,) = intake.with_context(bin_size=True).read(["document_text"])
        self.assertIn('"b": [', shown["document_text"])

    def test_queries_grow_less_than_documents(self):
        def count(start, number):
            documents = [sku_order(n) for n in range(start, start + number)]
            intakes = self.channel._receive_documents([(to_payload(d), None) for d in documents])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            intakes.action_process()
            self.env.flush_all()
            self.assertEqual(set(intakes.mapped("state")), {"accepted"})
            return self.env.cr.sql_log_count - before

        self.channel.auto_confirm = False
        count(100, 10)  # fills the caches of the registry
        ten, twenty = count(200, 10), count(300, 20)
        self.assertLess(twenty, 2 * ten)
        self.assertLess((twenty - ten) / 10, 8, "Each further document costs too many queries")

    def test_looking_up_takes_the_same_queries_for_any_number(self):
        orders = [
            self.channel_odoo_tax._read_document(to_payload(sku_order(n))).order for n in range(20)
        ]
        channel = self.channel_odoo_tax
        channel._gather_facts(orders[:1])
        for some in (orders[:1], orders):
            self.env.invalidate_all()
            with self.assertQueryCount(11):
                channel._gather_facts(some)
