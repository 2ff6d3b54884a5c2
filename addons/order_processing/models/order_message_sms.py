from odoo import fields, models


class OrderMessageKind(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.message.kind"

    sms_text = fields.Char(
        string="Text Message",
        translate=True,
        help="Sent besides the mail to customers who want text messages; empty: none. {order} "
        "stands for the order's number, {news} for what is told of it, such as a parcel's number.",
    )

    def _get_sms_text(self, message):
        """What is sent as text message of a message, in the language of the environment."""
        self.ensure_one()
        words = (self.sms_text or "").replace("{order}", message.order_id.name)
        return " ".join(words.replace("{news}", message.words or "").split())


class ResPartner(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "res.partner"

    order_message_sms = fields.Boolean(
        string="Text Messages",
        help="This customer is told of orders by text message, too. It takes Odoo's SMS, and an "
        "account of a provider there.",
    )


class OrderMessage(models.Model):
    """Messages that also go as text message, by Odoo's own queue of those."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.message"

    is_texted = fields.Boolean(string="Text Message", readonly=True)

    def _send_one(self):
        """Extend: the mail's text message goes along; to who has no address it goes alone."""
        result = super()._send_one()
        if self._wants_sms():
            self._send_sms()
        return result

    def _wants_sms(self):
        """Whether this message goes as text message, too."""
        self.ensure_one()
        partner = self.order_id.partner_id
        muted = not self.kind_id.is_answer and self.kind_id in partner.order_message_muted_ids
        return bool(
            "sms.sms" in self.env  # Odoo's SMS is another addon
            and self.kind_id.sms_text
            and partner.order_message_sms
            and partner.phone
            and not muted
            and not self.is_texted
        )

    def _send_sms(self):
        """Put the text message in Odoo's queue, once."""
        self.ensure_one()
        partner = self.order_id.partner_id
        lang = partner.lang or self.env.lang
        # sudo: customers are told, whoever moves the order.
        self.env["sms.sms"].sudo().create(
            {
                "partner_id": partner.id,
                "number": partner._phone_format(number=partner.phone) or partner.phone,
                "body": self.kind_id.with_context(lang=lang)._get_sms_text(self),
            }
        )
        self.write({"is_texted": True, "state": "sent", "reason": False})
        if not self.date_sent:
            self.date_sent = fields.Datetime.now()
