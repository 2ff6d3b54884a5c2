from odoo.tests import tagged

from .test_order_portal import PortalCase


@tagged("post_install", "-at_install")
class TestTranslation(PortalCase):
    """What a customer reads is in the customer's language, whoever moves the order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"order_messages": True, "order_quiet_from": 0, "order_quiet_to": 0})
        for lang in ("de_DE", "es_ES"):
            cls.env["res.lang"]._activate_lang(lang)
            cls.env["ir.module.module"]._load_module_terms(["order_processing"], [lang])

    def _mail(self, lang, code, **values):
        self.partner.lang = lang
        message = self.env["order.message"]._queue(self.order, code, event=f"{lang}-{code}")
        message._send()
        self.assertEqual(message.state, "sent", message.reason)
        return message.mail_id.sudo()

    def test_order_page_is_in_german(self):
        self.partner.lang = "de_DE"
        self.authenticate("portal_bob", "portal_bob")
        page = self.get().text
        for words in (
            "Wo ist Ihre Bestellung?",
            "Ihre Bestellung ist bestätigt.",
            "Ändern oder stornieren",
            "Fragen Sie uns zu dieser Bestellung",
        ):
            self.assertIn(words, page)
        for words in ("Where is your order?", "Your order is confirmed.", "Change or cancel"):
            self.assertNotIn(words, page)
        change = self.get("/change").text
        self.assertIn("Bestellung stornieren", change)
        self.assertIn("Straße und Hausnummer", self.get("/change").text)

    def test_order_page_is_in_spanish(self):
        self.partner.lang = "es_ES"
        self.authenticate("portal_bob", "portal_bob")
        page = self.get().text
        self.assertIn("¿Dónde está su pedido?", page)
        self.assertNotIn("Where is your order?", page)

    def test_mails_are_in_the_customers_language(self):
        self.assertEqual(
            self._mail("de_DE", "shipped").subject, f"Bestellung {self.order.name} ist unterwegs"
        )
        mail = self._mail("de_DE", "delayed")
        self.assertIn("Guten Tag", mail.body_html)
        self.assertIn("Ihre Bestellung verspätet sich.", mail.body_html)
        self.assertIn(f"Ihre Bestellung {self.order.name}", mail.body_html)
        self.assertNotIn("Your order", mail.body_html)
        mail = self._mail("es_ES", "delivered")
        self.assertEqual(mail.subject, f"El pedido {self.order.name} ha llegado")
        self.assertIn("Su mercancía ha llegado.", mail.body_html)
        self.assertEqual(
            self._mail("en_US", "refunded").subject, f"Order {self.order.name}: your credit note"
        )

    def test_reminder_is_in_the_customers_language(self):
        level = self.env.ref("order_processing.account_dunning_level_1")
        self.assertEqual(
            level.with_context(lang="de_DE").subject,
            "Zahlungserinnerung: Rechnungen sind überfällig",
        )
        self.assertIn("überfällig", level.with_context(lang="de_DE").text)
        self.assertIn("vencidas", level.with_context(lang="es_ES").text)
