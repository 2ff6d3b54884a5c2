from odoo import api, fields, models


class OrderRoutingFilter(models.Model):
    """One condition a warehouse has to meet before a rule may choose it."""

    _name = "order.routing.filter"
    _description = "Routing Filter"
    _order = "rule_id, sequence, id"

    rule_id = fields.Many2one("order.routing.rule", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("warehouse", "Only these warehouses"),
            ("region", "Ships only to"),
            ("distance", "At most this far (km)"),
            ("safety", "Keep back of each product"),
            ("capacity", "Fewer open orders than"),
            ("cutoff", "Arrives within (days)"),
            ("age", "Stock at most this old (days)"),
            ("guard", "A split shipment is worth"),
            ("product", "Never ships these products"),
            ("alone", "These products ship alone"),
            ("carrier", "A carrier serves the address"),
        ],
        required=True,
    )
    is_hard = fields.Boolean(
        string="Hard",
        default=True,
        help="A soft filter is dropped for orders that can't be placed otherwise.",
    )
    value = fields.Float()
    warehouse_ids = fields.Many2many(
        "stock.warehouse", string="Warehouses", help="Where it holds. Empty: everywhere."
    )
    channel_ids = fields.Many2many(
        "order.channel", string="Channels", help="Whose orders it is for. Empty: all."
    )
    product_ids = fields.Many2many("product.product", string="Products")
    categ_ids = fields.Many2many("product.category", string="Categories")
    country_ids = fields.Many2many("res.country", string="Countries")
    state_ids = fields.Many2many("res.country.state", string="States")
    carrier_ids = fields.Many2many("delivery.carrier", string="Carriers")

    @api.depends("kind", "value", "warehouse_ids")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for row in self:
            parts = [labels.get(row.kind, "")]
            if row.value:
                parts.append(f"{row.value:.10g}")
            if row.warehouse_ids:
                parts.append(", ".join(row.warehouse_ids.mapped("code")))
            row.display_name = " ".join(parts)

    def _definition(self):
        """This filter as JSON values, lists sorted so that equal filters are equal."""
        self.ensure_one()
        return {
            "kind": self.kind,
            "hard": self.is_hard,
            "value": self.value,
            "warehouses": sorted(self.warehouse_ids.ids),
            "channels": sorted(self.channel_ids.ids),
            "products": sorted(
                [f"p{i}" for i in self.product_ids.ids] + [f"g{i}" for i in self.categ_ids.ids]
            ),
            "places": sorted(
                [f"c{i}" for i in self.country_ids.ids] + [f"s{i}" for i in self.state_ids.ids]
            ),
            "carriers": sorted(self.carrier_ids.ids),
        }
