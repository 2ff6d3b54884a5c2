from odoo import api, models


class AccountMove(models.Model):
    """Credit notes of orders name the invoice they credit, and settle it."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    @api.model_create_multi
    def create(self, vals_list):
        """Credit notes made from orders, whichever way, are linked."""
        moves = super().create(vals_list)
        moves._link_credited_invoices()
        return moves

    def _link_credited_invoices(self):
        """Link credit notes of orders to the invoice of the same lines, the one with most open.

        Odoo reconciles a credit note that has its invoice when it is posted; without the link
        the customer sees a credit and an open invoice side by side.
        """
        for move in self:
            if move.move_type != "out_refund" or move.reversed_entry_id or move.state != "draft":
                continue
            # sudo: who credits need not read the order.
            items = move.sudo().invoice_line_ids.sale_line_ids.invoice_lines
            invoices = items.move_id.filtered(
                lambda each, move=move: (
                    each.state == "posted"
                    and each.move_type == "out_invoice"
                    and each.currency_id == move.currency_id
                    and each.commercial_partner_id == move.commercial_partner_id
                )
            )
            if invoices:
                best = max(invoices, key=lambda each: (each.amount_residual, each.id))
                move.reversed_entry_id = best.id
