from collections import defaultdict

from psycopg2.errors import SerializationFailure

from odoo import api, models
from odoo.tools import SQL

from ..engine import routing
from ..quiet import expected_conflict

#: Removal strategies whose order fields of the quants give.
ORDERED = ("fifo", "lifo", "closest")


class QuantsCache(defaultdict):
    """Stock of some products below some places: what Odoo's ``quants_cache`` holds, and its limits.

    Odoo takes what isn't in its cache for nothing in stock; this one knows what it was read for.
    """

    def __init__(self, moves):
        # sudo: reserving writes to whatever stock is in the place, as Odoo does.
        quants = moves.env["stock.quant"].sudo()
        super().__init__(lambda: quants)
        self.products = set(moves.product_id.ids)
        self.paths = tuple(path for path in moves.location_id.mapped("parent_path") if path)
        self.by_product = defaultdict(set)
        self.moves = moves
        #: Quants this transaction has locked.
        self.locked = set()
        for key, found in quants._get_quants_by_products_locations(
            moves.product_id, moves.location_id
        ).items():
            self[key] = found

    def __setitem__(self, key, quants):
        self.by_product[key[0]].add(key)
        return super().__setitem__(key, quants)

    def covers(self, product, location):
        """Whether all stock of the product in the location is known here."""
        path = location.parent_path or ""
        return product.id in self.products and path.startswith(self.paths)

    def of_product(self, product):
        """All quants of the product."""
        return self.default_factory().union(*(self[key] for key in self.by_product[product.id]))


class StockQuant(models.Model):
    """Stock read once for the many moves of one call."""

    _inherit = "stock.quant"

    # === BUSINESS === #

    def _gather(
        self,
        product_id,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=False,
        qty=0,
    ):
        """Answer from what was read at once, where that is complete."""
        args = (product_id, location_id, lot_id, package_id, owner_id, strict, qty)
        cache = self.env.context.get("quants_cache")
        if not isinstance(cache, QuantsCache):
            return super()._gather(*args)
        if not cache.covers(product_id, location_id):
            alone = self.with_context(quants_cache=None)
            return self.browse(super(StockQuant, alone)._gather(*args).ids)
        strategy = self._get_removal_strategy(product_id, location_id)
        if strict or strategy not in ORDERED:
            return super()._gather(*args)
        domain = self._get_gather_domain(product_id, location_id, lot_id, package_id, owner_id)
        quants = self.browse(cache.of_product(product_id).ids)
        if not self.env.su:
            quants = quants._filtered_access("read")
        found = quants.filtered_domain(domain)
        if strategy == "closest":
            found = found.sorted(lambda quant: (quant.location_id.complete_name, -quant.id))
        else:
            found = found.sorted(self._get_removal_strategy_order(strategy))
        return found.sorted(lambda quant: not quant.lot_id)

    @api.private
    def try_lock_for_update(self, *, allow_referencing=False, limit=None):
        """In bulk, take a quant that others changed since this transaction began for locked.

        Odoo reserves on a quant of its own then, as it does for a quant that is being changed, and
        merges them every day. Else the whole call, perhaps hundreds of orders, is done again. Where
        little is left it is done again all the same: what others took must be seen.
        """
        cache = self.env.context.get("quants_cache")
        if limit != 1 or not allow_referencing or not isinstance(cache, QuantsCache):
            return super().try_lock_for_update(allow_referencing=allow_referencing, limit=limit)
        if self[:1].id in cache.locked:
            return self[:1]
        try:
            with self.env.cr.savepoint(flush=False), expected_conflict():
                locked = super().try_lock_for_update(allow_referencing=True, limit=1)
        except SerializationFailure:
            if self._is_scarce_now(cache):
                raise
            return self.browse()
        cache.locked.update(locked.ids)
        return locked

    def _is_scarce_now(self, cache):
        """Whether little would be left of these quants' product by what others have committed."""
        product, places = self.product_id, self.location_id
        query = SQL(
            "SELECT SUM(quantity - reserved_quantity) FROM stock_quant"
            " WHERE product_id = %s AND location_id IN %s",
            product.id,
            tuple(places.ids),
        )
        # This transaction sees what was there when it began.
        with self.env.registry.cursor() as now:
            now.execute(query)
            (free,) = now.fetchone()
        wanted = cache.moves.filtered(lambda move: move.product_id == product)
        return routing.is_scarce(free or 0.0, sum(wanted.mapped("product_qty")))
