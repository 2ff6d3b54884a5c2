from email.message import EmailMessage

from odoo.tests import tagged

from .common_ways import WaysCase, json_order, woo_order
from .test_intake_files import make_zip


@tagged("post_install", "-at_install")
class TestIntakeMail(WaysCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].create({"name": "orders.example.com"})
        cls.company.alias_domain_id = cls.domain
        cls.channel_json.write({"alias_name": "json-orders", "alias_contact": "everyone"})

    def _send(self, *files, sender="Ann <ann@customer.example.com>", number=1, body="See attached"):
        """Have the gateway process a raw e-mail with ``(name, bytes, type)`` attached."""
        message = EmailMessage()
        message["From"] = sender
        message["To"] = "json-orders@orders.example.com"
        message["Subject"] = f"Our order {number}"
        message["Message-Id"] = f"<{number}.{id(self)}@customer.example.com>"
        message.set_content(body)
        for name, content, (main, sub) in files:
            message.add_attachment(content, maintype=main, subtype=sub, filename=name)
        before = self.env["order.intake"].search([])
        self.env["mail.thread"].message_process(None, message.as_bytes())
        return self.env["order.intake"].search([]) - before

    def _json(self, *numbers):
        return [(f"{n}.json", self.dump(json_order(n)), ("application", "json")) for n in numbers]

    def test_attachment_becomes_an_order(self):
        signature = ("logo.png", b"\x89PNG\r\n\x1a\n0000", ("image", "png"))
        intake = self._send(*self._json(1), signature)
        self.assertEqual((intake.state, intake.source), ("accepted", "email"), intake.error)
        self.assertEqual(intake.channel_id, self.channel_json)
        self.assertEqual(intake.attachment_id.raw, self.dump(json_order(1)))
        message = intake.message_ids.filtered(lambda each: each.message_type == "email")
        self.assertEqual(message.subject, "Our order 1")
        self.assertIn("See attached", message.body)
        self.assertEqual(set(message.attachment_ids.mapped("name")), {"1.json", "logo.png"})
        self.assertEqual(intake.order_id.create_uid, self.user)

    def test_several_attachments_and_archives(self):
        packed = make_zip(("5.json", self.dump(json_order(5))), ("6.json", b"{"))
        intakes = self._send(*self._json(3, 4), ("more.zip", packed, ("application", "zip")))
        states = dict(zip(intakes.mapped("filename"), intakes.mapped("state"), strict=True))
        accepted = {f"{n}.json": "accepted" for n in (3, 4, 5)}
        self.assertEqual(states, accepted | {"6.json": "rejected"})
        for intake in intakes:
            kept = intake.message_ids.filtered(lambda each: each.message_type == "email")
            self.assertEqual(kept.subject, "Our order 1")

    def test_repeated_document_is_not_taken_in_twice(self):
        intake = self._send(*self._json(7))
        self.assertFalse(self._send(*self._json(7), number=2))
        self.assertEqual(intake.replays, 1)
        self.assertFalse(self._send(*self._json(8), number=2))  # the same e-mail, delivered again

    def test_text_attachment_as_it_was_sent(self):
        content = self.dump(json_order(9, customer_name="Zoë Größe"))
        content = content.decode("unicode_escape").encode()
        intake = self._send(("9.json", content, ("text", "plain")))
        self.assertEqual(intake.attachment_id.raw, content)
        self.assertEqual(intake.order_id.partner_id.name, "Zoë Größe")

    def test_without_a_document(self):
        intake = self._send(number=3)
        self.assertEqual(intake.state, "rejected")
        self.assertIn("no document of the format Order JSON attached", intake.error)
        self.assertIn("See attached", intake.message_ids.mapped("body")[0])
        self.assertTrue(self._send(number=4), "another e-mail is another document")

    def test_document_of_another_channel(self):
        woo = ("w.json", self.dump(woo_order(1)), ("application", "json"))
        intakes = self._send(woo, *self._json(10))
        self.assertEqual(sorted(intakes.mapped("state")), ["accepted", "rejected"])
        self.assertIn("looks like WooCommerce", intakes.filtered("error").error)

    def test_unknown_senders(self):
        """An address takes e-mails of known contacts only, unless told otherwise."""
        channel = self._create_channel(code="mail", kind="json", alias_name="new-orders")
        self.assertEqual(channel.alias_contact, "partners")
        self.channel_json.alias_contact = "partners"
        self.assertFalse(self._send(*self._json(11), number=5))
        self.env["res.partner"].create({"name": "Ann", "email": "ann@customer.example.com"})
        self.assertEqual(self._send(*self._json(11), number=6).state, "accepted")

    def test_channel_by_hand_and_many_documents(self):
        orders = self.dump({"orders": [json_order(100 + n) for n in range(25)]})
        intakes = self._send(("all.json", orders, ("application", "json")))
        self.assertEqual(intakes.mapped("state"), ["accepted"] * 25)
        self.assertEqual(intakes.batch_ids.name, "Our order 1")
        self.channel_json.kind = "manual"
        self.assertEqual(self._send(*self._json(12), number=7).state, "rejected")
