import hashlib
import math
from datetime import datetime
from typing import NamedTuple

from odoo import Command, api, fields, models

from ..engine import batching, batching_schedule, floor

#: Minutes within which an urgent transfer (with a star) should be picked.
URGENT = 60.0
#: What a plan reads of transfers; all their fields would take as long as the planning.
READ = ("state", "batch_id", "priority", "carrier_id", "date_deadline", "scheduled_date")


class Reserved(NamedTuple):
    """What is reserved of one product at one place for one transfer: ids of lines, records,
    quantity in the product's unit."""

    ids: tuple
    location: models.Model
    product: models.Model
    quantity: float


class Row(NamedTuple):
    """One transfer (or its part in a zone): for the engine, for Odoo's walk, and for the screen."""

    order: batching.Order
    by_name: tuple
    vals: dict


class Facts(NamedTuple):
    """What many rows are made of, read once: by id of the transfer, record, or key of the row."""

    pickings: dict
    products: dict
    places: dict
    dues: dict
    skills: dict
    now: datetime
    tote_volume: float
    by_carrier: bool


class Gathered(NamedTuple):
    plan: floor.Floor
    rows: list
    is_measured: bool


class PickingPlan(models.TransientModel):
    _inherit = "picking.plan"

    def _gather_open(self):
        """The open transfers of the template, in a few queries however many there are."""
        self.ensure_one()
        self.notes = []
        pickings = self.env["stock.picking"].search(
            self.template_id._get_open_domain(), order="priority desc, scheduled_date, id"
        )
        held = pickings.sale_id._blocked_by("ship")
        if held:
            kept = pickings.filtered(lambda picking: picking.sale_id not in held)
            self._note(
                self.env._(
                    "%(count)s transfers are left out: their orders are on hold.",
                    count=len(pickings - kept),
                )
            )
            pickings = kept
        return self._gather(pickings, is_noted=True)

    def _gather(self, pickings, is_noted=False):
        """What there is to know of some transfers.

        :param bool is_noted: tell people about places that are in no walk
        :return: :class:`Gathered`
        """
        pickings.fetch(READ)
        parts = self._read_parts(pickings)
        locations = self.env["stock.location"].union(
            *{one.location for part in parts.values() for one in part}
        )
        plan, places, is_measured = self.template_id.warehouse_id._get_places(locations)
        if is_noted:
            self._note_left_out(locations - locations.browse(place.id for place in places))
        products = self.env["product.product"].union(
            *{one.product for part in parts.values() for one in part}
        )
        facts = Facts(
            dict(zip(pickings.ids, pickings, strict=True)),
            # Volumes and weights below 0 count as nothing.
            {one: (max(one.weight, 0.0), max(one.volume, 0.0)) for one in products},
            {place: (place.complete_name, spot) for place, spot in places.items()},
            self._get_dues(pickings),
            self._get_part_skills(parts),
            fields.Datetime.now(),
            self.template_id.tote_volume,
            self.template_id.by_carrier,
        )
        rows = [self._make_row(key, part, facts) for key, part in parts.items()]
        return Gathered(plan, rows, is_measured)

    def _note(self, text):
        self.notes = [*(self.notes or []), text]

    def _note_left_out(self, locations):
        """Tell which kinds of places no walk gets to."""
        no_aisle = locations.filtered(lambda location: not location._get_place())
        if no_aisle:
            self._note(
                self.env._(
                    "%(count)s places have no aisle: they are picked last and their metres aren't "
                    "counted.",
                    count=len(no_aisle),
                )
            )
        if locations - no_aisle:
            self._note(
                self.env._(
                    "No walk gets to %(count)s places: they are picked last and their metres "
                    "aren't counted. The map of the warehouse tells what to change.",
                    count=len(locations - no_aisle),
                )
            )

    def _read_parts(self, pickings):
        """What is reserved for these transfers inside the warehouse, in one query.

        :return: dict of (id of the transfer, zone) to a list of :class:`Reserved`; the zone is
            empty unless each zone picks its own part
        """
        groups = self.env["stock.move.line"]._read_group(
            [
                ("picking_id", "in", pickings.ids),
                ("state", "not in", ("done", "cancel")),
                ("quantity", "!=", 0),
                ("location_id.usage", "=", "internal"),
            ],
            ["picking_id", "location_id", "product_id"],
            ["id:array_agg", "quantity_product_uom:sum"],
        )
        by_zone = self.strategy == "zone"
        by_picking = {picking_id: {} for picking_id in pickings.ids}
        for picking, location, product, ids, quantity in groups:
            zone = location._get_pick_zone() if by_zone else ""
            reserved = Reserved(tuple(sorted(ids)), location, product, quantity)
            by_picking[picking.id].setdefault(zone, []).append(reserved)
        return {
            (picking_id, zone): part
            for picking_id, by_zone in by_picking.items()
            for zone, part in (by_zone or {"": []}).items()
        }

    def _get_part_skills(self, parts):
        """Skills that each part needs; empty where nobody uses skills."""
        if not self.env["picking.skill"]._is_used():
            return {}
        Line = self.env["stock.move.line"]
        ids = [one_id for part in parts.values() for one in part for one_id in one.ids]
        return {
            key: Line.browse(one_id for one in part for one_id in one.ids)
            .with_prefetch(ids)
            ._get_picking_skills()
            for key, part in parts.items()
        }

    @api.model
    def _make_row(self, key, part, facts):
        """Plain values of one transfer, or of its part in a zone."""
        picking, due = facts.pickings[key[0]], facts.dues[key[0]]
        items = weight = volume = 0.0
        lines = 0
        for one in part:
            one_weight, one_volume = facts.products[one.product]
            items += one.quantity
            weight += one_weight * one.quantity
            volume += one_volume * one.quantity
            lines += len(one.ids)
        tote = facts.tote_volume
        totes = max(math.ceil(volume / tote - 1e-9), 1) if tote else 1
        by_name = {facts.places[one.location] for one in part if one.location in facts.places}
        by_name = tuple(sorted(by_name))
        minutes = (due - facts.now).total_seconds() / 60 if due else None
        urgent = picking.priority == "1"
        if urgent:
            minutes = URGENT if minutes is None else min(minutes, URGENT)
        zone = key[1]
        skills = facts.skills.get(key)
        order = batching.Order(
            key,
            tuple(dict.fromkeys(spot for _name, spot in by_name)),
            lines,
            items,
            weight,
            volume,
            totes,
            minutes,
            (zone, picking.carrier_id.id if facts.by_carrier else 0),
            urgent,
            frozenset(skills.ids if skills else ()),
        )
        vals = {
            "picking_id": key[0],
            "zone": zone,
            "signature": self._sign(picking, part),
            "lines": lines,
            "items": items,
            "totes": totes,
            "date_due": due,
            "is_unmapped": not by_name,
        }
        if skills:
            vals["skill_ids"] = [Command.set(skills.ids)]
        return Row(order, by_name, vals)

    def _get_dues(self, pickings):
        """Until when transfers should be picked: when it was promised, or the carrier comes.

        The scheduled date is only when Odoo thought of doing it: until then no carrier presses.

        :return: dict of the id of a transfer to a time or None
        """
        now = fields.Datetime.now()
        zone = self.template_id.warehouse_id._get_shipping_tz()
        days, dues = {}, {}
        for picking in pickings:
            found = [picking.date_deadline] if picking.date_deadline else []
            carrier = picking.carrier_id
            if hour := carrier.collect_hour:
                after = max(now, picking.scheduled_date or now)
                day = carrier, after.date()
                if day not in days:
                    days[day] = carrier._get_delivery_days(after.date())
                found.append(batching_schedule.collection(after, hour, zone, *days[day]))
            dues[picking.id] = min(found, default=None)
        return dues

    @api.model
    def _sign(self, picking, part):
        """A number that changes with whatever the plan rests on."""
        seen = [picking.state, picking.batch_id.id]
        seen += sorted((one.ids, one.location.id, one.quantity) for one in part)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
