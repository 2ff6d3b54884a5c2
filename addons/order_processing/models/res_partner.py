from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize

ADDRESS_FIELDS = ("name", "street", "street2", "city", "zip")


class ResPartner(models.Model):
    _inherit = "res.partner"

    # === BUSINESS === #

    @api.model
    def _find_customers(self, orders, company):
        """Find the customers of documents by e-mail, and companies by name and place.

        :param orders: list of ``engine.intake.canonical.Order``
        :param company: whose own customers, or those that all companies share
        :return: dict that :meth:`_get_order_partners` looks up and adds to
        """
        emails = {email_normalize(order.email) for order in orders} - {False}
        names = {order.company_name for order in orders} - {""}
        if not (emails or names):
            return {}
        partners = self.search(
            Domain("company_id", "in", (False, company.id))
            & (
                Domain("email_normalized", "in", sorted(emails))
                | (Domain("is_company", "=", True) & Domain("name", "in", sorted(names)))
            )
        )
        # The company's own go before shared ones, people before their addresses, old before new.
        partners = partners.sorted(
            lambda p: (not p.company_id, p.type in ("invoice", "delivery"), p.id)
        )
        known = {}
        for partner in partners:
            if partner.email_normalized:
                known.setdefault(("email", partner.email_normalized), partner)
            if partner.is_company:
                known.setdefault(partner._get_company_key(), partner)
        return known

    def _get_company_key(self):
        """Two companies of one name in one place are the same customer."""
        self.ensure_one()
        return ("company", self.name, self.country_id.id, _fold(self.zip))

    @api.model
    def _get_order_partners(self, order, resolution, known):
        """The customer of a document with its addresses, created where they aren't there yet.

        :param order: ``engine.intake.canonical.Order``
        :param resolution: ``engine.intake.resolve.Resolution`` of it
        :param dict known: see :meth:`_find_customers`
        :return: ``(customer, invoice address, delivery address)``
        """
        email = email_normalize(order.email)
        home = resolution.billing or resolution.shipping
        customer = known.get(("email", email)) if email else None
        if not customer:
            customer = self._create_customer(order, home, known)
            if email:
                known["email", email] = customer
        invoice = customer._get_order_address("invoice", resolution.billing)
        delivery = customer._get_order_address(
            "delivery", resolution.shipping or resolution.billing
        )
        return customer, invoice, delivery

    @api.model
    def _create_customer(self, order, home, known):
        """Create the customer of a document, as a contact of the company it names."""
        address = self._prepare_place_vals(home) if home else {}
        person = order.customer_name or order.email or order.company_name
        contact = {"name": person, "email": order.email or False, "phone": order.phone or False}
        if not order.company_name:
            return self.create(address | contact)
        country_id, zip_code = address.get("country_id"), address.get("zip")
        key = ("company", order.company_name, country_id or False, _fold(zip_code))
        company = known.get(key)
        if not company:
            company = self.create(address | {"name": order.company_name, "is_company": True})
            known[key] = company
        return self.create(contact | {"parent_id": company.id, "type": "contact"})

    def _get_order_address(self, kind, place):
        """The address of this customer that is ``place``; created if none is.

        :param str kind: ``invoice`` or ``delivery``
        """
        self.ensure_one()
        if not place:
            return self
        vals = self._prepare_place_vals(place)
        vals["name"] = vals.get("name") or self.name
        wanted = _address_key(vals)
        if wanted == self._get_address_key():
            return self
        family = self.commercial_partner_id
        for address in family.child_ids | self.child_ids:
            if address.type in (kind, "other") and wanted == address._get_address_key():
                return address
        return self.create(vals | {"type": kind, "parent_id": family.id})

    @api.model
    def _prepare_place_vals(self, place):
        """Values of an address; ``place`` is an ``engine.intake.resolve.Place``."""
        address = place.address
        vals = {
            "name": address.name or address.company,
            "street": address.street,
            "street2": address.street2,
            "city": address.city,
            "zip": address.zip,
            "phone": address.phone,
            "country_id": place.country_id,
            "state_id": place.state_id,
        }
        return {name: value for name, value in vals.items() if value}

    def _get_address_key(self):
        self.ensure_one()
        vals = {name: self[name] for name in ADDRESS_FIELDS}
        return _address_key(vals | {"country_id": self.country_id.id, "state_id": self.state_id.id})


def _fold(text):
    """``text`` as it compares: without case and double spaces."""
    return " ".join((text or "").casefold().split())


def _address_key(vals):
    """What makes two addresses the same: everything but the phone."""
    return (
        *(_fold(vals.get(name)) for name in ADDRESS_FIELDS),
        vals.get("country_id") or False,
        vals.get("state_id") or False,
    )
