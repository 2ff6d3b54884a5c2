from odoo.tests import HttpCase, new_test_user, tagged

from .common_return import ReturnCase


@tagged("post_install", "-at_install")
class TestTranslation(ReturnCase, HttpCase):
    """Pages and papers of the shipping are in the customer's language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.env["ir.module.module"]._load_module_terms(
            ["order_processing", "order_shipping"], ["de_DE"]
        )

    def test_return_page_is_in_german(self):
        order = self.make_shipped(pay=True)
        customer = new_test_user(self.env, "german_customer", "base.group_portal", lang="de_DE")
        customer.partner_id.lang = "de_DE"
        order.partner_id = customer.partner_id
        self.authenticate("german_customer", "german_customer")
        page = self.url_open(f"/my/orders/{order.id}/return").text
        for words in ("Was wünschen Sie?", "Tagen nach der Lieferung.", "Ich möchte es nicht mehr"):
            self.assertIn(words, page)
        for words in ("What would you like?", "days of delivery", "Money back", "Choose …"):
            self.assertNotIn(words, page)
        self.assertIn("Zurücksenden", self.url_open(f"/my/orders/{order.id}").text)

    def test_packing_slip_is_in_german(self):
        order = self.make_shipped()
        order.partner_id.lang = "de_DE"
        picking = order.picking_ids[:1]
        report = self.env["ir.actions.report"]
        html = report._render_qweb_html("order_shipping.report_packing_slip", picking.ids)[0]
        self.assertIn("Packzettel", html.decode())
        self.assertNotIn("Packing slip", html.decode())
