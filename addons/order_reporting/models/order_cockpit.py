from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..engine import forecast

BUS = "order_cockpit"
BREACH_HOURS = (4, 12, 24)
NAMED = 12
#: Days over which the pace of a stage is taken.
PACE_DAYS = 7
LIVE = [("state", "=", "sale")]
GOODS = [*LIVE, ("goods_line_count", ">", 0), ("date_shipped", "=", False)]


class OrderCockpit(models.AbstractModel):
    """What waits at each stage just now, and which promises are about to be broken."""

    _name = "order.cockpit"
    _description = "Order Cockpit"

    @api.model
    def _get_stages(self):
        """The stages: code, title, domain of the orders there, since when, and what leaves it.

        A stage whose last entry is None waits for others than us; it is no bottleneck.
        """
        return [
            (
                "hold",
                self.env._("On Hold"),
                [("is_on_hold", "=", True), ("state", "!=", "cancel")],
                "date_received",
                None,
            ),
            (
                "release",
                self.env._("To Release"),
                [
                    ("state", "in", ("draft", "sent")),
                    ("channel_id", "!=", False),
                    ("is_on_hold", "=", False),
                ],
                "date_received",
                "date_released",
            ),
            (
                "pick",
                self.env._("To Pick"),
                [*GOODS, ("date_picked", "=", False)],
                "date_released",
                "date_picked",
            ),
            (
                "ship",
                self.env._("To Ship"),
                [*GOODS, ("date_picked", "!=", False)],
                "date_picked",
                "date_shipped",
            ),
            (
                "deliver",
                self.env._("On the Way"),
                [
                    *LIVE,
                    ("date_shipped", "!=", False),
                    ("date_delivered", "=", False),
                    ("date_labelled", "!=", False),
                ],
                "date_shipped",
                None,
            ),
            (
                "invoice",
                self.env._("To Invoice"),
                [*LIVE, ("date_shipped", "!=", False), ("date_invoiced", "=", False)],
                "date_shipped",
                "date_invoiced",
            ),
            (
                "pay",
                self.env._("To Be Paid"),
                [*LIVE, ("date_invoiced", "!=", False), ("date_paid", "=", False)],
                "date_invoiced",
                None,
            ),
        ]

    @api.model
    def get_board(self, channel_id=False, warehouse_id=False):
        """The board, of the facts this user may see.

        :param channel_id: only orders of this channel
        :param warehouse_id: only orders of this warehouse
        :return: dict with ``stages``, ``breaches``, ``channels``, ``warehouses`` and ``refreshed``
        """
        facts = self.env["order.fact"]
        facts.check_access("read")
        now = fields.Datetime.now()
        scope = Domain.TRUE
        if channel_id:
            scope &= Domain("channel_id", "=", channel_id)
        if warehouse_id:
            scope &= Domain("warehouse_id", "=", warehouse_id)
        stages = [self._read_stage(stage, scope, now) for stage in self._get_stages()]
        slowest = max(stages, key=lambda stage: stage["days_of_work"] or 0.0)
        if (slowest["days_of_work"] or 0.0) > 0.5:
            slowest["is_bottleneck"] = True
        return {
            "stages": stages,
            "breaches": self._read_breaches(scope, now),
            "loads": self._read_loads(warehouse_id),
            "projection": self._read_projection(),
            # sudo: names to filter by; whoever sees facts sees them there too.
            "channels": self._choices("order.channel"),
            "warehouses": self._choices("stock.warehouse"),
            "currency": self.env.company.currency_id.id,
            "refreshed": fields.Datetime.to_string(now),
        }

    def _choices(self, model):
        # sudo: names to filter by; whoever sees facts sees them there too.
        records = (
            self.env[model].sudo().search([("company_id", "in", [False, *self.env.companies.ids])])
        )
        return [{"id": record.id, "name": record.name} for record in records]

    def _read_stage(self, stage, scope, now):
        code, title, conditions, since, leaves = stage
        facts = self.env["order.fact"]
        domain = Domain(conditions) & scope
        [[count, value, oldest]] = facts._read_group(
            domain, aggregates=["__count", "amount_ordered:sum", f"{since}:min"]
        )
        old = facts.search_count(domain & Domain(since, "<", now - timedelta(days=1)))
        pace = None
        if leaves:
            moved = facts.search_count(
                scope
                & Domain("state", "=", "sale")
                & Domain(leaves, ">=", now - timedelta(days=PACE_DAYS))
            )
            pace = moved / PACE_DAYS
        return {
            "code": code,
            "title": title,
            "domain": list(domain),
            "count": count,
            "value": value or 0.0,
            "oldest": fields.Datetime.to_string(oldest) if oldest else False,
            "old": old,
            "old_domain": list(domain & Domain(since, "<", now - timedelta(days=1))),
            "pace": pace,
            "days_of_work": count / pace if pace else None,
            "is_bottleneck": False,
        }

    def _read_loads(self, warehouse_id):
        """Days to come on which a warehouse is expected to get more orders than it can pick."""
        domain = Domain("kind", "=", "picks") & Domain("load_rate", ">", 1.0)
        domain &= Domain("date", ">=", fields.Date.context_today(self))
        domain &= Domain("company_id", "in", self.env.companies.ids)
        if warehouse_id:
            domain &= Domain("warehouse_id", "=", warehouse_id)
        forecasts = self.env["order.forecast"].search(domain, order="date, id", limit=NAMED)
        return [
            {
                "id": row.id,
                # sudo: a name the list of forecasts shows anyway.
                "warehouse": row.sudo().warehouse_id.name,
                "day": format_date(self.env, row.date, date_format="EEE d MMM"),
                "expected": round(row.expected),
                "capacity": round(row.capacity),
            }
            for row in forecasts
        ]

    def _read_projection(self):
        """Sales of the month: so far, and with what the forecast says of its rest.

        Each order that comes in moves it. Only for those who may see every order: the forecast is
        the company's.

        :return: dict, or False where nothing is forecast
        """
        user = self.env.user
        own_only = user.has_group("sales_team.group_sale_salesman")
        if own_only and not user.has_group("sales_team.group_sale_salesman_all_leads"):
            return False
        company, today = self.env.company, fields.Date.context_today(self)
        forecasts = self.env["order.forecast"].search(
            [
                ("kind", "=", "sales"),
                ("company_id", "=", company.id),
                ("date", ">=", today - timedelta(days=today.weekday())),
            ]
        )
        if not forecasts:
            return False
        start = today.replace(day=1)
        last = fields.Date.end_of(today, "month")
        domain = self.env["order.cohort"]._within("date_received", start, start)
        domain &= Domain(LIVE) & Domain("company_id", "=", company.id)
        [[so_far]] = self.env["order.fact"]._read_group(domain, aggregates=["amount_total:sum"])
        so_far = so_far or 0.0

        def with_rest(name):
            points = {one.date: one[name] or 0.0 for one in forecasts}
            return so_far + forecast.rest_of(points, today, last)

        return {
            "month": format_date(self.env, today, date_format="MMMM"),
            "so_far": so_far,
            "expected": with_rest("expected"),
            "low": with_rest("low"),
            "high": with_rest("high"),
        }

    def _read_breaches(self, scope, now):
        """Promises broken already, and those that will be within hours."""
        facts = self.env["order.fact"]
        waiting = Domain(GOODS) & scope
        late = waiting & Domain("promise_state", "=", "overdue")
        soon = waiting & Domain("promise_state", "=", "open")
        steps = [
            {
                "title": self.env._("Overdue"),
                "count": facts.search_count(late),
                "domain": list(late),
                "is_late": True,
            }
        ]
        for hours in BREACH_HOURS:
            domain = soon & Domain("date_promised", "<", now + timedelta(hours=hours))
            steps.append(
                {
                    "title": self.env._("Due within %s h", hours),
                    "count": facts.search_count(domain),
                    "domain": list(domain),
                    "is_late": False,
                }
            )
        last = soon & Domain("date_promised", "<", now + timedelta(hours=BREACH_HOURS[-1]))
        found = facts.search(last | late, order="date_promised, id", limit=NAMED)
        labels = dict(facts._fields["flow_step"]._description_selection(self.env))
        orders = [
            {
                "id": fact.id,
                "name": fact.display_name,
                # sudo: shown in every view of the fact anyway.
                "customer": fact.sudo().partner_id.display_name,
                "step": labels.get(fact.flow_step, ""),
                "promised": fields.Datetime.to_string(fact.date_promised),
                "is_late": fact.promise_state == "overdue",
                "is_on_hold": fact.is_on_hold,
            }
            for fact in found
        ]
        return {"steps": steps, "orders": orders}
