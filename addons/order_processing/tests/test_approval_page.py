from datetime import timedelta

from odoo import fields, http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common_approval import ApprovalCommon


@tagged("post_install", "-at_install")
class TestApprovalPage(ApprovalCommon, HttpCase):
    """The link in a mail: signed, for one person, once, for a while. Looking decides nothing."""

    def setUp(self):
        super().setUp()
        self.hold = self._held()
        self.asked = self.env["order.approval.request"].search([("hold_id", "=", self.hold.id)])
        self.path = f"/order/approval/{self.asked._token()}"

    def _post(self, decision="approve", path=None, csrf=True, **data):
        if csrf:
            data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(f"{path or self.path}/decide", data={"decision": decision, **data})

    def test_the_addressee_looks_and_approves(self):
        self.authenticate("approval_lead", "approval_lead")
        for _scanner in range(3):
            page = self.url_open(self.path)
            self.assertEqual(page.status_code, 200)
            self.assertEqual(self.hold.state, "pending")
        self.assertIn("Special price", page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        answer = self._post(note="Fine with me")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual((self.hold.state, self.hold.resolution), ("approved", "Fine with me"))
        self.assertEqual(self.hold.approval_ids.user_id, self.lead)

    def test_a_link_works_once(self):
        self.authenticate("approval_lead", "approval_lead")
        self._post("reject")
        self.assertEqual(self.hold.state, "rejected")
        self.hold.action_ask_again()
        for answer in (self.url_open(self.path), self._post()):
            self.assertEqual(answer.status_code, 410)
            self.assertIn("used this link already", answer.text)
        self.assertEqual(self.hold.state, "pending")

    def test_nobody_logs_in_first(self):
        answer = self.url_open(self.path, allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertIn("/web/login", answer.headers["Location"])
        answer = self.url_open(
            f"{self.path}/decide", data={"decision": "approve"}, allow_redirects=False
        )
        self.assertNotEqual(answer.status_code, 200)
        self.assertEqual(self.hold.state, "pending")

    def test_somebody_else_is_sent_away(self):
        for login in ("approval_boss", "flow_manager"):
            self.authenticate(login, login)
            for answer in (self.url_open(self.path), self._post()):
                self.assertEqual(answer.status_code, 403)
                self.assertNotIn("Special price", answer.text)
        self.assertEqual(self.hold.state, "pending")

    def test_a_forged_link_is_nothing(self):
        self.authenticate("approval_lead", "approval_lead")
        token = self.asked._token()
        for forged in (token[:-6] + "AAAAAA", token[:20], "x", "%00", "AQ" + token[2:30]):
            answer = self.url_open(f"/order/approval/{forged}")
            self.assertEqual(answer.status_code, 404, forged)
            self.assertNotIn("Special price", answer.text)

    def test_an_old_link_is_refused(self):
        self.authenticate("approval_lead", "approval_lead")
        self.asked.date_expires = fields.Datetime.now() - timedelta(minutes=1)
        answer = self.url_open(self.path)
        self.assertEqual(answer.status_code, 410)
        self.assertIn("too old", answer.text)

    def test_without_the_forms_secret_nothing_is_decided(self):
        self.authenticate("approval_lead", "approval_lead")
        with mute_logger("odoo.http"):
            self.assertEqual(self._post(csrf=False).status_code, 400)
        self.assertEqual(self.hold.state, "pending")

    def test_what_was_decided_meanwhile(self):
        self.authenticate("approval_lead", "approval_lead")
        self.hold.with_user(self.lead).action_approve()
        answer = self.url_open(self.path)
        self.assertEqual(answer.status_code, 410)
        self.assertIn("nothing left", answer.text)
