from decimal import Decimal
from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine import labels
from .shipping_label import LIVE_STATES


class Parcel(NamedTuple):
    """One box to ship: its package (empty: the goods as they are) and kilograms."""

    package: Any
    weight: Decimal


class StockPicking(models.Model):
    _inherit = "stock.picking"

    rate_ids = fields.One2many("shipping.rate", "picking_id", string="Rates")
    label_ids = fields.One2many(
        "shipping.label", "picking_id", string="Labels", domain=[("is_return", "=", False)]
    )
    rate_count = fields.Integer(compute="_compute_shipping_counts")
    label_count = fields.Integer(compute="_compute_shipping_counts")
    is_labelled = fields.Boolean(
        string="Has Label",
        compute="_compute_is_labelled",
        search="_search_is_labelled",
        help="A label that isn't void was bought for this delivery.",
    )
    shipping_error = fields.Text(
        readonly=True,
        copy=False,
        help="Why the last rates or labels asked for failed, and what to do about it.",
    )
    date_rated = fields.Datetime(string="Rated On", readonly=True, copy=False)
    date_picked = fields.Datetime(string="Picked On", readonly=True, copy=False)
    date_packed = fields.Datetime(string="Packed On", readonly=True, copy=False)

    # === COMPUTE === #

    @api.depends("rate_ids.state", "label_ids.state")
    def _compute_shipping_counts(self):
        rates = self.env["shipping.rate"]._read_group(
            [("picking_id", "in", self.ids), ("state", "!=", "superseded")],
            ["picking_id"],
            ["__count"],
        )
        bought = self.env["shipping.label"]._read_group(
            [("picking_id", "in", self.ids)], ["picking_id"], ["__count"]
        )
        rates, bought = dict(rates), dict(bought)
        for picking in self:
            picking.rate_count = rates.get(picking, 0)
            picking.label_count = bought.get(picking, 0)

    @api.depends("label_ids.state")
    def _compute_is_labelled(self):
        for picking in self:
            picking.is_labelled = any(label.state in LIVE_STATES for label in picking.label_ids)

    @api.model
    def _search_is_labelled(self, operator, value):
        """Asked of the labels: stored, it would make a purchase wait for the delivery's lock."""
        if operator != "in":
            return NotImplemented
        live = Domain("label_ids.state", "in", LIVE_STATES)
        return Domain.OR([live] * (True in value) + [~live] * (False in value))

    # === CRUD === #

    def write(self, vals):
        """Plan and log anew where deliveries join or leave a batch that is at work."""
        if "batch_id" not in vals:
            return super().write(vals)
        moving = self.filtered(lambda picking: picking.batch_id.id != vals["batch_id"])
        batches = moving.batch_id
        result = super().write(vals)
        moving.filtered(lambda picking: not picking.batch_id).move_line_ids.pick_sequence = 0
        batches = (batches | moving.batch_id).filtered(lambda b: b.state == "in_progress")
        batches.action_plan_route()
        moving.filtered(lambda picking: picking.batch_id in batches)._record_batched()
        return result

    # === ACTION === #

    def action_rate(self):
        """Get rates of all carriers for these deliveries and choose one for each.

        What fails is written on the delivery itself and stops no other.

        :return: a notification that sums up
        :raise AccessError: the user is no picker and packer
        """
        self._check_may_ship()
        outgoing = self._filter_to_ship()
        closed = outgoing.filtered("is_labelled")
        problems = {
            picking: self.env._("It has a label: void that before getting new rates.")
            for picking in closed
        }
        # Before anything is locked: the carriers on the network take their time.
        fetched = self.env["shipping.rate"]._fetch_outside(outgoing - closed)
        mine = (outgoing - closed).try_lock_for_update(allow_referencing=True)
        # Touched, so that whoever rated the same ones meanwhile meets us, not our rates.
        mine.write({"date_rated": fields.Datetime.now()})
        problems |= self.env["shipping.rate"]._shop(mine, fetched)
        self._keep_problems(mine, problems)
        problems |= {picking: self._get_busy_reason() for picking in outgoing - closed - mine}
        return outgoing._notify_outcome(self.env._("Rates"), problems)

    def action_buy_label(self):
        """Buy the labels these deliveries lack; those that have theirs keep it.

        :return: a notification that sums up
        :raise AccessError: the user is no picker and packer
        """
        self._check_may_ship()
        outgoing = self._filter_to_ship()
        problems = self.env["shipping.label"]._buy(outgoing)
        # Deliveries of carriers on the network have theirs already, in transactions of their own.
        local = outgoing.filtered(lambda picking: not picking.carrier_id.is_network)
        self._keep_problems(local.try_lock_for_update(allow_referencing=True), problems)
        return outgoing._notify_outcome(self.env._("Labels"), problems)

    def action_print_labels(self):
        """Open the labels of these deliveries as one PDF, in the order given.

        :raise UserError: none of them has a label
        """
        bought = self.label_ids.filtered(lambda label: label.state == "bought")
        rank = {picking_id: rank for rank, picking_id in enumerate(self.ids)}
        return bought.sorted(
            lambda label: (rank[label.picking_id.id], label.parcel_number)
        )._get_print_action()

    def action_void_label(self):
        """Void all labels of these deliveries.

        :raise UserError: one of them was shipped already
        """
        return self.label_ids.action_void()

    def action_picked(self):
        """Mark everything reserved on these transfers as picked, and log it on the orders."""
        open_pickings = self.filtered(lambda picking: picking.state in ("assigned", "confirmed"))
        moves = open_pickings.move_ids.filtered(
            lambda move: move.quantity and not move.picked and move.state not in ("done", "cancel")
        )
        moves.write({"picked": True})
        open_pickings.filtered(
            lambda picking: any(move.picked for move in picking.move_ids)
        )._record_picked(source="user")
        return True

    def action_view_rates(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_shipping.shipping_rate_action"
        )
        return action | {"domain": [("picking_id", "in", self.ids)]}

    def action_view_labels(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_shipping.shipping_label_action"
        )
        return action | {"domain": [("picking_id", "in", self.ids)], "context": {}}

    def action_cancel(self):
        """Void the labels of what isn't shipped after all."""
        result = super().action_cancel()
        self.filtered(lambda picking: picking.state == "cancel").label_ids._void()
        return result

    # === BUSINESS: RATES AND LABELS === #

    def _check_may_ship(self):
        """Only pickers and packers get rates, and buy or void labels, of deliveries they may edit.

        :raise AccessError: the user isn't one, or may not edit one of these
        """
        if not self.env.su and not self.env.user.has_group("order_shipping.group_shipping_user"):
            raise AccessError(
                self.env._("Rates and labels are for pickers and packers: ask for that role.")
            )
        self.check_access("write")

    def _filter_outgoing(self):
        """Those of these transfers that are deliveries somebody still wants."""
        return self.filtered(
            lambda picking: picking.picking_type_code == "outgoing" and picking.state != "cancel"
        )

    def _filter_to_ship(self):
        """Deliveries among these.

        :raise UserError: there is none
        """
        outgoing = self.filtered(lambda picking: picking.picking_type_code == "outgoing")
        if not outgoing:
            raise UserError(self.env._("Select deliveries: other transfers aren't shipped."))
        return outgoing

    def _get_parcels(self):
        """The boxes of each delivery; the goods left outside of boxes are one more.

        Kilograms are those entered as weight for shipping, else those of the products.

        :return: dict of picking to list of :class:`Parcel`
        """
        to_kg = self.env["delivery.carrier"]._get_kg_converter()
        return {picking: picking._get_own_parcels(to_kg) for picking in self}

    def _get_own_parcels(self, to_kg):
        self.ensure_one()
        nothing = self.env["stock.package"]
        lines = self.move_line_ids.filtered(lambda line: line.state != "cancel" and line.quantity)
        packed = lines.result_package_id
        if not packed:
            return [Parcel(nothing, to_kg(self.shipping_weight or self.weight))]
        boxes = packed.outermost_package_id
        # sudo: as core does for the weight for shipping; packers may not read all quants.
        weights = {
            package.id: weight
            for package, weight in (boxes | packed).sudo()._get_weight(self.id).items()
        }
        parcels = [
            Parcel(box, to_kg(box.shipping_weight or weights.get(box.id, 0.0))) for box in boxes
        ]
        if any(not line.result_package_id for line in lines):
            parcels.append(Parcel(nothing, to_kg(self.weight_bulk)))
        return parcels

    def _get_ship_date(self):
        """The day this delivery leaves: as scheduled, but not before today."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        if not self.scheduled_date:
            return today
        return max(today, fields.Datetime.context_timestamp(self, self.scheduled_date).date())

    def _get_promised_date(self, offers):
        """The day by which the customer expects this delivery; None if nothing was promised.

        That is the order's delivery date. Without one it is the day on which the carrier that the
        customer chose (and paid) on the order would arrive, so that nobody who paid for express is
        sent by ground.

        :param offers: list of dicts with ``carrier`` and ``quote``
        """
        self.ensure_one()
        order = self.sale_id
        if order.commitment_date:
            return fields.Datetime.context_timestamp(self, order.commitment_date).date()
        return next(
            (
                offer["quote"].arrives
                for offer in offers
                if offer["carrier"] == order.carrier_id and not offer["quote"].problem
            ),
            None,
        )

    def _get_label_problems(self):
        """Why deliveries among these can't get a label now: dict of picking to reason."""
        problems = {}
        held = self.sale_id._blocked_by("ship")
        for picking in self:
            if problem := picking._get_label_problem(held.get(picking.sale_id)):
                problems[picking] = problem
        return problems

    def _get_label_problem(self, holds):
        self.ensure_one()
        carrier = self.carrier_id
        if self.state in ("draft", "cancel"):
            return self.env._("It is a draft or cancelled.")
        if holds:
            return self.env._(
                "%(order)s is on hold: %(reasons)s",
                order=self.sale_id.name,
                reasons=", ".join(holds.mapped("reason")),
            )
        if not carrier:
            return self.env._("It has no carrier: get rates, or choose one.")
        if not carrier.active:
            return self.env._("%s is archived: get new rates.", carrier.name)
        if not carrier._makes_labels():
            return self.env._("%s makes no labels: choose another carrier.", carrier.name)
        if not self.partner_id:
            return self.env._("It has no delivery address.")
        # sudo: pickers needn't read the company's settings to print a label.
        prefix = self.company_id.sudo().gs1_company_prefix
        if not carrier.is_network and not labels.is_company_prefix(prefix):
            return self.env._("Enter the GS1 company prefix in the Inventory settings.")
        return (
            carrier._get_hazard_problem(self._get_hazards())
            or self._get_pickup_problem()
            or self._get_stale_label_problem()
        )

    def _get_stale_label_problem(self):
        """Labels bought for another carrier, or before the goods were packed otherwise."""
        live = self.label_ids._filter_live()
        if not live:
            moved = any(move.quantity for move in self.move_ids if move.state != "cancel")
            return not moved and self.env._("Nothing is reserved or picked yet.")
        other = live.filtered(lambda label: label.carrier_id != self.carrier_id)
        if other:
            return self.env._("It has a label of %s: void that first.", other.carrier_id[:1].name)
        if self.state == "done":
            return False
        boxes = {parcel.package.id for parcel in self._get_parcels()[self]}
        gone = live.filtered(lambda label: label.package_id.id not in boxes)
        return gone and self.env._(
            "Label %s was bought before the goods were packed as now: void it first.",
            ", ".join(gone.mapped("tracking_number")),
        )

    def _check_carrier_can_change(self, carrier):
        """:raise UserError: the delivery is shipped, or has a label of another carrier"""
        self.ensure_one()
        if self.state in ("done", "cancel"):
            raise UserError(self.env._("%s is shipped or cancelled.", self.name))
        other = self.label_ids._filter_live().filtered(lambda label: label.carrier_id != carrier)
        if other:
            raise UserError(
                self.env._(
                    "%(delivery)s has a label of %(carrier)s: void that first.",
                    delivery=self.name,
                    carrier=other.carrier_id[:1].name,
                )
            )

    def _get_sender(self):
        """Where parcels of this delivery come from: the warehouse, or its company."""
        self.ensure_one()
        return self.picking_type_id.warehouse_id.partner_id or self.company_id.partner_id

    def _get_recipient(self):
        """Who gets the parcels of this delivery."""
        self.ensure_one()
        return self.partner_id

    def _get_label_references(self):
        """What the label names, so that a lost parcel finds its order again."""
        self.ensure_one()
        order = self.sale_id
        names = [order.name, order.client_order_ref, self.name]
        names = dict.fromkeys(name for name in names if name)
        if point := self._get_pickup_code():
            names[self.env._("Point %s", point)] = None
        return (*names, *self._get_hazard_marks())

    @api.model
    def _get_busy_reason(self):
        return self.env._("Somebody else is working on it: try again.")

    @api.model
    def _keep_problems(self, pickings, problems):
        """Write on each delivery what is wrong with it, and take away what no longer is."""
        for picking in pickings:
            if (picking.shipping_error or False) != problems.get(picking, False):
                picking.shipping_error = problems.get(picking, False)

    def _notify_outcome(self, title, problems):
        """A notification: how many of these went well, and what is wrong with the others."""
        done = len(self) - len(problems)
        lines = [self.env._("%(done)s of %(all)s done.", done=done, all=len(self))]
        lines += [f"{picking.name}: {reason}" for picking, reason in list(problems.items())[:5]]
        if len(problems) > 5:
            lines.append(self.env._("… and %s more: see the deliveries.", len(problems) - 5))
        kind = "success" if not problems else "warning" if done else "danger"
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": title,
                "message": " ".join(lines),
                "type": kind,
                "sticky": bool(problems),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS: EVENTS === #

    def _send_confirmation_email(self):
        """Core calls this when transfers are done: keep tracking numbers, and log the steps.

        Here rather than in ``_action_done``, so that the log reads picked, packed, shipped before
        whatever follows the shipment, such as its invoice.
        """
        result = super()._send_confirmation_email()
        done = self.filtered(lambda picking: picking.state == "done")
        done._keep_tracking_numbers()
        done._record_done()
        return result

    def _record_done(self):
        """Log what being done means for each transfer, by its place in the delivery's steps."""
        pick, pack, ship = self.browse(), self.browse(), self.browse()
        for picking in self.filtered("sale_id"):
            warehouse = picking.picking_type_id.warehouse_id
            ships = picking.picking_type_code == "outgoing"
            single = ships and warehouse.delivery_steps == "ship_only"
            if single or picking.picking_type_id == warehouse.pick_type_id:
                pick |= picking.filtered(lambda p: not p.date_picked)
            packed = picking.picking_type_id == warehouse.pack_type_id
            if packed or (ships and picking.move_line_ids.result_package_id):
                pack |= picking.filtered(lambda p: not p.date_packed)
            if picking.reaches_customer:
                ship |= picking
        pick._record_picked()
        pack._record_packed()
        ship._record_step(
            "ship",
            lambda picking: (
                self.env._(
                    "%(delivery)s by %(carrier)s, tracking %(tracking)s",
                    delivery=picking.name,
                    carrier=picking.carrier_id.name or self.env._("the vendor"),
                    tracking=picking.carrier_tracking_ref,
                )
                if picking.carrier_tracking_ref
                else picking.name
            ),
            lambda picking: {
                "carrier": picking.carrier_id.name or None,
                "tracking": picking.carrier_tracking_ref or None,
                "warehouse": picking.picking_type_id.warehouse_id.code or None,
            },
        )

    def _record_batched(self):
        self._record_step(
            "batch",
            lambda picking: self.env._(
                "%(transfer)s in %(batch)s", transfer=picking.name, batch=picking.batch_id.name
            ),
            lambda picking: {"batch": picking.batch_id.name},
        )

    def _record_picked(self, source="system"):
        fresh = self.filtered(lambda picking: not picking.date_picked)
        fresh.write({"date_picked": fields.Datetime.now()})
        fresh._record_step(
            "pick",
            lambda picking: (
                self.env._(
                    "%(transfer)s in %(batch)s", transfer=picking.name, batch=picking.batch_id.name
                )
                if picking.batch_id
                else picking.name
            ),
            lambda picking: {"batch": picking.batch_id.name or None},
            source=source,
        )

    def _record_packed(self, package_name=""):
        fresh = self.filtered(lambda picking: not picking.date_packed)
        fresh.write({"date_packed": fields.Datetime.now()})
        fresh._record_step(
            "pack",
            lambda picking: ", ".join(
                dict.fromkeys(
                    filter(
                        None,
                        [
                            picking.name,
                            package_name,
                            *picking.move_line_ids.result_package_id.mapped("name"),
                        ],
                    )
                )
            ),
            lambda picking: {"packages": picking.move_line_ids.result_package_id.mapped("name")},
        )

    def _record_step(self, step, summary, details, source="system"):
        """Log one event per order for these transfers.

        :param summary: function of a transfer that gives its words
        :param details: function of a transfer that gives a dict of JSON values
        """
        by_order = self.filtered("sale_id").grouped("sale_id")
        orders = self.env["sale.order"].union(*by_order)
        orders._record_event(
            step,
            lambda order: "; ".join(summary(picking) for picking in by_order[order]),
            lambda order: {
                "transfers": [
                    {"transfer": picking.name} | details(picking) for picking in by_order[order]
                ]
            },
            source=source,
        )
