from odoo import api, models
from odoo.fields import Domain


class StockRule(models.Model):
    """Rules looked up once for the many needs of one call."""

    _inherit = "stock.rule"

    # === BUSINESS === #

    @api.model
    def run(self, procurements, raise_user_error=True):
        known = self.with_context(rules_known={}) if len(procurements) > 1 else self
        return super(StockRule, known).run(procurements, raise_user_error)

    def _search_rule_for_warehouses(
        self, route_ids, packaging_uom_id, product_id, warehouse_ids, domain
    ):
        """Remember within one ``run``: most needs ask for the same routes and places."""
        known = self.env.context.get("rules_known")
        if known is None:
            return super()._search_rule_for_warehouses(
                route_ids, packaging_uom_id, product_id, warehouse_ids, domain
            )
        key = (
            route_ids.ids if route_ids else (),
            packaging_uom_id.id if packaging_uom_id else False,
            (product_id.route_ids | product_id.categ_id.total_route_ids).ids,
            # Some routes of a warehouse are for some products only (buy, manufacture).
            warehouse_ids.route_ids.filtered(
                lambda route: self._filter_warehouse_routes(product_id, warehouse_ids, route)
            ).ids
            if warehouse_ids
            else (),
            warehouse_ids.ids if warehouse_ids else (),
            Domain(domain),
        )
        key = repr(key)
        if key not in known:
            known[key] = super()._search_rule_for_warehouses(
                route_ids, packaging_uom_id, product_id, warehouse_ids, domain
            )
        return known[key]
