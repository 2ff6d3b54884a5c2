from odoo import fields, models
from odoo.exceptions import UserError

from ..jobs import enqueue

#: Documents processed at once; more go to the background in chunks of as many.
CHUNK = 50


class OrderIntakeUpload(models.TransientModel):
    """Takes documents that somebody has as files into a channel."""

    _name = "order.intake.upload"
    _description = "Upload Order Documents"

    channel_id = fields.Many2one(
        "order.channel",
        required=True,
        domain="[('kind', '!=', 'manual')]",
        default=lambda self: self._default_channel(),
        help="The documents are read in this channel's format.",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Documents",
        help="One order per file, as the shop exports or posts it.",
    )

    def _default_channel(self):
        """The only channel that takes documents, if there is only one."""
        channels = self.env["order.channel"].search([("kind", "!=", "manual")], limit=2)
        return channels if len(channels) == 1 else False

    def action_upload(self):
        """Take the files in, process them and show what became of them."""
        self.ensure_one()
        if not self.attachment_ids:
            raise UserError(self.env._("Choose at least one file to upload."))
        files = [(each.raw or b"", each.name) for each in self.attachment_ids]
        intakes = self.channel_id._receive_documents(files, source="upload")
        known = len(intakes.filtered("replays"))
        fresh = intakes.filtered(lambda intake: intake.state == "received")
        if len(fresh) <= CHUNK:
            fresh.action_process()
        else:
            for start in range(0, len(fresh), CHUNK):
                chunk = fresh[start : start + CHUNK]
                enqueue(
                    chunk,
                    "action_process",
                    description=self.env._("Process uploaded order documents"),
                    identity_key=f"order.intake.process:{min(chunk.ids)}-{max(chunk.ids)}",
                )
        return self._show(intakes, known)

    def _show(self, intakes, known):
        """Notify about the result and open the documents."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_action"
        )
        action |= {"domain": [("id", "in", intakes.ids)], "context": {}}
        if len(intakes) == 1:
            action |= {"res_id": intakes.id, "views": [(False, "form")], "view_mode": "form"}
        accepted = len(intakes.filtered(lambda intake: intake.state == "accepted"))
        waiting = len(intakes.filtered(lambda intake: intake.state == "rejected"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if waiting else "success",
                "title": self.env._("Documents taken in"),
                "message": self.env._(
                    "%(accepted)s accepted, %(waiting)s need attention, %(known)s came before.",
                    accepted=accepted,
                    waiting=waiting,
                    known=known,
                ),
                "next": action,
            },
        }
