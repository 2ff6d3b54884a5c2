import logging

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.modules.registry import Registry
from odoo.tools.misc import clean_context, split_every

from ..flow import HOLD_BLOCKING
from ..jobs import enqueue

_logger = logging.getLogger(__name__)

#: Where ids of orders to look at again are collected until the transaction ends.
PENDING = "order_processing.rules"
#: Changes of an order that rules care about.
WATCHED = frozenset(
    {
        "partner_id",
        "partner_invoice_id",
        "partner_shipping_id",
        "pricelist_id",
        "fiscal_position_id",
        "commitment_date",
        "warehouse_id",
        "client_ip",
        "ip_country_id",
    }
)
#: Of these, what makes a confirmed order another order than the one that was released.
CHANGING = frozenset({"partner_id", "partner_invoice_id", "partner_shipping_id"})
CHUNK = 200
#: Times a hold is tried to be placed while others are at work on the order.
ATTEMPTS = 5


class CheckedOrders(frozenset):
    """Ids of orders whose rules were looked at for a gate in this very call.

    A type of its own, since a context that comes over RPC holds plain values only: nobody outside
    can say that an order was checked.
    """

    __slots__ = ()


class SaleOrder(models.Model):
    """When rules are looked at: at every gate, and when something they look at changes."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """An order that is created as a confirmed one passes the gate like any other."""
        orders = super().create(vals_list)
        # Its lines are new because it is.
        self._pending()["changed"].difference_update(orders.ids)
        self._pending()["orders"].difference_update(orders.ids)
        confirmed = orders.filtered(lambda order: order.state == "sale")
        if confirmed and self.env["order.rule"]._get_active():
            confirmed._check_created()
        return orders

    def write(self, vals):
        """Have orders checked again when what rules look at changes."""
        if WATCHED & vals.keys():
            self._touch_rules(changed=bool(CHANGING & vals.keys()))
        confirmed = self.browse()
        if vals.get("state") == "sale":
            confirmed = self.filtered(lambda order: order.state != "sale")
        result = super().write(vals)
        if confirmed:
            # sudo: what the lines cost is remembered, whoever confirms.
            confirmed.sudo().order_line._keep_confirmed_prices()
        return result

    # === BUSINESS: gates === #

    def _check_created(self):
        """Check orders that come into the database confirmed, by import or another program.

        They are past their release, so what is wrong holds them at the next gate.
        """
        self._apply_findings(self._find_problems(changed=frozenset(self.ids)))
        # sudo: what the lines cost is remembered, whoever confirms.
        self.sudo().order_line._keep_confirmed_prices()

    def _check_gate(self, gate):
        """Look at the rules of a gate before asking whether it is open.

        What is raised takes the holds just placed with it when the transaction is rolled back;
        they are placed again after that, so that the order shows what keeps it.
        """
        self._check_rules(gate)
        try:
            return super()._check_gate(gate)
        except UserError:
            self._check_after_rollback()
            raise

    def _check_rules(self, gate):
        """Make the holds of these orders at ``gate`` agree with the rules.

        :param str gate: a code of ``flow.GATES``
        """
        if gate == "release":
            checked = self.env.context.get("order_checked")
            done = checked if isinstance(checked, CheckedOrders) else ()
            orders = self.filtered(
                lambda order: order.state in ("draft", "sent") and order.id not in done
            )
            orders._untouch()
            orders._apply_findings(orders._find_problems(confirming=True))
            return
        self._recheck_touched()
        rules = [pair for pair in self.env["order.rule"]._get_active() if pair[0].gate == gate]
        if rules:
            self._apply_findings(self._find_problems(rules), rules)

    def _as_checked(self):
        """These orders, in a context that says that they were checked for release."""
        return self.with_context(order_checked=CheckedOrders(self.ids))

    def _check_after_rollback(self):
        """Once this transaction is undone, look at the rules in one of its own.

        Whoever called gets the error; the hold stays all the same.
        """
        name, ids = self.env.cr.dbname, self.ids
        # The request that failed is over: nothing may look at it, as tracking does.
        context = {"lang": self.env.lang, "tracking_disable": True}

        def check():
            for _attempt in range(ATTEMPTS):
                try:
                    with Registry(name).cursor() as cursor:
                        env = api.Environment(cursor, SUPERUSER_ID, context)
                        orders = env["sale.order"].browse(ids).exists()
                        orders._apply_findings(orders._find_problems())
                    return
                except psycopg2.OperationalError:
                    _logger.info("Orders %s were busy, their holds are tried again", ids)
                except Exception:
                    # The caller has an error to read already; the hourly look is the net.
                    _logger.exception("The holds of orders %s couldn't be placed", ids)
                    return

        self.env.cr.postrollback.add(check)

    # === BUSINESS: changes === #

    @api.model
    def _pending(self):
        """What is to be looked at when this transaction ends."""
        return self.env.cr.precommit.data.setdefault(
            PENDING, {"orders": set(), "changed": set(), "partners": set()}
        )

    def _touch_rules(self, changed=False):
        """Look at the rules of these orders once more when the transaction ends.

        :param bool changed: confirmed orders are no longer those that were released
        """
        if not self.ids or not self.env["order.rule"]._get_active():
            return
        pending = self._pending()
        pending["orders"].update(self.ids)
        if changed:
            pending["changed"].update(self.ids)
        self._look_later()

    @api.model
    def _touch_rules_of(self, partners):
        """Look at the rules of these customers' open orders when the transaction ends."""
        if not partners.ids or not self.env["order.rule"]._get_active():
            return
        self._pending()["partners"].update(partners.ids)
        self._look_later()

    def _look_later(self):
        """Call :meth:`_recheck_all_touched` once, before the transaction is committed."""
        pending = self._pending()
        if not pending.get("waiting"):
            pending["waiting"] = True
            self.env.cr.precommit.add(self.env["sale.order"].sudo()._recheck_all_touched)

    def _untouch(self):
        """These orders are looked at now."""
        pending = self._pending()
        pending["orders"].difference_update(self.ids)
        pending["changed"].difference_update(self.ids)

    def _recheck_touched(self):
        """Look at those of these orders now that would be looked at later."""
        pending = self._pending()

        def is_touched(order):
            customers = {order.partner_id.id, order.partner_id.commercial_partner_id.id}
            return order.id in pending["orders"] or bool(customers & pending["partners"])

        mine = self.filtered(is_touched)
        if mine:
            changed = pending["changed"] & set(mine.ids)
            mine._untouch()
            mine._recheck(changed)

    @api.model
    def _recheck_all_touched(self):
        """Look at the rules of everything that was touched in this transaction.

        A change is never undone because looking at the rules failed: the hourly look is the net.
        """
        pending = self._pending()
        partners, changed = set(pending["partners"]), set(pending["changed"])
        touched = set(pending["orders"])
        pending.update(orders=set(), changed=set(), partners=set(), waiting=False)
        if not touched and not partners:
            return
        try:
            orders = self.with_context(active_test=False).search(
                self._get_recheck_domain(touched, partners, changed)
            )
            orders.with_context(**clean_context(self.env.context))._recheck(changed)
            self.env.flush_all()
        except UserError as error:
            _logger.warning("Rules couldn't be looked at again: %s", error)

    @api.model
    def _get_recheck_domain(self, touched, partners, changed):
        """Orders worth looking at again among those touched, by themselves or by their customer.

        Quotations that were checked before, and confirmed orders that some rule may still hold.
        Other quotations are checked when somebody confirms them.
        """
        which = Domain("id", "in", sorted(touched))
        if partners:
            which |= Domain("partner_id", "child_of", sorted(partners))
            which |= Domain("partner_invoice_id", "child_of", sorted(partners))
        checked = Domain("state", "in", ("draft", "sent")) & Domain("flow_step", "!=", False)
        released = Domain("state", "=", "sale") & Domain("flow_step", "not in", ("close", "cancel"))
        if not self.env["order.rule"]._get_kinds({"ship", "invoice", "refund"}):
            held = Domain("hold_ids", "any", [("rule_id", "!=", False)])
            released &= held | Domain("id", "in", sorted(changed))
        return which & (checked | released)

    def _recheck(self, changed=frozenset()):
        """Look at the rules of these orders; let those go on by themselves that nothing keeps.

        :param changed: ids of confirmed orders that aren't what was released any more
        """
        if not self:
            return
        lifted = self._apply_findings(self._find_problems(changed=frozenset(changed)))
        free = lifted.order_id.filtered(
            lambda order: order.state in ("draft", "sent") and order.channel_id.auto_confirm
        )
        if free:
            # sudo: orders of a channel go on, whoever put right what kept them.
            enqueue(
                free.sudo(),
                "_confirm_if_automatic",
                description=self.env._("Confirm orders that nothing keeps any more"),
            )

    @api.model
    def _cron_recheck(self):
        """Every hour: days pass, stock comes and goes, and rules may say something else."""
        under_way = Domain("flow_step", "not in", ("close", "cancel", False))
        which = Domain("state", "in", ("draft", "sent"))
        if self.env["order.rule"]._get_kinds({"ship", "invoice", "refund"}):
            which |= Domain("state", "=", "sale")
        else:
            open_holds = [("rule_id", "!=", False), ("state", "in", list(HOLD_BLOCKING))]
            which |= Domain("state", "=", "sale") & Domain("hold_ids", "any", open_holds)
        domain = under_way & which
        ids = self.search(domain, order="id").ids
        cron = self.env["ir.cron"]
        for done, chunk in enumerate(split_every(CHUNK, ids)):
            self.browse(chunk).exists()._recheck()
            self.env.flush_all()
            left = max(len(ids) - (done + 1) * CHUNK, 0)
            if not cron._commit_progress(len(chunk), remaining=left):
                break
            self.env.invalidate_all()
