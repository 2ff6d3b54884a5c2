"""The same order under another reference is held."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import OrderProcessingCase, sku_order, to_payload


@tagged("post_install", "-at_install")
class TestIntakeDuplicate(OrderProcessingCase):
    def _again(self, reference, **changes):
        return sku_order(1, id=reference, name=f"#{reference}", **changes)

    def test_same_order_under_another_reference_is_held(self):
        first = self._take_in(self._again(1)).order_id
        self.assertEqual(first.state, "sale")
        second = self._take_in(self._again(2)).order_id
        (hold,) = second.hold_ids
        self.assertEqual((hold.kind, hold.gate, hold.state), ("duplicate", "release", "pending"))
        self.assertIn(first.name, hold.reason)
        self.assertIn("#1", hold.reason)
        self.assertEqual(second.state, "draft")
        hold.with_user(self.user).action_release()
        self.assertEqual(second.state, "sale")

    def test_also_from_another_channel_and_within_one_file(self):
        self._take_in(self._again(1))
        other = self._take_in(self._again(1), self.channel_odoo_tax).order_id
        self.assertEqual(other.hold_ids.kind, "duplicate")
        payloads = [(to_payload(self._again(n, email="x@y.example")), None) for n in (7, 8)]
        intakes = self.channel._receive_documents(payloads)
        intakes.action_process()
        self.assertEqual([len(order.hold_ids) for order in intakes.order_id.sorted("id")], [0, 1])

    def test_what_is_no_duplicate(self):
        self._take_in(self._again(1))
        elsewhere = self._again(2)
        elsewhere["shipping_address"]["address1"] = "9 Other Street"
        more = self._again(3, total_price="398.00")
        more["line_items"][0]["quantity"] = 2
        other = self._again(4)
        other["line_items"][0]["sku"] = "IPOD2008RED"
        someone = self._again(5, email="someone@else.example")
        for document in (elsewhere, more, other, someone):
            self.assertFalse(self._take_in(document).order_id.hold_ids, document["id"])

    def test_window(self):
        first = self._take_in(self._again(1)).order_id
        self.env.cr.execute(
            "UPDATE sale_order SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(hours=25), first.id],
        )
        first.invalidate_recordset()
        self.assertFalse(self._take_in(self._again(2)).order_id.hold_ids)
        self.channel.duplicate_hours = 0
        self.assertFalse(self._take_in(self._again(3)).order_id.hold_ids)

    def test_queries_do_not_grow_with_orders(self):
        self.channel.auto_confirm = False
        payloads = [(to_payload(sku_order(n)), None) for n in range(20)]
        intakes = self.channel._receive_documents(payloads)
        intakes.action_process()
        orders = self.env["sale.order"].browse(intakes.order_id.ids)
        self.assertEqual(len(orders), 20)
        orders[0]._hold_duplicates()
        for some in (orders[:2], orders):
            self.env.flush_all()
            self.env.invalidate_all()
            with self.assertQueryCount(10):
                some._hold_duplicates()
