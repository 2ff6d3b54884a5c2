import logging

import psycopg2

from odoo import api, fields, models
from odoo.tools.mail import email_normalize

from ..engine import quiet_hours
from ..jobs import has_runner

_logger = logging.getLogger(__name__)

AT_ONCE = 100


class OrderMessageKind(models.Model):
    """A kind of message to customers: its template, and another one for some channels."""

    _name = "order.message.kind"
    _description = "Kind of Customer Message"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True, help="Unchanging name.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="Archived: never sent.")
    is_answer = fields.Boolean(
        readonly=True,
        help="Answers what the customer asked for: sent even where customers get no other"
        " messages, and can't be declined.",
    )
    template_id = fields.Many2one(
        "mail.template", required=True, ondelete="restrict", domain="[('model', '=', 'sale.order')]"
    )
    channel_template_ids = fields.One2many(
        "order.message.template", "kind_id", string="Other Templates by Channel"
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "There is one row for each kind.")

    def _get_template(self, channel):
        """The template for an order's channel, else the default one."""
        self.ensure_one()
        own = self.channel_template_ids.filtered(lambda row: channel and row.channel_id == channel)
        return own.template_id or self.template_id


class OrderMessageTemplate(models.Model):
    """The words of one channel."""

    _name = "order.message.template"
    _description = "Customer Message by Channel"
    _rec_name = "channel_id"

    kind_id = fields.Many2one("order.message.kind", required=True, index=True, ondelete="cascade")
    channel_id = fields.Many2one("order.channel", required=True, index=True, ondelete="cascade")
    template_id = fields.Many2one(
        "mail.template", required=True, ondelete="restrict", domain="[('model', '=', 'sale.order')]"
    )

    _kind_channel_uniq = models.Constraint(
        "UNIQUE (kind_id, channel_id)", "This channel has its own template already."
    )


class OrderMessage(models.Model):
    """The outbox of messages to customers: one row for each order, kind and event, so never twice."""

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
                _logger.info("Message %s not sent: %s", message.id, error)
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


class ResCompany(models.Model):
    _inherit = "res.company"

    order_messages = fields.Boolean(
        string="Write to Customers",
        help="Customers are told when their order is received, shipped, delivered, late …",
    )
    order_quiet_from = fields.Float(string="Quiet From", default=21.0)
    order_quiet_to = fields.Float(string="Quiet Until", default=8.0)
    order_link_days = fields.Integer(
        string="Links Are Valid (days)",
        default=180,
        help="Days after which a customer's link to an order ends. 0: never.",
    )
    order_rating_days = fields.Integer(
        string="Ask for a Rating After (days)",
        default=3,
        help="Days after delivery. Archive the message “Rating” to never ask.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    order_messages = fields.Boolean(related="company_id.order_messages", readonly=False)
    order_quiet_from = fields.Float(related="company_id.order_quiet_from", readonly=False)
    order_quiet_to = fields.Float(related="company_id.order_quiet_to", readonly=False)
    order_link_days = fields.Integer(related="company_id.order_link_days", readonly=False)
    order_rating_days = fields.Integer(related="company_id.order_rating_days", readonly=False)


class OrderChannel(models.Model):
    _inherit = "order.channel"

    customer_messages = fields.Boolean(
        string="Write to Customers",
        default=True,
        help="Off where the marketplace writes to its customers itself.",
    )


class ResPartner(models.Model):
    _inherit = "res.partner"

    order_message_muted_ids = fields.Many2many(
        "order.message.kind",
        "order_message_muted_rel",
        string="Messages Declined",
        domain="[('is_answer', '=', False)]",
        help="What this customer doesn't want to be told by mail.",
    )


class SaleOrder(models.Model):
    """Which steps of an order its customer is told of."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    message_outbox_ids = fields.One2many(
        "order.message", "order_id", string="Customer Messages", groups="base.group_user"
    )

    def _wants_messages(self, kind):
        """Whether the customer of one order is told this kind of news."""
        self.ensure_one()
        return (
            self.company_id.order_messages
            and (not self.channel_id or self.channel_id.customer_messages)
            and kind not in self.partner_id.order_message_muted_ids
        )

    def _get_message_time(self, now):
        """The first moment from ``now`` on that isn't quiet where the customer is."""
        self.ensure_one()
        company = self.company_id
        zone = self.partner_id.tz or company.partner_id.tz or self.env.user.tz or "UTC"
        return quiet_hours.next_allowed(now, zone, company.order_quiet_from, company.order_quiet_to)

    def _record_event(self, step, summary, details=None, source="system", duty=None):
        """Tell customers of what they wait for."""
        events = super()._record_event(step, summary, details, source, duty)
        orders = self.sudo().filtered("company_id.order_messages")
        if orders:
            orders._tell_step(step, events)
        return events

    def _tell_step(self, step, events):
        """Queue the message of a step, if it has one."""
        message = self.env["order.message"]
        by_order = {event.order_id.id: event for event in events}
        if step in ("intake", "release"):
            message._queue(self, "received")
        elif step == "ship":
            message._queue(
                self,
                "shipped",
                event=lambda order: f"event:{by_order[order.id].id}",
                words=lambda order: by_order[order.id].summary,
            )
        elif step == "deliver":
            message._queue(self, "delivered", event=lambda order: f"event:{by_order[order.id].id}")
            for company, orders in self.grouped("company_id").items():
                orders._ask_rating(company.order_rating_days)
        elif step == "invoice":
            credited = self.filtered(
                lambda order: (by_order[order.id].details or {}).get("type") == "out_refund"
            )
            if credited:
                message._queue(
                    credited,
                    "refunded",
                    event=lambda order: by_order[order.id].details["document"],
                    words=lambda order: by_order[order.id].summary,
                )

    @api.model
    def _cron_tell_delayed(self):
        """Tell customers whose order should have left by now, once for each promised date."""
        now = fields.Datetime.now()
        late = self.search(
            [
                ("state", "=", "sale"),
                ("company_id.order_messages", "=", True),
                ("commitment_date", "<", now),
                ("commitment_date", ">", fields.Datetime.subtract(now, days=30)),
                ("delivery_status", "in", ("pending", "started", "partial")),
            ]
        )
        self.env["order.message"]._queue(
            late, "delayed", event=lambda order: f"due:{order.commitment_date.date()}"
        )


class OrderHold(models.Model):
    _inherit = "order.hold"

    def action_ask_customer(self):
        """Tell the customers that we need something from them before their order goes on."""
        self.check_access("write")
        for hold in self:
            self.env["order.message"]._queue(
                hold.order_id,
                "held",
                event=f"hold:{hold.id}",
                words=hold.what_to_do or "",
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The customer is asked, once for each hold."),
            },
        }

    @api.model_create_multi
    def create(self, vals_list):
        """Ask customers for a better address by ourselves: nobody else knows it."""
        holds = super().create(vals_list)
        asked = holds.filtered(
            lambda hold: hold.kind == "address" and hold.company_id.sudo().order_messages
        )
        for hold in asked:
            self.env["order.message"]._queue(hold.order_id, "held", event=f"hold:{hold.id}")
        return holds
