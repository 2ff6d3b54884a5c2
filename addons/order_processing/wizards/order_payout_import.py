import base64

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine.statement import StatementError, payout
from ..models.account_statement_messages import statement_message


class OrderPayoutImport(models.TransientModel):
    """Take in a payment provider's report of payouts."""

    _name = "order.payout.import"
    _description = "Import Payouts"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    file = fields.Binary(required=True, attachment=False)
    filename = fields.Char()

    def action_import(self):
        """Import the report, match the bank lines that wait, and show its payouts.

        :raise UserError: a file that is no report of payouts, with the reason
        """
        self.ensure_one()
        self.env["order.match"]._check_accountant()
        importer = self.env["account.statement.import"]
        try:
            found = payout.read_payouts(
                base64.b64decode(self.file or b""), importer._is_day_first()
            )
        except StatementError as error:
            raise UserError(statement_message(self.env, error)) from error
        names = sorted({each.currency for each in found})
        known = self.env["res.currency"].search([("name", "in", names)]).mapped("name")
        if set(names) - set(known):
            raise UserError(
                self.env._(
                    "Nothing was imported: activate the currency %(names)s first.",
                    names=", ".join(sorted(set(names) - set(known))),
                )
            )
        # sudo: payouts come from reports alone; the group was checked.
        touched = self.env["order.payout"].sudo()._import_payouts(found, self.company_id)
        if not touched:
            raise UserError(self.env._("These payouts are imported already. Nothing was added."))
        lines = self.env["account.bank.statement.line"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("is_reconciled", "=", False),
                ("amount", "in", touched.mapped("amount")),
            ]
        )
        if lines:
            lines.action_match()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_payout_action"
        )
        action["domain"] = [("id", "in", touched.ids)]
        return action
