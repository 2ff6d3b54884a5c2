from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: Lines on one hand-held; larger batches are for several.
MAX_LINES = 1000
MAX_FREE_TOTES = 500


class PickingScan(models.Model):
    """What a hand-held is told when it opens a batch or a transfer."""

    _inherit = "picking.scan"

    @api.model
    def find_task(self, code, screen="pick"):
        """The batch or transfer that a barcode at the start screen stands for.

        :param str code: the name (as printed on the list) of a batch, transfer or order, or a
            tote's
        :param str screen: ``pick`` or ``pack``: which one was asked for
        :return: dict with ``screen``, ``model`` and ``id``; or ``problem``, where nothing open has
            that barcode: a wrong scan is no error
        """
        self._check_may_scan()
        code = (code or "").strip()[:200] if isinstance(code, str) else ""
        companies = Domain("company_id", "in", self.env.companies.ids)
        is_open = Domain("state", "not in", ("draft", "done", "cancel"))
        batch = self.env["stock.picking.batch"].search(
            companies & is_open & Domain("name", "=", code), limit=1
        )
        picking = batch or self.env["stock.picking"].search(
            companies
            & is_open
            & Domain.OR(
                Domain(name, "=", code) for name in ("name", "tote_id.name", "sale_id.name")
            ),
            order="state, id",
            limit=1,
        )
        found = batch or picking
        if not code or not found:
            return {
                "problem": self.env._(
                    "No open batch, transfer or tote is called “%s”. Confirm the batch first?", code
                )
            }
        packs = not batch and (screen == "pack" or bool(picking.date_picked))
        return {"screen": "pack" if packs else "pick", "model": found._name, "id": found.id}

    @api.model
    def get_work(self):
        """What waits to be picked or packed, the user's own and nobody's, for the start screen."""
        self._check_may_scan()
        mine = Domain("user_id", "in", (False, self.env.uid))
        companies = Domain("company_id", "in", self.env.companies.ids)
        batches = self.env["stock.picking.batch"].search_fetch(
            companies
            & mine
            & Domain("state", "=", "in_progress")
            & Domain("picking_ids.move_line_ids.picked", "=", False),
            ["name", "user_id", "picking_ids", "scheduled_date"],
            limit=20,
            order="scheduled_date, id",
        )
        pickings = self.env["stock.picking"].search_fetch(
            companies
            & mine
            & Domain("state", "=", "assigned")
            & Domain("picking_type_code", "=", "outgoing")
            & Domain("date_picked", "!=", False),
            ["name", "partner_id", "tote_id", "user_id"],
            limit=20,
            order="date_picked, id",
        )
        lines = self.env["stock.move.line"]._read_group(
            Domain("picking_id", "in", batches.picking_ids.ids)
            & Domain("state", "not in", ("done", "cancel")),
            ["picking_id", "picked"],
            ["__count"],
        )
        return {
            "batches": [
                {
                    "id": batch.id,
                    "name": batch.name,
                    "is_mine": bool(batch.user_id),
                    "transfers": len(batch.picking_ids),
                    "lines": sum(n for p, _picked, n in lines if p in batch.picking_ids),
                    "picked": sum(n for p, ok, n in lines if ok and p in batch.picking_ids),
                }
                for batch in batches
            ],
            "packs": [
                {
                    "id": picking.id,
                    "name": picking.name,
                    "partner": picking.partner_id.display_name or "",
                    "tote": picking.tote_id.name or "",
                }
                for picking in pickings
            ],
        }

    @api.model
    def get_nomenclature(self):
        """Id of the GS1 nomenclature by which the screen reads barcodes, or False."""
        self._check_may_scan()
        return self._get_gs1_nomenclature().id

    @api.model
    def get_pick_task(self, model, record_id):
        """Everything a hand-held needs to pick a batch or a transfer, connected or not.

        :return: dict with ``name``, ``pickings``, ``lines`` in walking order, ``map`` (SVG, may be
            empty), ``totes`` that are free
        :raise UserError: it isn't in progress, or has nothing reserved to pick
        """
        pickings = self._get_scope(model, record_id)
        record = self.env[model].browse(record_id)
        if model == "stock.picking.batch" and record.state != "in_progress":
            raise UserError(
                self.env._("%s isn't in progress: confirm it, or open another.", record.name)
            )
        lines = pickings.move_line_ids.filtered(
            lambda line: (
                line.state not in ("done", "cancel")
                and line.quantity
                and line.location_id.usage in ("internal", "transit")
            )
        ).sorted(lambda line: (line.pick_sequence, line.location_id.complete_name, line.id))
        if not lines:
            raise UserError(
                self.env._("%s has nothing to pick: check the availability first.", record.name)
            )
        if len(lines) > MAX_LINES:
            raise UserError(
                self.env._(
                    "%(name)s has %(lines)s lines: make batches of %(max)s at most.",
                    name=record.name,
                    lines=len(lines),
                    max=MAX_LINES,
                )
            )
        uses_totes = any(pickings.picking_type_id.mapped("pick_to_tote"))
        totes = self.env["stock.package"]
        return {
            "model": model,
            "id": record.id,
            "name": record.name,
            "pickings": [
                {
                    "id": picking.id,
                    "name": picking.name,
                    "partner": picking.partner_id.display_name or "",
                    "tote": picking.tote_id.name or "",
                    "outgoing": picking.picking_type_code == "outgoing",
                }
                for picking in pickings
                if picking.state not in ("done", "cancel")
            ],
            "lines": lines._get_scan_facts(pickings),
            "map": str(record.route_svg or "") if model == "stock.picking.batch" else "",
            "totes": uses_totes
            and totes._find_free_totes(limit=MAX_FREE_TOTES).mapped("name")
            or [],
        }
