from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import format_date

from ..engine import availability, promise
from .sale_order import INTERNAL


class LinePromise(NamedTuple):
    """What can be promised for one line now.

    :param state: ``enough``, ``incoming``, ``short`` or ``none`` (nothing to stock)
    :param available: what may be promised to leave today, in the line's unit
    :param ready_at: when all of it is there; None when nothing covers it
    :param dates: ``engine.promise.Promise``
    :param warehouses: ids of the warehouses it may leave from
    """

    state: str
    available: float = 0.0
    ready_at: datetime | None = None
    dates: promise.Promise = promise.Promise()
    warehouses: tuple[int, ...] = ()


AVAILABILITY = [
    ("enough", "In stock"),
    ("incoming", "Incoming"),
    ("short", "Short"),
    ("none", "Not stocked"),
]


class SaleOrderLine(models.Model):
    """Availability and dates of order lines, as they are typed and as they were promised."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "order.promise.mixin"]

    _promised = frozenset(
        {"promise_ship_at", "promise_deliver_at", "forecast_ship_at", "forecast_deliver_at"}
    )

    promise_ship_at = fields.Datetime(
        string="Promised to Ship",
        readonly=True,
        groups=INTERNAL,
        copy=False,
        index="btree_not_null",
        help="The earliest day it could leave, as it was when the order was confirmed.",
    )
    promise_deliver_at = fields.Datetime(
        string="Promised",
        readonly=True,
        groups=INTERNAL,
        copy=False,
        help="The earliest day it could arrive, as it was when the order was confirmed.",
    )
    forecast_ship_at = fields.Datetime(
        string="Expected to Ship",
        readonly=True,
        groups=INTERNAL,
        copy=False,
        help="When it is expected to leave, as stock and receipts are now.",
    )
    forecast_deliver_at = fields.Datetime(
        string="Expected",
        readonly=True,
        groups=INTERNAL,
        copy=False,
        help="When it is expected to arrive, as stock and receipts are now.",
    )
    availability_state = fields.Selection(
        AVAILABILITY,
        compute="_compute_availability",
        string="Availability",
        groups=INTERNAL,
    )
    available_quantity = fields.Float(
        compute="_compute_availability",
        groups=INTERNAL,
        digits="Product Unit",
        string="Available",
        help="What may be promised to leave today, less the lines above, in the line's unit.",
    )
    earliest_ship_at = fields.Datetime(
        compute="_compute_availability", groups=INTERNAL, string="Earliest to Ship"
    )
    earliest_deliver_at = fields.Datetime(
        compute="_compute_availability", groups=INTERNAL, string="Earliest"
    )
    availability_places = fields.Json(
        compute="_compute_availability",
        groups=INTERNAL,
        help="Numbers of the warehouses the figure is of.",
    )
    availability_note = fields.Char(compute="_compute_availability", groups=INTERNAL)

    # === COMPUTE === #

    @api.depends(
        "product_id",
        "product_uom_qty",
        "product_uom_id",
        "warehouse_id",
        "customer_lead",
        "state",
        "forecast_deliver_at",
        "promise_deliver_at",
        "qty_delivered",
        "order_id.carrier_id",
        "order_id.partner_shipping_id",
        "order_id.channel_id",
        "allocation_ids.warehouse_id",
        "allocation_ids.state",
    )
    @api.depends_context("lang", "tz")
    def _compute_availability(self):
        """Of quotations what can be promised; of confirmed orders what is expected."""
        open_lines = self.filtered(lambda line: line.state in ("draft", "sent"))
        # The lines above count, too: those of one order compete for the same stock.
        promises = (open_lines.order_id.order_line | open_lines)._get_promises()
        for line in self:
            found = promises.get(line) if line in open_lines else None
            if found:
                line.availability_state = found.state
                line.available_quantity = found.available
                line.earliest_ship_at = found.dates.ship_at or False
                line.earliest_deliver_at = found.dates.deliver_at or False
                line.availability_note = line._explain_promise(found)
                line.availability_places = list(found.warehouses)
                continue
            line.availability_state = line._compare_with_promise()
            line.available_quantity = 0.0
            line.earliest_ship_at = line.forecast_ship_at
            line.earliest_deliver_at = line.forecast_deliver_at
            line.availability_note = False
            line.availability_places = line.warehouse_id._origin.ids

    # === BUSINESS: what can be promised === #

    def _get_promises(self):
        """What can be promised for these lines now: dict line → :class:`LinePromise`.

        The same few queries however many lines: lines of several orders don't compete with each
        other, those of one order do, in their sequence.
        """
        lines = self.filtered(
            lambda line: line.product_id.type == "consu" and not line.display_type
        )
        if not lines:
            return {}
        now = fields.Datetime.now()
        places = {order: order._get_promise_places() for order in lines.order_id}
        warehouses = self.env["stock.warehouse"].union(*places.values(), lines.warehouse_id)
        workdays = warehouses._get_workdays(now)
        promises = {}
        for channel, orders in lines.order_id.grouped("channel_id").items():
            ours = lines.filtered(lambda line, found=orders: line.order_id in found)
            outlooks = ours.product_id._get_outlooks(
                warehouses, channel, ours.order_id._origin.filtered("id")
            )
            for _order, some in ours.grouped("order_id").items():
                promises |= some._promise_in_turn(outlooks, workdays, places, now)
        return promises

    def _promise_in_turn(self, outlooks, workdays, places, now):
        """:meth:`_get_promises` of the lines of one order, one after the other."""
        taken = {}
        promises = {}
        for line in self.sorted(lambda line: (line.sequence, line._origin.id or 0)):
            warehouses = line._get_sources() or places[line.order_id] or line.warehouse_id
            product = line.product_id._origin
            stock = []
            for warehouse in warehouses:
                place = (product.id, warehouse._origin.id)
                if place in outlooks:
                    stock.append((warehouse, taken.get(place, outlooks[place].steps)))
            promises[line] = line._promise_one(stock, workdays, now)
            for portion in self._portions_of(line, stock):
                place = (product.id, portion.place._origin.id)
                steps = taken.get(place, outlooks[place].steps)
                taken[place] = availability.take(steps, portion.quantity, portion.when)
        return promises

    @api.model
    def _portions_of(self, line, stock):
        """Where a line would come from, in the product's unit."""
        quantity = line.product_uom_id._compute_quantity(
            line.product_uom_qty, line.product_id.uom_id, round=False
        )
        if not line._is_from_stock() or quantity <= 0:
            return ()
        return availability.portions(stock, quantity)

    def _promise_one(self, stock, workdays, now):
        """What can be promised for one line.

        :param stock: pairs of (warehouse, steps), the preferred first
        """
        self.ensure_one()
        counted = self._is_from_stock()
        portions = self._portions_of(self, stock)
        warehouses = [portion.place for portion in portions] or [
            warehouse for warehouse, _steps in stock[:1]
        ]
        ready = max((portion.when for portion in portions), default=None)
        if not counted or self.product_uom_qty <= 0:
            ready = now + timedelta(days=self._get_supply_days())
        answers = [
            self._promise_from(warehouse, ready, workdays[warehouse._origin], now)
            for warehouse in warehouses
        ]
        unlimited = any(steps and steps[0].quantity == float("inf") for _w, steps in stock)
        state = "none"
        if counted and not unlimited:
            state = "short" if ready is None else "incoming" if ready > now else "enough"
        total = sum(max(availability.quantity_at(steps, now), 0.0) for _w, steps in stock)
        return LinePromise(
            state,
            self._in_line_unit(total) if state != "none" else 0.0,
            ready,
            promise.latest(answers),
            tuple(warehouse._origin.id for warehouse, _steps in stock),
        )

    def _promise_from(self, warehouse, ready, workdays, now, lead=True):
        """When what is ready at a moment leaves a warehouse, and arrives."""
        self.ensure_one()
        order = self.order_id
        days, weekdays = order.carrier_id._get_transit(warehouse, order.partner_shipping_id)
        return promise.promise(
            ready,
            workdays,
            warehouse._get_shipping_tz(),
            now=now,
            lead_until=self._expected_date() if lead and self.customer_lead else None,
            transit_days=days,
            carrier_days=weekdays,
        )

    def _get_sources(self):
        """The warehouses routing chose for this line, if it did."""
        # sudo: see order.allocation; only the warehouses are used.
        allocations = self.sudo().allocation_ids.filtered(lambda a: a.state != "cancelled")
        return allocations.warehouse_id.sudo(self.env.su)

    def _is_from_stock(self):
        """Whether this line waits for stock, and isn't bought or made for the order."""
        self.ensure_one()
        return bool(self.product_id) and not self.is_mto and not self._is_dropshipped()

    def _is_dropshipped(self):
        """Whether the vendor ships it: a hook for addons that know of it."""
        return bool("is_dropship" in self.env["stock.picking"]._fields and self._has_dropship())

    def _has_dropship(self):
        """Whether a route of the line or product leads from vendors to customers."""
        product = self.product_id
        # sudo: routes are warehouse configuration; only what they do is asked.
        rules = (self.route_ids or product.route_ids | product.categ_id.total_route_ids).sudo()
        return any(
            rule.location_src_id.usage == "supplier" and rule.location_dest_id.usage == "customer"
            for rule in rules.rule_ids
        )

    def _get_supply_days(self):
        """Days until what is bought for the order is there: the first vendor's lead time."""
        self.ensure_one()
        if self._is_from_stock():
            return 0
        # sudo: sellers may not read vendors; only the days are used.
        return self.product_id.sudo().seller_ids[:1].delay

    def _in_line_unit(self, quantity):
        """A quantity of the product's unit in this line's, rounded down."""
        product, unit = self.product_id, self.product_uom_id
        converted = product.uom_id._compute_quantity(quantity, unit, round=False)
        return unit.round(unit.round(converted, "HALF-UP"), "DOWN") if unit else quantity

    def _compare_with_promise(self):
        """A confirmed line's state: in time, later than promised, or covered by nothing."""
        self.ensure_one()
        # Notes and sections have neither product nor unit.
        if self.state != "sale" or self.product_id.type != "consu":
            return False
        if self.product_uom_id.compare(self.product_uom_qty, self.qty_delivered) <= 0:
            return False
        expected, promised = self.forecast_deliver_at, self.promise_deliver_at
        if not expected:
            return "short"
        return "incoming" if promised and expected.date() > promised.date() else "enough"

    # === BUSINESS: in words === #

    def _explain_promise(self, found):
        """Why a line isn't there today, in a sentence."""
        self.ensure_one()
        parts = []
        if found.state == "short":
            parts.append(
                self.env._(
                    "only %(quantity)s %(unit)s, and nothing incoming covers the rest",
                    quantity=f"{found.available:g}",
                    unit=self.product_uom_id.name,
                )
            )
        words = {
            "lead": self.env._("lead time"),
            "closed": self.env._("no working day before"),
            "cutoff": self.env._("after the cut-off time"),
            "full": self.env._("the days before are full"),
            "transit": self.env._("days in transit"),
        }
        if "incoming" in found.dates.reasons and found.ready_at:
            parts.append(
                self.env._("incoming %(date)s", date=format_date(self.env, found.ready_at))
            )
        parts += [words[code] for code in found.dates.reasons if code in words]
        return "; ".join(parts) or False

    # === BUSINESS: what is expected === #

    def _get_forecasts(self, is_new=False):
        """When what isn't delivered yet of confirmed lines arrives: dict line → ``Promise``.

        Open deliveries are covered by stock and receipts in the order they shall leave (see
        ``engine.availability.peg``); a line is there with the last of its deliveries. Lines of
        which nothing is to be delivered any more are left out. Few queries however many lines.

        :param bool is_new: the orders were confirmed just now and still need a place in the days
            of a warehouse that picks only so many orders a day; others have theirs
        """
        now = fields.Datetime.now()
        # sudo: what covers an order depends on all other orders; only dates leave.
        lines = self.sudo().filtered(
            lambda line: (
                line.state == "sale"
                and line.product_id.type == "consu"
                and not line.display_type
                and line.product_uom_id.compare(line.qty_delivered, line.product_uom_qty) < 0
            )
        )
        moves = lines.move_ids.filtered(
            lambda move: (
                move.state not in ("done", "cancel")
                and (move.location_final_id or move.location_dest_id).usage == "customer"
            )
        )
        warehouses = moves.location_id.warehouse_id
        covered = moves.product_id._peg_moves(warehouses, now)
        workdays = (warehouses | lines.warehouse_id)._get_workdays(now, limited=is_new)
        answers = {}
        for _order, some in moves.grouped(lambda move: move.sale_line_id.order_id).items():
            filled = set()
            for move in some:
                line, source = move.sale_line_id, move.location_id.warehouse_id
                # Goods that never come here are there when the vendor said.
                ready = covered.get(move.id) if source else max(move.date, now)
                warehouse = source or line.warehouse_id
                answer = line._promise_from(warehouse, ready, workdays[warehouse], now, lead=False)
                answers.setdefault(line, []).append(answer)
                filled.add((warehouse, answer.ship_day))
            for warehouse, day in filled:
                workdays[warehouse] = promise.occupy(workdays[warehouse], day)
        return {line.sudo(self.env.su): promise.latest(found) for line, found in answers.items()}
