from odoo import models


class ResPartnerBank(models.Model):
    """Who changes where money goes is told in the company's log."""

    _name = "res.partner.bank"
    _inherit = ["res.partner.bank", "order.audit.mixin"]

    _audited = (
        "acc_number",
        "acc_holder_name",
        "partner_id",
        "bank_id",
        "allow_out_payment",
        "active",
    )
    _audit_duties = {"*": "bank"}

    def _audit_title(self):
        return self.env._("Bank account of %s", self.partner_id.display_name)

    def _audit_details(self):
        return {"partner": self.partner_id.commercial_partner_id.id}
