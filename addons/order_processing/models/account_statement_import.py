from odoo import models


class AccountStatementImport(models.TransientModel):
    _inherit = "account.statement.import"
