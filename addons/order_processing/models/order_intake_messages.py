"""The words for findings: what is wrong and what to do, in the user's language."""


def finding_message(env, code, args):
    """The sentence for a finding.

    :param str code: code of :class:`..engine.intake.canonical.Finding`, or of the model's own
    :param dict args: its plain arguments
    """
    template = _templates(env).get(code)
    if template is None:
        return env._("Problem %(code)s: %(args)s", code=code, args=args)
    return template % _Arguments(args)


class _Arguments(dict):
    """Arguments of a message; one that an old finding lacks reads as a question mark."""

    def __missing__(self, key):
        return "?"


def _templates(env):
    return _document_templates(env) | _order_templates(env) | _setup_templates(env)


def _document_templates(env):
    """The document can't be read."""
    send_again = env._("Send the order again from the shop.")
    return {
        "empty_document": env._("The document is empty.") + " " + send_again,
        "too_large": env._(
            "The document is larger than %(limit)s MB. Send one order at a time, without the"
            " shop's attachments."
        ),
        "not_utf8": env._(
            "The document isn't UTF-8 text (byte %(position)s). Export it from the shop as JSON"
            " in UTF-8 and send it again."
        ),
        "not_json": env._(
            "The document isn't complete JSON: reading stopped at line %(line)s, column %(column)s."
        )
        + " "
        + send_again,
        "too_deep": env._(
            "The document is nested more than %(limit)s levels deep, which no order is. Check"
            " what the sender posts to this channel."
        ),
        "duplicate_key": env._(
            "The document states “%(key)s” twice with different values, so it can't be told"
            " which one holds. Have the sender correct it."
        ),
        "several_orders": env._(
            "The document holds %(count)s orders; one is expected. Send or upload each order as"
            " a document of its own."
        ),
        "not_an_order": env._(
            "The document is JSON but not a Shopify order. Check that the shop posts the topic"
            " “Order creation” to this channel."
        ),
        "no_reference": env._(
            "The order has no usable “id”, so repeats of it couldn't be told apart. Send the"
            " order as the shop's API gives it."
        ),
        "missing_value": env._("A value that every order has is missing. ") + send_again,
        "not_a_number": env._("“%(value)s” is not an amount or quantity. ") + send_again,
        "not_a_list": env._("A list is expected here. ") + send_again,
        "not_an_object": env._("A group of values is expected here. ") + send_again,
        "too_many_items": env._(
            "There are %(count)s entries, more than %(limit)s. Split the order in the shop."
        ),
        "negative_value": env._(
            "“%(value)s” is below zero. Returns and refunds aren't taken in as orders: enter"
            " them by hand."
        ),
        "no_reader": env._(
            "Channel %(channel)s takes no documents: its orders are entered by hand. Set its"
            " kind to the shop's, or use another channel."
        ),
    }


