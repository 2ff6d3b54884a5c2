from odoo import models
from odoo.tools import formatLang


class AccountMove(models.Model):
    _inherit = "account.move"

    # === CRUD === #

    def write(self, vals):
        """Keep the gates where documents become posted: by :meth:`_post`, or past it by a script.

        :raise UserError: where a hold keeps an order from being invoiced or refunded
        """
        if vals.get("state") == "posted":
            self.filtered(lambda move: move.state != "posted")._check_order_gates()
        return super().write(vals)

    # === BUSINESS === #

    def _check_order_gates(self):
        """Raise if a hold keeps an order of these documents from being invoiced or refunded."""
        self._invoiced_orders("out_invoice", "out_receipt")._check_gate("invoice")
        self._invoiced_orders("out_refund")._check_gate("refund")

    def _post(self, soft=True):
        """Log posted invoices on their orders."""
        posted = super()._post(soft)
        posted._record_invoice_events()
        return posted

    def _invoiced_orders(self, *move_types):
        """Orders billed by those of these documents that are of the given types."""
        documents = self.filtered(lambda move: move.move_type in move_types)
        # sudo: accountants post invoices of orders they may not read.
        return documents.sudo().line_ids.sale_line_ids.order_id

    def _record_invoice_events(self):
        """One event per posted invoice or credit note on each of its orders.

        Usually an order has one document here; further ones of the same order follow in a
        second round, so that the events of all orders are written together.
        """
        waiting = {}
        for move in self.filtered(lambda m: m.is_sale_document(include_receipts=True)):
            for order in move._invoiced_orders(move.move_type):
                waiting.setdefault(order, []).append(move)
        while waiting:
            batch = {order: moves.pop(0) for order, moves in waiting.items()}
            orders = self.env["sale.order"].sudo().union(*batch)
            orders._record_event(
                "invoice",
                lambda order, batch=batch: batch[order]._posted_text(),
                details=lambda order, batch=batch: {
                    "document": batch[order].name,
                    "type": batch[order].move_type,
                    "amount": batch[order].amount_total,
                    "currency": batch[order].currency_id.name,
                },
                source=orders._event_source(),
                duty=lambda order, batch=batch: (
                    "refund" if batch[order].move_type == "out_refund" else "invoice"
                ),
            )
            waiting = {order: moves for order, moves in waiting.items() if moves}

    def _posted_text(self):
        """What was posted, in one line."""
        self.ensure_one()
        amount = formatLang(self.env, self.amount_total, currency_obj=self.currency_id)
        if self.move_type == "out_refund":
            return self.env._("Credit note %(name)s over %(amount)s", name=self.name, amount=amount)
        return self.env._("Invoice %(name)s over %(amount)s", name=self.name, amount=amount)
