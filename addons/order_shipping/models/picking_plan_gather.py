import hashlib
import math
from typing import NamedTuple

from odoo import Command, api, fields, models

from ..engine import batching, batching_schedule, floor

#: Minutes within which an urgent transfer (with a star) should be picked.
URGENT = 60.0


class Row(NamedTuple):
    """One transfer (or its part in a zone): for the engine, for Odoo's walk, and for the screen."""

    order: batching.Order
    by_name: tuple
    vals: dict


class Gathered(NamedTuple):
    plan: floor.Floor
    rows: list
    is_measured: bool


class PickingPlan(models.TransientModel):
    _inherit = "picking.plan"

    def _gather(self):
        """The open transfers of the template, in a few queries however many there are."""
        self.ensure_one()
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
        lines = self._get_lines(pickings)
        locations = lines.location_id
        plan, places, is_measured = self.template_id.warehouse_id._get_places(locations)
        unmapped = len(locations) - len(places)
        if unmapped:
            self._note(
                self.env._(
                    "%(count)s places have no aisle: they are picked last and their metres aren't "
                    "counted.",
                    count=unmapped,
                )
            )
        has_skills = self.env["picking.skill"]._is_used()
        rows = [
            self._make_row(picking, zone, part, places, has_skills)
            for (picking, zone), part in self._split(pickings, lines).items()
        ]
        return Gathered(plan, rows, is_measured)

    def _note(self, text):
        self.notes = [*(self.notes or []), text]

    @api.model
    def _get_lines(self, pickings):
        """What is reserved for these transfers inside the warehouse."""
        return pickings.move_line_ids.filtered(
            lambda line: (
                line.state not in ("done", "cancel")
                and line.quantity
                and line.location_id.usage == "internal"
            )
        )

    def _split(self, pickings, lines):
        """Lines by transfer, and by zone when each zone picks its own part."""
        by_part = {}
        by_zone = self.strategy == "zone"
        for line in lines:
            zone = line.location_id._get_pick_zone() if by_zone else ""
            part = (line.picking_id, zone)
            by_part[part] = by_part.get(part, self.env["stock.move.line"]) | line
        for picking in pickings - lines.picking_id:
            by_part[picking, ""] = self.env["stock.move.line"]
        return by_part

    def _make_row(self, picking, zone, lines, places, has_skills):
        """Plain values of one transfer; volumes and weights below 0 count as nothing."""
        items = sum(line.quantity_product_uom for line in lines)
        weight = sum(max(line.product_id.weight, 0.0) * line.quantity_product_uom for line in lines)
        volume = sum(max(line.product_id.volume, 0.0) * line.quantity_product_uom for line in lines)
        tote = self.template_id.tote_volume
        totes = max(math.ceil(volume / tote - 1e-9), 1) if tote else 1
        by_name = tuple(
            sorted(
                {
                    (location.complete_name, places[location])
                    for location in lines.location_id
                    if location in places
                }
            )
        )
        due = self._get_due(picking)
        minutes = (due - fields.Datetime.now()).total_seconds() / 60 if due else None
        urgent = picking.priority == "1"
        if urgent:
            minutes = URGENT if minutes is None else min(minutes, URGENT)
        skills = lines._get_picking_skills() if has_skills else self.env["picking.skill"]
        group = (zone, picking.carrier_id.id if self.template_id.by_carrier else 0)
        spots = tuple(dict.fromkeys(place for _name, place in by_name))
        order = batching.Order(
            (picking.id, zone),
            spots,
            len(lines),
            items,
            weight,
            volume,
            totes,
            minutes,
            group,
            urgent,
            frozenset(skills.ids),
        )
        vals = {
            "picking_id": picking.id,
            "zone": zone,
            "signature": self._sign(picking, lines),
            "places": [[name.rsplit("/", 1)[-1], place] for name, place in by_name],
            "lines": len(lines),
            "items": items,
            "weight": weight,
            "volume": volume,
            "totes": totes,
            "date_due": due,
        }
        if skills:
            vals["skill_ids"] = [Command.set(skills.ids)]
        return Row(order, by_name, vals)

    def _get_due(self, picking):
        """Until when a transfer should be picked: when it was promised, or the carrier comes.

        The scheduled date is only when Odoo thought of doing it: until then no carrier presses.
        """
        dues = [picking.date_deadline] if picking.date_deadline else []
        if hour := picking.carrier_id.collect_hour:
            after = max(fields.Datetime.now(), picking.scheduled_date or fields.Datetime.now())
            zone = self.template_id.warehouse_id._get_shipping_tz()
            days = picking.carrier_id._get_delivery_days(after.date())
            dues.append(batching_schedule.collection(after, hour, zone, *days))
        return min(dues, default=None)

    @api.model
    def _sign(self, picking, lines):
        """A number that changes with whatever the plan rests on."""
        seen = [picking.state, picking.batch_id.id]
        seen += sorted((line.id, line.location_id.id, line.quantity_product_uom) for line in lines)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
