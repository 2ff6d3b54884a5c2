"""Who orders: never somebody else, and never a second time the same one.

A person's decision (an alias) goes first, then the tax number, the e-mail address, and name and
address together. Where one of these means two customers, a person decides.
"""

import re
from typing import NamedTuple

from .aliases import CUSTOMER, alias_key, find_alias
from .canonical import WARNING, Address, Finding


class CustomerFact(NamedTuple):
    """A contact an order may be of.

    :param commercial_id: the customer it belongs to, which two contacts may share
    :param own: of the channel's company, which goes before one that all companies share
    """

    id: int
    commercial_id: int
    name: str
    own: bool = False


def plain_vat(vat):
    """A tax number without spaces and signs."""
    return re.sub(r"[\W_]+", "", vat or "").upper()


def party_codes(order, party):
    """The codes by which ``party`` may have an alias, best first, as people read them.

    Numbers that the sender gives his own partners mean nothing without the sender.
    """
    if party is None:
        return ()
    suffix = f"/{order.number}"
    scope = order.ref.removesuffix(suffix) if order.ref.endswith(suffix) else ""
    codes = [f"GLN {party.gln}"] if party.gln else []
    if party.endpoint:
        codes.append(" ".join(filter(None, (party.endpoint_scheme, party.endpoint))))
    codes += [" ".join(filter(None, (scope, *pair))) for pair in party.ids]
    return tuple(codes)


def customer_codes(order):
    """The codes by which the customer of ``order`` may have an alias, best first."""
    buyer = order.buyer
    codes = [*party_codes(order, buyer), plain_vat(buyer.vat) if buyer else "", order.email]
    return tuple(filter(None, (*codes, order.company_name or order.customer_name)))


def home(order):
    """The address that is the customer's own."""
    return order.billing or order.shipping or Address()


def place_key(name, street, zip_code, country_id):
    """What two contacts of one name in one place share."""
    return "place", alias_key(name), alias_key(street), alias_key(zip_code), country_id or 0


def company_key(name, zip_code, country_id):
    """What two companies of one name in one place share."""
    return "company", alias_key(name), alias_key(zip_code), country_id or 0


def _lookup_keys(order, facts):
    """Where to look for the customer: pairs of what he is found by and the key, best first."""
    keys = []
    vat = plain_vat(order.buyer.vat) if order.buyer else ""
    if vat:
        keys.append((vat, ("vat", vat)))
    if "@" in order.email:
        keys.append((order.email, ("email", order.email.strip().casefold())))
    name, place = order.company_name or order.customer_name, home(order)
    country_id = facts.countries.get(place.country_code)
    if order.company_name:
        # A person of a company is looked for by his address; the company itself by its place.
        if place.zip and not order.customer_name:
            keys.append((name, company_key(name, place.zip, country_id)))
    elif name and place.street and place.zip and "@" not in order.email:
        keys.append((name, place_key(name, place.street, place.zip, country_id)))
    if name and place == Address() and not (vat or order.email or order.phone):
        keys.append((name, ("name", alias_key(name))))
    return keys


class Who(NamedTuple):
    """Whom an order is of.

    :param customer: the contact that orders; None for one that is new
    :param company: the company that a new contact belongs to
    :param keys: what a new customer will be found by
    :param company_key: what his company will be found by
    """

    customer: CustomerFact | None = None
    company: CustomerFact | None = None
    keys: tuple[tuple, ...] = ()
    company_key: tuple | None = None


def identify(order, facts):
    """Find the customer of an order.

    :param facts: :class:`~.resolve.Facts`
    :return: ``(Who, findings)``
    """
    codes = customer_codes(order)
    alias = find_alias(facts.aliases, CUSTOMER, codes)
    keys = _lookup_keys(order, facts)
    if alias:
        taxed = [fact for _by, key in keys if key[0] == "vat" for fact in _candidates(facts, key)]
        if taxed and alias.commercial_id not in {fact.commercial_id for fact in taxed}:
            args = {"code": codes[0], "one": alias.name, "other": taxed[0].name}
            return Who(), [Finding("customer_contradiction", "buyer", args)]
        return Who(alias), []
    for found_by, key in keys:
        candidates, findings = _one_customer(facts, key, codes, found_by)
        if findings:
            return Who(), findings
        if candidates:
            if key[0] == "name":
                args = {"name": found_by}
                findings = [Finding("customer_by_name", "buyer", args, WARNING)]
            return Who(_contact(order, facts, candidates)), findings
    if order.buyer and not (order.buyer.name or order.company_name or order.email):
        return Who(), [Finding("unknown_customer", "buyer", {"code": (*codes, "?")[0]})]
    found = [key for _by, key in keys]
    found += [("code", alias_key(code)) for code in party_codes(order, order.buyer)]
    place = home(order)
    if not (order.company_name and place.zip):
        return Who(keys=tuple(found)), []
    key = company_key(order.company_name, place.zip, facts.countries.get(place.country_code))
    companies, findings = _one_customer(facts, key, codes, order.company_name)
    return Who(None, companies[0] if companies else None, tuple(found), key), findings


def _one_customer(facts, key, codes, found_by):
    """The contacts under ``key`` when they are one customer's; a finding when they aren't."""
    candidates = _candidates(facts, key)
    customers = {fact.commercial_id: fact.name for fact in candidates}
    if len(customers) < 2:
        return candidates, []
    names = ", ".join(sorted(customers.values())[:5])
    args = {"code": (*codes, found_by)[0], "names": names, "by": found_by}
    return [], [Finding("ambiguous_customer", "buyer", args)]


def _candidates(facts, key):
    """The contacts under ``key``: those of the company alone, where it has any."""
    found = facts.customers.get(key, [])
    return [fact for fact in found if fact.own] or found


def _contact(order, facts, candidates):
    """Of one customer's contacts the one with the order's e-mail address, or the first."""
    email = ("email", order.email.strip().casefold())
    customer = candidates[0].commercial_id
    same = [fact for fact in _candidates(facts, email) if fact.commercial_id == customer]
    return (same or candidates)[0]


def find_delivery(order, facts):
    """The contact that gets the goods, where the order names it without an address.

    :return: ``(CustomerFact, findings)``; None for the address in the order, or the customer's
    """
    party = order.delivery
    if party is None or order.shipping is not None:
        return None, []
    codes = party_codes(order, party)
    alias = find_alias(facts.aliases, CUSTOMER, codes)
    if alias:
        return alias, []
    if not codes or set(codes) & set(party_codes(order, order.buyer)):
        return None, []
    return None, [Finding("unknown_delivery", "delivery", {"code": codes[0]})]
