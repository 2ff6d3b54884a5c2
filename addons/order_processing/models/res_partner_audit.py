from odoo import models


class ResPartner(models.Model):
    """Who changes what credit a customer has is told in the company's log."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _name = "res.partner"
    _inherit = ["res.partner", "order.audit.mixin"]

    _audited = ("credit_limit", "use_partner_credit_limit", "credit_insured")
    _audit_duties = {"*": "rule"}

    def _audit_company(self):
        # Credit limits are kept per company: it is the one the user works in.
        return self.env.company

    def _audit_wanted(self, operation):
        return operation == "write"

    def _audit_title(self):
        return self.display_name

    def _audit_details(self):
        return {"partner": self.commercial_partner_id.id}
