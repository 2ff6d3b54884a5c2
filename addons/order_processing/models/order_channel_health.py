from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: Documents of so many days make the error rate.
RATE_DAYS = 7
SILENT = "order_processing.mail_activity_type_silent"


class OrderChannel(models.Model):
    _name = "order.channel"
    _inherit = ["order.channel", "mail.activity.mixin"]

    silence_hours = fields.Float(
        string="Alert After Hours of Silence",
        help="Working hours of the company without any message after which somebody is asked to"
        " look. 0: never.",
    )
    last_message_at = fields.Datetime(
        compute="_compute_health", string="Last Message", help="When the last document came in."
    )
    backlog_count = fields.Integer(
        compute="_compute_health",
        string="Backlog",
        help="Documents that came in and are no orders yet.",
    )
    recent_count = fields.Integer(
        compute="_compute_health", help="Documents of the last 7 days, without repeats."
    )
    error_rate = fields.Float(
        compute="_compute_health",
        string="Error Rate (%)",
        digits=(5, 1),
        help="Share of the documents of the last 7 days that need attention.",
    )
    is_silent = fields.Boolean(
        compute="_compute_is_silent", help="No message for longer than is usual for this channel."
    )

    # === COMPUTE === #

    def _compute_health(self):
        """Read how the channels are, in one query."""
        self.env["order.intake"].flush_model(["channel_id", "state", "active"])
        found = {}
        if self.ids:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT channel_id,
                           max(create_date),
                           count(*) FILTER (
                               WHERE active AND state IN ('received', 'parsed', 'rejected')),
                           count(*) FILTER (
                               WHERE create_date >= %(since)s
                                 AND state NOT IN ('duplicate', 'superseded')),
                           count(*) FILTER (
                               WHERE create_date >= %(since)s AND state = 'rejected')
                      FROM order_intake
                     WHERE channel_id IN %(ids)s
                  GROUP BY channel_id
                    """,
                    since=fields.Datetime.now() - timedelta(days=RATE_DAYS),
                    ids=tuple(self.ids),
                )
            )
            found = {row[0]: row[1:] for row in rows}
        for channel in self:
            last, backlog, recent, wrong = found.get(channel._origin.id, (False, 0, 0, 0))
            channel.last_message_at = last and last.replace(microsecond=0)
            channel.backlog_count = backlog
            channel.recent_count = recent
            channel.error_rate = 100 * wrong / recent if recent else 0

    @api.depends("silence_hours", "kind", "active", "adopts_orders")
    def _compute_is_silent(self):
        now = fields.Datetime.now()
        for channel in self:
            since = channel.last_message_at or channel.create_date
            listens = channel.kind != "manual" or channel.adopts_orders
            watched = channel.active and listens and channel.silence_hours > 0
            if not watched or not since:
                channel.is_silent = False
                continue
            # sudo: everybody who sees the channel may know that it is silent.
            calendar = channel.company_id.sudo().resource_calendar_id
            hours = (now - since).total_seconds() / 3600
            # The clock's hours are a bound of the working hours and need no calendar.
            if calendar and hours > channel.silence_hours:
                hours = calendar.get_work_hours_count(since, now)
            channel.is_silent = hours > channel.silence_hours

    # === BUSINESS === #

    @api.model
    def _cron_check_silence(self):
        """Ask somebody to look after each channel that fell silent; take it back when it talks."""
        watched = self.search([("silence_hours", ">", 0)])
        asked = self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("activity_type_id", "=", self.env.ref(SILENT).id),
            ]
        )
        silent = watched.filtered("is_silent")
        talking = asked.filtered(lambda activity: activity.res_id not in silent.ids)
        talking.unlink()
        for channel in silent - self.browse((asked - talking).mapped("res_id")):
            last = channel.last_message_at
            channel.activity_schedule(
                SILENT,
                summary=self.env._("%(channel)s is silent", channel=channel.name),
                note=self.env._(
                    "No document for more than %(hours)g working hours; the last one came"
                    " %(last)s. Check the shop's webhook, the secret, or whether the partner still"
                    " sends.",
                    hours=channel.silence_hours,
                    last=last and f"{last} UTC" or self.env._("never"),
                ),
                user_id=channel._get_responsible().id,
            )

    def _get_responsible(self):
        """Who looks after this channel: the team's leader, or who set it up."""
        self.ensure_one()
        candidates = [self.team_id.user_id, self.user_id, self.create_uid]
        users = (user for user in candidates if user and user.active)
        return next(users, self.env.ref("base.user_admin"))
