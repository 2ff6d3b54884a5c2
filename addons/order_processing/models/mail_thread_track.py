from markupsafe import escape

from odoo import api, models
from odoo.tools import SQL, groupby

#: What Odoo gives a message of tracked changes; one with more is posted by itself.
POSTED = {"body", "author_id", "subtype_id", "tracking_value_ids"}
LOGGED = {"body", "author_id", "tracking_value_ids"}


class MailThread(models.AbstractModel):
    """Messages of tracked changes of many documents, written together.

    Odoo posts one by one what changed, with about seven queries each. A message that nobody is told
    of is nothing but rows; those are inserted at once, and the others are posted as ever.
    """

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "mail.thread"

    #: Whether many documents of this model write their messages together.
    _track_in_bulk = False

    # === BUSINESS === #

    def _message_track(self, fields_iter, initial_values_dict):
        """Gather what is posted, see :meth:`message_post`, and write it together."""
        if not self._track_in_bulk or len(self) < 2:
            return super()._message_track(fields_iter, initial_values_dict)
        tracks = []
        records = self.with_context(bulk_tracks=tracks, bulk_subtypes={})
        changes = super(MailThread, records)._message_track(fields_iter, initial_values_dict)
        logs = [(record, kwargs) for record, kwargs in tracks if "subtype_id" not in kwargs]
        posts = [(record, kwargs) for record, kwargs in tracks if "subtype_id" in kwargs]
        for author_id, found in groupby(logs, lambda track: track[1]["author_id"]):
            self._log_tracks(author_id, found)
        key = ("author_id", "subtype_id")
        for values, found in groupby(posts, lambda track: tuple(track[1][k] for k in key)):
            self._post_tracks(*values, found)
        return changes

    def message_post(self, **kwargs):
        """Keep messages of tracked changes for later."""
        if self._gather_track(kwargs, POSTED):
            return self.env["mail.message"]
        return super().message_post(**kwargs)

    def _message_log(self, **kwargs):
        """Keep notes of tracked changes for later."""
        if self._gather_track(kwargs, LOGGED):
            return self.env["mail.message"]
        return super()._message_log(**kwargs)

    def _gather_track(self, kwargs, names):
        tracks = self.env.context.get("bulk_tracks")
        if tracks is None or set(kwargs) != names:
            return False
        tracks.append((self.with_context(bulk_tracks=None, bulk_subtypes=None), kwargs))
        return True

    def _log_tracks(self, author_id, tracks):
        """Write notes of tracked changes.

        :param author_id: of all of them; None is the user
        :param tracks: pairs of a document and the arguments of its note
        """
        records = self.browse([record.id for record, _kwargs in tracks])
        bodies = {record.id: kwargs["body"] for record, kwargs in tracks}
        messages = records._message_log_batch(bodies, author_id=author_id)
        self._write_track_values(messages, [kwargs for _record, kwargs in tracks])

    def _post_tracks(self, author_id, subtype_id, tracks):
        """Post messages of tracked changes; one by one those that somebody is told of.

        :param author_id: of all of them; None is the user
        :param subtype_id: ``mail.message.subtype`` of all of them
        :param tracks: pairs of a document and the arguments of its message
        """
        records = self.browse([record.id for record, _kwargs in tracks])._fallback_lang()
        author_id, email_from = records._message_compute_author(author_id, None)
        own = records._message_compute_real_author(author_id).id
        recipients = self.env["mail.followers"]._get_recipient_data(
            records, "notification", subtype_id, []
        )
        notify_author = self.env.context.get("mail_notify_author")
        told = {
            record_id
            for record_id, partners in recipients.items()
            if any(
                data["active"] is not False and (partner_id != own or notify_author)
                for partner_id, data in partners.items()
            )
        }
        quiet = [track for track in tracks if track[0].id not in told]
        records = records.browse([record.id for record, _kwargs in quiet])
        domains = records.sudo()._mail_get_alias_domains(default_company=self.env.company)
        companies = records._mail_get_companies(default=self.env.company)
        answers = records._notify_get_reply_to(default=email_from, author_id=author_id)
        parents = records._get_track_parents()
        values_list = [
            {
                "author_id": author_id,
                "email_from": email_from,
                "model": self._name,
                "res_id": record.id,
                "body": escape(kwargs["body"]),
                "message_type": "notification",
                "parent_id": parents.get(record.id, False),
                "subtype_id": subtype_id,
                "attachment_ids": [],
                "email_add_signature": True,
                "record_alias_domain_id": domains[record.id].id,
                "record_company_id": companies[record.id].id,
                "reply_to": answers[record.id],
            }
            for record, kwargs in quiet
        ]
        messages = records._message_create(values_list)
        self._write_track_values(messages, [kwargs for _record, kwargs in quiet])
        for record, message, values in zip(records, messages, values_list, strict=True):
            record._message_post_after_hook(message, values)
        for record, kwargs in tracks:
            if record.id in told:
                record.message_post(**kwargs)

    @api.model
    def _write_track_values(self, messages, kwargs_list):
        """Insert the changed values of messages, which Odoo itself does message by message."""
        # sudo: as Odoo does; who changed something need not be able to write what is tracked.
        self.env["mail.tracking.value"].sudo().create(
            [
                command[2] | {"mail_message_id": message.id}
                for message, kwargs in zip(messages, kwargs_list, strict=True)
                for command in kwargs["tracking_value_ids"] or ()
            ]
        )

    def _get_track_parents(self):
        """The messages that new ones answer: dict id → id, see ``_message_compute_parent_id``."""
        if not self._mail_flat_thread:
            return {}
        self.env["mail.message"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT ON (res_id) res_id, id FROM mail_message
                     WHERE model = %s AND res_id = ANY(%s) AND message_type != 'user_notification'
                  ORDER BY res_id, message_type IN ('comment', 'email') DESC,
                           COALESCE(date, create_date) DESC, id DESC
                    """,
                    self._name,
                    self.ids,
                )
            )
        )


class SaleOrder(models.Model):
    _inherit = "sale.order"
    _track_in_bulk = True


class StockPicking(models.Model):
    _inherit = "stock.picking"
    _track_in_bulk = True


class AccountMove(models.Model):
    _inherit = "account.move"
    _track_in_bulk = True


class MailMessageSubtype(models.Model):
    _inherit = "mail.message.subtype"

    def exists(self):
        """Ask once for many messages: Odoo does twice for each that it posts."""
        known = self.env.context.get("bulk_subtypes")
        if known is None:
            return super().exists()
        if self.ids and self._ids not in known:
            known[self._ids] = super().exists().ids
        return self.browse(known.get(self._ids))
