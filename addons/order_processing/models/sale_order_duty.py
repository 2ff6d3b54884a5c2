from collections import defaultdict

from odoo import models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..engine import duty as engine


class SaleOrder(models.Model):
    """Segregation of duties on one order: read from its log, asked before each duty."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _duties_done(self):
        """Who did what on these orders, and on their customers' bank data and credit limits.

        :return: dict order id → set of (user id, duty)
        """
        self.env["order.event"].flush_model()
        self.flush_recordset(["partner_id"])
        done = defaultdict(set)
        for order_id, user_id, duty in self.env.execute_query(
            SQL(
                """
                SELECT order_id, user_id, duty FROM order_event
                 WHERE order_id = ANY(%(ids)s) AND duty IS NOT NULL
                 UNION
                SELECT id, create_uid, 'enter' FROM sale_order WHERE id = ANY(%(ids)s)
                 UNION
                SELECT o.id, e.user_id, e.duty
                  FROM sale_order o
                  JOIN res_partner p ON p.id = o.partner_id
                  JOIN order_event e
                    ON e.order_id IS NULL AND e.duty IS NOT NULL
                   AND e.company_id = o.company_id
                   AND (e.details ->> 'partner')::integer = p.commercial_partner_id
                 WHERE o.id = ANY(%(ids)s)
                """,
                ids=self.ids,
            )
        ):
            done[order_id].add((user_id, duty))
        return done

    def _find_clashes(self, duty, users=None):
        """Conflicts that carrying out ``duty`` on these orders would run into.

        :param str duty: a code of ``flow.DUTIES``
        :param users: who would do it; the current user by default
        :return: dict order → list of ``engine.duty.Clash``
        """
        users = self.env.user if users is None else users
        conflicts = [
            c for c in self.env["order.duty.conflict"]._matrix("on_document") if c.other(duty)
        ]
        # sudo: whoever acts, the company decides and the log tells.
        orders = self.sudo()
        if (
            not conflicts
            or not orders
            or all(company.order_duty_document == "off" for company in orders.company_id)
        ):
            return {}
        done = orders._duties_done()
        excepted = self.env["order.duty.exception"]._valid(users, orders.company_id)
        found = {}
        for order in self:
            company = order.sudo().company_id
            clashes = [
                clash
                for user in users.ids
                for clash in engine.clashes(
                    user,
                    duty,
                    done[order.id],
                    conflicts,
                    company.order_duty_document,
                    {c.id for c in conflicts if (user, c.id, company.id) in excepted},
                )
            ]
            if clashes:
                found[order] = clashes
        return found

    def _check_duty(self, duty):
        """Refuse what one person may not do together on one of these orders, or tell it.

        Channels and the suite itself have no duties: only people do.

        :param str duty: what the user is about to do, a code of ``flow.DUTIES``
        :raise AccessError: names the orders and what the user did on them before
        """
        if not self or self._event_source() != "user":
            return
        found = self._find_clashes(duty)
        refused = {
            order: [clash for clash in clashes if clash.effect == "prevent"]
            for order, clashes in found.items()
        }
        if any(refused.values()):
            raise AccessError(self._duty_message(refused))
        self._tell_clashes(found)

    def _duty_message(self, refused):
        """Why one person may not do both, and what to do."""
        lines = [
            f"{order.sudo().name}: {self._conflict_names(clashes)}"
            for order, clashes in refused.items()
            if clashes
        ]
        return "\n".join(
            [
                self.env._("One person may not do both on the same order:"),
                *lines,
                self.env._("Ask a colleague to do this."),
            ]
        )

    def _conflict_names(self, clashes):
        return self.env["order.duty.exception"]._names([clash.conflict.id for clash in clashes])

    def _tell_clashes(self, found):
        """Tell tolerated conflicts in the orders' logs, each of them once per person and order.

        :param found: dict order → list of ``engine.duty.Clash``
        """
        if not found:
            return
        # sudo: the log tells, whoever may read it.
        known = self.env["order.event"].sudo()
        told = {
            (event.order_id.id, (event.details or {}).get("conflict"))
            for event in known.search(
                [
                    ("order_id", "in", [order.id for order in found]),
                    ("step", "=", "change"),
                    ("user_id", "=", self.env.uid),
                ]
            )
        }
        rows = [
            {
                "order": order,
                "step": "change",
                "summary": self.env._(
                    "Conflict of duties, tolerated: %s", self._conflict_names([clash])
                ),
                "details": {"conflict": clash.conflict.id},
                "source": "user",
            }
            for order, clashes in found.items()
            for clash in clashes
            if (order.id, clash.conflict.id) not in told
        ]
        if rows:
            known._append(rows)

    def _record_duty(self, duty, summary):
        """Tell in the log what a person did that moves no order on, such as taking a payment."""
        source = self._event_source()
        if self and source == "user":
            self.env["order.event"]._append(
                [
                    {
                        "order": order,
                        "step": "change",
                        "summary": summary,
                        "source": source,
                        "duty": duty,
                    }
                    for order in self
                ]
            )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def write(self, vals):
        """Ask before a price is changed by somebody who may not, on an order that is under way."""
        if vals.keys() & {"price_unit", "discount"}:
            changed = self.filtered(
                lambda line: any(
                    line[name] != vals[name] for name in ("price_unit", "discount") if name in vals
                )
            )
            changed.order_id._check_duty("price")
        return super().write(vals)
