from collections import defaultdict

from odoo import fields, models

from ..engine import routing


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    channel_line_ref = fields.Char(copy=False, help="The line's identifier at its channel.")
    allocation_ids = fields.One2many("order.allocation", "line_id", string="Allocations")

    # === BUSINESS: routing === #

    def _to_route(self):
        """Those of these lines routing may place.

        Goods only. A route on the line, or a route of the product that leads to customers
        (drop-shipping, make to order), already says where the goods come from.
        """
        goods = self.filtered(
            lambda line: (
                line.product_id.type == "consu"
                and not line.display_type
                and not line.is_expense
                and not line.route_ids
                and line.product_uom_qty > 0
            )
        )
        routes = goods.product_id.route_ids | goods.product_id.categ_id.total_route_ids
        if not routes:
            return goods
        # sudo: rules are warehouse configuration; only whether they exist is asked.
        rules = (
            self.env["stock.rule"]
            .sudo()
            ._read_group(
                [("route_id", "in", routes.ids), ("location_dest_id.usage", "=", "customer")],
                ["route_id"],
            )
        )
        decided = self.env["stock.route"].union(*[route for [route] in rules]).sudo(self.env.su)
        return goods.filtered(
            lambda line: (
                not (
                    decided & (line.product_id.route_ids | line.product_id.categ_id.total_route_ids)
                )
            )
        )

    def _unallocated_quantity(self):
        """Ordered but not allocated yet, in the line's unit; negative: allocated too much."""
        self.ensure_one()
        active = self.allocation_ids.filtered(lambda a: a.state != "cancelled")
        return self.product_uom_qty - sum(active.mapped("quantity"))

    def _routing_need(self, quantity, kit=()):
        """This line as routing sees it: packs stay whole, the product's own unit is split.

        :param kit: what one of a kit consists of: pairs of (product, quantity); it stays whole
        """
        self.ensure_one()
        own_unit = self.product_id.uom_id
        # What is sold is worth its price; a line of quantity zero is never routed.
        value = self.price_subtotal / self.product_uom_qty if self.product_uom_qty else 0.0
        same = self.product_uom_id == own_unit
        size = 1.0 if same else self.product_uom_id._compute_quantity(1.0, own_unit, round=False)
        parts = tuple((part.id, size * each) for part, each in kit if part.is_storable)
        return routing.Need(
            self.id,
            self.product_id.id,
            quantity,
            unit_size=size,
            step=own_unit.rounding if same and not kit else 1.0,
            anywhere=not parts if kit else not self.product_id.is_storable,
            parts=parts,
            value=value,
            weight=self.product_id.weight,
        )

    def _get_kits(self):
        """What the kits among these lines consist of, see ``product.product._get_kits``."""
        kits = {}
        for company, lines in self.grouped("company_id").items():
            kits.update(lines.product_id._get_kits(company))
        return kits

    def _routed_products(self):
        """Products whose stock decides where these lines leave from."""
        parts = [part for kit in self._get_kits().values() for part, _each in kit]
        return self.product_id.union(*parts)

    def _to_ship(self):
        """Those of these lines that are goods."""
        return self.filtered(lambda line: line.product_id.type == "consu" and not line.display_type)

    def _sync_allocations(self):
        """Let allocations of confirmed orders follow the quantities ordered, up and down.

        Only orders that were routed, or come from a channel, take part. New lines and higher
        quantities are routed like new orders; what is cut is taken back from what hasn't left.
        """
        lines = self.filtered(
            lambda line: (
                line.state == "sale"
                and line.product_id.type == "consu"
                and not line.order_id.locked
                and (line.order_id.channel_id or line.order_id.sudo().allocation_ids)
            )
        )
        if not lines:
            return
        # sudo: a salesperson changes quantities, the flow keeps the allocations in step.
        lines = lines.sudo()
        over = lines.filtered(
            lambda line: (
                line.allocation_ids
                and line.product_uom_id.compare(line._unallocated_quantity(), 0.0) < 0
            )
        )
        self.env["order.allocation"].sudo()._shrink(over)
        more = (lines - over).filtered(
            lambda line: (
                line.product_uom_id.compare(line._unallocated_quantity(), 0.0) > 0
                # Goods that already move by Odoo's own rules stay with them.
                and (line.allocation_ids or not line.move_ids)
            )
        )
        plans = self.env["order.allocation"]._route(more._to_route())
        self.env["sale.order"].union(*plans)._record_routes(plans)

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        if not self.env.context.get("skip_procurement") and not self.env.context.get(
            "order_routed"
        ):
            self._sync_allocations()
        return super()._action_launch_stock_rule(previous_product_uom_qty=previous_product_uom_qty)

    def _create_procurements(self, product_qty, procurement_uom, values):
        """One procurement per warehouse: what is allocated there less what already moves there.

        Odoo asks for the difference between ordered and moving, over all warehouses. Whatever of
        it no allocation explains goes where Odoo would send it, so that nothing is lost.
        """
        # sudo: whoever changes the order, its allocations are followed.
        allocations = self.sudo().allocation_ids.filtered(
            lambda a: a.state in ("released", "shipped")
        )
        queued = self._queued_quantity(procurement_uom)
        moved = self._moved_by_warehouse(procurement_uom) if self.sudo().allocation_ids else {}
        if not allocations and not queued and not (moved and product_qty < 0):
            return super()._create_procurements(product_qty, procurement_uom, values)
        targets = dict.fromkeys(moved, 0.0)
        for allocation in allocations:
            targets[allocation.warehouse_id] = self.product_uom_id._compute_quantity(
                allocation.quantity, procurement_uom, rounding_method="HALF-UP"
            )
        procurements = []
        sign = 1 if product_qty > 0 else -1
        rest = abs(product_qty) - (queued if product_qty > 0 else 0.0)
        for warehouse, target in targets.items():
            share = min(sign * (target - moved.get(warehouse, 0.0)), rest)
            if procurement_uom.compare(share, 0.0) <= 0:
                continue
            rest -= share
            procurements += super()._create_procurements(
                sign * share, procurement_uom, {**values, "warehouse_id": warehouse}
            )
        if procurement_uom.compare(rest, 0.0) > 0:
            procurements += super()._create_procurements(sign * rest, procurement_uom, values)
        return procurements

    def _queued_quantity(self, uom):
        """What of this line waits in the queue of routing and asks no warehouse yet."""
        self.ensure_one()
        queued = self.sudo().allocation_ids.filtered(lambda a: a.state == "queued")
        return self.product_uom_id._compute_quantity(
            sum(queued.mapped("quantity")), uom, rounding_method="HALF-UP"
        )

    def _moved_by_warehouse(self, uom, done=False, delivered=False):
        """Quantities of this line that move out, by warehouse, less what comes back.

        :param uom: unit of the result
        :param bool done: only what has moved
        :param bool delivered: count at the customer's door, not at the first step of the delivery
        :return: dict ``stock.warehouse`` → quantity
        """
        self.ensure_one()
        kit = self.move_ids.product_id != self.product_id and self._get_kits().get(self.product_id)
        if kit:
            return self._kits_by_warehouse(dict(kit), uom, done, delivered)
        outgoing, incoming = self._get_outgoing_incoming_moves(strict=delivered)
        quantities = defaultdict(float)
        for sign, moves in ((1, outgoing), (-1, incoming)):
            for move in moves:
                if done and move.state != "done":
                    continue
                quantities[self._warehouse_of(move)] += sign * self._quantity_of(move, uom)
        return quantities

    @staticmethod
    def _quantity_of(move, uom):
        quantity = move.quantity if move.state == "done" else move.product_uom_qty
        return move.product_uom._compute_quantity(quantity, uom, rounding_method="HALF-UP")

    def _kits_by_warehouse(self, kit, uom, done, delivered):
        """:meth:`_moved_by_warehouse` of a kit: as many as there are of its scarcest component.

        The delivery is counted at its last step, or at its first: there the kit was taken apart.

        :param kit: dict component → quantity in one kit
        """
        moved = defaultdict(lambda: defaultdict(float))
        for move in self.move_ids:
            if move.state == "cancel" or (done and move.state != "done"):
                continue
            if move.product_id not in kit or move.location_dest_id.usage == "inventory":
                continue
            if move.location_id.usage == "customer":
                sign = -1 if move.to_refund else 0
            elif delivered:
                sign = int(move.location_dest_id._is_outgoing())
            else:
                sign = int(not move.move_orig_ids)
            if sign:
                quantity = self._quantity_of(move, move.product_id.uom_id)
                moved[self._warehouse_of(move)][move.product_id] += sign * quantity
        return {
            warehouse: self.product_id.uom_id._compute_quantity(
                min(parts[product] / each for product, each in kit.items()), uom, round=False
            )
            for warehouse, parts in moved.items()
        }

    def _adopt_moves(self):
        """Write as allocations what moves by Odoo's own rules, so that it can be routed anew."""
        self.ensure_one()
        if self.allocation_ids.filtered(lambda a: a.state != "cancelled"):
            return
        self.env["order.allocation"].sudo().create(
            [
                {
                    "line_id": self.id,
                    "warehouse_id": warehouse.id,
                    "quantity": quantity,
                    "state": "released",
                }
                for warehouse, quantity in self._moved_by_warehouse(self.product_uom_id).items()
                if warehouse and self.product_uom_id.compare(quantity, 0.0) > 0
            ]
        )

    def _warehouse_of(self, move):
        """The warehouse a move of a delivery works for."""
        return move.warehouse_id or move.picking_type_id.warehouse_id

    # === BUSINESS: closing === #

    def _is_shipped(self):
        """Whether this line's goods have left, or the rest was cancelled after a part had."""
        self.ensure_one()
        if self.product_id.type != "consu" or self.display_type:
            return True
        return (
            self.product_uom_id.compare(self.qty_delivered, self.product_uom_qty) >= 0
            or self._is_cut_off()
        )

    def _is_cut_off(self):
        """Whether a part was delivered and nothing is on its way for the rest."""
        moves = self.move_ids
        return (
            self.product_uom_id.compare(self.qty_delivered, 0.0) > 0
            and bool(moves)
            and all(move.state in ("done", "cancel") for move in moves)
        )

    def _is_billed(self):
        """Whether nothing of this line is left to bill."""
        self.ensure_one()
        if self.display_type or self.invoice_status in ("invoiced", "upselling"):
            return True
        return (
            self.invoice_status == "no"
            and self._is_shipped()
            and (self.product_id.type == "consu" or not self.product_uom_qty)
        )
