import logging
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, formatLang

from ..engine import picture
from .ir_mail_server import INLINE

_logger = logging.getLogger(__name__)

DAYS, WEEKS = 28, 12
LATE = [("promise_state", "in", ("late", "overdue"))]


class DigestDigest(models.Model):
    """Charts of the order flow in the digest's mail: of what its reader may see."""

    _inherit = "digest.digest"

    has_order_charts = fields.Boolean(
        string="Charts of the Order Flow",
        help="Pictures in the mail: orders received and expected, on-time shipping, late orders,"
        " revenue. Only for readers who may see order facts.",
    )

    order_dashboard_id = fields.Many2one(
        "spreadsheet.dashboard",
        string="Dashboard as PDF",
        domain=[("order_code", "!=", False)],
        ondelete="set null",
        help="Goes with the mail as a file: with what each reader may see, of the reader's company."
        " Only for readers who may open the dashboard and see order facts.",
    )

    # === BUSINESS: the mail === #

    def _action_send_to_user(self, user, tips_count=1, consume_tips=True):
        charts = self._draw_order_charts(user) if self.has_order_charts else []
        paper = self._print_order_dashboard(user)
        if not charts and not paper:
            return super()._action_send_to_user(user, tips_count, consume_tips)
        files = [
            Command.create(
                {
                    "name": chart["name"],
                    "raw": chart.pop("picture"),
                    "mimetype": "image/png",
                    # They go with the mail.
                    "res_model": "mail.message",
                    "res_id": 0,
                }
            )
            for chart in charts
        ]
        digest = self.with_context(order_charts=charts, order_files=files + paper)
        return super(DigestDigest, digest)._action_send_to_user(user, tips_count, consume_tips)

    @api.model
    def _get_order_charts(self):
        """For the mail's template: dicts with ``title``, ``alt``, ``note`` and ``source``."""
        return self.env.context.get("order_charts") or []

    def _print_order_dashboard(self, user):
        """The chosen dashboard as a PDF, with what one reader may see: Commands of attachments."""
        company = user.company_id
        dashboard = self.order_dashboard_id.with_user(user).with_context(
            allowed_company_ids=company.ids, lang=user.lang, tz=user.tz or "UTC"
        )
        facts = self.env["order.fact"].with_env(dashboard.env)
        if not dashboard or not dashboard.has_access("read") or not facts.has_access("read"):
            return []
        try:
            content, _kind = dashboard.env["ir.actions.report"]._render_qweb_pdf(
                "order_reporting.action_report_dashboard", dashboard.ids
            )
        except UserError:
            # A server without wkhtmltopdf: the mail goes without it rather than not at all.
            _logger.warning("No PDF of %s for the digest", dashboard.name, exc_info=True)
            return []
        return [
            Command.create(
                {
                    "name": f"{dashboard.name.replace('/', '-')}.pdf",
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": "mail.message",
                    "res_id": 0,
                }
            )
        ]

    # === BUSINESS: the charts === #

    def _draw_order_charts(self, user):
        """The charts of one reader's company, drawn; those without any data are left out.

        :return: list of dicts ``name``, ``title``, ``note``, ``alt``, ``source``, ``picture``
        """
        if not picture.available():
            return []
        company = user.company_id
        facts = self.env["order.fact"].with_user(user).with_company(company)
        facts = facts.with_context(tz=user.tz or "UTC", allowed_company_ids=company.ids)
        try:
            facts.check_access("read")
        except AccessError:
            return []
        sold = [("company_id", "=", company.id), ("state", "=", "sale")]
        charts = [
            self._chart_orders(facts, sold),
            self._chart_on_time(facts, sold),
            self._chart_late(facts, sold),
            self._chart_revenue(facts, sold, company.currency_id),
        ]
        return [
            {**chart, "source": f"cid:{chart['name']}{INLINE}"} for chart in filter(None, charts)
        ]

    def _chart_orders(self, facts, sold):
        """Orders received each day, and expected."""
        today = fields.Date.context_today(facts)
        first = today - timedelta(days=DAYS)
        counts = {
            day.date(): count
            for day, count in facts._read_group(
                [*sold, ("date_received", ">=", fields.Datetime.to_datetime(first))],
                ["date_received:day"],
                ["__count"],
            )
        }
        if not counts:
            return None
        forecasts = self.env["order.forecast"].with_env(facts.env)
        expected = dict(
            forecasts._read_group(
                [
                    ("kind", "=", "orders"),
                    ("company_id", "in", facts.env.companies.ids),
                    ("date", ">=", today),
                ],
                ["date:day"],
                ["expected:sum"],
            )
        )
        days = [first + timedelta(days=n) for n in range(DAYS)] + sorted(expected)
        known = [counts.get(day, 0) if day < today else None for day in days]
        coming = [expected.get(day) for day in days]
        seen = [count for count in known if count is not None]
        return {
            "name": "orders.png",
            "title": self.env._("Orders received each day"),
            "note": self.env._("Dashed: expected.") if expected else "",
            "alt": self.env._(
                "%(count)s orders in %(days)s days, between %(least)s and %(most)s a day.",
                count=sum(seen),
                days=DAYS,
                least=min(seen),
                most=max(seen),
            ),
            "picture": picture.lines(
                [self._short_day(day) for day in days],
                [picture.Series(known), picture.Series(coming, picture.ORANGE, is_dashed=True)],
            ),
        }

    def _chart_on_time(self, facts, sold):
        """Share shipped on time of what was promised for each week."""
        today = fields.Date.context_today(facts)
        first = today - timedelta(days=today.weekday() + 7 * WEEKS)
        rates = facts._read_group(
            [*sold, ("date_promised", ">=", fields.Datetime.to_datetime(first))],
            ["date_promised:week"],
            ["on_time_rate:avg"],
        )
        rates = [(week.date(), rate) for week, rate in rates if week and rate is not None]
        if not rates:
            return None
        percent = [round(rate * 100) for _week, rate in rates]
        return {
            "name": "on_time.png",
            "title": self.env._("Shipped on time, by the week promised"),
            "note": "",
            "alt": self.env._(
                "%(last)s %% in the last week, between %(least)s %% and %(most)s %% before.",
                last=percent[-1],
                least=min(percent),
                most=max(percent),
            ),
            "picture": picture.lines(
                [self._short_day(week) for week, _rate in rates],
                [picture.Series([rate for _week, rate in rates], picture.GREEN)],
                is_share=True,
            ),
        }

    def _chart_late(self, facts, sold):
        """Orders late or overdue of the last weeks, by warehouse."""
        return self._chart_bars(
            "late.png",
            self.env._("Late and overdue orders of %s days, by warehouse", DAYS),
            facts._read_group(
                [*sold, *LATE, ("date_promised", ">=", self._some_days_ago())],
                ["warehouse_id"],
                ["__count"],
            ),
            picture.RED,
        )

    def _chart_revenue(self, facts, sold, currency):
        """Revenue of the last weeks, by channel."""
        return self._chart_bars(
            "revenue.png",
            self.env._(
                "Revenue of %(days)s days, by channel, in %(currency)s",
                days=DAYS,
                currency=currency.name,
            ),
            facts._read_group(
                [*sold, ("date_received", ">=", self._some_days_ago())],
                ["channel_id"],
                ["amount_ordered:sum"],
            ),
            picture.BLUE,
        )

    def _chart_bars(self, name, title, rows, color):
        pairs = picture.largest(
            # sudo: a name that every view of the fact shows anyway.
            (record.sudo().display_name or self.env._("Without"), float(value or 0))
            for record, value in rows
        )
        if not pairs:
            return None
        return {
            "name": name,
            "title": title,
            "note": "",
            "alt": ", ".join(f"{key}: {formatLang(self.env, value, 0)}" for key, value in pairs),
            "picture": picture.bars(pairs, color),
        }

    @api.model
    def _some_days_ago(self):
        return fields.Datetime.now() - timedelta(days=DAYS)

    @api.model
    def _short_day(self, day):
        return format_date(self.env, day, date_format="d MMM")
