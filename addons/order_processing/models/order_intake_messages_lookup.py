"""The words for what an order names and the database doesn't know, or knows twice."""


def lookup_templates(env):
    """Templates by code; see :func:`.order_intake_messages.finding_message`."""
    return _product_templates(env) | _customer_templates(env)


def _product_templates(env):
    """Products, places, currencies, taxes and units that aren't known."""
    return {
        "unknown_sku": env._(
            "No product has the SKU “%(sku)s” (%(title)s). Press Set Alias and choose the product,"
            " or set the SKU as internal reference or barcode of the right product and try again."
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
            "There is no country “%(country)s”. Have the sender correct the address and send the"
            " order again, or add the country code under Contacts ▸ Configuration ▸ Countries and"
            " try again."
        ),
        "unknown_state": env._(
            "The state “%(state)s” isn't known in %(country)s and was left out of the address."
        ),
        "unknown_currency": env._(
            "There is no currency “%(currency)s”. Have the sender correct it, or create it, then"
            " try again."
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
        "product_contradiction": env._(
            "“%(title)s” names two products: by its number %(sku)s it is %(one)s, by its barcode"
            " %(gtin)s it is %(other)s. Correct the products, or press Set Alias and choose one."
        ),
        "unknown_unit": env._(
            "The unit of measure “%(unit)s” isn't known. Press Set Alias and choose what it means"
            " for this channel."
        ),
        "wrong_unit": env._(
            "%(product)s is ordered in %(unit)s, but it is sold in %(own)s and the two can't be"
            " converted. Have the sender correct the unit, or set an alias for it."
        ),
    }


def _customer_templates(env):
    """The customer, or what was agreed with him."""
    return {
        "unknown_customer": env._(
            "Nobody is known as “%(code)s”, and the order doesn't say more about its customer."
            " Press Set Alias and choose who it is."
        ),
        "ambiguous_customer": env._(
            "The order's customer may be any of these: %(names)s (found by %(by)s). Press Set"
            " Alias and choose who it is, or merge the contacts, then try again."
        ),
        "customer_by_name": env._(
            "The customer was found by the name “%(name)s” alone: the order says nothing more."
            " Check that it is the right one."
        ),
        "customer_contradiction": env._(
            "The alias “%(code)s” means %(one)s, but the order has the tax number of %(other)s."
            " Correct the alias or the tax number, then try again."
        ),
        "unknown_delivery": env._(
            "The goods go to “%(code)s”, and the order gives no address for it. Press Set Alias"
            " and choose the delivery address."
        ),
        "past_date": env._(
            "The goods were asked for by %(date)s, which is past. No delivery date was set."
        ),
        "other_terms": env._(
            "The document asks for the payment terms “%(stated)s”, but the order has “%(ours)s”."
            " Agree on them with the customer, and set the ones that hold on the order."
        ),
        "odoo_net_total": env._(
            "Before taxes the order comes to %(computed)s %(currency)s here, but the sender states"
            " %(stated)s %(currency)s (difference %(difference)s). Check whether the products'"
            " taxes are included in their prices."
        ),
    }
