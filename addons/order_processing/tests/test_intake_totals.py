from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import OrderProcessingCase, sample_order, sku_order, to_payload


@tagged("post_install", "-at_install")
class TestIntakeTotals(OrderProcessingCase):
    """What costs something else than its channel says is taken in as stated, and held."""

    def assertHeld(self, intake, *parts):
        """An order was made, is confirmed by nobody, and one hold says each of ``parts``."""
        self.assertEqual(intake.state, "accepted", intake.error)
        order = intake.order_id
        self.assertEqual(order.state, "draft")
        (hold,) = order.hold_ids
        self.assertEqual((hold.kind, hold.gate, hold.state), ("total", "release", "pending"))
        for part in parts:
            self.assertIn(part, hold.reason)
        with self.assertRaises(UserError):
            order.action_confirm()
        return order, hold

    def test_stated_total_of_the_document(self):
        intake = self._take_in(sample_order(1001, total_price="409.94"))
        order, hold = self.assertHeld(intake, "598.94", "409.94", "189.00")
        self.assertEqual((order.amount_total, order.channel_total), (598.94, 409.94))
        self.assertEqual(hold.reason.count("409.94"), 1)
        self.assertIn("409.94 USD", intake.warning_text)
        self.assertEqual(intake.findings[0]["severity"], "hold")

    def test_corrected_document_lifts_the_hold(self):
        first = self._take_in(sample_order(1001, total_price="409.94"))
        second = self._take_in(sample_order(1001))
        order = first.order_id
        self.assertEqual((second.state, second.order_id), ("accepted", order))
        self.assertEqual((order.channel_total, order.state), (598.94, "sale"))
        self.assertFalse(order.open_hold_count)
        self.assertFalse(order.channel_differences)

    def test_released_by_a_person_stays_released(self):
        order, hold = self.assertHeld(self._take_in(sample_order(1001, total_price="409.94")))
        hold.action_release("Agreed on the phone")
        order.action_validate_order()
        self.assertEqual((order.open_hold_count, order.state), (0, "sale"))
        self.assertEqual(order.amount_total, 598.94)

    def test_taxes_of_odoo_and_of_the_channel(self):
        intake = self._take_in(sample_order(1001), self.channel_odoo_tax)
        # 6 % of 587.00 is 35.22; the channel charged 11.94.
        self.assertHeld(intake, "35.22 USD", "11.94 USD", "+23.28", "622.22", "598.94")
        self.assertIn("as charged", intake.warning_text)

    def test_tax_within_the_price(self):
        self._create_tax(10.0, included=True)
        document = sku_order(
            1,
            taxes_included=True,
            total_tax="15.00",
            tax_lines=[{"title": "VAT", "rate": 0.1, "price": "15.00"}],
        )
        order, _hold = self.assertHeld(
            self._take_in(document, self.channel_odoo_tax), "18.09 USD", "15.00 USD", "+3.09"
        )
        self.assertEqual((order.amount_total, order.amount_tax), (199.0, 18.09))

    def test_line_that_its_document_states_otherwise(self):
        channel = self._create_channel(code="test_json", kind="json", tax_policy="line")
        document = {
            "ref": "T-1",
            "email": "customer@mail.example.com",
            "currency": "USD",
            "total": "398",
            "taxes": [{"title": "Tax", "rate": None, "amount": "1"}],
            "total_tax": "0",
            "shipping": {
                "name": "Customer",
                "street": "1 Main Street",
                "city": "Louisville",
                "zip": "40202",
                "state_code": "KY",
                "country_code": "US",
            },
            "lines": [{"ref": "1", "sku": "IPOD2008RED", "quantity": "2", "unit_price": "199"}],
        }
        self.assertHeld(self._take_in(document, channel), "come to 1", "stated as 0", "+1")

    def test_one_that_differs_stops_no_other(self):
        documents = [sku_order(n) for n in range(1, 4)]
        documents[1]["total_price"] = "1.00"
        intakes = self.env["order.intake"].concat(
            *[self.channel._receive(to_payload(each)) for each in documents]
        )
        intakes.action_process()
        self.assertEqual(intakes.mapped("state"), ["accepted"] * 3)
        self.assertEqual(intakes.order_id.sorted("id").mapped("state"), ["sale", "draft", "sale"])

    def test_change_that_does_not_add_up_waits(self):
        first = self._take_in(sku_order(1))
        changed = sku_order(1, total_price="198.00", note="Other")
        second = self._take_in(changed)
        self.assertEqual((second.state, second.original_id), ("rejected", first))
        self.assertIn("198.00 USD", second.error)
        self.assertEqual(first.order_id.hold_ids.gate, "ship")
