import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..carriers.base import Address

#: Two letters of a country and up to 15 letters or digits (Regulation (EU) 2015/2447, annex 12-01).
EORI = re.compile(r"[A-Z]{2}[A-Z0-9]{1,15}")


class ResPartner(models.Model):
    _inherit = "res.partner"

    address_kind = fields.Selection(
        [("residential", "Residential"), ("business", "Business")],
        string="Delivery Address",
        help="Carriers ask more for homes. Set by the address check, or by hand.",
    )

    eori_number = fields.Char(
        string="EORI",
        help="Number under which customs of the European Union or the United Kingdom knows this "
        "company: printed on commercial invoices.",
    )

    @api.constrains("eori_number")
    def _check_eori_number(self):
        for partner in self:
            number = partner.eori_number
            if number and not EORI.fullmatch(number.replace(" ", "").upper()):
                raise ValidationError(
                    self.env._(
                        "“%s” is no EORI number: two letters of the country, then up to 15 letters "
                        "or digits, such as DE1234567.",
                        number,
                    )
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
            eori=(partner.eori_number or (company and company.eori_number) or "")
            .replace(" ", "")
            .upper(),
        )

    def _is_residential(self):
        """True, False, or None where nobody knows: a person's address counts as a home."""
        partner = self[:1]
        if partner.address_kind:
            return partner.address_kind == "residential"
        if partner.commercial_partner_id.is_company:
            return None
        return True if partner else None
