from odoo import models

#: Ends the names of pictures that a mail shows in its text: ``<img src="cid:name@…">``.
INLINE = "@order-flow"


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    def _build_email__(self, email_from, email_to, subject, body, *args, **kwargs):
        """Put pictures that the text shows beside the text, where mail programs look for them.

        Odoo attaches every file, and a picture on a server can't be seen by those who are not
        logged in. Only attachments named in the text with our ending are moved.
        """
        attachments = kwargs.get("attachments") or []
        inline = [item for item in attachments if f"cid:{item[0]}{INLINE}" in (body or "")]
        if not inline:
            return super()._build_email__(email_from, email_to, subject, body, *args, **kwargs)
        kwargs["attachments"] = [item for item in attachments if item not in inline]
        message = super()._build_email__(email_from, email_to, subject, body, *args, **kwargs)
        text = message.get_body(("html",))
        for name, content, mimetype in inline:
            text.add_related(
                content,
                *mimetype.split("/"),
                cid=f"<{name}{INLINE}>",
                filename=name,
                disposition="inline",
            )
        return message
