from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.order_channel import OWN_KINDS


class OrderIntakeUpload(models.TransientModel):
    """Takes documents that somebody has as files into a channel."""

    _name = "order.intake.upload"
    _description = "Upload Order Documents"

    channel_id = fields.Many2one(
        "order.channel",
        required=True,
        domain="[('kind', 'not in', ('manual', 'website', 'pos'))]",
        default=lambda self: self._default_channel(),
        help="The documents are read in this channel's format.",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Documents",
        help="Files as the shop exports or posts them, of one order or many; or a ZIP of such"
        " files.",
    )

    def _default_channel(self):
        """The only channel that takes documents, if there is only one."""
        channels = self.env["order.channel"].search([("kind", "not in", OWN_KINDS)], limit=2)
        return channels if len(channels) == 1 else False

    def action_upload(self):
        """Take the files in, process them and show what became of them.

        :raise UserError: no file is a document of the channel
        """
        self.ensure_one()
        if not self.attachment_ids:
            raise UserError(self.env._("Choose at least one file to upload."))
        files = [(each.raw or b"", each.name) for each in self.attachment_ids]
        intakes, problems = self.channel_id._take_files(files, source="upload")
        if not intakes:
            raise UserError("\n".join(problems))
        known = len(intakes.filtered("replays"))
        names = ", ".join(self.attachment_ids.mapped("name"))
        batch = intakes._work_off(names, problems)
        if batch:
            return self._show_batch(batch, len(intakes), known)
        return self._show(intakes, known, problems)

    @api.model
    def _show_batch(self, batch, count, known):
        """Notify that the documents are on their way, and open their batch."""
        message = self.env._(
            "%(count)s documents are worked off, %(known)s of them came before.",
            count=count,
            known=known,
        )
        return self._notify(message, batch._open(), warn=bool(batch.problems))

    @api.model
    def _show(self, intakes, known, problems):
        """Notify about the result and open the documents."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_action"
        )
        action |= {"domain": [("id", "in", intakes.ids)], "context": {}}
        if len(intakes) == 1:
            action |= {"res_id": intakes.id, "views": [(False, "form")], "view_mode": "form"}
        accepted = len(intakes.filtered(lambda intake: intake.state == "accepted"))
        waiting = len(intakes.filtered(lambda intake: intake.state == "rejected"))
        message = self.env._(
            "%(accepted)s accepted, %(waiting)s need attention, %(known)s came before.",
            accepted=accepted,
            waiting=waiting,
            known=known,
        )
        message = "\n".join([message, *problems])
        return self._notify(message, action, warn=bool(waiting or problems), stay=bool(problems))

    @api.model
    def _notify(self, message, action, warn=False, stay=False):
        """A notification of the web client, followed by an action."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if warn else "success",
                "sticky": stay,
                "title": self.env._("Documents taken in"),
                "message": message,
                "next": action,
            },
        }
