from odoo import api, models


class MailThread(models.AbstractModel):
    """Notes to many documents, written together.

    ``bulk_notes`` in the context is a dict that gathers what Odoo posts to each: documents → texts.
    ``bulk_tracked`` is a list that gathers what Odoo tells of changed fields: pairs of a document
    and the arguments of ``_message_log`` or ``message_post``.
    """

    _inherit = "mail.thread"

    # === BUSINESS === #

    def message_post(self, **kwargs):
        """Keep plain notes and changed fields for later: ``_write_notes``, ``_write_tracked``."""
        if self._keep_tracked(kwargs):
            return self.env["mail.message"]
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

    def _message_log(self, **kwargs):
        """Keep changed fields for later, see ``_write_tracked``."""
        if self._keep_tracked(kwargs):
            return self.env["mail.message"]
        return super()._message_log(**kwargs)

    def _keep_tracked(self, kwargs):
        """Whether what is told of changed fields is kept for later, together with others."""
        tracked = self.env.context.get("bulk_tracked")
        if tracked is None or "tracking_value_ids" not in kwargs:
            return False
        tracked.append((self, kwargs))
        return True

    def _message_track(self, fields_iter, initial_values_dict):
        """Write what is told of many documents' changed fields in one go."""
        if len(self) < 2 or self.env.context.get("bulk_tracked") is not None:
            return super()._message_track(fields_iter, initial_values_dict)
        tracked = []
        records = self.with_context(bulk_tracked=tracked)
        result = super(MailThread, records)._message_track(fields_iter, initial_values_dict)
        self._write_tracked(tracked)
        return result

    @api.model
    def _write_tracked(self, tracked):
        """Write what Odoo tells of changed fields; where followers are told of it, Odoo does.

        :param list tracked: what ``bulk_tracked`` gathered, documents of any model
        """
        groups = {}
        for record, kwargs in tracked:
            key = (record._name, kwargs.get("author_id"), kwargs.get("subtype_id"))
            groups.setdefault(key, {})[record.id] = kwargs
        for (name, author, subtype), waiting in groups.items():
            # sudo: whoever changes a document, Odoo notes it.
            records = self.env[name].sudo().with_context(bulk_tracked=None).browse(waiting)
            told = records._get_told(self.env["mail.message.subtype"].browse(subtype))
            for record in records:
                if record.id in told:
                    record.message_post(**waiting[record.id])
            quiet = records.filtered(lambda record, told=told: record.id not in told)
            quiet._log_tracked(waiting, author, subtype)

    def _log_tracked(self, waiting, author, subtype):
        """Write messages about changed fields nobody is told of.

        :param dict waiting: arguments as of ``message_post`` by the document's id
        :param author: id of the author, or none for the user
        :param subtype: id of the subtype, or none for an internal note
        """
        bodies = {record.id: waiting[record.id]["body"] for record in self}
        messages = self._message_log_batch(bodies, author_id=author)
        if subtype:
            # As ``message_post`` has it: portal users may see it, too.
            messages.write(
                {"subtype_id": subtype, "is_internal": False, "email_add_signature": True}
            )
        self.env["mail.tracking.value"].sudo().create(
            [
                {**command[2], "mail_message_id": message.id}
                for message in messages
                for command in waiting[message.res_id]["tracking_value_ids"]
            ]
        )

    def _get_told(self, subtypes):
        """Ids of those of these documents that have a follower who is told of these subtypes."""
        if not subtypes:
            return set()
        followers = self.env["mail.followers"].sudo()
        return set(
            followers.search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("subtype_ids", "in", subtypes.ids),
                ]
            ).mapped("res_id")
        )

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
        told = self._get_told(self.env.ref("mail.mt_note"))
        while waiting:
            bodies = {id_: texts.pop(0) for id_, texts in waiting.items()}
            quiet = self.browse([id_ for id_ in bodies if id_ not in told])
            quiet._message_log_batch(bodies)
            for record in self.browse([id_ for id_ in bodies if id_ in told]):
                record.message_post(body=bodies[record.id])
            waiting = {id_: texts for id_, texts in waiting.items() if texts}
