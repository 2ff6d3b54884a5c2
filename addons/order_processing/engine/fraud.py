"""Signs of fraud in an order, each worth points; the sum is the order's score.

Source: the signals merchants are told to look at by card schemes and shops alike (new customer,
unusual value, billing and delivery apart, velocity, throw-away e-mail, address of the network).
"""

from disposable_email_domains import blocklist


def is_disposable(email):
    """Tell whether an e-mail address is of a provider of throw-away addresses.

    Subdomains count: providers hand those out as well.
    """
    domain = email.rpartition("@")[2].strip().casefold().rstrip(".")
    parts = domain.split(".")
    return any(".".join(parts[index:]) in blocklist for index in range(len(parts) - 1))


def _place(facts, role):
    for address in facts.addresses:
        if address.role == role:
            return tuple(
                " ".join(part.casefold().split())
                for part in (address.street, address.city, address.zip, address.country)
            )
    return None


def _addresses_differ(_signal, facts):
    invoice = _place(facts, "invoice")
    return invoice is not None and invoice != _place(facts, "delivery")


def _many_orders(signal, facts):
    recent = sum(age <= signal.hours for age in facts.hourly_orders)
    # this order is one of them
    return recent + 1 > signal.limit


SIGNALS = {
    "new_customer": lambda signal, facts: facts.earlier_orders <= signal.limit,
    "high_value": lambda signal, facts: facts.amount_company > signal.limit,
    "address_mismatch": _addresses_differ,
    "many_orders": _many_orders,
    "disposable_email": lambda signal, facts: bool(facts.email) and is_disposable(facts.email),
    "foreign_ip": lambda signal, facts: bool(
        facts.ip_country_id
        and facts.ip_country_id not in (facts.invoice_country_id, facts.delivery_country_id)
    ),
}


def score(signals, facts):
    """Points of an order and the signs that gave them.

    :param signals: :class:`validation.SignalFacts`, weighted
    :param facts: :class:`validation.OrderFacts` of the order
    :return: ``(points, [codes])``
    """
    seen = [signal for signal in signals if SIGNALS[signal.code](signal, facts)]
    return sum(signal.points for signal in seen), [signal.code for signal in seen]
