from odoo import fields, models

from ..carriers.base import Address


class ResPartner(models.Model):
    _inherit = "res.partner"

    address_kind = fields.Selection(
        [("residential", "Residential"), ("business", "Business")],
        string="Delivery Address",
        help="Carriers ask more for homes. Set by the address check, or by hand.",
    )

    def _get_label_address(self):
        """This contact's address in the parts a carrier asks for; all empty without a contact."""
        partner = self[:1]
        company = (
            partner.commercial_partner_id if partner.commercial_partner_id.is_company else None
        )
        return Address(
            name=partner.name or (company and company.name) or "",
            company=partner.commercial_company_name or (company and company.name) or "",
            street=partner.street or "",
            street2=partner.street2 or "",
            city=partner.city or "",
            state=partner.state_id.code or "",
            zip=partner.zip or "",
            country_code=partner.country_id.code or "",
            country_name=partner.country_id.name or "",
            phone=partner.phone or "",
            email=partner.email or "",
            tax_number=(company or partner).vat or "",
        )

    def _is_residential(self):
        """True, False, or None where nobody knows: a person's address counts as a home."""
        partner = self[:1]
        if partner.address_kind:
            return partner.address_kind == "residential"
        if partner.commercial_partner_id.is_company:
            return None
        return True if partner else None
