from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.intake.reading import clean
from .sale_order_export import PARTNER_TEXTS
from .sale_order_import import SILENT

#: Kinds of taxes an import can make; others are made by hand.
TAX_KINDS = ("percent", "fixed", "division")


def _signs(text):
    """Letters and digits of a number that is written in more than one way."""
    return "".join(char for char in (text or "").upper() if char.isalnum())


class SaleOrder(models.Model):
    """What an imported order hangs on: found by name, or made."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    @api.model
    def _import_find(self, model, domain, company=None):
        """The first record of that name, of the company or of all; none for no name."""
        # sudo: what an order hangs on is found by name, whoever imports.
        Model = self.env[model].sudo()
        if not domain[0][2]:
            return Model
        if company and "company_id" in Model._fields:
            domain = [*domain, ("company_id", "in", (company.id, False))]
        return Model.search(domain, limit=1, order="id")

    @api.model
    def _import_places(self, head, currency, importing):
        """What the order hangs on here, by the names of ``sale_order_import.PLACES``.

        What isn't here is left out, except the warehouse: the company's first stands in.
        """
        company, find = importing.company_id, self._import_find
        warehouse = find("stock.warehouse", [("code", "=", head.get("warehouse"))], company)
        return {
            "channel": find("order.channel", [("code", "=", head.get("channel"))], company),
            "fiscal_position": find(
                "account.fiscal.position", [("name", "=", head.get("fiscal_position"))], company
            ),
            "payment_terms": find(
                "account.payment.term", [("name", "=", head.get("payment_terms"))], company
            ),
            "pricelist": self._import_pricelist(head, currency, importing),
            "salesperson": find("res.users", [("login", "=", head.get("salesperson"))]),
            "team": find("crm.team", [("name", "=", head.get("team"))], company),
            "warehouse": warehouse or find("stock.warehouse", [("company_id", "=", company.id)]),
        }

    @api.model
    def _import_name(self, name, importing):
        """The order's number, with the prefix where another order has it here."""
        company = [("company_id", "=", importing.company_id.id)]
        # sudo: a number is taken, whoever may read the order that has it.
        taken = self.sudo().search_count([*company, ("name", "=", name)], limit=1)
        if not taken:
            return name
        changed = f"{importing.prefix or ''}{name}"
        if changed != name and not self.sudo().search_count(
            [*company, ("name", "=", changed)], limit=1
        ):
            return changed
        raise UserError(
            self.env._(
                "Another order here has the number %(name)s. Set a prefix of taken numbers on the"
                " import, then try again.",
                name=name,
            )
        )

    @api.model
    def _import_currency(self, code):
        # sudo: inactive currencies are named in the message.
        currency = self.env["res.currency"].sudo().with_context(active_test=False)
        found = currency.search([("name", "=", code)], limit=1)
        if not found.active:
            raise UserError(
                self.env._("Activate the currency %(code)s, then try again.", code=code)
            )
        return found

    @api.model
    def _import_pricelist(self, head, currency, importing):
        """A pricelist of the order's currency, that of its name first."""
        domain = [("currency_id", "=", currency.id)]
        company = importing.company_id
        if head.get("pricelist"):
            named = self._import_find(
                "product.pricelist", [("name", "=", head["pricelist"]), *domain], company
            )
            if named:
                return named
        if currency == company.currency_id:
            return self.env["product.pricelist"]
        found = self._import_find("product.pricelist", domain, company)
        if not found:
            self._import_allow(importing, self.env._("pricelist in %s", currency.name))
            found = self.env["product.pricelist"].create(
                {
                    "name": head.get("pricelist") or currency.name,
                    "currency_id": currency.id,
                    "company_id": company.id,
                }
            )
        return found

    @api.model
    def _import_allow(self, importing, what):
        """:raise UserError: something is missing and may not be made"""
        if not importing.create_missing:
            raise UserError(
                self.env._(
                    "There is no %(what)s here. Make it, or tick Create Missing on the import,"
                    " then try again.",
                    what=what,
                )
            )

    # === partners === #

    @api.model
    def _import_partners(self, abouts, importing):
        """The record's partners, in its order: known ones, or new ones.

        One is known by its name along with its VAT number, reference or e-mail, its company and
        address; customers of one name who differ in any of these are never mixed up.
        """
        partners = []
        for place, about in enumerate(abouts):
            parent = about.get("parent")
            if parent is not None and parent >= place:
                raise UserError(self.env._("The record names a partner that isn't in it."))
            above = partners[parent] if parent is not None else self.env["res.partner"]
            vals = self._import_partner_vals(about, above, importing)
            found = self._import_known_partner(vals, above, importing)
            if not found:
                self._import_allow(importing, self.env._("customer %s", about["name"]))
                found = self.env["res.partner"].with_context(**SILENT, no_vat_validation=True)
                found = found.create(vals)
            partners.append(found)
        return partners

    @api.model
    def _import_known_partner(self, vals, above, importing):
        """The partner with these texts; a number counts however it is written."""
        plain = {"vat", "phone"}
        # sudo: a customer whom the user may not read is here all the same.
        partners = (
            self.env["res.partner"]
            .sudo()
            .search(
                [
                    *(
                        (name, "=", vals.get(name) or False)
                        for name in PARTNER_TEXTS
                        if name not in plain | {"lang"}
                    ),
                    ("parent_id", "=", above.id),
                    ("company_id", "in", (importing.company_id.id, False)),
                ],
                order="id",
            )
        )
        return partners.filtered(
            lambda partner: all(_signs(partner[name]) == _signs(vals.get(name)) for name in plain)
        )[:1]

    @api.model
    def _import_partner_vals(self, about, above, importing):
        country = self._import_find("res.country", [("code", "=", about.get("country"))])
        state = self.env["res.country.state"]
        if country and about.get("state"):
            state = state.search(
                [("code", "=", about["state"]), ("country_id", "=", country.id)], limit=1
            )
        languages = {code for code, _name in self.env["res.lang"].get_installed()}
        lang = about.get("lang") if about.get("lang") in languages else self.env.lang
        return {
            **{name: about.get(name) or False for name in PARTNER_TEXTS},
            "lang": lang,
            "type": about.get("type") or "contact",
            "is_company": bool(about.get("is_company")),
            "parent_id": above.id,
            "country_id": country.id,
            "state_id": state.id,
            "company_id": False if above else importing.company_id.id,
        }

    # === lines === #

    @api.model
    def _import_line(self, about, number, importing):
        if about["kind"] != "product":
            return {"display_type": about["kind"], "name": about["title"], "sequence": number}
        product = self._import_product(about.get("product"), importing)
        if not product:
            raise UserError(
                self.env._("The line %(title)s has no product.", title=clean(about["title"], 80))
            )
        unit = self._import_unit(about.get("unit"), product)
        return {
            "sequence": number,
            "product_id": product.id,
            "name": about["title"],
            "product_uom_qty": float(about["quantity"]),
            "product_uom_id": unit.id,
            "price_unit": float(about["unit_price"]),
            "technical_price_unit": float(about["unit_price"]),
            "discount": float(about["discount"]),
            "tax_ids": [
                fields.Command.set([self._import_tax(tax, importing).id for tax in about["taxes"]])
            ],
            "customer_lead": float(about.get("lead_days") or 0),
            "is_delivery": bool(about.get("is_delivery")),
            "is_downpayment": bool(about.get("is_downpayment")),
            # Has a default, so that it isn't computed when a line is made.
            "qty_delivered": float(about.get("delivered") or 0),
            "moved_delivered": float(about.get("delivered") or 0),
            "moved_invoiced": float(about.get("invoiced") or 0),
        }

    @api.model
    def _import_unit(self, name, product):
        """The unit of that name; the product's own when none is said."""
        if not name or name == product.uom_id.name:
            return product.uom_id
        unit = self._import_find("uom.uom", [("name", "=", name)])
        if not unit:
            raise UserError(
                self.env._("Make the unit of measure %(name)s, then try again.", name=name)
            )
        return unit

    @api.model
    def _import_product(self, about, importing):
        """The product by its reference, then its barcode, then its name."""
        if not about:
            return self.env["product.product"]
        company = importing.company_id
        for name, value in (
            ("default_code", about.get("sku")),
            ("barcode", about.get("barcode")),
            ("name", None if about.get("sku") else about["name"]),
        ):
            found = self.with_context(active_test=False)._import_find(
                "product.product", [(name, "=", value)], company
            )
            if found:
                return found
        self._import_allow(importing, self.env._("product %s", about.get("sku") or about["name"]))
        vals = {
            "name": about["name"],
            "default_code": about.get("sku") or False,
            "barcode": about.get("barcode") or False,
            "type": about["type"],
            "is_storable": bool(about.get("stored")) and about["type"] == "consu",
            "invoice_policy": about.get("invoice_policy") or "order",
            "list_price": 0.0,
            "taxes_id": [fields.Command.clear()],
        }
        unit = self._import_find("uom.uom", [("name", "=", about.get("unit"))])
        if unit:
            vals["uom_id"] = unit.id
        return self.env["product.product"].with_context(**SILENT).create(vals)

    @api.model
    def _import_tax(self, about, importing):
        """The company's sales tax of that name, rate and kind."""
        company, amount = importing.company_id, float(about["amount"])
        # sudo: whoever may import an order may see what is charged on it.
        taxes = (
            self.env["account.tax"]
            .sudo()
            .search(
                [
                    *self.env["account.tax"]._check_company_domain(company),
                    ("type_tax_use", "=", "sale"),
                    ("name", "=", about["name"]),
                    ("amount_type", "=", about["kind"]),
                ]
            )
        )
        found = taxes.filtered(
            lambda tax: (
                abs(tax.amount - amount) < 1e-6 and tax.price_include == bool(about.get("included"))
            )
        )[:1]
        if found:
            return found
        if about["kind"] not in TAX_KINDS:
            raise UserError(
                self.env._("Make the sales tax %(name)s, then try again.", name=about["name"])
            )
        self._import_allow(importing, self.env._("sales tax %s", about["name"]))
        included = "tax_included" if about.get("included") else "tax_excluded"
        # Two taxes of one name aren't allowed: what differs is said.
        name = f"{about['name']} ({about['amount']})" if taxes else about["name"]
        # sudo: an administrator of orders imports; a tax made here has no accounts yet, so it
        # charges what was charged there and books as the company's settings say.
        return (
            self.env["account.tax"]
            .sudo()
            .create(
                {
                    "name": name,
                    "amount": amount,
                    "amount_type": about["kind"],
                    "type_tax_use": "sale",
                    "price_include_override": included,
                    "company_id": company.id,
                }
            )
        )
