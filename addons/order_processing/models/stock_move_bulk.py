from collections import defaultdict

from odoo import models
from odoo.tools.misc import clean_context

from .stock_quant import QuantsCache


class StockMove(models.Model):
    """Moves of many orders at once: one transfer each, but made together.

    ``order_bulk`` in the context is a ``BulkRelease``, see ``sale.order.line``.
    """

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.move"

    # === BUSINESS === #

    def _action_confirm(self, merge=True, merge_into=False, create_proc=True):
        bulk = self.env.context.get("order_bulk")
        if bulk is not None and not merge_into:
            self._create_pickings(bulk)
        return super()._action_confirm(merge, merge_into, create_proc)

    def _create_pickings(self, bulk):
        """Create the transfers of orders that have none yet in one go.

        Odoo looks for a transfer and creates one, order by order. An order whose reference is new
        has none to look for.
        """
        groups = defaultdict(list)
        for move in self:
            if (
                move.state == "draft"
                and move.reference_ids
                and bulk.references.issuperset(move.reference_ids.ids)
                and move.product_uom.compare(move.product_uom_qty, 0.0) >= 0
                and move._should_be_assigned()
            ):
                groups[move._key_assign_picking()].append(move.id)
        todo = [
            # Without defaults, as Odoo does: pylint: disable=context-overridden
            self.with_context(clean_context(self.env.context)).browse(ids)
            for key, ids in groups.items()
            if key not in bulk.groups
        ]
        if not todo:
            return
        bulk.groups.update(groups)
        values = [moves._get_new_picking_values() for moves in todo]
        pickings = todo[0].env["stock.picking"].create(values)
        for moves, picking in zip(todo, pickings, strict=True):
            moves.picking_id = picking
        # Afterwards: it reads the state of the transfers, of all at once.
        for moves in todo:
            moves._assign_picking_post_process(new=True)

    def _action_assign(self, force_qty=False):
        """Read the stock of all moves at once."""
        if len(self) > 1 and "quants_cache" not in self.env.context:
            self = self.with_context(quants_cache=QuantsCache(self))
        return super()._action_assign(force_qty)

    def _trigger_scheduler(self):
        """Ask only for products that are reordered; Odoo asks for each move."""
        return super(StockMove, self._filter_reordered())._trigger_scheduler()

    def _update_orderpoints(self):
        """Ask only for products that are reordered; Odoo asks at each change of a move's state."""
        return super(StockMove, self._filter_reordered())._update_orderpoints()

    def _filter_reordered(self):
        """In the release of many orders, those of these moves whose product has orderpoints."""
        bulk = self.env.context.get("order_bulk")
        if bulk is None:
            return self
        products = set(self.product_id.ids) - bulk.reordered.keys()
        if products:
            # sudo: as Odoo reads them, whoever moves the goods.
            orderpoints = self.env["stock.warehouse.orderpoint"].sudo()
            found = orderpoints._read_group([("product_id", "in", list(products))], ["product_id"])
            there = {product.id for [product] in found}
            bulk.reordered.update((product, product in there) for product in products)
        return self.filtered(lambda move: bulk.reordered[move.product_id.id])
