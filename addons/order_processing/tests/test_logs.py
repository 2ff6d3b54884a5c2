from unittest.mock import patch

from odoo.tests import tagged

from .. import logs
from ..logs import log_line
from .common_flow import FlowCommon


@tagged("post_install", "-at_install")
class TestLogs(FlowCommon):
    def test_a_line(self):
        order = self._order()
        found = log_line(
            "invoice failed",
            order=order,
            error=ValueError("Bob Norman, 123 Billing Street"),
            note="two words",
            channel=self.channel,
            empty=None,
        )
        self.assertEqual(
            found,
            f'invoice_failed order={order.name} error=ValueError note="two words"'
            f" channel={self.channel.id}",
        )
        job = log_line("x", order=order.with_context(job_uuid="abc") | self._order())
        self.assertTrue(job.startswith(f"x order={order.name},"))
        self.assertTrue(job.endswith(" job=abc"), job)

    def test_one_order_s_journey(self):
        order = self._order(channel_ref="#1001", channel_total=199.0)
        self.env.cr.postcommit.clear()
        # Not assertLogs: a test run may have switched information off altogether.
        with patch.object(logs, "journey") as journey:
            order.with_context(job_uuid="abc").action_confirm()
            self._ship(order.picking_ids)
            self.assertTrue(order.invoice_ids)  # by the channel's policy
            self.assertFalse(journey.info.called)  # not before it is kept
            self.env.cr.postcommit.run()
        lines = [call.args[1] for call in journey.info.call_args_list]
        mine = [each for each in lines if f" order={order.name} " in each]
        steps = [each.split()[0] for each in mine]
        for step in ("route", "release", "ship", "invoice"):
            self.assertIn(step, steps)
        for each in mine:
            self.assertIn(f" order={order.name} ref=#1001 channel={self.channel.id} ", each)
            self.assertNotIn("Norman", each)
        self.assertTrue(mine[0].endswith(" job=abc"), mine[0])
        events = order.event_ids.sorted("sequence")[-len(mine) :]
        self.assertEqual(steps, events.mapped("step"))
