import logging

import psycopg2

from odoo import api, fields, models
from odoo.tools.mail import email_normalize

from ..jobs import has_runner
from ..logs import log_line

_logger = logging.getLogger(__name__)

AT_ONCE = 100


class OrderMessage(models.Model):
    """The outbox of messages to customers.

    One row for each order, kind and event, so that nobody is told twice.
    """

    _name = "order.message"
    _description = "Customer Message"
    _order = "id desc"
    _rec_name = "kind_id"

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    kind_id = fields.Many2one("order.message.kind", required=True, readonly=True, index=True)
    event = fields.Char(
        required=True, readonly=True, default="", help="What it is about, such as a parcel."
    )
    words = fields.Char(readonly=True, help="What is told besides the template.")
    attachment_ids = fields.Many2many("ir.attachment", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("sent", "Sent"),
            ("skipped", "Not Wanted"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    reason = fields.Char(readonly=True, help="Why it wasn't sent.")
    date_due = fields.Datetime(
        required=True, readonly=True, help="Not before: quiet hours are kept."
    )
    date_sent = fields.Datetime(readonly=True)
    mail_id = fields.Many2one("mail.mail", readonly=True, ondelete="set null")

    _once_uniq = models.Constraint(
        "UNIQUE (order_id, kind_id, event)", "The customer was told that already."
    )

    # === ACTION === #

    def action_retry(self):
        """Try again what failed."""
        self.check_access("read")
        if not self.env.user.has_group("order_processing.group_order_user"):
            return False
        # sudo: the outbox is written by its own methods only; rights were checked.
        failed = self.sudo().filtered(lambda row: row.state == "failed")
        failed.write({"state": "waiting", "reason": False})
        failed._send()
        return True

    # === BUSINESS === #

    @api.model
    def _queue(self, orders, code, event="", words="", attachments=None, delay=None):
        """Put a message about each of these orders in the outbox, unless it is there already.

        :param str code: code of an ``order.message.kind``
        :param event: text, or a function of the order that gives it: tells messages of one kind
            apart
        :param attachments: ``ir.attachment`` to send along
        :param delay: timedelta after which it is sent
        :return: the new messages
        """
        # sudo: customers are told, whoever moves the order.
        kind = self.env["order.message.kind"].sudo().search([("code", "=", code)], limit=1)
        told = orders.sudo().filtered(lambda order: kind.is_answer or order._wants_messages(kind))
        if not kind or not told:
            return self.browse()
        now = fields.Datetime.now() + delay if delay else fields.Datetime.now()
        vals_list = [
            {
                "order_id": order.id,
                "kind_id": kind.id,
                "event": event(order) if callable(event) else event,
                "words": words(order) if callable(words) else words,
                "date_due": now if kind.is_answer else order._get_message_time(now),
            }
            for order in told
        ]
        known = {
            (row.order_id.id, row.event)
            for row in self.sudo().search([("order_id", "in", told.ids), ("kind_id", "=", kind.id)])
        }
        fresh = [vals for vals in vals_list if (vals["order_id"], vals["event"]) not in known]
        messages = self.sudo().create(fresh)
        if attachments:
            messages.attachment_ids = attachments
        messages._send_later()
        return messages

    def _send_later(self):
        """Have due messages sent by a job; a cron sends those that wait, and all without jobs."""
        if self and has_runner():
            for date, messages in self.grouped("date_due").items():
                messages.with_delay(eta=date, description=self.env._("Write to customers"))._send()

    @api.model
    def _cron_send(self):
        """Send what is due, oldest first."""
        domain = [("state", "=", "waiting"), ("date_due", "<=", fields.Datetime.now())]
        due = self.search(domain, limit=AT_ONCE, order="date_due, id")
        due._send()
        self.env["ir.cron"]._commit_progress(len(due), remaining=self.search_count(domain))

    def _send(self):
        """Write the mails of those of these messages that are due (a job: it may run twice).

        A message and its mail are written in one transaction, of rows nobody else holds: so
        there is one mail for each.
        """
        now = fields.Datetime.now()
        mine = self.sudo().exists().try_lock_for_update()
        mine.invalidate_recordset(["state"])
        for message in mine:
            if message.state != "waiting" or message.date_due > now:
                continue
            try:
                with self.env.cr.savepoint():
                    message._send_one()
            except psycopg2.OperationalError:
                raise
            except Exception as error:
                words = log_line(
                    "message failed", order=message.order_id, message=message, error=error
                )
                _logger.info("%s", words)
                message.write({"state": "failed", "reason": str(error)[:300]})

    def _send_one(self):
        self.ensure_one()
        order = self.order_id
        if not email_normalize(order.partner_id.email or ""):
            self.write({"state": "skipped", "reason": self.env._("No e-mail address.")})
            return
        if not self.kind_id.is_answer and self.kind_id in order.partner_id.order_message_muted_ids:
            self.write({"state": "skipped", "reason": self.env._("The customer declined it.")})
            return
        template = self.kind_id._get_template(order.channel_id)
        lang = order.partner_id.lang or self.env.lang
        mail_id = template.with_context(lang=lang, order_message_words=self.words or "").send_mail(
            order.id,
            email_values={
                "attachment_ids": self.attachment_ids.ids,
                "recipient_ids": [],
                "email_to": order.partner_id.email_formatted,
            },
            email_layout_xmlid="mail.mail_notification_light",
        )
        self.write(
            {
                "state": "sent",
                "date_sent": fields.Datetime.now(),
                "mail_id": mail_id,
                "reason": False,
            }
        )
