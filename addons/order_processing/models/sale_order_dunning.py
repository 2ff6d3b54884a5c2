from odoo import api, fields, models

from ..flow import HOLD_BLOCKING


class SaleOrder(models.Model):
    """Orders of customers who don't pay stay in the house until they do."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _action_confirm(self):
        """New orders of customers who were told that nothing ships are held too."""
        result = super()._action_confirm()
        self._hold_overdue()
        return result

    def _hold_overdue(self):
        """Hold those of these orders whose payers have stopping reminders open."""
        # sudo: what a customer owes is looked up for whoever confirms.
        orders = self.sudo()
        for company, mine in orders.grouped("company_id").items():
            payers = mine.partner_invoice_id.commercial_partner_id
            stopped = payers._get_stopped(company)
            held = mine.filtered(
                lambda order, stopped=stopped: (
                    order.partner_invoice_id.commercial_partner_id in stopped
                )
            )
            if held:
                held._place_hold(
                    "dunning", "ship", self.env._("The customer doesn't pay overdue invoices")
                )


class ResPartner(models.Model):
    _inherit = "res.partner"

    dunning_blocked = fields.Boolean(
        string="No Reminders", help="This customer is never reminded of overdue invoices."
    )

    def _get_stopped(self, company):
        """Those of these customers with an open item that a stopping reminder was sent about."""
        if not self:
            return self
        lines = (
            self.env["account.dunning.letter.line"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "sent"),
                    ("level_id.stop_ship", "=", True),
                    ("item_id.reconciled", "=", False),
                    ("item_id.parent_state", "=", "posted"),
                    ("item_id.move_id.dunning_blocked", "=", False),
                    ("letter_id.partner_id", "in", self.ids),
                    ("letter_id.partner_id.dunning_blocked", "=", False),
                ],
                ["letter_id"],
            )
        )
        return self.env["res.partner"].union(*[letter.partner_id for [letter] in lines])

    def _lift_dunning(self):
        """Let the orders go of those of these customers who owe nothing they were stopped for."""
        # sudo: what ends a hold is the payment, not the rights of who books it.
        Hold = self.env["order.hold"].sudo()
        pending = [("kind", "=", "dunning"), ("state", "in", list(HOLD_BLOCKING))]
        if not Hold.search_count(pending, limit=1):
            return  # payments come by thousands, such holds don't
        holds = Hold.search([*pending, ("order_id.partner_invoice_id", "child_of", self.ids)])
        for company, mine in holds.grouped("company_id").items():
            payers = mine.order_id.partner_invoice_id.commercial_partner_id
            stopped = payers._get_stopped(company)
            mine.filtered(
                lambda hold, stopped=stopped: (
                    hold.order_id.partner_invoice_id.commercial_partner_id not in stopped
                )
            )._lift(self.env._("The overdue invoices are paid"))

    def write(self, vals):
        """A customer who isn't reminded any more isn't stopped either."""
        result = super().write(vals)
        if vals.get("dunning_blocked"):
            self.commercial_partner_id._lift_dunning()
        return result


class AccountMove(models.Model):
    _inherit = "account.move"

    dunning_blocked = fields.Boolean(
        string="Disputed",
        copy=False,
        tracking=True,
        help="No reminders about this invoice, and it stops no shipment.",
    )

    def write(self, vals):
        """A disputed invoice stops nothing."""
        result = super().write(vals)
        if vals.get("dunning_blocked"):
            self.commercial_partner_id._lift_dunning()
        return result


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """What is paid lets the customer's orders go."""
        partials = super().create(vals_list)
        items = (partials.debit_move_id | partials.credit_move_id).sudo()
        payers = items.filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
        ).partner_id.commercial_partner_id
        if payers:
            payers._lift_dunning()
        return partials