def _order_templates(env):
    """The document was read, and its order can't be taken as it is."""
    return {
        "no_customer": env._(
            "The order names no customer: no e-mail, name or company. Add the customer in the"
            " shop and send the order again."
        ),
        "order_cancelled": env._(
            "The order was cancelled in the shop (%(date)s). Nothing to ship: archive this"
            " document."
        ),
        "test_order": env._(
            "This is a test order of the shop. Nothing to ship: archive this document."
        ),
        "order_refunded": env._(
            "The order's payment is %(status)s in the shop. Nothing to ship: archive this"
            " document, or have the customer pay again."
        ),
        "order_edited": env._(
            "The order was edited or refunded in the shop after it was placed: its total was"
            " %(then)s and is %(now)s now. Enter what is still to be shipped by hand, then"
            " archive this document."
        ),
        "partly_refunded": env._(
            "The shop refunded a part of this order: check what is to be shipped."
        ),
        "no_lines": env._("The order has no lines with a quantity. Nothing to ship."),
        "no_sku": env._(
            "“%(title)s” has no SKU. Give the product its SKU in the shop and send the order again."
        ),
        "gift_card_line": env._(
            "“%(title)s” is a gift card without a SKU. Give it one in the shop and create a"
            " product with that internal reference, then send the order again."
        ),
        "too_many_decimals": env._(
            "The total %(amount)s has more decimals than %(currency)s knows. Check the shop's"
            " currency."
        ),
        "wrong_total": env._(
            "The order doesn't add up: its lines, discounts, shipping and taxes come to"
            " %(computed)s %(currency)s, but it states a total of %(stated)s %(currency)s"
            " (difference %(difference)s). Correct the order in the shop and send it again."
        ),
        "odoo_total": env._(
            "With Odoo's taxes the order comes to %(computed)s %(currency)s, but the shop charged"
            " %(stated)s %(currency)s (difference %(difference)s). Check the tax rates and the"
            " company's tax rounding, or set channel %(channel)s to take taxes as charged, then"
            " try again."
        ),
        "unknown_sku": env._(
            "No product has the SKU “%(sku)s” (%(title)s). Set it as internal reference or"
            " barcode of the right product, then try again."
        ),
        "archived_sku": env._(
            "The product with the SKU “%(sku)s” (%(title)s) is archived. Unarchive it, or give"
            " the SKU to the product that replaces it, then try again."
        ),
        "ambiguous_sku": env._(
            "%(count)s products have the SKU “%(sku)s” (%(title)s). Leave it on only one of them,"
            " then try again."
        ),
        "unknown_country": env._(
            "There is no country “%(country)s”. Correct the address in the shop and send the order"
            " again, or add the country code under Contacts ▸ Configuration ▸ Countries and try"
            " again."
        ),
        "unknown_state": env._(
            "The state “%(state)s” isn't known in %(country)s and was left out of the address."
        ),
        "unknown_currency": env._(
            "There is no currency “%(currency)s”. Correct it in the shop, or create it, then try"
            " again."
        ),
        "inactive_currency": env._(
            "The currency %(currency)s is not active. Activate it (Invoicing ▸ Configuration ▸"
            " Currencies) and create a pricelist in it, then try again."
        ),
        "no_pricelist": env._(
            "No pricelist is in %(currency)s. Create one (Sales ▸ Products ▸ Pricelists) and set"
            " it on the channel, then try again."
        ),
        "no_tax": env._(
            "No sales tax of %(rate)s %% on top of the price exists. Create one, or set the channel"
            " to take taxes as charged, then try again."
        ),
        "no_tax_included": env._(
            "No sales tax of %(rate)s %% included in the price exists. Create one, or set the"
            " channel to take taxes as charged, then try again."
        ),
    }


def _setup_templates(env):
    """The order is fine, and the channel isn't ready for it."""
    return {
        "no_service_product": env._(
            "The channel has no product for “%(kind)s” lines. Set it on the channel, then try"
            " again."
        ),
        "channel_archived": env._(
            "Channel %(channel)s is archived and takes no orders. Unarchive it, then try again."
        ),
        "no_acting_user": env._(
            "Channel %(channel)s has no user to act as. Set “Acts As” on the channel, then try"
            " again."
        ),
        "acting_user_archived": env._(
            "%(user)s, whom channel %(channel)s acts as, is archived. Choose another user on the"
            " channel, then try again."
        ),
        "no_company_access": env._(
            "%(user)s, whom channel %(channel)s acts as, has no access to company %(company)s. Add"
            " the company to the user (Settings ▸ Users), or choose another user on the channel,"
            " then try again."
        ),
        "no_rights": env._(
            "%(user)s, whom channel %(channel)s acts as, may not create: %(models)s. Grant the user"
            " “Sales / User: All Documents” and “Contact Creation” (Settings ▸ Users), or choose"
            " another user on the channel, then try again."
        ),
        "access_refused": env._(
            "%(user)s, whom channel %(channel)s acts as, lacks a right: %(detail)s Grant it"
            " (Settings ▸ Users), or choose another user on the channel, then try again."
        ),
        "refused": env._("Odoo refused the order: %(detail)s Correct this, then try again."),
        "unexpected": env._(
            "An unexpected error kept the order out (%(detail)s). The document is kept; try again,"
            " and send this text to your administrator if it happens again."
        ),
        "same_reference": env._(
            "The channel sent order %(ref)s again with other content, but order %(order)s was"
            " made from the first document. Nothing was changed: compare the two documents and"
            " correct the order by hand."
        ),
    }
