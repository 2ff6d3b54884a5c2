from odoo import fields, models

from ..engine import returning


class ShippingReturnReason(models.Model):
    """Why something comes back: decides on fee and freight, and feeds KPIs and claims."""

    _name = "shipping.return.reason"
    _description = "Return Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Unchanging name for reports.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_our_fault = fields.Boolean(
        string="Our Fault", help="No restocking fee, and we pay the way back."
    )
    is_warranty = fields.Boolean(
        string="Warranty Claim", help="Counts as a warranty claim: somebody has to approve it."
    )
    is_supplier_fault = fields.Boolean(
        string="Supplier's Fault", help="Listed as a ground for a claim against the supplier."
    )
    is_public = fields.Boolean(
        string="Customers May Choose It", default=True, help="Offered on the customer's page."
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "Each reason has a code of its own.")

    def _get_facts(self):
        """This reason as a plain value; an empty recordset is nobody's fault."""
        return returning.Reason(self.code or "", self.is_our_fault, self.is_warranty)
