"""Changes and cancellations of orders that were taken in before."""

from odoo.tests import tagged

from .common import sku_order, to_payload
from .common_formats import FormatCase, canonical, sample


@tagged("post_install", "-at_install")
class TestIntakeChange(FormatCase):
    def setUp(self):
        super().setUp()
        self.json = self._channel("json", tax_policy="odoo")

    def _lines(self, *lines):
        return [
            {"ref": str(ref), "sku": sku, "quantity": quantity, "unit_price": price}
            for ref, sku, quantity, price in lines
        ]

    def _original(self, **changes):
        lines = self._lines((1, "IPOD2008RED", 2, 10), (2, "IPOD2008GREEN", 1, 5))
        return canonical(1, lines=lines, total=25, **changes)

    def _changed(self, **changes):
        lines = self._lines((1, "IPOD2008RED", 3, 10), (3, "IPOD2008BLACK", 1, 7))
        return canonical(1, lines=lines, total=37, **changes)

    def test_quotation_is_changed(self):
        order = self.assertAccepted(self._take_in(self._original(), self.json))
        change = self._take_in(self._changed(requested_date="2099-05-01"), self.json)
        self.assertEqual(self.assertAccepted(change), order)
        self.assertTrue(change.is_change)
        self.assertRecordValues(
            order.order_line,
            [
                {"product_id": self.product_red.id, "product_uom_qty": 3, "price_unit": 10},
                {"product_id": self.product_black.id, "product_uom_qty": 1, "price_unit": 7},
            ],
        )
        self.assertEqual((order.amount_total, order.channel_total), (37, 37))
        self.assertEqual(str(order.commitment_date), "2099-05-01 12:00:00")
        kinds = [each["kind"] for each in change.differences]
        self.assertEqual(kinds, ["quantity", "line_removed", "line_added", "total", "date"])
        self.assertIn("IPOD2008BLACK", change.difference_table)
        self.assertEqual(change._answer()[0], 200)
        events = order.event_ids.filtered(lambda event: "Changed" in event.summary)
        self.assertIn("Quantity", events.summary)
        self.assertFalse(order.hold_ids)

    def test_same_words_in_another_form(self):
        first = self._take_in(self._original(), self.json)
        again = to_payload(self._original()) + b"\n\n"
        second = self._take_in(again, self.json)
        self.assertEqual((second.state, second._answer()[0]), ("duplicate", 200))
        self.assertEqual(second._answer()[1]["order"], first.order_id.name)
        self.assertEqual(self._take_in(again, self.json), second)
        self.assertEqual(len(self.json.intake_ids.order_id), 1)

    def test_confirmed_order_that_nobody_picked(self):
        self.json.auto_confirm = True
        order = self.assertAccepted(self._take_in(self._original(), self.json))
        self.assertEqual(order.state, "sale")
        place = self._original()["shipping"] | {"street": "2 New Road"}
        change = self._take_in(self._changed(shipping=place), self.json)
        self.assertAccepted(change)
        self.assertEqual((order.amount_total, order.partner_shipping_id.street), (37, "2 New Road"))
        moving = {}
        for move in order.picking_ids.move_ids.filtered(lambda m: m.state != "cancel"):
            moving[move.product_id] = moving.get(move.product_id, 0) + move.product_uom_qty
        moving = {product: quantity for product, quantity in moving.items() if quantity}
        self.assertEqual(moving, {self.product_red: 3, self.product_black: 1})
        live = order.picking_ids.filtered(lambda p: p.state != "cancel")
        self.assertEqual(live.partner_id, order.partner_shipping_id)

    def test_too_late(self):
        self.json.auto_confirm = True
        order = self.assertAccepted(self._take_in(self._original(), self.json))
        order.picking_ids.move_ids[:1].picked = True
        change = self._take_in(self._changed(), self.json)
        self.assertEqual(change.state, "rejected")
        self.assertIn("picked or shipped", change.error)
        self.assertIn("IPOD2008BLACK", change.difference_table)
        self.assertEqual(change._answer()[0], 409)
        self.assertEqual(order.amount_total, 25)
        (hold,) = order.hold_ids
        self.assertEqual((hold.kind, hold.gate, hold.state), ("manual", "ship", "pending"))
        self.assertIn("IPOD2008BLACK", hold.reason)
        newer = self._take_in(self._changed(note="again"), self.json)
        self.assertEqual((change.state, newer.state), ("superseded", "rejected"))
        self.assertEqual(len(order.hold_ids), 1)

    def test_what_cannot_be_looked_up_or_does_not_add_up(self):
        order = self.assertAccepted(self._take_in(self._original(), self.json))
        lines = self._lines((1, "NEVER-SEEN", 2, 10))
        change = self._take_in(canonical(1, lines=lines, total=20), self.json)
        self.assertEqual(change.state, "rejected")
        self.assertIn("NEVER-SEEN", change.error)
        self.assertEqual((order.amount_total, len(order.hold_ids)), (25, 1))
        self.product_black.default_code = "NEVER-SEEN"
        change.action_retry()
        self.assertAccepted(change)
        self.assertEqual(order.order_line.product_id, self.product_black)
        # Another customer is nothing to change by itself.
        other = self._take_in(
            canonical(1, lines=lines, total=20, email="other@m.example"), self.json
        )
        self.assertIn("by hand", other.error)
        self.assertEqual(other._answer()[0], 409)

    def test_changes_by_hand_stay(self):
        order = self.assertAccepted(self._take_in(self._original(), self.json))
        order.order_line[0].name = "Written by hand"
        order.note = "Ours"
        lines = self._original()["lines"]
        lines[1]["quantity"] = 2
        self.assertAccepted(self._take_in(canonical(1, lines=lines, total=30), self.json))
        self.assertEqual(order.order_line[0].name, "Written by hand")
        # Then the first version's total again, from what was changed last.
        lines[1]["quantity"] = 3
        self.assertAccepted(self._take_in(canonical(1, lines=lines, total=35), self.json))
        self.assertEqual(order.amount_total, 35)

    def test_cancelled_in_the_shop(self):
        self.channel.auto_confirm = False
        order = self._take_in(sku_order(1)).order_id
        document = sku_order(1, cancelled_at="2026-01-02T03:04:05Z")
        intake = self._take_in(document)
        self.assertEqual(self.assertAccepted(intake).state, "cancel")
        self.assertEqual(self._take_in(document), intake)
        self.assertEqual(order.state, "cancel")

    def test_ubl_change_and_cancellation(self):
        # OpenPEPPOL/poacc-upgrade-3, rules/examples: Order_sc1, OrderChange_sc1, Cancellation.
        channel = self._channel("ubl")
        for item, product in (("Item 1", self.product_red), ("Item 2", self.product_green)):
            self._alias(channel, "product", item, product_id=product.id)
        early = self._take_in(sample("ubl/OrderChange_sc1.xml"), channel)
        self.assertEqual(early.state, "rejected")
        self.assertIn("Order-1, which this channel hasn't sent yet", early.error)
        order = self.assertAccepted(self._take_in(sample("ubl/Order_sc1.xml"), channel))
        # The change waited for its order.
        self.assertEqual(early.order_id, order, early.error)
        self.assertEqual(order.order_line[:2].mapped("product_uom_qty"), [5.0, 50.0])
        self.assertEqual(order.amount_total, early.order_id.channel_total)
        # The same once more, under the number of another change.
        again = sample("ubl/OrderChange_sc1.xml").replace(b"Change-1", b"Change-2")
        second = self._take_in(again, channel)
        self.assertEqual(
            (second.state, second.order_id, second.differences), ("accepted", order, False)
        )
        self.assertEqual(self._take_in(again, channel), second)
        cancelled = self._take_in(sample("ubl/OrderCancellation_sc1.xml"), channel)
        self.assertEqual(self.assertAccepted(cancelled).state, "cancel")
        self.assertEqual(cancelled._answer()[0], 200)

    def test_x12_change_of_an_order(self):
        # Our own 850 and 860 after the public ones, whose change fails its own count.
        channel = self._channel("x12", tax_policy="odoo")
        envelope = (
            "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *260101*1200*U"
            "*00401*000000001*0*P*>~GS*PO*BUYER*SELLER*20260101*1200*1*X*004010~{}"
            "GE*1*1~IEA*1*000000001~"
        )
        order = envelope.format(
            "ST*850*0001~BEG*00*SA*PO7**20260101~CUR*BY*USD~N1*BY*Acme*92*77~"
            "PO1*1*2*EA*10**VN*IPOD2008RED~PO1*2*1*EA*5**VN*IPOD2008GREEN~CTT*2~SE*8*0001~"
        ).encode()
        change = (
            envelope.format(
                "ST*860*0001~BCH*04*SA*PO7**1*20260101~N1*BY*Acme*92*77~"
                "POC*1*QI*4*2*EA*10**VN*IPOD2008RED~POC*2*DI*0*0*EA***VN*IPOD2008GREEN~CTT*2~"
                "SE*7*0001~"
            )
            .replace("GS*PO", "GS*PC")
            .encode()
        )
        sale = self.assertAccepted(self._take_in(order, channel))
        self.assertEqual(sale.amount_untaxed, 25)
        intake = self._take_in(change, channel)
        self.assertEqual(self.assertAccepted(intake), sale)
        self.assertEqual(
            [(line.product_id, line.product_uom_qty) for line in sale.order_line],
            [(self.product_red, 4.0)],
        )
