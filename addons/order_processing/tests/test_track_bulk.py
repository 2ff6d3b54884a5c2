from odoo import Command
from odoo.tests import tagged

from .common_flow import FlowCommon


@tagged("post_install", "-at_install")
class TestTrackBulk(FlowCommon):
    """What changed in many documents at once is told as it is of each alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=False))
        cls.reader = cls.env["res.users"].create(
            {
                "name": "Reader",
                "login": "track.reader",
                "email": "reader@example.com",
                "notification_type": "inbox",
                "group_ids": [Command.link(cls.env.ref("sales_team.group_sale_salesman").id)],
            }
        )

    def _orders(self):
        """One that nobody follows, one that a reader does, one with a conversation."""
        orders = self.env["sale.order"].union(*[self._order((self.green, 1)) for _each in range(3)])
        orders.message_unsubscribe(orders.message_partner_ids.ids)
        subtype = self.env.ref("sale.mt_order_confirmed")
        orders[1].message_subscribe(self.reader.partner_id.ids, subtype.ids)
        orders[2].message_post(body="Please hurry", message_type="comment")
        self._write_changes()
        return orders

    def _write_changes(self):
        """What a commit does: the messages of tracked changes."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def _describe(self, order, before):
        return [
            (
                message.subtype_id,
                message.message_type,
                message.body,
                message.author_id,
                message.email_from,
                message.reply_to.replace(str(order.id), "ID"),
                message.parent_id.body,
                message.record_company_id,
                message.is_internal,
                message.email_add_signature,
                message.notified_partner_ids,
                [
                    (
                        value.field_id.name,
                        value.old_value_char,
                        value.new_value_char,
                        value.old_value_float,
                        value.new_value_float,
                    )
                    for value in message.tracking_value_ids.sorted(lambda each: each.field_id.name)
                ],
            )
            for message in (order.message_ids - before).sorted("id")
        ]

    def _check(self, vals):
        together, alone = self._orders(), self._orders()
        before = (together + alone).message_ids
        together.write(vals)
        self._write_changes()
        for order in alone:
            order.write(vals)
            self._write_changes()
        expected = [self._describe(order, before) for order in alone]
        self.assertEqual([self._describe(order, before) for order in together], expected)
        return expected

    def test_posted_as_each_alone(self):
        told = self._check({"state": "sale"})
        subtype = self.env.ref("sale.mt_order_confirmed")
        self.assertEqual([messages[0][0] for messages in told], [subtype] * 3)
        notified = [messages[0][-2] for messages in told]
        nobody = self.env["res.partner"]
        self.assertEqual(notified, [nobody, self.reader.partner_id, nobody])
        self.assertIn("Please hurry", told[2][0][6], "It answers the conversation")

    def test_noted_as_each_alone(self):
        told = self._check({"user_id": self.reader.id})
        note = self.env.ref("mail.mt_note")
        self.assertTrue(all(messages[0][0] == note and messages[0][-1] for messages in told))

    def test_queries_do_not_grow_with_the_orders(self):
        counts = []
        for count in (3, 12):
            orders = self.env["sale.order"].union(
                *[self._order((self.green, 1)) for _each in range(count)]
            )
            orders.message_unsubscribe(orders.message_partner_ids.ids)
            self._write_changes()
            orders.write({"client_order_ref": f"R{count}", "state": "sent"})
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env.cr.precommit.run()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1] - counts[0], 9, counts)
