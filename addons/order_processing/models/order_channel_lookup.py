from dataclasses import replace
from decimal import Decimal

from odoo import models
from odoo.fields import Domain

from ..engine.intake import customers, resolve
from ..engine.intake.aliases import CUSTOMER, PRODUCT, UNIT, product_codes, unit_codes
from ..engine.intake.trade import gtin_forms
from ..engine.intake.units import UNITS


class OrderChannel(models.Model):
    """From a document's words to records."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.channel"

    # === GATHERING === #

    def _gather_facts(self, orders):
        """Read what the database knows about everything that ``orders`` name, each table once.

        :param orders: list of :class:`..engine.intake.canonical.Order`
        :return: :class:`..engine.intake.resolve.Facts`
        """
        self.ensure_one()
        facts = resolve.Facts(
            services={
                "shipping": self.shipping_product_id.id,
                "discount": self.discount_product_id.id,
                "tax": self.tax_product_id.id,
            }
        )
        self._gather_aliases(orders, facts)
        self._gather_products(orders, facts)
        self._gather_units(orders, facts)
        self._gather_places(orders, facts)
        self._gather_currencies(orders, facts)
        if self.tax_policy == "odoo":
            self._gather_taxes(orders, facts)
        facts.customers = self.env["res.partner"]._gather_customers(orders, self.company_id)
        return facts

    def _complete_order(self, order):
        """``order`` with what it leaves to this channel: the currency."""
        if order.currency:
            return order
        currency = self.pricelist_id.currency_id or self.company_id.currency_id
        return replace(order, currency=currency.name)

    def _get_company_domain(self):
        """Records that this channel's company owns or shares."""
        return Domain("company_id", "in", (False, self.company_id.id))

    def _gather_aliases(self, orders, facts):
        lines = [line for order in orders for line in order.lines]
        codes = {
            PRODUCT: {code for line in lines for code in product_codes(line)},
            UNIT: {code for line in lines for code in unit_codes(line)},
            CUSTOMER: {code for order in orders for code in customers.customer_codes(order)}
            | {code for order in orders for code in customers.party_codes(order, order.delivery)},
        }
        facts.aliases = self.env["order.channel.alias"]._gather(self, codes)

    def _gather_products(self, orders, facts):
        lines = [line for order in orders for line in order.lines]
        gtins = {line.gtin for line in lines} - {""}
        wanted = {line.sku for line in lines} | {
            form for gtin in gtins for form in gtin_forms(gtin)
        }
        wanted = sorted(wanted - {""})
        products = (
            self.env["product.product"]
            .with_context(active_test=False)
            .search_fetch(
                self._get_company_domain()
                & (Domain("default_code", "in", wanted) | Domain("barcode", "in", wanted)),
                ["default_code", "barcode", "company_id", "active", "uom_id"],
            )
        )
        for product in products:
            fact = product._get_intake_fact()
            for code in set(wanted) & {product.default_code, product.barcode}:
                facts.products.setdefault(code, []).append(fact)

    def _gather_units(self, orders, facts):
        codes = {code for order in orders for line in order.lines for code in unit_codes(line)}
        known = {}
        for code in codes & UNITS.keys():
            unit = self.env.ref(f"uom.{UNITS[code]}", raise_if_not_found=False)
            if unit:
                known[code] = unit
        self.env["uom.uom"].union(*known.values()).fetch(["parent_path"])
        facts.units = {code: unit._get_intake_fact() for code, unit in known.items()}

    def _gather_places(self, orders, facts):
        places = [place for order in orders for place in (order.billing, order.shipping) if place]
        countries = self.env["res.country"].search_fetch(
            Domain("code", "in", sorted({place.country_code for place in places}))
            | Domain("name", "in", sorted({place.country_name for place in places})),
            ["code", "name"],
        )
        for country in countries:
            facts.countries |= {country.code: country.id, country.name.lower(): country.id}
        states = self.env["res.country.state"].search_fetch(
            Domain("country_id", "in", countries.ids)
            & Domain("code", "in", sorted({place.state_code for place in places})),
            ["code", "country_id"],
        )
        for state in states:
            facts.states[state.country_id.id, state.code] = state.id

    def _gather_currencies(self, orders, facts):
        names = sorted({order.currency for order in orders})
        currencies = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search_fetch([("name", "in", names)], ["active", "name"])
        )
        pricelists = self.env["product.pricelist"].search_fetch(
            self._get_company_domain() & Domain("currency_id", "in", currencies.ids),
            ["currency_id"],
        )
        for currency in currencies:
            fitting = pricelists.filtered(lambda p, c=currency: p.currency_id == c)
            if self.pricelist_id.currency_id == currency:
                fitting = self.pricelist_id
            own = currency == self.company_id.currency_id
            # Prices come from the document: without a pricelist of its own the company's currency
            # needs none.
            pricelist = fitting if self.pricelist_id in fitting or not own else fitting.browse()
            facts.currencies[currency.name] = resolve.CurrencyFact(
                currency.id, currency.active, pricelist[:1].id or None, own or bool(fitting)
            )

    def _gather_taxes(self, orders, facts):
        rates = {rate for order in orders for rate in resolve.named_rates(order)}
        percents = {resolve.percent(rate) for rate in rates}
        taxes = self.env["account.tax"].search_fetch(
            Domain(self.env["account.tax"]._check_company_domain(self.company_id))
            & Domain("type_tax_use", "=", "sale")
            & Domain("amount_type", "=", "percent")
            & Domain("country_id", "=", self.company_id.account_fiscal_country_id.id)
            & Domain("amount", "in", [float(percent) for percent in percents]),
            ["amount", "price_include_override"],
        )
        for tax in taxes:
            key = (resolve.percent(Decimal(str(tax.amount)) / 100), tax.price_include)
            facts.taxes.setdefault(key, tax.id)
