import io
import re
from unittest.mock import patch

from PIL import Image

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from ..engine import picture
from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestDigestChart(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        groups = "base.group_user,order_reporting.group_reporting_user"
        cls.reader = new_test_user(cls.env, "reader", groups=groups, email="reader@example.com")
        cls.digest = cls.env["digest.digest"].create(
            {"name": "Weekly", "has_order_charts": True, "user_ids": [Command.set(cls.reader.ids)]}
        )

    def setUp(self):
        super().setUp()
        now = fields.Datetime.to_string(fields.Datetime.now())
        orders = self.env["sale.order"]
        for _number in range(3):
            orders += self.make_order(moment=now)
        self.fact(orders)

    def send(self, user=None):
        """The mail that one reader would get, as its parts."""
        before = self.env["mail.mail"].search([])
        self.digest._action_send_to_user(user or self.reader)
        mail = self.env["mail.mail"].search([]) - before
        [values] = mail._prepare_outgoing_list()
        message = self.env["ir.mail_server"]._build_email__(
            email_from=values["email_from"] or "us@example.com",
            email_to=values["email_to"],
            subject=values["subject"],
            body=values["body"],
            body_alternative=values["body_alternative"],
            attachments=values["attachments"],
            headers=values["headers"],
            subtype="html",
            subtype_alternative="plain",
        )
        return mail, message

    def pictures(self, message):
        return {
            part["Content-ID"].strip("<>"): part
            for part in message.walk()
            if part.get_content_maintype() == "image"
        }

    def test_the_parts_of_the_mail(self):
        mail, message = self.send()
        html = message.get_body(("html",)).get_content()
        found = self.pictures(message)
        self.assertIn("orders.png@order-flow", found)
        self.assertIn("revenue.png@order-flow", found)
        for cid, part in found.items():
            self.assertIn(f'src="cid:{cid}"', html)
            self.assertEqual(part.get_content_disposition(), "inline")
            image = Image.open(io.BytesIO(part.get_content()))
            self.assertEqual((image.format, image.width), ("PNG", 1096))
        self.assertEqual(html.count('src="cid:'), len(found))
        # Beside the text, in one part with it, and nowhere as a file to save.
        [related] = [
            part for part in message.walk() if part.get_content_type() == "multipart/related"
        ]
        self.assertEqual(len(list(related.iter_parts())), 1 + len(found))
        self.assertFalse(list(message.iter_attachments()))
        self.assertIn("unsubscribe", message["List-Unsubscribe"])
        self.assertEqual(mail.attachment_ids.mapped("res_model"), ["mail.message"] * len(found))

    def test_every_picture_is_told_in_words(self):
        _mail, message = self.send()
        html = message.get_body(("html",)).get_content()
        self.assertRegex(html, r'alt="\d+ orders in 28 days, between \d+ and \d+ a day\."')
        told = re.findall(r'<img[^>]*src="cid:[^>]*>', html)
        self.assertTrue(told)
        for picture_tag in told:
            self.assertRegex(picture_tag, r'alt="[^"]{5,}"')

    def test_in_the_language_of_the_reader(self):
        self.reader.lang = "fr_FR"
        [chart, *_rest] = self.digest.with_context(lang="fr_FR")._draw_order_charts(self.reader)
        self.assertEqual(chart["name"], "orders.png")
        self.assertEqual(
            self.digest.with_context(lang="fr_FR")._short_day(fields.Date.to_date("2026-05-02")),
            "2 mai",
        )

    def test_only_the_reader_s_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.reader.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        self.assertFalse(self.digest._draw_order_charts(self.reader))
        _mail, message = self.send()
        self.assertFalse(self.pictures(message))

    def test_only_for_those_who_may_see_facts(self):
        outsider = new_test_user(self.env, "outside", groups="base.group_user")
        self.assertFalse(self.digest._draw_order_charts(outsider))

    def test_without_the_library_the_mail_goes_out_without_pictures(self):
        with patch.object(picture, "available", return_value=False):
            mail, message = self.send()
        self.assertTrue(mail)
        self.assertFalse(self.pictures(message))

    def test_other_mails_stay_as_they_are(self):
        server = self.env["ir.mail_server"]
        message = server._build_email__(
            email_from="us@example.com",
            email_to=["you@example.com"],
            subject="Hello",
            body='<img src="cid:other@example.com"/>',
            subtype="html",
            attachments=[("chart.png", b"x", "image/png")],
        )
        [part] = message.iter_attachments()
        self.assertEqual(part.get_filename(), "chart.png")

    def test_pictures_go_with_the_mail(self):
        mail, _message = self.send()
        pictures = mail.attachment_ids
        self.assertTrue(pictures)
        mail.unlink()
        self.assertFalse(pictures.exists())
