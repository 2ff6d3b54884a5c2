import logging

import psycopg2

from odoo import models
from odoo.exceptions import RedirectWarning, UserError

from ..flow import BY_ITSELF
from ..jobs import enqueue
from ..logs import log_line
from .account_move_line_bulk import BulkLines

_logger = logging.getLogger(__name__)


class SaleOrder(models.Model):
    """Steps "invoice" and "close": bill what has shipped, finish what is paid."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    # === BUSINESS === #

    def _create_invoices(self, grouped=False, final=False, date=None):
        """Keep the "invoice" gate, from whichever screen or job; link credits to invoices."""
        self._check_gate("invoice")
        notes = {}
        orders = self
        if len(self) > 1:
            orders = self.with_context(bulk_notes=notes, bulk_lines=BulkLines())
        moves = super(SaleOrder, orders)._create_invoices(grouped=grouped, final=final, date=date)
        moves = moves.with_context(bulk_notes=None, bulk_lines=None)
        self.env["mail.thread"]._write_notes(notes)
        moves._link_credited_invoices()
        return moves

    def _enqueue_invoicing(self):
        """Have those orders invoiced that are invoiced now, by what happened to them last."""
        policies = self.sudo()._get_invoice_policies()
        orders = self.sudo().filtered(
            lambda order: order.state == "sale" and order._is_invoiced_now(policies[order])
        )
        if not orders:
            return
        # The same orders shipped again before the job ran: that job bills both shipments.
        ids = "-".join(map(str, sorted(orders.ids)))
        enqueue(
            orders,
            "_invoice_shipped",
            description=self.env._(
                "Invoice shipped orders: %s", ", ".join(orders[:5].mapped("name"))
            ),
            identity_key=f"order_processing.invoice_shipped:{ids}",
        )

    def _is_invoiced_now(self, policy):
        """Whether this order is billed without waiting for a day or for the carrier.

        :param policy: ``engine.billing.Policy``
        """
        self.ensure_one()
        if policy.code == "delivery":
            return self._is_delivered()
        return policy.code in ("shipment", "order")

    def _invoice_shipped(self):
        """Invoice and post what has shipped of these orders; one failure never stops the others.

        What is billed follows each product's own invoicing policy: goods by what was delivered,
        services such as the channel's shipping, discount and tax lines as ordered. So an order
        that leaves from two warehouses gets two invoices: the first bills its goods and all
        services, the second the remaining goods. Summed up they are the order. Products invoiced
        on ordered quantities are billed whole with the first shipment, as their policy says.

        Running it again bills nothing twice: an order with nothing to invoice is left out.
        Nothing is raised but database conflicts, after which Odoo or the job runner tries again:
        goods have left, and an invoice that fails must not bring them back.

        :return: the posted invoices
        """
        # sudo: the policy decides that shipping bills, not the rights of the packer.
        orders = (
            self.sudo()
            .exists()
            .with_context(order_event_source=BY_ITSELF)
            .filtered(lambda order: order.state == "sale" and order.invoice_status == "to invoice")
        )
        # Each invoice writes on its orders: of two workers the second is refused and run again.
        self.env["order.event"]._lock_heads(orders)
        blocked = orders._blocked_by("invoice")
        held = orders.browse([order.id for order in blocked])
        held._record_event(
            "hold",
            lambda order: self.env._(
                "Not invoiced yet, on hold: %s", "; ".join(blocked[order].mapped("reason"))
            ),
        )
        invoices = self.env["account.move"].sudo()
        ready = orders - held
        # In one order of companies: the numbers of a journal are locked until the end, and two jobs
        # that lock them in different orders would wait for each other.
        for company, group in ready.sorted("company_id.id").grouped("company_id").items():
            posted, failed = group.with_company(company)._invoice_or_isolate()
            invoices |= posted
            for order, error in failed.items():
                order._tell_not_invoiced(error)
        failed = ready.filtered("invoice_error") & invoices._invoiced_orders("out_invoice")
        failed.invoice_error = False
        orders._close_if_complete()
        invoices._enqueue_sending()
        return invoices

    def _invoice_or_isolate(self):
        """Invoice these orders in one go, or each by itself if one of them fails.

        :return: ``(posted invoices, dict order → why it failed)``
        """
        posted, error = self._try_invoice()
        if not error:
            return posted, {}
        if len(self) == 1:
            return posted, {self: error}
        failed = {}
        for order in self:
            invoice, error = order._try_invoice()
            posted |= invoice
            if error:
                failed[order] = error
        return posted, failed

    def _try_invoice(self):
        """Invoice and post these orders together: an invoice each, unless a run joins them.

        :return: the invoices and no message; or none, everything rolled back, and why
        """
        invoices = self.env["account.move"]
        joined = bool(self.env.context.get("order_join_invoices"))
        try:
            with self.env.cr.savepoint():
                # Down payments are deducted with the last shipment: deducted earlier they could
                # exceed the goods billed and turn the invoice into a refund.
                for final, orders in self.grouped(
                    lambda order: (
                        order._is_shipped()
                        or order._owes_credit()
                        or (joined and not order.order_line.filtered("is_downpayment"))
                    )
                ).items():
                    invoices |= orders.with_context(
                        raise_if_nothing_to_invoice=False
                    )._create_invoices(grouped=not joined, final=final)
                invoices._post(soft=False)
        except psycopg2.OperationalError:
            raise  # a conflict with another transaction: the whole call is tried again
        except (UserError, RedirectWarning) as error:
            return self.env["account.move"], str(error.args[0])
        except Exception as error:
            _logger.exception("%s", log_line("invoice failed", order=self, error=error))
            return self.env["account.move"], f"{type(error).__name__}: {error}"
        return invoices, None

    def _owes_credit(self):
        """Whether more of a line was billed than it came to: what came back is to be credited."""
        self.ensure_one()
        return any(
            line.product_uom_id.compare(line.qty_to_invoice, 0.0) < 0
            for line in self.order_line
            if not line.display_type and not line.is_downpayment
        )

    def _tell_not_invoiced(self, error):
        """Leave a trace and an activity for an order that could not be invoiced."""
        self._record_event("hold", self.env._("Not invoiced: %s", error))
        self.sudo().invoice_error = " ".join(error.split())[:200]
        self._warn_responsible(self.env._("Shipped but not invoiced"), error)

    def _is_shipped(self):
        """Whether all goods of this order have left, or nothing more of them will."""
        self.ensure_one()
        return all(line._is_shipped() for line in self.order_line)

    def _close_if_complete(self):
        """Close those of these orders that are shipped, invoiced and paid in full.

        An order is closed once, by one "close" event; call this whenever something was shipped,
        invoiced or paid.

        :return: the orders closed now
        """
        # sudo: shipping, billing and paying are done by people who see one part of an order each.
        complete = self.sudo().filtered(
            lambda order: (
                order.state == "sale"
                and order.flow_step not in ("close", "cancel")
                and order.order_line
                and order._is_shipped()
                and all(line._is_billed() for line in order.order_line)
                and order.invoice_ids
                and all(
                    invoice.state == "posted" and invoice.payment_state in ("paid", "reversed")
                    for invoice in order.invoice_ids
                    if invoice.state != "cancel"
                )
            )
        )
        complete._record_event("close", self.env._("Shipped, invoiced and paid"))
        return complete.sudo(self.env.su)
