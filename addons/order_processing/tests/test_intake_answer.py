from decimal import Decimal

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.order_processing.engine.intake import edifact_syntax, x12_syntax
from odoo.addons.order_processing.engine.intake.samples import SampleFacts, sample

from .common_ways import BEARER, WaysCase, json_order

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


@tagged("post_install", "-at_install")
class TestIntakeAnswer(WaysCase, HttpCase):
    def _document(self, kind, number=1, sku="IPOD2008GREEN"):
        facts = SampleFacts(str(4710 + number), sku, "iPod", Decimal("199.00"), "USD", "US", "KY")
        return sample(kind, facts)

    def _intake(self, kind, number=1, **facts):
        channel = self.env["order.channel"].search(
            [("code", "=", f"answer-{kind}"), ("company_id", "=", self.company.id)]
        ) or self._create_channel(code=f"answer-{kind}", kind=kind, tax_policy="line")
        return self._take_in(self._document(kind, number, **facts), channel, f"order.{kind}")

    def _accepted(self, kind, number=1):
        intake = self._intake(kind, number)
        self.assertEqual(intake.state, "accepted", intake.error)
        return intake

    def test_ubl(self):
        intake = self._accepted("ubl")
        intake.action_answer()
        answer = intake._get_answer("order_response")
        root = etree.fromstring(answer.raw)
        self.assertEqual(etree.QName(root).localname, "OrderResponse")
        self.assertEqual(root.findtext(f"{CBC}OrderResponseCode"), "AP")
        self.assertEqual(root.findtext(f"{CBC}SalesOrderID"), intake.order_id.name)
        self.assertEqual(root.findtext(f".//{{*}}OrderReference/{CBC}ID"), "4711")
        # Written once: the same bytes for whoever asks.
        intake.action_answer()
        self.assertEqual(intake._get_answer("order_response"), answer)
        self.assertIn(answer, intake.message_ids.attachment_ids)

    def test_x12(self):
        intake = self._accepted("x12")
        first, second = (intake._get_answer(kind).raw for kind in ("997", "855"))
        found = x12_syntax.read(first)
        self.assertTrue(found.sound)
        self.assertEqual([each.type for _group, each in found.transactions], ["997"])
        self.assertIn(b"AK9*A*1*1*1", first)
        found = x12_syntax.read(second)
        self.assertTrue(found.sound)
        self.assertEqual(found.header.get(5), "TESTSELLER")
        self.assertEqual(found.header.get(7), "TESTBUYER")
        self.assertIn(b"BAK*00*AD*4711*", second)
        self.assertIn(b"ACK*IA*1*EA", second)
        self.assertNotEqual(found.control, x12_syntax.read(first).control)

    def test_edifact(self):
        intake = self._accepted("edifact")
        first, second = (intake._get_answer(kind).raw for kind in ("contrl", "ordrsp"))
        self.assertIn(b"UCI+", first)
        found = edifact_syntax.read(second)
        self.assertTrue(found.sound)
        self.assertEqual([message.type for message in found.messages], ["ORDRSP"])
        self.assertEqual(found.header.element(1), ["TESTSELLER"])
        self.assertIn(b"RFF+ON:4711'", second)

    def test_less_than_was_ordered_and_nothing_at_all(self):
        intake = self._accepted("ubl", 2)
        intake.order_id.action_cancel()
        root = etree.fromstring(intake._get_answer("order_response").raw)
        self.assertEqual(root.findtext(f"{CBC}OrderResponseCode"), "RE")
        intake = self._accepted("ubl", 3)
        intake.order_id.order_line.product_uom_qty = 2
        root = etree.fromstring(intake._get_answer("order_response").raw)
        self.assertEqual(root.findtext(f"{CBC}OrderResponseCode"), "CA")
        self.assertEqual(root.findtext(f".//{CBC}LineStatusCode"), "3")

    def test_what_needs_attention_is_refused_by_somebody_only(self):
        intake = self._intake("ubl", 4, sku="NEVER-SEEN")
        self.assertEqual(intake.state, "rejected")
        self.assertFalse(intake._get_answer("order_response"))
        intake.action_answer()
        refusal = intake._get_answer("order_response")
        root = etree.fromstring(refusal.raw)
        self.assertEqual(root.findtext(f"{CBC}OrderResponseCode"), "RE")
        self.assertIn("NEVER-SEEN", root.findtext(f"{CBC}Note"))
        # Put right after all: another decision, another answer.
        self.product_green.default_code = "NEVER-SEEN"
        intake.action_retry()
        self.assertEqual(intake.state, "accepted", intake.error)
        self.assertNotEqual(intake._get_answer("order_response"), refusal)

    def test_what_cannot_be_answered(self):
        with self.assertRaisesRegex(UserError, "can't be answered"):
            self._take_in(json_order(1), self.channel_json).action_answer()
        channel = self._create_channel(code="broken", kind="x12")
        with self.assertRaisesRegex(UserError, "can't be answered here"):
            self._take_in(b"nothing of the kind", channel).action_answer()

    def test_asked_for_by_the_sender(self):
        intake = self._accepted("x12", 5)
        other = self._intake("x12", 6, sku="NEVER-SEEN")
        path = f"/order/answer/{intake.id}"
        self.assertEqual(self.url_open(path).status_code, 401)
        wrong = {"Authorization": "Bearer wrong"}
        self.assertEqual(self.url_open(path, headers=wrong).status_code, 401)
        answer = self.url_open(path, headers=BEARER)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/edi-x12")
        self.assertIn(b"BAK*00*AD*4715", answer.content)
        self.assertEqual(self.url_open(path, headers=BEARER).content, answer.content)
        answer = self.url_open(f"{path}?kind=997", headers=BEARER)
        self.assertIn(b"AK9*A", answer.content)
        self.assertEqual(self.url_open(f"{path}?kind=x", headers=BEARER).status_code, 404)
        waiting = f"/order/answer/{other.id}"
        self.assertEqual(self.url_open(waiting, headers=BEARER).status_code, 409)
        other.action_archive()
        self.assertIn(b"BAK*00*RD", self.url_open(waiting, headers=BEARER).content)
