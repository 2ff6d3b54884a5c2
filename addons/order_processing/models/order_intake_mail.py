from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.intake import archive
from ..engine.intake.canonical import ERROR
from ..engine.intake.registry import READERS, sniff


class OrderIntake(models.Model):
    _inherit = "order.intake"

    source = fields.Selection(
        selection_add=[("email", "E-mail"), ("pull", "Fetched")],
        ondelete={"email": "set default", "pull": "set default"},
    )

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Take in the documents attached to an e-mail to a channel's address.

        :return: the document whose chatter keeps the e-mail
        :raise UserError: the e-mail came to an address that belongs to no channel
        """
        channel = self.env["order.channel"].browse((custom_values or {}).get("channel_id"))
        if not channel.exists():
            raise UserError(self.env._("This address belongs to no channel."))
        # The gateway's defaults are meant for one record; here the documents decide.
        self = self.with_context(default_channel_id=False)
        channel = channel.with_env(self.env)
        files, problems = self._get_email_files(channel, msg_dict)
        intakes, left_out = channel._take_files(files, source="email")
        problems += left_out
        if not files and not problems:
            problems.append(
                self.env._(
                    "The e-mail has no document of the format %(format)s attached. Have it sent"
                    " again with the order as a file.",
                    format=READERS[channel.kind].label if channel.kind in READERS else "?",
                )
            )
        intakes._work_off(msg_dict.get("subject") or channel.name)
        if problems:
            intakes |= self._create_rejected_email(channel, msg_dict, problems)
        for intake in intakes[1:]:
            intake._keep_email(msg_dict)
        return intakes[:1]

    @api.model
    def _get_email_files(self, channel, msg_dict):
        """The attachments that may be documents, and what is wrong with some.

        Pictures of a signature, business cards and the like are left alone.

        :return: ``(list of (bytes, name), list of messages)``
        """
        reader = READERS.get(channel.kind)
        extensions = reader.extensions if reader else ()
        files, problems = [], []
        for attachment in msg_dict.get("attachments") or ():
            name, content, info = attachment[0], attachment[1], (*attachment, {})[2] or {}
            if isinstance(content, str):
                if "\ufffd" in content:
                    problems.append(
                        self.env._(
                            "%(file)s has characters that aren't of the character set the e-mail"
                            " states. Have it sent in a ZIP.",
                            file=name,
                        )
                    )
                    continue
                content = content.encode(info.get("encoding") or "utf-8", "replace")
            if not isinstance(content, bytes) or "cid" in info:
                continue
            if (
                archive.is_archive(content)
                or name.lower().endswith(tuple(extensions))
                or sniff(content, name)
            ):
                files.append((content, name))
        return files, problems

    @api.model
    def _create_rejected_email(self, channel, msg_dict, problems):
        """A document in the inbox for what of an e-mail couldn't be taken in."""
        subject = msg_dict.get("subject") or self.env._("E-mail without subject")
        lines = [
            f"Message-Id: {msg_dict.get('message_id') or ''}",
            f"From: {msg_dict.get('email_from') or ''}",
            f"Subject: {subject}",
            *problems,
        ]
        text = "\n".join(lines).encode("utf-8", "replace")
        intake = channel._receive(text, filename=f"{subject[:80]}.txt", source="email")
        if intake.state == "received":
            findings = [
                {"code": "email", "field": "", "severity": ERROR, "message": problem}
                for problem in problems
            ]
            # sudo: see ``order.intake.write``.
            intake.sudo().write(
                {"state": "rejected", "findings": findings, "error": "\n".join(problems)}
            )
        return intake

    def _keep_email(self, msg_dict):
        """Keep an e-mail in the chatter of one more document that came with it."""
        self.ensure_one()
        self.message_post(
            body=msg_dict.get("body") or "",
            subject=msg_dict.get("subject"),
            email_from=msg_dict.get("email_from"),
            author_id=msg_dict.get("author_id"),
            message_type="email",
            subtype_xmlid="mail.mt_note",
        )
