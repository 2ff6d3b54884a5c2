from collections import defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_list

from ..engine import routing

#: What a person decides about an allocation; the rest is decided with the order, by the flow.
CHOSEN = {"warehouse_id", "quantity", "is_manual"}
OPEN_MOVES = ("waiting", "confirmed", "partially_available", "assigned")


class OrderAllocation(models.Model):
    """What routing decided: this much of this line leaves from this warehouse, and why."""

    _name = "order.allocation"
    _description = "Order Allocation"
    _order = "order_id desc, line_id, id"
    _rec_name = "product_id"
    _check_company_auto = True

    line_id = fields.Many2one(
        "sale.order.line", string="Order Line", required=True, index=True, ondelete="cascade"
    )
    order_id = fields.Many2one(related="line_id.order_id", store=True, index=True)
    company_id = fields.Many2one(related="line_id.company_id", store=True, index=True)
    product_id = fields.Many2one(related="line_id.product_id", store=True)
    uom_id = fields.Many2one(related="line_id.product_uom_id")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, index=True, check_company=True)
    quantity = fields.Float(digits="Product Unit", required=True, help="In the line's unit.")
    short_quantity = fields.Float(
        string="Back-Order",
        digits="Product Unit",
        readonly=True,
        help="Part of the quantity that was in no warehouse when it was routed.",
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("queued", "In the Queue"),
            ("released", "Released"),
            ("shipped", "Shipped"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="planned",
        index=True,
        readonly=True,
    )
    is_manual = fields.Boolean(
        string="Chosen by Hand",
        help="Somebody chose this warehouse or quantity: routing leaves it as it is.",
    )
    explanation = fields.Json(
        readonly=True, help="Every candidate, what it could give, and why it won or lost."
    )
    explanation_html = fields.Html(
        string="Why", compute="_compute_explanation_html", sanitize=False
    )

    _line_warehouse_uniq = models.UniqueIndex(
        "(line_id, warehouse_id) WHERE state NOT IN ('cancelled', 'queued')",
        "A line is allocated once to a warehouse.",
    )
    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "An allocation needs a quantity above zero."
    )

    @api.depends("explanation", "is_manual")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        for allocation in self:
            # sanitize=False on the field: every value below is escaped by Markup.
            html = self._explain(allocation.explanation or {})
            if allocation.is_manual:
                html = (Markup("<p><b>%s</b></p>") % self.env._("Chosen by hand.")) + html
            allocation.explanation_html = html

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Allocations made by hand are planned and stay as they were made."""
        if not self.env.su:
            for vals in vals_list:
                if vals.keys() - CHOSEN - {"line_id", "state"} or vals.get(
                    "state", "planned"
                ) not in (False, "planned"):
                    raise AccessError(
                        self.env._(
                            "A new allocation is planned: give its line, warehouse and quantity."
                        )
                    )
                vals["is_manual"] = True
        allocations = super().create(vals_list)
        if not self.env.su:
            allocations._check_planned()
        return allocations

    def write(self, vals):
        """What a person changes before the order is released, routing respects."""
        if not self.env.su:
            self.check_access("write")
            if vals.keys() - CHOSEN:
                raise AccessError(
                    self.env._("Change the warehouse or the quantity of an allocation only.")
                )
            self._check_planned()
            if {"warehouse_id", "quantity"} & vals.keys():
                vals = {**vals, "is_manual": True}
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_planned(self):
        if not self.env.su:
            self._check_planned()

    def _check_planned(self):
        """Raise unless all these allocations may still be changed."""
        fixed = self.filtered(
            lambda allocation: (
                allocation.state != "planned" or allocation.order_id.state not in ("draft", "sent")
            )
        )
        if fixed:
            raise UserError(
                self.env._(
                    "%(orders)s: the warehouses are at work on it. Change the quantity on the"
                    " order line, or the transfers themselves.",
                    orders=format_list(self.env, fixed.order_id.mapped("name")),
                )
            )

    # === BUSINESS: routing === #

    @api.model
    def _route(self, lines, asked=False, every=False):
        """Place what is not yet allocated of these lines, all orders in one go.

        :param lines: ``sale.order.line`` that need routing, of any number of orders and companies
        :param bool asked: somebody asked for it, so nothing waits for a run
        :param bool every: also orders with a single warehouse
        :return: dict of the orders routed → ``engine.routing.Plan``
        """
        # sudo: routing sees the stock of all warehouses whoever confirms the order.
        lines = lines.sudo()
        allocations = self.sudo()
        wanted = {line: line._unallocated_quantity() for line in lines}
        lines = lines.filtered(lambda line: line.product_uom_id.compare(wanted[line], 0.0) > 0)
        places = self._places_of(lines.order_id, every)
        lines = lines.filtered(lambda line: line.order_id in places)
        if not lines:
            return {}
        requests, outcomes, plans, stock = allocations._decide(lines, places, wanted, asked)
        self._take_turn_for(requests, outcomes, stock)
        routed = allocations._apply_outcomes(requests, outcomes, plans, stock)
        return {order.sudo(self.env.su): plan for order, plan in routed.items()}

    @api.model
    def _take_turn_for(self, requests, outcomes, stock):
        """Take turns over what these decisions nearly use up, see :meth:`_take_turn`."""
        decided = [outcomes[order].plan for order in requests]
        needs = [(request.needs,) for request in requests.values()]
        self._take_turn(routing.contested(needs, decided, stock))

    @api.model
    def _take_turn(self, product_ids):
        """Let only one transaction at a time plan the last of these products.

        Each marks the products it takes the last of. Of two that do so at the same moment the
        second waits, and PostgreSQL then refuses its outdated view of the stock; Odoo runs it
        again, and it sees what the first left. With plenty in stock nobody waits for anybody.
        What orders of very different size take at the same moment is left to the reservation.
        """
        if product_ids:
            # sudo isn't needed: no value changes, so nothing is written as far as Odoo knows.
            self.env.cr.execute(
                SQL(
                    "WITH turn AS (SELECT id FROM product_product WHERE id IN %s ORDER BY id"
                    " FOR NO KEY UPDATE)"
                    " UPDATE product_product SET active = product_product.active FROM turn"
                    " WHERE product_product.id = turn.id",
                    tuple(sorted(product_ids)),
                ),
                log_exceptions=False,
            )

    @api.model
    def _places_of(self, orders, every=False):
        """Where these orders may leave from: dict order → (warehouses, default warehouse).

        Unless ``every`` is true, orders with nothing to choose, a single warehouse which is theirs
        anyway, are left out: they behave as without this addon.
        """
        of_company = {}
        if orders.filtered(lambda order: not order.channel_id.warehouse_ids):
            of_company = (
                self.env["stock.warehouse"]
                .search([("company_id", "in", orders.company_id.ids)])
                .grouped("company_id")
            )
        places = {}
        for order in orders:
            warehouses = order.channel_id.warehouse_ids.filtered("active") or of_company.get(
                order.company_id, self.env["stock.warehouse"]
            )
            if warehouses and (every or warehouses != order.warehouse_id):
                default = order.channel_id.warehouse_id or order.warehouse_id or warehouses[:1]
                places[order] = (warehouses, default)
        return places

    @api.model
    def _free_stock(self, products, warehouses):
        """What may still be promised: dict (warehouse id, product id) → quantity, product's unit.

        On hand under the warehouse's stock location, less what is reserved or wanted by open
        moves (whichever is more: with manual reservation nothing is reserved yet), less what other
        orders have planned. Three grouped queries, however many products and warehouses.
        """
        stocked = products.filtered("is_storable")
        inside = [
            ("product_id", "in", stocked.ids),
            ("location_id", "child_of", warehouses.lot_stock_id.ids),
        ]
        on_hand, taken = defaultdict(float), defaultdict(float)
        for product, warehouse, quantity, reserved in self.env["stock.quant"]._read_group(
            [*inside, ("location_id.usage", "=", "internal")],
            ["product_id", "location_id.warehouse_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        ):
            on_hand[warehouse.id, product.id] = quantity
            taken[warehouse.id, product.id] = reserved
        for product, warehouse, demand in self.env["stock.move"]._read_group(
            [*inside, ("state", "in", OPEN_MOVES)],
            ["product_id", "location_id.warehouse_id"],
            ["product_qty:sum"],
        ):
            place = (warehouse.id, product.id)
            taken[place] = max(taken[place], demand)
        for place, quantity in self._planned(stocked, warehouses).items():
            taken[place] += quantity
        return {place: quantity - taken[place] for place, quantity in on_hand.items()}

    @api.model
    def _planned(self, products, warehouses, domain=()):
        """What quotations have planned: dict (warehouse id, product id) → quantity, product's unit.

        Planned kits count as what they consist of.

        :param domain: which of the planned allocations count
        """
        wanted = Domain("product_id", "in", products.ids)
        if "bom_ids" in self.env["product.template"]._fields:
            wanted |= Domain("product_id.product_tmpl_id.bom_ids.type", "=", "phantom")
        rows = self._read_group(
            wanted
            & Domain("warehouse_id", "in", warehouses.ids)
            & Domain("state", "=", "planned")
            & Domain(domain),
            ["product_id", "warehouse_id", "line_id.product_uom_id"],
            ["quantity:sum", "short_quantity:sum"],
        )
        planned = self.env["product.product"].union(*[row[0] for row in rows])
        kits = (planned - products)._get_kits(warehouses.company_id[:1])
        taken = defaultdict(float)
        for product, warehouse, uom, quantity, short in rows:
            count = uom._compute_quantity(quantity - short, product.uom_id, round=False)
            for part, each in kits.get(product, ((product, 1.0),)):
                if part in products:
                    taken[warehouse.id, part.id] += count * each
        return taken

    def _store(self, plans, decisions):
        """Write plans as allocations: new ones, or more on those a line has already."""
        existing = {
            (allocation.line_id.id, allocation.warehouse_id.id): allocation
            for allocation in self.env["sale.order"].union(*plans).allocation_ids
            if allocation.state not in ("cancelled", "queued")
        }
        vals_list = []
        for order, plan in plans.items():
            decision = decisions[order]
            explanation = decision.data
            state = "released" if order.state == "sale" else "planned"
            for share in plan.shares:
                allocation = existing.get((share.need, share.site))
                if allocation:
                    allocation.write(
                        {
                            "quantity": allocation.quantity + share.quantity,
                            "short_quantity": allocation.short_quantity + share.short,
                            "state": state,
                            "explanation": explanation,
                            "decision_id": decision.id,
                        }
                    )
                else:
                    vals_list.append(
                        {
                            "line_id": share.need,
                            "warehouse_id": share.site,
                            "quantity": share.quantity,
                            "short_quantity": share.short,
                            "state": state,
                            "explanation": explanation,
                            "decision_id": decision.id,
                            "plan_id": decision.version_id.plan_id.id,
                        }
                    )
        return self.create(vals_list)

    # === BUSINESS: after the plan === #

    def _shrink(self, lines):
        """Take back what was allocated beyond the quantity of these lines."""
        for line in lines:
            allocations = line.allocation_ids.filtered(
                lambda a: a.state in ("planned", "released", "queued")
            ).sorted(lambda a: (a.state == "queued", a.id))
            left = line._moved_by_warehouse(line.product_uom_id, done=True)
            changed = routing.shrink(
                [
                    (a, a.quantity, 0.0 if a.state == "queued" else left.get(a.warehouse_id, 0.0))
                    for a in allocations
                ],
                -line._unallocated_quantity(),
            )
            for allocation, quantity in changed.items():
                if line.product_uom_id.compare(quantity, 0.0) > 0:
                    allocation.write(
                        {
                            "quantity": quantity,
                            "short_quantity": min(allocation.short_quantity, quantity),
                        }
                    )
                else:
                    allocation.state = "cancelled"

    def _update_shipped(self):
        """Mark as shipped what has left, or what nothing more will leave of."""
        shipped = self.browse()
        for line, allocations in (
            self.filtered(lambda a: a.state == "released").grouped("line_id").items()
        ):
            gone = line._moved_by_warehouse(line.product_uom_id, done=True, delivered=True)
            waiting = {
                line._warehouse_of(move)
                for move in line.move_ids
                if move.state not in ("done", "cancel")
            }
            for allocation in allocations:
                quantity = gone.get(allocation.warehouse_id, 0.0)
                complete = line.product_uom_id.compare(quantity, allocation.quantity) >= 0
                cut_off = quantity and allocation.warehouse_id not in waiting
                if complete or cut_off:
                    shipped |= allocation
        if shipped:
            shipped.state = "shipped"
