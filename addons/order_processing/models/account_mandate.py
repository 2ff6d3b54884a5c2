from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import pain


class AccountDebitMandate(models.Model):
    """A customer's permission to collect invoices from a bank account."""

    _name = "account.debit.mandate"
    _description = "Direct Debit Mandate"
    _inherit = ["mail.thread"]
    _order = "state, date_signed desc, id desc"
    _rec_name = "reference"
    _check_company_auto = True

    reference = fields.Char(
        required=True,
        copy=False,
        tracking=True,
        default=lambda self: self.env["ir.sequence"].next_by_code("account.debit.mandate"),
        help="Unique in the company; the customer's bank knows the mandate by it.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, tracking=True
    )
    bank_id = fields.Many2one(
        "res.partner.bank",
        string="Bank Account",
        required=True,
        tracking=True,
        domain="[('partner_id', 'child_of', partner_id)]",
        help="The account is debited; an IBAN.",
    )
    scheme = fields.Selection(
        [("CORE", "Core"), ("B2B", "Business to Business")],
        required=True,
        default="CORE",
        help="Core: everybody. B2B: companies that give up refunds; their bank checks the mandate.",
    )
    usage = fields.Selection(
        [("RCUR", "Recurring"), ("OOFF", "Once")], required=True, default="RCUR"
    )
    date_signed = fields.Date(required=True, default=fields.Date.context_today, tracking=True)
    date_used = fields.Date(
        string="Last Used", readonly=True, copy=False, help="Unused for 36 months, it ends."
    )
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Active"), ("closed", "Ended")],
        required=True,
        default="draft",
        tracking=True,
        copy=False,
    )

    _reference_uniq = models.Constraint(
        "UNIQUE (company_id, reference)", "This company already has a mandate of this reference."
    )

    @api.constrains("reference", "bank_id", "state", "partner_id")
    def _check_mandate(self):
        for mandate in self:
            if not pain.MANDATE_ID.fullmatch(mandate.reference or ""):
                raise ValidationError(
                    self.env._(
                        "“%s” is no mandate reference: up to 35 letters, digits and"
                        " + ? / - : ( ) . , '",
                        mandate.reference,
                    )
                )
            bank = mandate.bank_id
            if not pain.iban_valid(bank.acc_number):
                raise ValidationError(
                    self.env._("%s is no IBAN. Mandates need one.", bank.acc_number)
                )
            if bank.partner_id.commercial_partner_id != mandate.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._("The bank account isn't %s's.", mandate.partner_id.display_name)
                )

    def action_activate(self):
        """The signed mandate is there: it may be used."""
        self.filtered(lambda mandate: mandate.state == "draft").state = "active"

    def action_close(self):
        """The customer took it back, or it isn't used any more."""
        self.state = "closed"

    @api.model
    def _get_usable(self, partners, company, day):
        """The mandate to collect with from each customer: dict commercial partner → mandate.

        The newest active one that wasn't idle for 36 months, and of single use not used yet.
        """
        idle = fields.Date.subtract(day, months=36)
        mandates = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "active"),
                ("partner_id.commercial_partner_id", "in", partners.ids),
            ],
            order="date_signed, id",
        )
        return {
            mandate.partner_id.commercial_partner_id: mandate
            for mandate in mandates
            if (mandate.date_used or mandate.date_signed) >= idle
            and not (mandate.usage == "OOFF" and mandate.date_used)
        }
