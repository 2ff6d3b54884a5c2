from odoo import api, fields, models

from ..engine import credit

#: What rules look at on a contact.
WATCHED = frozenset(
    {
        "name",
        "street",
        "city",
        "zip",
        "state_id",
        "country_id",
        "active",
        "email",
        "category_id",
        "parent_id",
        "credit_limit",
        "use_partner_credit_limit",
        "credit_insured",
    }
)
LIMITS = {"credit_limit": "limit", "use_partner_credit_limit": "limit", "credit_insured": "insured"}
ACCOUNTANTS = "account.group_account_invoice,account.group_account_readonly"


class ResPartner(models.Model):
    """What a customer owes and may owe, and that his open orders follow when that changes."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "res.partner"

    credit_insured = fields.Float(
        string="Insured Amount",
        company_dependent=True,
        copy=False,
        groups=ACCOUNTANTS,
        help="What the credit insurance pays at most if this customer doesn't.",
    )
    credit_bar = fields.Json(
        compute="_compute_credit_bar",
        compute_sudo=True,
        groups="sales_team.group_sale_salesman," + ACCOUNTANTS,
    )

    @api.depends_context("company")
    def _compute_credit_bar(self):
        company = self.env.company
        payers = {
            partner: (partner.commercial_partner_id.id, company.id)
            for partner in self
            if partner.commercial_partner_id.id
        }
        standings = self.env["order.credit"]._get_standings(payers.values())
        for partner in self:
            standing = standings.get(payers.get(partner))
            partner.credit_bar = standing and {
                **credit.bar(standing),
                "currency_id": company.currency_id.id,
            }

    # === CRUD === #

    def write(self, vals):
        """Keep the history of limits, and have open orders checked again."""
        watched = WATCHED & vals.keys()
        if not watched:
            return super().write(vals)
        reasons = {LIMITS[name] for name in watched & LIMITS.keys()}
        before = self._get_credit_limits() if reasons else {}
        result = super().write(vals)
        if reasons:
            self._keep_changed_limits(before)
        self.env["sale.order"]._touch_rules_of(self.commercial_partner_id | self)
        return result

    # === ACTION === #

    def action_view_credit_history(self):
        """Open what these customers owed over time."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_credit_history_action"
        )
        action["domain"] = [("partner_id", "in", self.commercial_partner_id.ids)]
        return action

    # === BUSINESS === #

    def _get_credit_limits(self):
        """The limits of these partners in this company: dict partner → dict."""
        # sudo: limits are for accountants; here their changes are recorded.
        return {
            partner: {
                "limit": partner.credit_limit or 0.0,
                "insured": partner.credit_insured or 0.0,
            }
            for partner in self.sudo()
        }

    def _keep_changed_limits(self, before):
        """Record which limits are not what they were."""
        after = self._get_credit_limits()
        company = self.env.company.id
        for partner, limits in after.items():
            for reason, value in limits.items():
                if value != before[partner][reason]:
                    self.env["order.credit"]._keep(
                        [(partner.commercial_partner_id.id, company)],
                        reason,
                        before=before[partner][reason],
                    )
