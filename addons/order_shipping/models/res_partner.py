from odoo import models

from ..carriers.base import Address


class ResPartner(models.Model):
    _inherit = "res.partner"

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
        )
