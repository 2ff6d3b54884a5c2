from rapidfuzz import fuzz, process, utils

from odoo import api, fields, models
from odoo.fields import Domain

from ..engine.intake.aliases import PRODUCT, AliasFact, alias_key, find_alias
from ..engine.intake.trade import gtin_forms
from ..flow import HOLD_BLOCKING
from .sale_order import INTERNAL

#: How alike (0 to 100) a product's number or name must be to be proposed, and how many are.
LIKENESS = 60
PROPOSED = 3


class SaleOrder(models.Model):
    """Orders typed in by hand: what a clerk sees, scans and pastes."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _name = "sale.order"
    _inherit = ["sale.order", "barcodes.barcode_events_mixin"]

    customer_hold_count = fields.Integer(
        compute="_compute_customer_holds",
        compute_sudo=True,
        groups=INTERNAL,
        help="Open holds on this customer's other orders.",
    )
    customer_owes = fields.Monetary(
        compute="_compute_customer_credit",
        compute_sudo=True,
        groups="order_processing.group_order_user,account.group_account_readonly",
        help="What the customer owes, with what is ordered and not invoiced yet.",
    )
    customer_limit = fields.Monetary(
        compute="_compute_customer_credit",
        compute_sudo=True,
        groups="order_processing.group_order_user,account.group_account_readonly",
        help="Up to this amount the customer may owe. 0: no limit.",
    )

    # === COMPUTE === #

    @api.depends("partner_id")
    def _compute_customer_holds(self):
        counts = {}
        customers = self.partner_id.commercial_partner_id
        if customers:
            for order, count in self.env["order.hold"]._read_group(
                [
                    ("order_id.partner_id.commercial_partner_id", "in", customers.ids),
                    ("company_id", "in", self.company_id.ids),
                    ("state", "in", list(HOLD_BLOCKING)),
                ],
                ["order_id"],
                ["__count"],
            ):
                customer = order.partner_id.commercial_partner_id
                counts.setdefault(customer, {})[order.id] = count
        for order in self:
            found = counts.get(order.partner_id.commercial_partner_id, {})
            order.customer_hold_count = sum(found.values()) - found.get(order._origin.id, 0)

    @api.depends("partner_id", "company_id", "currency_id")
    def _compute_customer_credit(self):
        for order in self:
            owes, limit = order._get_customer_credit()
            order.customer_owes, order.customer_limit = owes, limit

    def _get_customer_credit(self):
        """What the customer owes and may owe, in the order's currency: (amount, limit).

        Extend it where more than Odoo's receivables and uninvoiced orders count.
        """
        self.ensure_one()
        company = self.company_id or self.env.company
        partner = self.partner_id.commercial_partner_id.with_company(company)
        if not partner:
            return 0.0, 0.0
        limit = partner.credit_limit if company.account_use_credit_limit else 0.0
        currency = self.currency_id or company.currency_id
        date = self.date_order or fields.Datetime.now()
        return tuple(
            company.currency_id._convert(amount, currency, company, date)
            for amount in (partner.credit + partner.credit_to_invoice, limit)
        )

    # === ACTION === #

    def action_view_customer_holds(self):
        """Open the holds on this customer's orders."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("order_processing.order_hold_action")
        customer = self.partner_id.commercial_partner_id
        return action | {
            "domain": [
                ("order_id.partner_id", "child_of", customer.ids),
                ("state", "in", list(HOLD_BLOCKING)),
            ],
            "context": {},
        }

    def action_paste_lines(self):
        """Open the dialog that takes pasted lines."""
        return self._open_entry("order_processing.order_entry_paste_action")

    def action_repeat_order(self):
        """Open the dialog that repeats a former order of the customer."""
        return self._open_entry("order_processing.order_entry_repeat_action")

    def _open_entry(self, xml_id):
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        return action | {"context": {"default_order_id": self.id, "dialog_size": "extra-large"}}

    # === BUSINESS: from codes to products === #

    def _resolve_codes(self, codes):
        """What codes mean for this order: dict code → (product, unit or none).

        Asked in turn: the customer's own numbers, the channel's and the company's aliases; our
        own numbers; barcodes of products and of their packages. Codes that mean nothing, or more
        than one product, are left out. Few queries however many codes.

        :param codes: strings as typed, pasted or scanned
        """
        self.ensure_one()
        codes = [code for code in dict.fromkeys(codes) if code]
        company = self.company_id or self.env.company
        aliases = self._gather_code_aliases(codes, company)
        customer_id = self.partner_id.commercial_partner_id._origin.id
        forms = {code: {code, *(gtin_forms(code) if code.isdigit() else ())} for code in codes}
        wanted = sorted({form for each in forms.values() for form in each})
        products = self.env["product.product"].search(
            Domain("sale_ok", "=", True)
            & Domain("company_id", "in", (False, company.id))
            & (Domain("default_code", "in", wanted) | Domain("barcode", "in", wanted))
        )
        packages = self.env["product.uom"].search(
            Domain("barcode", "in", wanted)
            & Domain("company_id", "in", (False, company.id))
            & Domain("product_id.sale_ok", "=", True)
        )
        no_unit, found = self.env["uom.uom"], {}
        for code in codes:
            product = find_alias(aliases, PRODUCT, [code], customer_id)
            if product:
                found[code] = (product, no_unit)
                continue
            ours = products.filtered(lambda each, code=code: each.default_code == code)
            fitting = ours or products.filtered(lambda each, code=code: each.barcode in forms[code])
            own = fitting.filtered("company_id") or fitting
            package = packages.filtered(lambda each, code=code: each.barcode in forms[code])
            if len(own) == 1:
                found[code] = (own, no_unit)
            elif not own and len(package) == 1:
                found[code] = (package.product_id, package.uom_id)
        return found

    def _gather_code_aliases(self, codes, company):
        """Aliases of products that count for this order, see ``engine.intake.aliases``."""
        # sudo: a salesman's order has a channel, too.
        channel = self.sudo().channel_id
        facts = {}
        for alias in self.env["order.channel.alias"].search(
            [
                ("kind", "=", PRODUCT),
                ("company_id", "=", company.id),
                ("channel_id", "in", [False, *channel._origin.ids]),
                ("code_key", "in", [alias_key(code) for code in codes]),
                ("product_id.active", "=", True),
            ]
        ):
            fact = AliasFact(
                alias.product_id,
                bool(alias.channel_id),
                alias.partner_id.commercial_partner_id.id or None,
            )
            facts.setdefault((PRODUCT, alias.code_key), []).append(fact)
        return facts

    def _propose_products(self, codes):
        """Products that codes nobody knows may mean: dict code → ``product.product``, best first.

        By the likeness of number and name (``rapidfuzz``), so that a slip of the pen is found.
        """
        self.ensure_one()
        if not codes:
            return {}
        company = self.company_id or self.env.company
        products = self.env["product.product"].search_fetch(
            [("sale_ok", "=", True), ("company_id", "in", (False, company.id))],
            ["default_code", "name"],
        )
        numbers = {each.id: each.default_code for each in products if each.default_code}
        names = {each.id: each.name for each in products}
        proposed = {}
        for code in codes:
            scores = {}
            for choices, scorer in ((numbers, fuzz.ratio), (names, fuzz.WRatio)):
                for _text, score, key in process.extract(
                    code,
                    choices,
                    scorer=scorer,
                    processor=utils.default_process,
                    score_cutoff=LIKENESS,
                    limit=PROPOSED,
                ):
                    scores[key] = max(score, scores.get(key, 0))
            best = sorted(scores, key=lambda key: (-scores[key], key))[:PROPOSED]
            proposed[code] = self.env["product.product"].browse(best)
        return proposed

    # === BUSINESS: scanning === #

    def on_barcode_scanned(self, barcode):
        """One more of the scanned product: on its line in the same unit, or on a new one.

        An onchange: nothing is saved before the clerk saves the order.

        :return: a warning for the client where the barcode isn't known
        """
        self.ensure_one()
        barcode = barcode.strip()
        if self.state == "cancel" or self.locked:
            return self._warn_scan(
                self.env._("%(order)s can't be changed any more.", order=self.name or "")
            )
        found = self._resolve_codes([barcode]).get(barcode)
        if not found:
            return self._warn_scan(
                self.env._(
                    "Nothing sold has the barcode “%(barcode)s”. Look for the product by its name,"
                    " or enter the barcode on the product.",
                    barcode=barcode[:80],
                )
            )
        self._add_one(*found)
        return None

    def _add_one(self, product, unit):
        """Add one ``unit`` (the product's own, unless said) of a product to this order."""
        unit = unit or product.uom_id
        line = self.order_line.filtered(
            lambda line: (
                line.product_id._origin == product
                and line.product_uom_id._origin == unit
                and not line.display_type
            )
        )[-1:]
        if line:
            line.product_uom_qty += 1
            return
        last = max(self.order_line.mapped("sequence"), default=9)
        self.order_line += self.env["sale.order.line"].new(
            {
                "order_id": self.id,
                "product_id": product.id,
                "product_uom_id": unit.id,
                "product_uom_qty": 1,
                "sequence": last + 1,
            }
        )

    def _warn_scan(self, message):
        """A warning as the web client shows it, without a dialog that would catch the next scan."""
        return {
            "warning": {
                "title": self.env._("Not added"),
                "message": message,
                "type": "notification",
            }
        }
