from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    auto_match = fields.Selection(
        [
            ("post", "Match by itself what is certain"),
            ("suggest", "Only suggest"),
            ("off", "Off"),
        ],
        string="Bank Line Matching",
        required=True,
        default="post",
        help="What happens to new bank lines of this journal. Certain means: a reference, id, memo"
        " or payout leaves one way only and the amount is exactly it, or the customer is known and"
        " has exactly one open document of this amount. Try it first: Dry Run on the screen"
        " Matching.",
    )
    to_match_count = fields.Integer(
        string="Bank Lines to Match",
        compute="_compute_to_match_count",
        groups="order_processing.group_order_accountant",
    )

    def _compute_to_match_count(self):
        counts = dict(
            self.env["account.bank.statement.line"]._read_group(
                [
                    ("journal_id", "in", self.ids),
                    ("state", "=", "posted"),
                    ("match_state", "in", ("open", "suggested", "partial")),
                ],
                ["journal_id"],
                ["__count"],
            )
        )
        for journal in self:
            journal.to_match_count = counts.get(journal, 0)

    def action_open_matching(self):
        """Open the screen Matching for this journal."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id("order_processing.matching_action")
        action["context"] = {"match_journal_id": self.id}
        return action

    def _get_bank_statements_available_import_formats(self):
        formats = ("OFX", "CAMT", "MT940", "BAI2", "QIF", "CSV", "XLSX")
        return [*super()._get_bank_statements_available_import_formats(), *formats]
