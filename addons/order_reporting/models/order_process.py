from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.order_processing.flow import EVENT_SELECTION, STEP_RANK

from ..engine import process

#: The newest orders that are looked at, however long the period.
MOST_ORDERS = 20000
VARIANTS, WAITS = 12, 8


class OrderProcess(models.AbstractModel):
    """How orders really went, from their logs."""

    _name = "order.process"
    _description = "Order Process"

    @api.model
    def get_process(self, days=90, channel_id=False, warehouse_id=False, kind="all", share=0.02):
        """The picture of the orders received in the last ``days`` days that this user may see.

        :param str kind: ``all``, ``late``, ``held`` or ``returned`` orders
        :param float share: ways that fewer orders took aren't drawn
        :return: dict with ``svg``, ``variants``, ``waits``, ``loops``, ``orders`` and choices
        """
        traces = self._read_traces(self._get_domain(days, channel_id, warehouse_id, kind))
        graph = process.discover(traces.values())
        labels = dict(self._fields_labels())
        words = self._get_words()
        return {
            "svg": process.draw(graph, STEP_RANK, labels, words, share),
            "orders": graph.orders,
            "variants": [
                {
                    "steps": [labels.get(step, step) for step in steps],
                    "count": count,
                    "share": count / graph.orders,
                    "time": process.duration_text(hours, words),
                    "codes": list(steps),
                }
                for steps, count, hours in graph.variants[:VARIANTS]
            ],
            "variant_count": len(graph.variants),
            "waits": [
                {
                    "name": f"{labels.get(e.source, e.source)} → {labels.get(e.target, e.target)}",
                    "count": e.count,
                    "time": process.duration_text(e.hours, words),
                }
                for e in process.waits(graph, max(graph.orders * 0.01, 1))[:WAITS]
            ],
            "loops": [
                {"name": labels.get(step, step), "count": count}
                for step, count in sorted(graph.repeats.items(), key=lambda item: -item[1])
            ],
            "channels": self.env["order.cockpit"]._choices("order.channel"),
            "warehouses": self.env["order.cockpit"]._choices("stock.warehouse"),
        }

    @api.model
    def action_open_variant(self, codes, days=90, channel_id=False, warehouse_id=False, kind="all"):
        """Open the orders that went exactly through the steps ``codes``."""
        traces = self._read_traces(self._get_domain(days, channel_id, warehouse_id, kind))
        ids = [
            order_id
            for order_id, trace in traces.items()
            if [step for step, _moment in process.collapse(trace)] == list(codes)
        ]
        action = self.env["ir.actions.act_window"]._for_xml_id("order_reporting.order_fact_action")
        return {
            **action,
            "domain": [("order_id", "in", ids)],
            "context": {"create": False},
            "views": [(False, view) for view in ("list", "pivot", "graph", "form")],
        }

    def _get_domain(self, days, channel_id, warehouse_id, kind):
        self.env["order.fact"].check_access("read")
        domain = Domain("date_received", ">=", fields.Datetime.now() - timedelta(days=int(days)))
        domain &= {
            "late": Domain("promise_state", "in", ("late", "overdue")),
            "held": Domain("is_held", "=", True),
            "returned": Domain("is_returned", "=", True),
        }.get(kind, Domain.TRUE)
        if channel_id:
            domain &= Domain("channel_id", "=", channel_id)
        if warehouse_id:
            domain &= Domain("warehouse_id", "=", warehouse_id)
        return domain

    def _fields_labels(self):
        """Steps with what people read, translated."""
        return self.env["order.fact"]._fields["flow_step"]._description_selection(self.env)

    def _get_words(self):
        return {
            "title": self.env._("How orders flowed"),
            "orders": self.env._("%d orders"),
            "hours": self.env._("%.1f h"),
            "days": self.env._("%.1f days"),
        }

    def _read_traces(self, domain):
        """dict of order id → its steps, in one query; changes of fields are no steps."""
        facts = self.env["order.fact"]
        facts.flush_model()
        query = facts._search(domain, order="date_received DESC, id DESC", limit=MOST_ORDERS)
        steps = [code for code, _label in EVENT_SELECTION if code != "change"]
        rows = self.env.execute_query(
            SQL(
                "SELECT e.order_id, e.step, e.date FROM order_event e"
                " WHERE e.order_id IN (%s) AND e.step IN %s"
                " ORDER BY e.order_id, e.date, e.sequence",
                query.subselect("order_id"),
                tuple(steps),
            )
        )
        traces = defaultdict(list)
        for order_id, step, moment in rows:
            traces[order_id].append((step, moment))
        return traces
