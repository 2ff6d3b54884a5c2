from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..engine.intake import aliases, customers

ADDRESS_FIELDS = ("name", "street", "street2", "city", "zip")


class ResPartner(models.Model):
    _inherit = "res.partner"

    # === BUSINESS === #

    @api.model
    def _gather_customers(self, orders, company):
        """Read whoever may be the customer of one of ``orders``, in one query.

        :param orders: list of ``engine.intake.canonical.Order``
        :param company: whose own customers, or those that all companies share
        :return: dict of lists of ``engine.intake.customers.CustomerFact`` by what they are found by
        """
        emails = {email_normalize(order.email) for order in orders} - {False}
        names = {name for order in orders for name in (order.company_name, order.customer_name)}
        vats = {order.buyer.vat for order in orders if order.buyer} - {""}
        wanted = [
            Domain(field, "in", sorted(values))
            for field, values in (
                ("email_normalized", emails),
                ("name", names - {""}),
                ("vat", vats | {customers.plain_vat(vat) for vat in vats}),
            )
            if values
        ]
        if not wanted:
            return {}
        partners = self.search(Domain("company_id", "in", (False, company.id)) & Domain.OR(wanted))
        # People before their addresses, old before new.
        partners = partners.sorted(lambda p: (p.type in ("invoice", "delivery"), p.id))
        found = defaultdict(list)
        for partner in partners:
            fact = partner._get_customer_fact()
            for key in partner._get_customer_keys():
                found[key].append(fact)
        return dict(found)

    def _is_undeliverable(self):
        """Whether nobody can deliver to this address as it stands; extend it for who knows."""
        return False

    def _get_customer_fact(self):
        """This contact, as the engine of the intake knows contacts."""
        self.ensure_one()
        commercial = self.commercial_partner_id
        return customers.CustomerFact(
            self.id, commercial.id, self.display_name or "", bool(self.company_id)
        )

    def _get_customer_keys(self):
        """What documents may find this contact by."""
        self.ensure_one()
        place = (self.zip, self.country_id.id)
        if self.email_normalized:
            yield "email", self.email_normalized
        if self.vat and self.commercial_partner_id == self:
            yield "vat", customers.plain_vat(self.vat)
        if self.is_company:
            yield customers.company_key(self.name, *place)
        if self.type not in ("invoice", "delivery"):
            yield customers.place_key(self.name, self.street, *place)
            yield "name", aliases.alias_key(self.name)

    @api.model
    def _create_order_people(self, plans, known, channel):
        """Create, all at once, the customers of documents who aren't there yet and of no company.

        :param plans: pairs of an order and its resolution, as in :meth:`_get_order_partners`
        :param dict known: gets them, as there
        :param channel: as there
        """
        taken, new = set(known), []
        for order, resolution in plans:
            who = resolution.who
            if who.customer:
                continue
            if not (order.company_name or taken.intersection(who.keys)) and who.keys:
                new.append((order, resolution))
            taken.update(who.keys)
        partners = self._as_customers().with_context(no_vat_validation=True)
        people = partners.create(
            [self._prepare_person_vals(order, resolution) for order, resolution in new]
        )
        for person, (order, resolution) in zip(people, new, strict=True):
            codes = customers.party_codes(order, order.buyer)
            self.env["order.channel.alias"]._learn_customer(channel, codes, person)
            known.update(dict.fromkeys(resolution.who.keys, person))

    @api.model
    def _get_order_partners(self, order, resolution, known, channel):
        """The customer of a document with its addresses, created where they aren't there yet.

        :param order: ``engine.intake.canonical.Order``
        :param resolution: ``engine.intake.resolve.Resolution`` of it
        :param dict known: customers created for the same batch, by what they are found by; grows
        :param channel: ``order.channel``, which learns the codes of a new customer
        :return: ``(customer, invoice address, delivery address)``
        """
        who = resolution.who
        customer = self.browse(who.customer and who.customer.id)
        if not customer:
            created = [known[key] for key in who.keys if key in known]
            customer = created[0] if created else self._create_customer(order, resolution, known)
            if not created:
                codes = customers.party_codes(order, order.buyer)
                self.env["order.channel.alias"]._learn_customer(channel, codes, customer)
            known.update(dict.fromkeys(who.keys, customer))
        invoice = customer._get_order_address("invoice", resolution.billing)
        if resolution.delivery_id:
            return customer, invoice, self.browse(resolution.delivery_id)
        delivery = customer._get_order_address(
            "delivery", resolution.shipping or resolution.billing
        )
        return customer, invoice, delivery

    @api.model
    def _create_customer(self, order, resolution, known):
        """Create the customer of a document, as a contact of the company it names."""
        # A wrong tax number is no reason to lose the order: whoever edits the contact is told.
        partners = self._as_customers().with_context(no_vat_validation=True)
        if not order.company_name:
            return partners.create(self._prepare_person_vals(order, resolution))
        address, contact = self._prepare_customer_vals(order, resolution)
        who = resolution.who
        company = self.browse(who.company and who.company.id) or known.get(who.company_key)
        if not company:
            own = contact if not order.customer_name else {}
            company = partners.create(
                address | own | {"name": order.company_name, "is_company": True}
            )
            if who.company_key:
                known[who.company_key] = company
        if not order.customer_name:
            return company
        person = {"name": order.customer_name, "parent_id": company.id, "type": "contact"}
        return self._as_customers().create(contact | person)

    def _as_customers(self):
        """Have Odoo rank those created as customers at once.

        It would with their first invoice; of two jobs that bill the first orders of one customer
        the second would be refused and run again.
        """
        return self.with_context(res_partner_search_mode="customer")

    @api.model
    def _prepare_person_vals(self, order, resolution):
        """Values of the customer of a document who is of no company."""
        address, contact = self._prepare_customer_vals(order, resolution)
        return address | contact | {"name": order.customer_name or order.email or order.phone}

    @api.model
    def _prepare_customer_vals(self, order, resolution):
        """Where a document's customer is with his tax number, and how to reach him, apart."""
        place = resolution.billing or resolution.shipping
        address = self._prepare_place_vals(place) if place else {}
        if order.buyer and order.buyer.vat:
            address["vat"] = order.buyer.vat
        return address, {"email": order.email or False, "phone": order.phone or False}

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
        billed = self._as_customers() if kind == "invoice" else self
        return billed.create(vals | {"type": kind, "parent_id": family.id})

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
