"""The words for findings: what is wrong and what to do, in the user's language."""

from .order_intake_messages_formats import format_templates
from .order_intake_messages_lookup import lookup_templates


def finding_message(env, code, args, templates=None):
    """The sentence for a finding.

    :param str code: code of :class:`..engine.intake.canonical.Finding`, or of the model's own
    :param dict args: its plain arguments
    :param dict templates: those of :func:`finding_templates`, where many are asked for
    """
    template = (templates or finding_templates(env)).get(code)
    if template is None:
        return env._("Problem %(code)s: %(args)s", code=code, args=args)
    return template % _Arguments(args)


class _Arguments(dict):
    """Arguments of a message; one that an old finding lacks reads as a question mark."""

    def __missing__(self, key):
        return "?"


def finding_templates(env):
    """All sentences by code, with places for the arguments, in the language of ``env``."""
    return (
        _document_templates(env)
        | _order_templates(env)
        | format_templates(env)
        | lookup_templates(env)
        | _setup_templates(env)
        | _change_templates(env)
    )


def _document_templates(env):
    """The document can't be read."""
    send_again = env._("Have it sent again.")
    return {
        "empty_document": env._("The document is empty.") + " " + send_again,
        "too_large": env._(
            "The document is larger than %(limit)s MB. Have fewer orders sent at a time, without"
            " attachments."
        ),
        "not_utf8": env._(
            "The document isn't UTF-8 text (byte %(position)s). Have it exported in UTF-8 and sent"
            " again."
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
            "There are %(count)s entries, more than %(limit)s. Have the order split."
        ),
        "negative_value": env._(
            "“%(value)s” is below zero. Returns and refunds aren't taken in as orders: enter"
            " them by hand."
        ),
        "no_reader": env._(
            "Channel %(channel)s takes no documents: its orders are entered by hand. Set its"
            " kind to the sender's format, or use another channel."
        ),
    }


def _order_templates(env):
    """The document was read, and its order can't be taken as it is."""
    return {
        "no_customer": env._(
            "The order names no customer: no e-mail, name, company or identifier. Have the sender"
            " add the customer and send the order again."
        ),
        "order_cancelled": env._(
            "The order was cancelled in the shop (%(date)s). Nothing to ship: archive this"
            " document."
        ),
        "test_order": env._("This is a test order. Nothing to ship: archive this document."),
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
            "“%(title)s” has no SKU. Have the sender give the product its SKU and send the order"
            " again."
        ),
        "gift_card_line": env._(
            "“%(title)s” is a gift card without a SKU. Give it one in the shop and create a"
            " product with that internal reference, then send the order again."
        ),
        "too_many_decimals": env._(
            "The total %(stated)s has more decimals than %(currency)s knows. Check the sender's"
            " currency."
        ),
        "wrong_total": env._(
            "The order doesn't add up: its lines, discounts, shipping and taxes come to"
            " %(computed)s %(currency)s, but it states a total of %(stated)s %(currency)s"
            " (difference %(difference)s). It is held until the sender corrects it or somebody"
            " decides."
        ),
        "odoo_total": env._(
            "With Odoo's taxes the order comes to %(computed)s %(currency)s, but the sender states"
            " %(stated)s %(currency)s (difference %(difference)s). Check the tax rates and the"
            " company's tax rounding, or set channel %(channel)s to take taxes as charged."
        ),
        "odoo_line_total": env._(
            "Line “%(ref)s” comes to %(computed)s %(currency)s here, but the sender states"
            " %(stated)s %(currency)s (difference %(difference)s). Check the decimal places of"
            " prices."
        ),
        "odoo_tax": env._(
            "Odoo's taxes come to %(computed)s %(currency)s, but the sender charged %(stated)s"
            " %(currency)s (difference %(difference)s). Check the tax rates and the company's tax"
            " rounding."
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
            "The document came again in another form. It says what order %(order)s has already:"
            " nothing was changed."
        ),
    }


def _change_templates(env):
    """The document changes or cancels an order that was taken in before."""
    return {
        "change_of_unknown": env._(
            "The document changes or cancels order %(number)s, which this channel hasn't sent yet."
            " Try again when it came; if it never does, archive this document."
        ),
        "change_of_waiting": env._(
            "The document changes or cancels order %(number)s, which itself still needs"
            " attention. Put that right first, then try again."
        ),
        "change_too_late": env._(
            "Order %(order)s is too far for this change: %(reason)s It is kept from shipping"
            " until somebody decides: change the order by hand or decline, then release the hold"
            " and archive this document."
        ),
        "change_by_hand": env._(
            "The change asks for %(what)s, which isn't done by itself. Change order %(order)s by"
            " hand, then release the hold and archive this document."
        ),
    }
