from odoo import api, fields, models
from odoo.fields import Domain

from .sale_order_status import _iso


class OrderChannel(models.Model):
    """What a channel may sell: its warehouses' stock, less what is kept back from it."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.channel"

    buffer_stock = fields.Float(
        digits="Product Unit",
        help="Of each product so much is kept back from this channel in each warehouse, on top of"
        " the safety stock: for what is sold elsewhere before the channel knows of it.",
    )
    reservation_minutes = fields.Integer(
        string="Carts Reserve for (Minutes)",
        default=30,
        help="How long a cart or quotation of this channel reserves its goods, unless it asks for"
        " less.",
    )

    _buffer_not_negative = models.Constraint(
        "CHECK (buffer_stock >= 0 AND reservation_minutes >= 0)",
        "A buffer and a time can't be below zero.",
    )

    # === BUSINESS === #

    def _get_shipping_warehouses(self):
        """The warehouses this channel ships from, its default first."""
        self.ensure_one()
        warehouses = self.warehouse_ids.filtered("active") or self.env["stock.warehouse"].search(
            [("company_id", "=", self.company_id.id)]
        )
        return (self.warehouse_id & warehouses) | warehouses

    def _find_sold_products(self, skus=None):
        """Products by the numbers a channel knows them by: dict SKU → ``product.product``.

        :param skus: own numbers, barcodes or aliases; None: all this channel may sell by number
        """
        self.ensure_one()
        Product = self.env["product.product"]
        sold = self._get_company_domain() & Domain("sale_ok", "=", True)
        if skus is None:
            products = Product.search(sold & Domain("default_code", "!=", False), order="id")
            return {product.default_code: product for product in products}
        products = Product.search(
            sold & (Domain("default_code", "in", skus) | Domain("barcode", "in", skus)), order="id"
        )
        found = {}
        for product in products:
            for code in (product.barcode, product.default_code):
                if code:
                    found[code] = product
        aliases = self.env["order.channel.alias"]._gather(self, {"product": set(skus)})
        for sku in skus:
            facts = aliases.get(("product", " ".join(sku.casefold().split())), [])
            own = [fact for fact in facts if not fact.partner_id]
            if own:
                best = max(own, key=lambda fact: fact.channel)
                found[sku] = Product.browse(best.target.id)
        return {sku: found[sku] for sku in skus if sku in found}

    @api.private
    def _prepare_availability(self, skus=None, date=None):
        """What this channel may sell, as JSON values; what ``GET /order/availability`` answers.

        :param skus: see :meth:`_find_sold_products`
        :param datetime date: until when it shall leave; now when None
        """
        self.ensure_one()
        sold = self._find_sold_products(skus)
        products = self.env["product.product"].union(*sold.values())
        warehouses = self._get_shipping_warehouses()
        outlooks = products._get_outlooks(warehouses, self)
        rows = []
        for sku, product in sold.items():
            places = [outlooks[product.id, warehouse.id] for warehouse in warehouses]
            unlimited = any(place.is_unlimited for place in places)
            today = None if unlimited else product._promisable(sum(p.at(date) for p in places))
            later = product._next_receipt(places, date)
            rows.append(
                {
                    "sku": sku,
                    "available": today,
                    "unlimited": unlimited,
                    "unit": product.uom_id.name,
                    "next_at": later and _iso(later[0]),
                    "next_available": later and later[1],
                    "warehouses": []
                    if unlimited
                    else [
                        {"code": warehouse.code, "available": product._promisable(place.at(date))}
                        for warehouse, place in zip(warehouses, places, strict=True)
                    ],
                }
            )
        return rows
