from odoo import api, fields, models

from ..engine import scanning

SHORT_REASONS = ("missing", "damaged", "other_item", "blocked")
#: The same as a warehouse's reason to reject a line, see ``order.routing.attempt``.
REJECTED_AS = {
    "missing": "not_found",
    "damaged": "damaged",
    "other_item": "not_found",
    "blocked": "other",
}


class PickingScan(models.Model):
    """What picking by scan does to the lines of transfers."""

    _inherit = "picking.scan"

    @api.model
    def _do_pick(self, pickings, operation):
        """Count what was put into the tote; the line is picked once all of it is there."""
        line = self._get_line(pickings, operation)
        if not line or line.state in ("done", "cancel"):
            return {}, self._refuse(
                "gone", self.env._("This line was changed in the office: put the item back.")
            )
        facts, attempt, verdict = self._judge(pickings, line, operation)
        vals = self._line_vals(line) | {"quantity": attempt["quantity"]}
        if verdict.reason:
            words = self._get_words(verdict.reason, line)
            return vals, self._refuse(verdict.reason, words, lines=line._get_scan_state())
        changed = line
        if verdict.lot != facts["lot"]:
            changed = line | self._swap_lot(line, verdict)
            line = changed[-1:]
            vals |= self._line_vals(line)
        if facts["needs_tote"] and not facts["tote"]:
            line.picking_id.tote_id = self._find_tote(attempt["tote"])
        line._count_scanned(verdict.quantity)
        if line.picked:
            line.picking_id._record_scanned()
        fresh = changed - changed[:1]
        return vals, self._accept(
            lines=changed[:1]._get_scan_state() + fresh._get_scan_facts(pickings)
        )

    @api.model
    def _judge(self, pickings, line, operation):
        """(facts, attempt, verdict) of a pick; barcodes are read as GS1's if that is needed."""
        attempt = {
            "quantity": self._get_quantity(operation),
            "by_hand": self._get_by_hand(operation),
        }
        for read in (self._get_plain_reading, self._get_reading):
            attempt |= {
                name: read(self._get_text(operation, name))
                for name in ("place", "item", "lot", "tote")
            }
            tote = attempt["tote"] and (attempt["tote"].package or attempt["tote"].code)
            facts = line._get_judge_facts(pickings, tote=tote)[0]
            verdict = scanning.judge(facts, attempt)
            if not verdict.reason:
                break
        return facts, attempt, verdict

    @api.model
    def _find_tote(self, reading):
        return self.env["stock.package"]._find_free_totes([reading.package or reading.code])[:1]

    @api.model
    def _swap_lot(self, line, verdict):
        """Take another free lot at the same place: reserve it instead.

        :return: the line with that lot: a new one where part of this line keeps its own lot
        """
        lot = self.env["stock.lot"].search(
            [("product_id", "=", line.product_id.id), ("name", "=", verdict.lot)], limit=1
        )
        own = line._split_off(verdict.quantity)
        own.write({"lot_id": lot.id, "quantity_scanned": 0.0, "picked": False})
        if line != own:
            line._count_scanned(0.0)  # what was scanned of it before may be all that is left
        return own

    @api.model
    def _do_short(self, pickings, operation):
        """Close a line that can't be picked in full: look elsewhere, and have the place counted."""
        line = self._get_line(pickings, operation)
        if not line or line.state in ("done", "cancel"):
            return {}, self._refuse("gone", self.env._("This line was changed in the office."))
        reason = self._get_text(operation, "reason")
        if reason not in SHORT_REASONS:
            return self._line_vals(line), self._refuse(
                "no_reason", self.env._("Say why it can't be picked.")
            )
        missing = line.quantity - line.quantity_scanned
        vals = self._line_vals(line) | {"quantity": missing, "reason": reason}
        if line.product_uom_id.compare(missing, 0) <= 0:
            return vals, self._refuse("done", self._get_words("done", line))
        picking, product, location = line.picking_id, line.product_id, line.location_id
        move, uom = line.move_id, line.product_uom_id
        vals |= {"product_id": product.id, "location_id": location.id, "picking_id": picking.id}
        line._request_count()
        fresh, removed = line._give_up_rest(missing, self._get_short_locations(product, location))
        if removed:
            vals["move_line_id"] = False
        found = sum(line.quantity for line in fresh)
        message = self.env._(
            "%(place)s will be counted. %(found)s of %(missing)s reserved elsewhere.",
            place=location.display_name,
            found=f"{found:g}",
            missing=f"{missing:g}",
        )
        lost = uom._compute_quantity(missing - found, product.uom_id, round=False)
        if product.uom_id.compare(lost, 0) > 0 and move._is_routed():
            message += " " + self._reroute(move, lost, reason, location)
        state = [] if removed else line._get_scan_state()
        picking._record_scanned()
        return vals, self._accept(
            message, lines=state + fresh._get_scan_facts(pickings), removed=removed
        )

    @api.model
    def _reroute(self, move, quantity, reason, location):
        """Send what isn't here from another warehouse: what became of it, in a sentence.

        :param quantity: in the product's unit
        """
        # sudo: pickers have no rights on sales, but their word is enough.
        line = move.sudo().sale_line_id
        before = {a.warehouse_id: a.quantity for a in line._get_released()}
        row = {
            "move": move,
            "quantity": quantity,
            "reason": REJECTED_AS[reason],
            "places": location,
        }
        line.order_id._reject(move.picking_id, [row])
        more = line._get_released().filtered(lambda a: a.quantity > before.get(a.warehouse_id, 0.0))
        if not more:
            return self.env._("No other warehouse has it: the rest waits in the routing queue.")
        return self.env._(
            "The rest leaves from %(warehouses)s.",
            warehouses=", ".join(more.warehouse_id.mapped("name")),
        )

    @api.model
    def _get_short_locations(self, product, location):
        """This place, and those where pickers missed the same product in the last day."""
        since = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        # sudo: what any picker missed counts, whoever may see the row.
        rows = self.sudo().search(
            [
                ("kind", "=", "short"),
                ("is_accepted", "=", True),
                ("product_id", "=", product.id),
                ("create_date", ">=", since),
            ]
        )
        return location | rows.location_id

    @api.model
    def _do_undo(self, pickings, operation):
        """Take back one pick, as long as it isn't packed or shipped."""
        # sudo: pickers read their company's scans only through this.
        scan = self.sudo().search(
            [("key", "=", self._get_text(operation, "undo")), ("kind", "=", "pick")]
        )
        line = scan.move_line_id.with_env(self.env)
        is_open = scan.is_accepted and not scan.is_undone and line.picking_id in pickings
        if not is_open or line.state in ("done", "cancel"):
            return {}, self._refuse("gone", self.env._("There is nothing to undo."))
        vals = self._line_vals(line) | {"quantity": scan.quantity}
        if line.result_package_id:
            return vals, self._refuse("packed", self.env._("It is packed: open the box first."))
        scan.is_undone = True
        line._count_scanned(-scan.quantity)
        return vals, self._accept(lines=line._get_scan_state())
