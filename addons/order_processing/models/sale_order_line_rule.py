from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import validation

#: Changes of a line that rules care about.
WATCHED = frozenset(
    {"product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount", "tax_ids"}
)


class SaleOrderLine(models.Model):
    """What rules look at on a line, and that they look again when it changes."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order.line"

    confirmed_price_unit = fields.Float(
        digits="Product Price",
        readonly=True,
        copy=False,
        help="Unit price when the order was confirmed.",
    )
    is_price_confirmed = fields.Boolean(readonly=True, copy=False)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Have the orders checked again that got new lines."""
        lines = super().create(vals_list)
        lines.order_id._touch_rules(changed=True)
        return lines

    def write(self, vals):
        """Have the orders checked again whose lines change."""
        if WATCHED & vals.keys():
            self.order_id._touch_rules(changed=True)
        return super().write(vals)

    def unlink(self):
        """Have the orders checked again that lost lines."""
        self.order_id._touch_rules(changed=True)
        return super().unlink()

    # === BUSINESS === #

    def _keep_confirmed_prices(self):
        """Remember what these lines cost now that their orders are confirmed: one query."""
        if not self.ids:
            return
        self.flush_recordset(["price_unit"])
        self.env.cr.execute(
            SQL(
                "UPDATE sale_order_line SET confirmed_price_unit = price_unit,"
                " is_price_confirmed = TRUE WHERE id IN %s",
                tuple(self.ids),
            )
        )
        self.invalidate_recordset(["confirmed_price_unit", "is_price_confirmed"], flush=False)

    def _get_listed_price(self, items):
        """The pricelist's price of this line in its unit and currency, discounts taken off.

        :param items: ``product.pricelist.item`` that may apply, most special first
        :return: price, ``None`` where pricelists don't set it
        """
        self.ensure_one()
        if self.product_type == "combo" or self.combo_item_id or self._is_global_discount():
            return None
        quantity = self.product_uom_qty or 1.0
        own = self.product_uom_id._compute_quantity(
            quantity, self.product_id.uom_id, raise_if_failure=False
        )
        product = self.product_id.with_context(**self._get_product_price_context())
        item = self.env["product.pricelist.item"]
        for each in items or item:
            if each._is_applicable_for(product, own):
                item = each
                break
        price = item._compute_price(
            product,
            quantity,
            self.product_uom_id,
            date=self._get_order_date(),
            currency=self.currency_id,
        )
        taxes = self.product_id.taxes_id._filter_taxes_by_company(self.company_id)
        return self.product_id._get_tax_included_unit_price_from_price(
            price, product_taxes=taxes, fiscal_position=self.order_id.fiscal_position_id
        )

    def _prepare_line_facts(self, kinds, more):
        """What rules of ``kinds`` look at, of one line. See ``sale.order._gather_facts``."""
        self.ensure_one()
        product, order = self.product_id, self.order_id
        is_goods = product.type == "consu"
        facts = {}
        if kinds & {"price_floor", "margin"}:
            own = product.lst_price * (order.currency_rate or 1.0)
            facts["sales_price"] = product.uom_id._compute_price(own, self.product_uom_id)
            facts["cost"] = self.purchase_price
        if "tax" in kinds:
            taxes = product.taxes_id._filter_taxes_by_company(self.company_id)
            facts.update(taxed=bool(self.tax_ids), tax_expected=bool(taxes))
        if "price_changed" in kinds and self.is_price_confirmed:
            facts["confirmed_price"] = self.confirmed_price_unit
        path = (product.categ_id.parent_path or "").split("/")
        return validation.LineFacts(
            name=product.display_name or self.name or "",
            quantity=self.product_uom_qty,
            has_product=bool(product),
            product_active=product.active,
            line_id=self.id,
            product_id=product.id or 0,
            category_ids=frozenset(int(each) for each in path if each),
            hs_code=(product.hs_code or "") if "export" in kinds else "",
            price=self.price_unit * (1 - (self.discount or 0.0) / 100.0),
            price_unit=self.price_unit,
            discount=self.discount or 0.0,
            list_price=more["list_price"].get(self.id),
            subtotal=self.price_subtotal,
            is_goods=is_goods,
            is_sold=bool(product) and not self.is_delivery,
            missing=more["missing"].get(self.id, 0.0),
            **facts,
        )
