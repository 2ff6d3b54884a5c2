from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class StockPicking(models.Model):
    _inherit = "stock.picking"

    tote_id = fields.Many2one(
        "stock.package",
        copy=False,
        index="btree_not_null",
        domain="[('package_type_id.package_use', '=', 'reusable')]",
        help="The reusable box this transfer's goods are picked into.",
    )
    date_scanned = fields.Datetime(string="Last Scanned On", readonly=True, copy=False)
    scan_ids = fields.One2many("picking.scan", "picking_id", string="Scans")

    _tote_uniq = models.UniqueIndex(
        "(tote_id) WHERE tote_id IS NOT NULL AND state NOT IN ('done', 'cancel')",
        "This tote is in use for another transfer.",
    )

    @api.constrains("tote_id")
    def _check_tote_id(self):
        for picking in self:
            tote = picking.tote_id
            if tote and tote.package_type_id.package_use != "reusable":
                raise ValidationError(
                    self.env._("%s is no tote: its package type isn't reusable.", tote.name)
                )

    # === ACTION === #

    def action_scan(self):
        """Open the screen that picks this transfer by scanning."""
        self.ensure_one()
        return self._get_scan_action("pick")

    def action_pack_by_scan(self):
        """Open the screen that packs this transfer into boxes."""
        self.ensure_one()
        return self._get_scan_action("pack")

    def button_validate(self):
        """Ship of each line what was scanned of it, no more."""
        self.filtered(lambda picking: picking.state != "done").move_line_ids._settle_scanned()
        return super().button_validate()

    # === BUSINESS === #

    def _get_scan_action(self, screen):
        action = self.env["ir.actions.client"]._for_xml_id("order_shipping.picking_scan_action")
        return action | {"params": {"screen": screen, "model": self._name, "id": self.id}}

    def _get_lines_to_pack(self):
        """Lines of one transfer that are picked, packed or not.

        :raise UserError: nothing is picked yet, or a line only in part
        """
        self.ensure_one()
        lines = self.move_line_ids.filtered(
            lambda line: line.quantity and line.state not in ("done", "cancel")
        )
        part = lines.filtered(lambda line: line.quantity_scanned and not line.picked)
        if part:
            raise UserError(
                self.env._(
                    "Finish picking %s first, or mark it as short.",
                    ", ".join(part.product_id.mapped("display_name")),
                )
            )
        picked = lines.filtered("picked")
        if not picked:
            raise UserError(
                self.env._("%s isn't picked yet: scan it, or press All Picked.", self.name)
            )
        return picked.sorted("id")

    def _get_packed_lines(self):
        """What leaves with one transfer, for its packing slip: as packed, else as reserved."""
        self.ensure_one()
        lines = self.move_line_ids.filtered(lambda line: line.quantity and line.state != "cancel")
        picked = lines.filtered("picked")
        return (picked or lines).sorted(lambda line: (line.result_package_id.id, line.id))

    def _get_later_moves(self):
        """What doesn't leave with one transfer yet: list of (move, quantity in its unit)."""
        self.ensure_one()
        later = []
        for move in self.move_ids.filtered(lambda move: move.state not in ("done", "cancel")):
            missing = move.product_uom_qty - move._get_picked_quantity()
            if move.product_uom.compare(missing, 0) > 0:
                later.append((move, missing))
        backorders = self.backorder_ids.filtered(lambda picking: picking.state != "cancel")
        return later + [(move, move.product_uom_qty) for move in backorders.move_ids]

    def _record_scanned(self):
        """Log transfers of which everything is picked, by whoever scanned it."""
        done = self.filtered(
            lambda picking: (
                picking.move_line_ids
                and all(line.picked for line in picking.move_line_ids if line.quantity)
            )
        )
        if done:
            done._record_picked(source="user")


class StockPickingBatch(models.Model):
    _inherit = "stock.picking.batch"

    def action_scan(self):
        """Open the screen that picks this batch by scanning."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id("order_shipping.picking_scan_action")
        return action | {"params": {"screen": "pick", "model": self._name, "id": self.id}}
