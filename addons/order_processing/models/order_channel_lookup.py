from decimal import Decimal

from odoo import Command, models
from odoo.fields import Domain

from ..engine.intake import resolve


class OrderChannel(models.Model):
    """From a document's words to records, and from there to a sales order's values."""

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
        self._gather_products(orders, facts)
        self._gather_places(orders, facts)
        self._gather_currencies(orders, facts)
        if self.tax_policy == "odoo":
            self._gather_taxes(orders, facts)
        return facts

    def _get_company_domain(self):
        """Records that this channel's company owns or shares."""
        return Domain("company_id", "in", (False, self.company_id.id))

    def _gather_products(self, orders, facts):
        skus = sorted({line.sku for order in orders for line in order.lines})
        products = (
            self.env["product.product"]
            .with_context(active_test=False)
            .search_fetch(
                self._get_company_domain()
                & (Domain("default_code", "in", skus) | Domain("barcode", "in", skus)),
                ["default_code", "barcode", "company_id", "active"],
            )
        )
        wanted = set(skus)
        for product in products:
            fact = resolve.ProductFact(product.id, bool(product.company_id), product.active)
            for sku in wanted & {product.default_code, product.barcode}:
                facts.products.setdefault(sku, []).append(fact)

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

    # === ORDERS === #

    def _prepare_order_vals(self, order, resolution, partners):
        """Values of the sales order for a document.

        :param order: :class:`..engine.intake.canonical.Order`
        :param resolution: :class:`..engine.intake.resolve.Resolution`
        :param partners: ``(customer, invoice address, delivery address)``
        """
        customer, invoice, delivery = partners
        vals = {
            "company_id": self.company_id.id,
            "partner_id": customer.id,
            "partner_invoice_id": invoice.id,
            "partner_shipping_id": delivery.id,
            "pricelist_id": resolution.pricelist_id or False,
            "channel_id": self.id,
            "channel_ref": order.number,
            "channel_total": float(order.total),
            "client_order_ref": order.po_number or order.number,
            "origin": f"{self.name} {order.number}",
            "order_line": [Command.create(self._prepare_line_vals(r)) for r in resolution.lines],
        }
        optional = {
            "team_id": self.team_id.id,
            "warehouse_id": self.warehouse_id.id,
            "payment_term_id": self.payment_term_id.id,
        }
        return vals | {name: value for name, value in optional.items() if value}

    def _prepare_line_vals(self, resolved):
        """Values of one sales order line; ``resolved`` is an engine's ``ResolvedLine``."""
        plan = resolved.plan
        vals = {
            "product_id": resolved.product_id,
            "product_uom_qty": float(plan.quantity),
            "price_unit": float(plan.price_unit),
            "discount": float(plan.discount),
            "tax_ids": [Command.set(resolved.tax_ids)],
            "channel_line_ref": plan.ref or False,
        }
        name = self._get_line_name(plan)
        return vals | {"name": name} if name else vals

    def _get_line_name(self, plan):
        """The text of a line where the channel says more than the product's own name."""
        if plan.kind == "product":
            if not plan.properties:
                return False
            return "\n".join([plan.title, *(f"{name}: {value}" for name, value in plan.properties)])
        titles = {
            "shipping": plan.title or self.env._("Shipping"),
            "tip": self.env._("Tip"),
            "duty": self.env._("Customs duties"),
            "tax": plan.title or self.env._("Tax"),
            "discount": self.env._("Discount %(code)s", code=plan.title).strip(),
        }
        return titles[plan.kind]
