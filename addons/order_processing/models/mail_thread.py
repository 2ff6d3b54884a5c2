from odoo import api, models


class MailThread(models.AbstractModel):
    """Notes to many documents, written together.

    ``bulk_notes`` in the context is a dict that gathers what Odoo posts to each: documents → texts.
    """

    _inherit = "mail.thread"

    # === BUSINESS === #

    def message_post(self, **kwargs):
        """Keep plain notes for later, see ``_write_notes``."""
        notes = self.env.context.get("bulk_notes")
        if notes is None or set(kwargs) != {"body"}:
            return super().message_post(**kwargs)
        for record in self:
            notes.setdefault(record, []).append(kwargs["body"])
        return self.env["mail.message"]

    def message_post_with_source(self, source_ref, *, render_values=None, **kwargs):
        """Keep "created from" for later, which is a plain note, too."""
        notes = self.env.context.get("bulk_notes")
        if notes is None or source_ref != "mail.message_origin_link":
            return super().message_post_with_source(
                source_ref, render_values=render_values, **kwargs
            )
        body = self.env["ir.qweb"]._render(source_ref, render_values)
        for record in self:
            notes.setdefault(record, []).append(body)
        return self.env["mail.message"]

    @api.model
    def _write_notes(self, notes):
        """Write notes in one go, but post those of documents whose followers are told of notes.

        :param dict notes: what ``bulk_notes`` gathered, documents of any model
        """
        by_model = {}
        for record, bodies in notes.items():
            by_model.setdefault(record._name, {})[record.id] = list(bodies)
        for name, waiting in by_model.items():
            # sudo: whoever did what is noted, Odoo notes it.
            records = self.env[name].sudo().with_context(bulk_notes=None).browse(waiting)
            records._write_own_notes(waiting)

    def _write_own_notes(self, waiting):
        """Write the notes of documents of one model.

        :param dict waiting: texts in their order, by the document's id
        """
        followers = self.env["mail.followers"].sudo()
        told = set(
            followers.search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("subtype_ids", "in", self.env.ref("mail.mt_note").ids),
                ]
            ).mapped("res_id")
        )
        while waiting:
            bodies = {id_: texts.pop(0) for id_, texts in waiting.items()}
            quiet = self.browse([id_ for id_ in bodies if id_ not in told])
            quiet._message_log_batch(bodies)
            for record in self.browse([id_ for id_ in bodies if id_ in told]):
                record.message_post(body=bodies[record.id])
            waiting = {id_: texts for id_, texts in waiting.items() if texts}
