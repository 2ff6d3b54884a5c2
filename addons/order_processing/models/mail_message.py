from odoo import fields, models


class DocumentReference(fields.Many2oneReference):
    """The document of a message, which doesn't look through the fields of all models.

    A hundred models have messages. For each message created, Odoo asks every one of their fields
    whether the message belongs there; nearly always, no field of the document is in memory, and
    there is nothing to add to.
    """

    def _update_inverses(self, records, value):
        if value and isinstance(value, int) and not self._has_cached(records, value):
            return
        super()._update_inverses(records, value)

    def _has_cached(self, records, document_id):
        """Whether a field of the document that lists such records is in memory."""
        names = set(records.mapped(self.model_field))
        return any(
            inverse._get_cache(records.env).get(document_id) is not None
            for inverse in records.pool.field_inverses[self]
            if inverse.model_name in names
        )


class MailMessage(models.Model):
    _inherit = "mail.message"

    res_id = DocumentReference(model_field="model")
