from odoo import api, fields, models
from odoo.fields import Domain

#: How many other lots of one product at one place a hand-held is told of.
MAX_LOTS = 200


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    quantity_scanned = fields.Float(
        string="Scanned",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="What pickers have scanned of this line, in its unit.",
    )

    # === BUSINESS: WRITE === #

    def _count_scanned(self, quantity):
        """Add to (or take from) what was scanned of one line; it is picked once all of it is."""
        self.ensure_one()
        uom = self.product_uom_id
        total = uom.round(max(self.quantity_scanned + quantity, 0.0))
        vals = {"quantity_scanned": total}
        is_full = uom.compare(total, self.quantity) >= 0
        if is_full != self.picked:
            vals["picked"] = is_full
        self.write(vals)

    def _settle_scanned(self):
        """Leave on each line what was scanned of it, before its transfer is validated.

        The rest goes to the back-order, as with everything that wasn't picked.
        """
        for line in self:
            uom = line.product_uom_id
            is_part = uom.compare(line.quantity_scanned, line.quantity) < 0
            if line.quantity_scanned and is_part and not line.picked:
                line.write({"quantity": line.quantity_scanned, "picked": True})

    def _split_off(self, quantity):
        """A line with ``quantity`` of this one, picked like it: itself, if that is all of it."""
        self.ensure_one()
        uom = self.product_uom_id
        if uom.compare(quantity, self.quantity) >= 0:
            return self
        picked = self.picked
        rest = uom.round(self.quantity - quantity)
        self.write({"quantity": rest, "quantity_scanned": min(self.quantity_scanned, rest)})
        # Made after the rest was freed, so that it finds its quantity to reserve.
        return self.copy({"quantity": quantity, "quantity_scanned": quantity, "picked": picked})

    def _request_count(self):
        """Ask for a count of what lies at this line's place, as *Request a Count* does."""
        self.ensure_one()
        # sudo: as Odoo's wizard for it; pickers may not write quants.
        quants = self.env["stock.quant"].sudo()
        quants.search(
            [("product_id", "=", self.product_id.id), ("location_id", "=", self.location_id.id)]
        ).write({"inventory_date": fields.Date.context_today(self)})

    def _give_up_rest(self, missing, avoided):
        """Free what is missing of one line and reserve it at other places.

        :param float missing: in the line's unit
        :param avoided: locations where it isn't either
        :return: (new lines, ids of lines removed)
        """
        self.ensure_one()
        move, last = self.move_id, self._get_last_stop()
        before, owner, home = move.move_line_ids, self.owner_id, self.picking_id.location_id
        need = self.product_uom_id._compute_quantity(missing, self.product_id.uom_id)
        removed = []
        if self.quantity_scanned:
            self.write({"quantity": self.quantity_scanned, "picked": True})
        else:
            removed = self.ids
            before -= self
            self.unlink()
        for quant in move._get_other_quants(home, avoided, owner):
            if move.product_id.uom_id.compare(need, 0) <= 0:
                break
            need -= move._update_reserved_quantity(
                min(need, quant.available_quantity),
                quant.location_id,
                lot_id=quant.lot_id,
                package_id=quant.package_id,
                owner_id=owner,
            )
        fresh = move.move_line_ids - before
        for rank, line in enumerate(fresh, 1):
            line.pick_sequence = last + rank
        return fresh, removed

    def _get_last_stop(self):
        lines = self.picking_id.batch_id.move_line_ids or self.picking_id.move_line_ids
        return max(lines.mapped("pick_sequence"), default=0)

    # === BUSINESS: READ === #

    def _get_scan_state(self):
        """What changes on these lines while they are picked."""
        return [
            {
                "id": line.id,
                "quantity": line.quantity,
                "scanned": line.quantity_scanned,
                "lot": self._get_tracked_lot(line).name or "",
                "tote": line.picking_id.tote_id.name or "",
                "picked": line.picked,
            }
            for line in self
        ]

    def _get_judge_facts(self, pickings, tote=""):
        """What ``scanning.judge`` needs to know of these lines.

        A fixed number of queries for any number of lines.

        :param pickings: all transfers that are picked together
        :param str tote: barcode of a tote: ``totes`` has it if that one is free
        """
        open_pickings = pickings.filtered(lambda picking: picking.state not in ("done", "cancel"))
        codes = self.product_id._get_scan_codes()
        lots = self._get_scan_lots()
        free = self.env["stock.package"]._find_free_totes([tote]).mapped("name") if tote else []
        facts = []
        for line, state in zip(self, self._get_scan_state(), strict=True):
            picking, product, location = line.picking_id, line.product_id, line.location_id
            kind = picking.picking_type_id
            names = [location.barcode, location.complete_name, location.name]
            facts.append(
                state
                | {
                    "step": line.product_uom_id.rounding,
                    "places": [name for name in dict.fromkeys(names) if name],
                    "confirm_place": kind.confirm_place,
                    "needs_tote": kind.pick_to_tote
                    and (len(open_pickings) > 1 or not picking.tote_id),
                    "totes": free,
                    "codes": {
                        code: uom._compute_quantity(1.0, line.product_uom_id, round=False)
                        for code, uom in codes[product].items()
                    },
                    "package": line.package_id.name or "",
                    "tracking": product.tracking,
                    "expiry": self._get_expiry(self._get_tracked_lot(line)),
                    "lots": lots.get((product, location), {}),
                }
            )
        return facts

    def _get_scan_facts(self, pickings):
        """All that a hand-held shows and needs to know of these lines."""
        return [
            facts
            | {
                "picking": line.picking_id.id,
                "product": line.product_id.id,
                "name": line.product_id.display_name,
                "image": bool(line.product_id.image_128),
                "uom": line.product_uom_id.name,
                "stop": line.pick_sequence,
                "place": line.location_id.name,
                "place_full": line.location_id.complete_name,
                "location": line.location_id.id,
            }
            for line, facts in zip(self, self._get_judge_facts(pickings), strict=True)
        ]

    @api.model
    def _get_tracked_lot(self, line):
        return line.lot_id if line.product_id.tracking != "none" else line.lot_id.browse()

    def _get_scan_lots(self):
        """Other lots at these lines' places: dict of (product, location) to dict by name."""
        tracked = self.filtered(lambda line: line.product_id.tracking != "none")
        if not tracked:
            return {}
        # sudo: how much of a lot is free is needed of all companies' sharing of a place.
        groups = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                Domain("product_id", "in", tracked.product_id.ids)
                & Domain("location_id", "in", tracked.location_id.ids)
                & Domain("lot_id", "!=", False)
                & Domain("quantity", ">", 0),
                ["product_id", "location_id", "lot_id"],
                ["quantity:sum", "reserved_quantity:sum"],
                limit=MAX_LOTS * len(tracked),
            )
        )
        found = {}
        for product, location, lot, quantity, reserved in groups:
            key = (product.with_env(self.env), location.with_env(self.env))
            found.setdefault(key, {})[lot.name] = {
                "free": max(quantity - reserved, 0.0),
                "expiry": self._get_expiry(lot),
            }
        return found

    @api.model
    def _get_expiry(self, lot):
        """The day a lot must leave by, as text that sorts; empty without *Expiration Dates*."""
        if not lot or "removal_date" not in lot._fields:
            return ""
        day = lot.removal_date or lot.expiration_date
        return fields.Date.to_string(day) if day else ""
