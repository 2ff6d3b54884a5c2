import json
from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..engine import hashchain

#: Longest transaction the anchors allow for: an event may become visible that long after its time.
LATE = "1 hour"


class Problem(NamedTuple):
    """A row that isn't as it was recorded. ``order_id`` 0: the company's own log."""

    order_id: int
    sequence: int
    code: str
    event_id: int | None = None


class OrderEvent(models.Model):
    """Verifying: recompute what was sealed, from the rows as PostgreSQL keeps them."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.event"

    @api.model
    def _verify(self, orders):
        """Recompute the logs of ``orders``.

        :return: dict of the orders whose log was tampered with: order → number of the first row
            that is not as it was recorded, or is missing
        """
        first = {}
        for problem in self._find_problems(orders.ids):
            first.setdefault(problem.order_id, problem.sequence)
        return {order: first[order.id] for order in orders if order.id in first}

    @api.model
    def _find_problems(self, order_ids):
        """Every row of these orders' logs that isn't as it was recorded.

        :param order_ids: ids of ``sale.order``, also of orders that are gone
        :return: list of :class:`Problem`, by order and number
        """
        self.env["sale.order"].flush_model(["event_sequence", "event_hash"])
        heads = {
            order_id: (sequence, head)
            for order_id, sequence, head in self.env.execute_query(
                SQL(
                    "SELECT id, COALESCE(event_sequence, 0), event_hash"
                    " FROM sale_order WHERE id = ANY(%s)",
                    list(order_ids),
                )
            )
        }
        logs = self._read_rows(SQL("order_id = ANY(%s)", list(order_ids)))
        found = []
        for order_id in sorted({*heads, *logs}):
            sequence, head = heads.get(order_id, (0, None))
            found += self._problems_of(order_id, logs[order_id], sequence, head)
        return found

    @api.model
    def _find_company_problems(self, company):
        """Every row of a company's own log that isn't as it was recorded."""
        head = self.env["order.event.head"].sudo().search([("company_id", "=", company.id)])
        rows = self._read_rows(SQL("order_id IS NULL AND company_id = %s", company.id))[0]
        return self._problems_of(0, rows, head.sequence, head.hash)

    @api.model
    def _read_rows(self, condition):
        """Rows of the log straight from the table: dict order id or 0 → list of (id, Row).

        Numbers in the details are read digit by digit, as the ORM would round some changes away.
        """
        self.flush_model()
        query = SQL(
            "SELECT id, order_id, company_id, sequence, step, summary, date, user_id, source, duty,"
            " details::text AS details, previous_hash, hash FROM order_event WHERE %s"
            " ORDER BY order_id, sequence, id",
            condition,
        )
        self.env.cr.execute(query)
        logs = defaultdict(list)
        for vals in self.env.cr.dictfetchall():
            vals["details"] = json.loads(vals["details"] or "null", parse_float=Decimal)
            entry = self._sealed_part(vals)
            row = hashchain.Row(vals["sequence"], entry, vals["previous_hash"], vals["hash"])
            logs[vals["order_id"] or 0].append((vals["id"], row))
        return logs

    @api.model
    def _problems_of(self, order_id, rows, sequence, head):
        """Problems of one log, each with the id of its row where there is one."""
        ids = {row.sequence: event_id for event_id, row in rows}
        found = hashchain.problems([row for _id, row in rows], sequence, head or hashchain.GENESIS)
        return [Problem(order_id, number, code, ids.get(number)) for number, code in found]

    # === against the anchors === #

    @api.model
    def _find_anchor_problems(self, company):
        """What the company's anchors show that the logs alone can't: rows that were written anew
        with their whole log, orders that came or went with theirs.

        :return: list of :class:`Problem`
        """
        return [
            Problem(*row)
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT l.chain_id, l.sequence, 'anchor', MAX(e.id)
                      FROM order_event_anchor_line l
                      JOIN order_event_anchor a ON a.id = l.anchor_id
                 LEFT JOIN order_event e
                        ON e.sequence = l.sequence
                       AND COALESCE(e.order_id, 0) = l.chain_id
                       AND (e.order_id IS NOT NULL OR e.company_id = a.company_id)
                     WHERE a.company_id = %(company)s
                  GROUP BY l.id
                    HAVING COUNT(*) FILTER (WHERE e.hash = l.hash) = 0
                     UNION ALL
                    SELECT COALESCE(e.order_id, 0), e.sequence, 'late', e.id
                      FROM order_event e
                 LEFT JOIN (
                           SELECT l.chain_id, MAX(l.sequence) AS sequence
                             FROM order_event_anchor_line l
                             JOIN order_event_anchor a ON a.id = l.anchor_id
                            WHERE a.company_id = %(company)s
                         GROUP BY l.chain_id
                           ) known ON known.chain_id = COALESCE(e.order_id, 0)
                     WHERE e.company_id = %(company)s
                       AND e.sequence > COALESCE(known.sequence, 0)
                       AND e.date < (
                           SELECT MAX(date) FROM order_event_anchor
                            WHERE company_id = %(company)s
                           ) - INTERVAL %(late)s
                  ORDER BY 1, 2
                    """,
                    company=company.id,
                    late=LATE,
                )
            )
        ]
