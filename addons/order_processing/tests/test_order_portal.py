import re

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common_flow import FlowCommon

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class PortalCase(FlowCommon, HttpCase):
    """A customer with a login, another one, and orders of the first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = new_test_user(cls.env, "portal_bob", "base.group_portal", email="bob@x.com")
        cls.stranger = new_test_user(cls.env, "portal_eve", "base.group_portal", email="eve@x.com")
        cls.partner = cls.customer.partner_id
        cls.partner.write(
            {
                "street": "1 Main Street",
                "city": "Albany",
                "zip": "12201",
                "state_id": cls.new_york.id,
                "country_id": cls.country.id,
            }
        )

    def setUp(self):
        super().setUp()
        self.order = self._order(
            (self.green, 3), channel=False, warehouse_id=self.east.id, partner_id=self.partner.id
        )
        self.order.action_confirm()
        self.order.picking_ids.action_assign()
        self.token = self.order._portal_ensure_token()

    def get(self, path="", token=None, **kwargs):
        url = f"/my/orders/{self.order.id}{path}"
        return self.url_open(f"{url}?access_token={token}" if token else url, **kwargs)

    def post(self, path, data, token=None, form="/change", files=None):
        """Send a form as a browser does, with the token of the page it is on."""
        page = self.get(form, token)
        found = TOKEN.search(page.text)
        data = {**data, "csrf_token": found[1] if found else "none"}
        url = f"/my/orders/{self.order.id}{path}"
        url = f"{url}?access_token={token}" if token else url
        return self.url_open(url, data=data, files=files, allow_redirects=False)


@tagged("post_install", "-at_install")
class TestOrderPortal(PortalCase):
    #: Every page of this addon that is about one order, and how it is asked for.
    ROUTES = (
        ("/change", "GET"),
        ("/change/send", "POST"),
        ("/again", "POST"),
        ("/message", "POST"),
    )

    def _refused(self, token=None):
        """Every route refuses, and nothing happens."""
        before = self.env["sale.order"].search_count([]), len(self.order.message_ids)
        for path, method in self.ROUTES:
            url = f"/my/orders/{self.order.id}{path}"
            url = f"{url}?access_token={token}" if token else url
            if method == "GET":
                answer = self.url_open(url)
            else:
                form = {"cancel": "1", "body": "x", "csrf_token": self._csrf()}
                answer = self.url_open(url, data=form, allow_redirects=False)
            self.assertEqual(answer.status_code, 404, (path, token))
            self.assertNotIn(self.order.name, answer.text)
        self.assertNotIn(self.order.name, self.get(token=token).text)
        self.order.invalidate_recordset()
        self.assertFalse(self.order.change_ids)
        self.assertEqual(self.order.state, "sale")
        after = self.env["sale.order"].search_count([]), len(self.order.message_ids)
        self.assertEqual(before, after)

    def _csrf(self):
        found = TOKEN.search(self.url_open("/web/login").text)
        if found:
            return found[1]
        return TOKEN.search(self.url_open("/my/messages").text)[1]

    def test_nobody_sees_it_without_its_link(self):
        self._refused()

    def test_a_forged_link_is_refused(self):
        self._refused("0" * len(self.token))
        self._refused(self.token[:-1])

    def test_another_orders_link_is_refused(self):
        other = self._order((self.red, 1), channel=False)
        self._refused(other._portal_ensure_token())

    def test_an_ended_link_is_refused(self):
        self.order.date_link_expires = "2020-01-01"
        self._refused(self.token)

    def test_a_link_that_was_taken_back_is_refused(self):
        self.order.action_revoke_link()
        self._refused(self.token)

    def test_another_customer_is_refused(self):
        self.authenticate("portal_eve", "portal_eve")
        self._refused()

    def test_a_form_from_elsewhere_is_refused(self):
        with mute_logger("odoo.http"):
            answer = self.url_open(
                f"/my/orders/{self.order.id}/change/send?access_token={self.token}",
                data={"cancel": "1"},
            )
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(self.order.state, "sale")

    def test_the_guest_follows_changes_and_cancels(self):
        page = self.get(token=self.token).text
        self.assertIn("Your order is confirmed.", page)
        self.assertIn("Change or cancel", page)
        self.assertNotIn("Routed", page)
        line = self.order.order_line
        answer = self.post("/change/send", {f"line_{line.id}": "2"}, self.token)
        self.assertEqual(answer.status_code, 303, answer.text[:300])
        self.assertEqual(line.product_uom_qty, 2)
        page = self.get(token=self.token).text
        self.assertIn("3 → 2", page)
        answer = self.post("/change/send", {"cancel": "1"}, self.token)
        self.assertEqual(self.order.state, "cancel")
        self.assertIn("The order is cancelled.", self.get(token=self.token).text)

    def test_bad_input_is_told_and_kept(self):
        line = self.order.order_line
        for value in ("abc", "-1", "1.001", "nan", "1e400"):
            answer = self.post("/change/send", {f"line_{line.id}": value}, self.token)
            self.assertEqual(answer.status_code, 422, value)
            self.assertIn('role="alert"', answer.text)
        answer = self.post("/change/send", {"date": "tomorrow"}, self.token)
        self.assertEqual(answer.status_code, 422)
        self.assertEqual(line.product_uom_qty, 3)

    def test_only_who_logged_in_sends_goods_elsewhere(self):
        form = {"street": "9 New Road", "city": "Albany", "zip": "12201"}
        self.post("/change/send", {**form, "note": "x"}, self.token)
        self.assertEqual(self.order.partner_shipping_id, self.partner)
        self.authenticate("portal_bob", "portal_bob")
        answer = self.post("/change/send", form)
        self.assertEqual(answer.status_code, 303, answer.text[:300])
        self.assertEqual(self.order.partner_shipping_id.street, "9 New Road")
        self.assertEqual(self.order.partner_shipping_id.parent_id, self.partner)
        self.assertEqual(self.order.picking_ids.partner_id.street, "9 New Road")

    def test_order_again_is_a_quotation(self):
        self.authenticate("portal_bob", "portal_bob")
        answer = self.post("/again", {})
        self.assertEqual(answer.status_code, 303)
        again = self.env["sale.order"].search([("origin", "=", self.order.name)])
        self.assertEqual((again.state, again.order_line.product_uom_qty), ("sent", 3))
        self.assertEqual(again.partner_id, self.partner)

    def test_a_question_reaches_whoever_looks_after_the_order(self):
        self.order.user_id = self.salesman
        answer = self.post("/message", {"body": "Where is <b>it</b>?"}, self.token)
        self.assertEqual(answer.status_code, 303)
        message = self.order.message_ids[0]
        self.assertEqual(message.author_id, self.partner)
        self.assertNotIn("<b>it</b>", message.body)
        task = self.order.activity_ids.filtered(lambda a: a.summary == "A customer asks")
        self.assertEqual(task.user_id, self.salesman)

    def test_too_many_tries_are_stopped(self):
        rate = self.env["order.portal.rate"]
        self.assertTrue(all(rate._take("x", 3, 60) for _try in range(3)))
        self.assertFalse(rate._take("x", 3, 60))
        self.assertTrue(rate._take("y", 3, 60))
        rate.search([("key", "=", "x")]).date = "2020-01-01"
        self.assertTrue(rate._take("x", 3, 60))
        self.post("/change/send", {"date": "x"}, self.token)
        counted = rate.search([("key", "=like", "post:%")])
        self.assertEqual(counted.count, 1)
        counted.count = 30
        answer = self.post("/change/send", {"cancel": "1"}, self.token)
        self.assertEqual((answer.status_code, self.order.state), (429, "sale"))

    def test_customers_choose_what_they_are_told(self):
        self.assertIn("/web/login", self.url_open("/my/messages").url)
        self.authenticate("portal_bob", "portal_bob")
        kinds = self.env["order.message.kind"].search([("is_answer", "=", False)])
        wanted = kinds[:2]
        self.partner.phone = "+1 415 555 0199"
        self.assertIn("Also by text message", self.url_open("/my/messages").text)
        data = {"kind": [str(kind.id) for kind in wanted], "csrf_token": self._csrf(), "sms": "1"}
        answer = self.url_open("/my/messages", data=data)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(self.partner.order_message_muted_ids, kinds - wanted)
        self.assertTrue(self.partner.order_message_sms)
        self.assertFalse(self.stranger.partner_id.order_message_muted_ids)
