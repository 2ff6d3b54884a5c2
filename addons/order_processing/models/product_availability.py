from collections import defaultdict

from odoo import fields, models
from odoo.tools import SQL

from ..engine import availability
from .order_allocation import OPEN_MOVES


class ProductProduct(models.Model):
    """Available to promise: by product, warehouse, channel and date."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "product.product"

    safety_stock_ids = fields.One2many("order.safety.stock", "product_id")

    # === BUSINESS === #

    def _available_to_promise(self, warehouses, dates=None, channel=None, ignore_orders=None):
        """What may be promised of these products to leave at each of some moments.

        :param warehouses: ``stock.warehouse``
        :param dates: naive UTC moments; only now when None
        :param channel: ``order.channel`` whose buffer is kept back, too
        :param ignore_orders: ``sale.order`` whose reservations and plans don't count
        :return: dict (product id, warehouse id) → list of quantities, one for each date, in the
            product's unit, rounded down; infinite for what can't run out
        """
        outlooks = self._get_outlooks(warehouses, channel, ignore_orders)
        moments = dates or [fields.Datetime.now()]
        return {
            (product.id, warehouse.id): [
                product._promisable(outlooks[product.id, warehouse.id].at(moment))
                for moment in moments
            ]
            for product in self
            for warehouse in warehouses
        }

    def _get_outlooks(self, warehouses, channel=None, ignore_orders=None):
        """What may be promised of these products over time, as the engine knows it.

        The same few queries however many products and warehouses: quants, moves, reservations,
        plans, safety stocks. Kits are as good as their components, if Manufacturing is installed.

        :return: dict (product id, warehouse id) → :class:`engine.availability.Outlook`
        """
        now = fields.Datetime.now()
        # sudo: what may be promised depends on stock that sellers may not see; only sums leave.
        products, warehouses = self.sudo(), warehouses.sudo()
        kits = products._get_kits(warehouses.company_id[:1])
        components = (
            self.browse().sudo().union(*[part for kit in kits.values() for part, _q in kit])
        )
        counted = (products.filtered("is_storable") - self.browse(p.id for p in kits)) | (
            components.filtered("is_storable")
        )
        outlooks = counted._gather_outlooks(warehouses, channel, ignore_orders, now)
        for product in (products | components) - counted:
            for warehouse in warehouses:
                outlooks[product.id, warehouse.id] = availability.unlimited(now)
        for product, kit in kits.items():
            for warehouse in warehouses:
                parts = [(outlooks[part.id, warehouse.id].steps, q) for part, q in kit]
                outlooks[product.id, warehouse.id] = availability.Outlook(
                    now, availability.kit(parts)
                )
        return outlooks

    def _gather_outlooks(self, warehouses, channel, ignore_orders, now):
        """:meth:`_get_outlooks` of products that are counted themselves."""
        if not self or not warehouses:
            return {}
        stock = self._gather_on_hand(warehouses)
        receipts, commitments = self._gather_moves(warehouses)
        held = self.env["order.reservation"]._held(self, warehouses, ignore_orders)
        kept = self.env["order.safety.stock"]._kept_back(self, warehouses, channel)
        outlooks = {}
        for product_id in self.ids:
            for warehouse_id in warehouses.ids:
                place = (product_id, warehouse_id)
                on_hand, reserved = stock.get(place, (0.0, 0.0))
                coming, going = receipts.get(place, ()), commitments.get(place, ())
                outlooks[place] = availability.Outlook(
                    now,
                    availability.look_ahead(
                        now, on_hand - held.get(place, 0.0), coming, going, sum(kept[place])
                    ),
                    on_hand=on_hand,
                    reserved=reserved,
                    committed=sum(quantity for _when, quantity in going),
                    incoming=sum(quantity for _when, quantity in coming),
                    held=held.get(place, 0.0),
                    kept_back=sum(kept[place]),
                )
        return outlooks

    def _gather_on_hand(self, warehouses):
        """What lies in the warehouses: dict (product id, warehouse id) → (quantity, reserved)."""
        self.env["stock.quant"].flush_model()
        self.env["stock.warehouse"].flush_model(["quarantine_location_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT quant.product_id, place.warehouse_id,
                       SUM(quant.quantity), SUM(quant.reserved_quantity)
                  FROM stock_quant quant
                  JOIN stock_location place ON place.id = quant.location_id
                 WHERE quant.product_id IN %(products)s
                   AND place.warehouse_id IN %(warehouses)s
                   AND place.usage = 'internal'
                   AND NOT EXISTS (
                           SELECT FROM stock_warehouse house
                             JOIN stock_location apart ON apart.id = house.quarantine_location_id
                            WHERE house.id = place.warehouse_id
                              AND place.parent_path LIKE apart.parent_path || '%%')
              GROUP BY quant.product_id, place.warehouse_id
                """,
                products=tuple(self.ids),
                warehouses=tuple(warehouses.ids),
            )
        )
        return {(product, place): (on_hand, reserved) for product, place, on_hand, reserved in rows}

    def _gather_moves(self, warehouses):
        """Open moves over the borders of warehouses, by where they end for good.

        :return: two dicts (product id, warehouse id) → list of (when, quantity): receipts and
            commitments
        """
        self.env["stock.move"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT move.product_id, source.warehouse_id, target.warehouse_id, move.date,
                       SUM(move.product_qty)
                  FROM stock_move move
                  JOIN stock_location source ON source.id = move.location_id
                  JOIN stock_location target
                    ON target.id = COALESCE(move.location_final_id, move.location_dest_id)
                 WHERE move.product_id IN %(products)s
                   AND move.state IN %(states)s
                   AND source.warehouse_id IS DISTINCT FROM target.warehouse_id
                   AND (source.warehouse_id IN %(warehouses)s
                        OR target.warehouse_id IN %(warehouses)s)
              GROUP BY move.product_id, source.warehouse_id, target.warehouse_id, move.date
                """,
                products=tuple(self.ids),
                states=OPEN_MOVES,
                warehouses=tuple(warehouses.ids),
            )
        )
        receipts, commitments = defaultdict(list), defaultdict(list)
        for product, source, target, when, quantity in rows:
            if source:
                commitments[product, source].append((when, quantity))
            if target:
                receipts[product, target].append((when, quantity))
        return receipts, commitments

    def _peg_moves(self, warehouses, now):
        """When stock or a receipt covers each open move of these products out of warehouses.

        :return: dict move id → moment, or None when nothing does; see ``engine.availability.peg``
        """
        if not self or not warehouses:
            return {}
        products = self.sudo()
        stock = products._gather_on_hand(warehouses)
        receipts, _commitments = products._gather_moves(warehouses)
        demands = products._gather_demands(warehouses)
        covered = {}
        for place, wanted in demands.items():
            on_hand, _reserved = stock.get(place, (0.0, 0.0))
            covered |= availability.peg(now, on_hand, receipts.get(place, ()), wanted)
        return covered

    def _gather_demands(self, warehouses):
        """Open moves out of warehouses: dict (product id, warehouse id) → list of ``Demand``."""
        self.env["stock.move.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT move.id, move.product_id, source.warehouse_id, move.date, move.product_qty,
                       COALESCE(SUM(line.quantity_product_uom), 0)
                  FROM stock_move move
                  JOIN stock_location source ON source.id = move.location_id
                  JOIN stock_location target
                    ON target.id = COALESCE(move.location_final_id, move.location_dest_id)
             LEFT JOIN stock_move_line line ON line.move_id = move.id
                 WHERE move.product_id IN %(products)s
                   AND move.state IN %(states)s
                   AND source.warehouse_id IN %(warehouses)s
                   AND source.warehouse_id IS DISTINCT FROM target.warehouse_id
              GROUP BY move.id, source.warehouse_id
                """,
                products=tuple(self.ids),
                states=OPEN_MOVES,
                warehouses=tuple(warehouses.ids),
            )
        )
        counted = set(self.filtered("is_storable").ids)
        demands = defaultdict(list)
        for move, product, warehouse, when, quantity, reserved in rows:
            if product not in counted:
                reserved = quantity  # What isn't counted is always there.
            demand = availability.Demand(move, when, quantity, min(reserved, quantity))
            demands[product, warehouse].append(demand)
        return demands

    def _get_kits(self, company):
        """The kits among these products: dict product → list of (component, quantity for one).

        Kits are bills of materials of Manufacturing; without it there are none.
        """
        if "mrp.bom" not in self.env or not self:
            return {}
        # sudo: sellers may not read bills of materials.
        boms = self.env["mrp.bom"].sudo()._bom_find(self, company_id=company.id, bom_type="phantom")
        kits = {}
        for product in self:
            bom = boms[product]
            if not bom:
                continue
            factor = product.uom_id._compute_quantity(1.0, bom.product_uom_id, round=False)
            _boms, lines = bom.explode(product, factor / bom.product_qty)
            parts = defaultdict(float)
            for line, vals in lines:
                if line.product_id.type == "consu":
                    parts[line.product_id] += line.product_uom_id._compute_quantity(
                        vals["qty"], line.product_id.uom_id, round=False
                    )
            kits[product] = list(parts.items())
        return {product: parts for product, parts in kits.items() if parts}

    def _promisable(self, quantity):
        """``quantity`` in this product's unit, rounded down: half a piece isn't promised."""
        self.ensure_one()
        if quantity == availability.UNLIMITED:
            return quantity
        unit = self.uom_id
        return unit.round(unit.round(quantity, "HALF-UP"), "DOWN") if quantity > 0 else 0.0

    def _next_receipt(self, outlooks, date=None):
        """When more may be promised than now, and how much then: (moment, quantity), or None.

        :param outlooks: of this product, one for each warehouse
        """
        self.ensure_one()
        total = availability.pool([outlook.steps for outlook in outlooks])
        start = date or (outlooks[0].now if outlooks else None)
        for step in total:
            if step.when > start and step.quantity > 0:
                return step.when, self._promisable(step.quantity)
        return None
