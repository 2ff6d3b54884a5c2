from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

#: The longest a cart may reserve, whatever it asks for: a day.
MOST_MINUTES = 24 * 60
#: Reservations that are over are kept for so many days, to look things up.
KEPT_DAYS = 30


class OrderReservation(models.Model):
    """Goods a cart or quotation keeps for a while: not promised to others until it is over."""

    _name = "order.reservation"
    _description = "Cart Reservation"
    _order = "expires_at desc, id desc"
    _rec_name = "reference"
    _check_company_auto = True

    reference = fields.Char(
        required=True, index=True, readonly=True, help="The cart, or the quotation's number."
    )
    channel_id = fields.Many2one(
        "order.channel", index="btree_not_null", readonly=True, ondelete="cascade"
    )
    order_id = fields.Many2one(
        "sale.order",
        string="Quotation",
        index="btree_not_null",
        readonly=True,
        ondelete="cascade",
    )
    product_id = fields.Many2one("product.product", required=True, readonly=True, index=True)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True, index=True)
    company_id = fields.Many2one(related="warehouse_id.company_id", store=True, index=True)
    quantity = fields.Float(digits="Product Unit", required=True, readonly=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    expires_at = fields.Datetime(string="Until", required=True, readonly=True, index=True)
    state = fields.Selection(
        [
            ("active", "Reserved"),
            ("converted", "Ordered"),
            ("released", "Given Up"),
            ("expired", "Expired"),
        ],
        required=True,
        default="active",
        readonly=True,
        index=True,
    )

    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "A reservation needs a quantity above zero."
    )
    _held_index = models.Index("(product_id, warehouse_id, expires_at) WHERE state = 'active'")

    # === CRUD === #

    def write(self, vals):
        """Nobody edits what a cart keeps: it is released, and reserved anew."""
        if not self.env.su:
            raise AccessError(self.env._("A reservation is released with its button, not edited."))
        return super().write(vals)

    # === ACTION === #

    def action_release(self):
        """Give the goods back before the time is over."""
        self.check_access("write")
        # sudo: nobody edits a reservation, but may end it.
        self.filtered(lambda each: each.state == "active").sudo().state = "released"
        return True

    # === BUSINESS === #

    @api.model
    def _held(self, products, warehouses, ignore_orders=None):
        """What carts, quotations and plans keep: dict (product id, warehouse id) → quantity.

        :param ignore_orders: ``sale.order`` whose own don't count
        """
        others = [("order_id", "not in", ignore_orders.ids)] if ignore_orders else []
        live = [("state", "=", "active"), ("expires_at", ">", fields.Datetime.now())]
        # sudo: others' carts count whoever asks; only sums leave.
        held = {}
        for product, warehouse, quantity in self.sudo()._read_group(
            [
                ("product_id", "in", products.ids),
                ("warehouse_id", "in", warehouses.ids),
                *live,
                *others,
            ],
            ["product_id", "warehouse_id"],
            ["quantity:sum"],
        ):
            held[product.id, warehouse.id] = quantity
        planned = (
            self.env["order.allocation"]
            .sudo()
            ._planned(
                products,
                warehouses,
                [
                    *others,
                    ("order_id.state", "in", ("draft", "sent")),
                    # What is planned and reserved is kept once.
                    ("order_id.reservation_ids", "not any", live),
                ],
            )
        )
        for (warehouse_id, product_id), quantity in planned.items():
            place = (product_id, warehouse_id)
            held[place] = held.get(place, 0.0) + quantity
        return held

    @api.model
    def _reserve(self, wanted, warehouses, reference, minutes, channel=None, order=None):
        """Reserve goods for a cart or quotation; what it had reserved before is replaced.

        Two carts that want the last piece at the same moment take turns (see
        ``order.allocation._take_turn``): the second sees what the first left.

        :param wanted: dict product → quantity in the product's unit
        :param warehouses: ``stock.warehouse`` to take from, the preferred first
        :param str reference: the cart; the same again replaces the former reservation
        :param int minutes: how long, at most a day
        :param channel: ``order.channel`` that sells
        :param order: ``sale.order``, if it is one
        :return: dict product → quantity that could be reserved
        :raises UserError: without a reference or time
        """
        if not reference or not 0 < minutes <= MOST_MINUTES:
            raise UserError(
                self.env._(
                    "A reservation needs a reference, and a time between 1 and %(most)s minutes.",
                    most=MOST_MINUTES,
                )
            )
        # sudo: sellers and channels reserve what they may sell; rows aren't edited.
        reservations = self.sudo()
        products = self.env["product.product"].union(*wanted)
        self.env["order.allocation"]._take_turn(products.filtered("is_storable").ids)
        reservations._of_cart(reference, channel, order).state = "released"
        outlooks = products._get_outlooks(warehouses, channel, order)
        expires_at = fields.Datetime.now() + timedelta(minutes=minutes)
        granted, vals_list = {}, []
        for product, quantity in wanted.items():
            rest = quantity
            if product.is_storable:
                for warehouse in warehouses:
                    share = min(product._promisable(outlooks[product.id, warehouse.id].at()), rest)
                    if product.uom_id.compare(share, 0.0) <= 0:
                        continue
                    rest -= share
                    vals_list.append(
                        {
                            "reference": reference,
                            "channel_id": channel.id if channel else False,
                            "order_id": order.id if order else False,
                            "product_id": product.id,
                            "warehouse_id": warehouse.id,
                            "quantity": share,
                            "expires_at": expires_at,
                        }
                    )
            else:
                rest = 0.0
            granted[product] = product.uom_id.round(quantity - rest)
        reservations.create(vals_list)
        return granted

    @api.model
    def _of_cart(self, reference, channel=None, order=None):
        """The live reservations of a cart or quotation."""
        owner = (
            [("order_id", "=", order.id)]
            if order
            else [
                ("reference", "=", reference),
                ("channel_id", "=", channel.id if channel else False),
                ("order_id", "=", False),
            ]
        )
        return self.search([*owner, ("state", "=", "active")])

    @api.model
    def _convert(self, orders):
        """The orders are confirmed: what they, or the carts they come from, kept is theirs now."""
        refs = {order.channel_ref for order in orders if order.channel_id and order.channel_ref}
        # sudo: confirming an order ends its reservation, whoever confirms.
        found = self.sudo().search(
            [
                ("state", "=", "active"),
                "|",
                ("order_id", "in", orders.ids),
                "&",
                ("channel_id", "in", orders.channel_id.ids),
                ("reference", "in", sorted(refs)),
            ]
        )
        carts = {(order.channel_id, order.channel_ref) for order in orders}
        found.filtered(
            lambda each: each.order_id or (each.channel_id, each.reference) in carts
        ).state = "converted"

    # === CRON === #

    @api.model
    def _cron_expire(self):
        """Close reservations whose time is over; they stopped counting at that very moment."""
        over = self.search(
            [("state", "=", "active"), ("expires_at", "<=", fields.Datetime.now())]
        ).try_lock_for_update()
        over.state = "expired"

    @api.autovacuum
    def _gc_over(self):
        """Forget what is over since long."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.env.cr.execute(
            SQL("DELETE FROM order_reservation WHERE state != 'active' AND expires_at < %s", limit)
        )


class OrderAllocation(models.Model):
    _inherit = "order.allocation"

    @api.model
    def _route(self, lines, asked=False, every=False):
        """Plan, with what these orders reserved themselves to choose from."""
        return super(
            OrderAllocation, self.with_context(reserving_orders=lines.order_id.ids)
        )._route(lines, asked, every)

    def _free_stock(self, products, warehouses):
        """Routing leaves alone what other carts and quotations keep."""
        free = super()._free_stock(products, warehouses)
        mine = self.env.context.get("reserving_orders")
        for product, warehouse, quantity in self.env["order.reservation"]._read_group(
            [
                ("product_id", "in", products.ids),
                ("warehouse_id", "in", warehouses.ids),
                ("state", "=", "active"),
                ("expires_at", ">", fields.Datetime.now()),
                *([("order_id", "not in", mine)] if mine else []),
                # What is planned, too, counts as planned.
                "|",
                ("order_id", "=", False),
                ("order_id.allocation_ids", "not any", [("state", "=", "planned")]),
            ],
            ["product_id", "warehouse_id"],
            ["quantity:sum"],
        ):
            if (warehouse.id, product.id) in free:
                free[warehouse.id, product.id] -= quantity
        return free
