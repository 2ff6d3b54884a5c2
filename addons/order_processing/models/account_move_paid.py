from collections import defaultdict

from odoo import models
from odoo.tools import SQL


class AccountMove(models.Model):
    """What follows from an invoice being paid, whichever way that came about."""

    _inherit = "account.move"

    def _invoice_paid_hook(self):
        """Odoo calls this when invoices become paid: record "pay" on the orders they bill."""
        notes = {}
        invoices = self.with_context(bulk_notes=notes) if len(self) > 1 else self
        result = super(AccountMove, invoices)._invoice_paid_hook()
        self.env["mail.thread"]._write_notes(notes)
        self._record_paid_on_orders()
        return result

    def _record_paid_on_orders(self):
        """Append one event "pay" per invoice to its orders, once, and close complete orders."""
        invoices = self.filtered(lambda move: move.move_type in ("out_invoice", "out_receipt"))
        # sudo: whoever books the payment need not have rights on sales.
        orders = invoices.sudo().invoice_line_ids.sale_line_ids.order_id
        if not orders:
            return
        known = {
            (event.order_id.id, (event.details or {}).get("invoice_id"))
            for event in self.env["order.event"]
            .sudo()
            .search([("order_id", "in", orders.ids), ("step", "=", "pay")])
        }
        due = defaultdict(list)
        for invoice in invoices.sudo():
            for order in invoice.invoice_line_ids.sale_line_ids.order_id:
                if (order.id, invoice.id) not in known:
                    due[order].append(invoice._prepare_paid_event())
        while due:
            # One call for all orders; a second round only for orders with several invoices.
            first = {order: events.pop(0) for order, events in due.items()}
            orders.browse([order.id for order in first])._record_event(
                "pay",
                lambda order, first=first: first[order][0],
                lambda order, first=first: first[order][1],
            )
            due = {order: events for order, events in due.items() if events}
        orders._close_if_complete()

    def _prepare_paid_event(self):
        """Summary and details of the event "pay" for one invoice."""
        self.ensure_one()
        bank_lines, reference = self._get_bank_reference()
        summary = self.env._(
            "%(invoice)s paid: %(reference)s", invoice=self.name, reference=reference
        )
        return summary, {
            "invoice_id": self.id,
            "invoice": self.name,
            "amount": self.amount_total,
            "currency": self.currency_id.name,
            "reference": reference,
            "statement_line_ids": bank_lines.ids,
        }

    def _get_bank_reference(self):
        """The bank lines that paid an invoice, and in words what paid it."""
        self.ensure_one()
        items = self.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        others = (
            items.matched_credit_ids.credit_move_id + items.matched_debit_ids.debit_move_id - items
        )
        bank_lines = others.move_id.statement_line_ids
        names = [
            move.statement_line_ids[:1].payment_ref or move.name or "" for move in others.move_id
        ]
        return bank_lines, ", ".join(names) or self.env._("nothing was due")

    def _get_billed_orders(self):
        """The orders these invoices bill, read past the rights on sales.

        Accountants need not see the orders to recognise their numbers.

        :return: dict ``{move id: list of sale order ids}``
        """
        self.env["account.move.line"].flush_model(["move_id", "sale_line_ids"])
        self.env["sale.order.line"].flush_model(["order_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT item.move_id, ARRAY_AGG(DISTINCT line.order_id ORDER BY line.order_id)
                     FROM sale_order_line_invoice_rel rel
                     JOIN account_move_line item ON item.id = rel.invoice_line_id
                     JOIN sale_order_line line ON line.id = rel.order_line_id
                    WHERE item.move_id = ANY(%s)
                 GROUP BY item.move_id""",
                self.ids,
            )
        )
        return dict(rows)
