from collections import defaultdict

from odoo import api, fields, models


class OrderSafetyStock(models.Model):
    """A quantity of a product that isn't promised: at a warehouse, or to a channel."""

    _name = "order.safety.stock"
    _description = "Safety Stock"
    _order = "product_id, warehouse_id, channel_id, id"
    _rec_name = "product_id"
    _check_company_auto = True

    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain="[('is_storable', '=', True)]",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="Empty: each warehouse of the company.",
    )
    channel_id = fields.Many2one(
        "order.channel",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="Kept back from this channel only, on top of the warehouse's safety stock. Empty:"
        " kept back from all.",
    )
    quantity = fields.Float(digits="Product Unit", required=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
    )

    _place_uniq = models.UniqueIndex(
        "(product_id, company_id, COALESCE(warehouse_id, 0), COALESCE(channel_id, 0))",
        "There already is a safety stock of this product here. Change that one.",
    )
    _quantity_not_negative = models.Constraint(
        "CHECK (quantity >= 0)", "A safety stock can't be below zero."
    )

    @api.depends("warehouse_id", "channel_id")
    def _compute_company_id(self):
        for stock in self:
            stock.company_id = (
                stock.warehouse_id.company_id
                or stock.channel_id.company_id
                or stock.company_id
                or stock.product_id.company_id
                or self.env.company
            )

    # === BUSINESS === #

    @api.model
    def _kept_back(self, products, warehouses, channel=None):
        """What isn't promised: dict (product id, warehouse id) → (safety stock, channel's buffer).

        The closest setting counts: of the product in the warehouse, of the product, of the
        warehouse or channel for each product. One query, in each product's unit.

        :param products: ``product.product``
        :param warehouses: ``stock.warehouse``
        :param channel: ``order.channel`` that sells, or none
        """
        found = defaultdict(dict)
        for stock in self.search(
            [
                ("product_id", "in", products.ids),
                ("company_id", "in", warehouses.company_id.ids),
                ("channel_id", "in", [False, *(channel.ids if channel else [])]),
            ]
        ):
            place = (stock.warehouse_id.id, bool(stock.channel_id))
            found[stock.product_id.id, stock.company_id.id][place] = stock.quantity
        kept = {}
        for product_id in products.ids:
            for warehouse in warehouses:
                own = found.get((product_id, warehouse.company_id.id), {})
                safety = own.get((warehouse.id, False), own.get((False, False)))
                buffer = own.get((warehouse.id, True), own.get((False, True)))
                kept[product_id, warehouse.id] = (
                    warehouse.safety_stock if safety is None else safety,
                    (channel.buffer_stock if channel else 0.0) if buffer is None else buffer,
                )
        return kept
