from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common_ways import WaysCase, json_order


@tagged("post_install", "-at_install")
class TestIntakeTerms(WaysCase):
    """What documents ask for besides goods: nothing of it is lost without a word."""

    def _codes(self, intake):
        self.assertEqual(intake.state, "accepted", intake.error)
        return [each["code"] for each in intake.findings or []]

    def test_other_payment_terms_are_told_and_ours_stay(self):
        terms = self.env.ref("account.account_payment_term_30days")
        self.channel_json.payment_term_id = terms
        same = self._take_in(json_order(1, payment_terms="Net 30"), self.channel_json)
        self.assertEqual((self._codes(same), same.order_id.payment_term_id), ([], terms))
        other = self._take_in(json_order(2, payment_terms="Net 90"), self.channel_json)
        self.assertEqual(
            (self._codes(other), other.order_id.payment_term_id), (["other_terms"], terms)
        )
        self.assertIn("“Net 90”, but the order has “30 Days”", other.warning_text)
        self.assertIn("Net 90", other.understood_table)

    def test_changed_payment_terms_are_for_people(self):
        first = self._take_in(json_order(3, payment_terms="Net 30"), self.channel_json)
        change = self._take_in(json_order(3, payment_terms="Net 60"), self.channel_json)
        self.assertEqual(change.state, "rejected")
        self.assertEqual([each["kind"] for each in change.differences], ["terms"])
        self.assertIn("payment terms", change.error)
        self.assertTrue(first.order_id.open_hold_count)

    def test_earliest_day_is_the_one_promised_where_there_is_no_other(self):
        day = fields.Date.today() + timedelta(days=20)
        intake = self._take_in(json_order(4, not_before=day.isoformat()), self.channel_json)
        self.assertEqual(intake.order_id.commitment_date.date(), day)
        self.assertIn(day.isoformat(), intake.understood_table)
        past = self._take_in(json_order(5, not_before="2020-01-01"), self.channel_json)
        self.assertEqual((self._codes(past), past.order_id.commitment_date), (["past_date"], False))
