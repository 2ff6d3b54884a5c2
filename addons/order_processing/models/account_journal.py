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
        help="What happens to new bank lines of this journal. Certain means: the label names open"
        " documents and the amount is exactly theirs, or the customer is known and has exactly"
        " one open document of this amount.",
    )

    def _get_bank_statements_available_import_formats(self):
        formats = ("OFX", "CAMT", "MT940", "BAI2", "QIF", "CSV", "XLSX")
        return [*super()._get_bank_statements_available_import_formats(), *formats]
