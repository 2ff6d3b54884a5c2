from math import ceil

from odoo import models

from ..engine.routing_model import EPSILON


class SaleOrderLine(models.Model):
    """Step "route", again: what a warehouse can't ship of a line."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order.line"

    def _get_released(self):
        """The allocations of this line that warehouses are at work on."""
        return self.allocation_ids.filtered(lambda a: a.state == "released")

    def _take_back(self, warehouse, rows):
        """Take rejected quantities of this line off a warehouse's moves and allocation.

        Of a kit all components go with the one that is missing: they leave together.

        :param rows: see ``sale.order._reject``
        :return: the quantity, in the line's unit
        """
        self.ensure_one()
        self._adopt_moves()
        held = self._get_released().filtered(lambda a: a.warehouse_id == warehouse)
        own_unit, moves = self.product_id.uom_id, [row["move"] for row in rows]
        kit = {}
        if any(move.product_id != self.product_id for move in moves):
            kit = dict(self._get_kits().get(self.product_id, ()))
        if kit:
            lost = {}
            for row in rows:
                product = row["move"].product_id
                lost[product] = lost.get(product, 0.0) + row["quantity"]
            kits = max(quantity / kit.get(product, 1.0) for product, quantity in lost.items())
            kits = float(ceil(kits - EPSILON))
            quantity = own_unit._compute_quantity(kits, self.product_uom_id, round=False)
            quantity = min(quantity, held.quantity)
            held._cancel_moves()
        else:
            rejected = sum(row["quantity"] for row in rows)
            quantity = own_unit._compute_quantity(rejected, self.product_uom_id, round=False)
            for row in rows:
                row["move"]._take_off(row["quantity"])
        left = held.quantity - quantity
        if self.product_uom_id.compare(left, 0.0) > 0:
            held.write({"quantity": left, "short_quantity": min(left, held.short_quantity)})
        else:
            held._withdraw()
        return quantity
