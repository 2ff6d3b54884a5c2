from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

INTERNAL = "base.group_user"
#: What an import states of a line, and nobody edits.
MOVED = {"moved_delivered", "moved_invoiced"}


class SaleOrder(models.Model):
    """Orders that came from another database with their history."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    moved_key = fields.Char(
        string="Key in the Former Database",
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="Set for orders that were imported with their history.",
    )
    moved_record = fields.Json(readonly=True, copy=False, groups=INTERNAL)
    moved_text = fields.Text(
        string="From the Former Database",
        compute="_compute_moved",
        groups=INTERNAL,
        help="Deliveries, invoices and payments made there. They aren't made again here.",
    )
    moved_open = fields.Boolean(
        compute="_compute_moved", groups=INTERNAL, help="Something of it is still to be shipped."
    )

    _moved_key_uniq = models.UniqueIndex(
        "(company_id, moved_key) WHERE moved_key IS NOT NULL", "This order was imported already."
    )

    @api.depends("moved_record", "state", "order_line.qty_delivered", "order_line.move_ids.state")
    def _compute_moved(self):
        lines_of = self.env["order.event"]._lines_of
        for order in self:
            record = order.moved_record or {}
            shown = {
                self.env._("Deliveries"): record.get("deliveries"),
                self.env._("Invoices"): record.get("invoices"),
                self.env._("Payments"): record.get("payments"),
                self.env._("Holds"): record.get("holds"),
            }
            order.moved_text = "\n".join(
                lines_of({name: rows for name, rows in shown.items() if rows})
            )
            order.moved_open = bool(
                order.moved_key and order.state == "sale" and order._get_moved_open()
            )

    def _get_moved_open(self):
        """Goods of moved orders that were neither shipped there nor are planned here."""
        return self.order_line.filtered(
            lambda line: (
                line.product_id.type == "consu"
                and line.product_uom_id.compare(line._get_qty_procurement(), line.product_uom_qty)
                < 0
            )
        )

    def action_ship_moved(self):
        """Plan the deliveries of what was still open when these orders were moved here.

        :raises UserError: nothing is open, or the order isn't confirmed
        """
        self.check_access("write")
        orders = self.filtered("moved_open")
        if not orders:
            raise UserError(self.env._("Nothing of this order is still to be shipped."))
        orders._check_gate("release")
        orders._get_moved_open()._action_launch_stock_rule()
        orders._record_event(
            "release", self.env._("What was open is shipped from here"), source="user"
        )
        return True

    def _document_kind(self, kind, record, attachment):
        """Files that came with a moved order are of the type they were there."""
        if record._name == "sale.order" and record.moved_record:
            kinds = record.moved_record.get("files") or {}
            return kinds.get(attachment.checksum) or super()._document_kind(
                kind, record, attachment
            )
        return super()._document_kind(kind, record, attachment)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    moved_delivered = fields.Float(
        string="Delivered in the Former Database",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="Counts as delivered here, and isn't shipped again.",
    )
    moved_invoiced = fields.Float(
        string="Invoiced in the Former Database",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="Counts as invoiced here, and isn't invoiced again.",
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Nobody but an import states what was done in another database."""
        for vals in vals_list:
            self._check_moved(vals)
        return super().create(vals_list)

    def write(self, vals):
        """See ``create``."""
        self._check_moved(vals)
        return super().write(vals)

    def _check_moved(self, vals):
        if not self.env.su and any(vals.get(name) for name in MOVED):
            raise AccessError(
                self.env._("What was done in another database is stated by an import only.")
            )

    # === COMPUTE === #

    @api.depends("moved_delivered")
    def _compute_qty_delivered(self):
        return super()._compute_qty_delivered()

    @api.depends("moved_invoiced")
    def _compute_qty_invoiced(self):
        return super()._compute_qty_invoiced()

    @api.depends("moved_invoiced", "price_subtotal")
    def _compute_untaxed_amount_invoiced(self):
        result = super()._compute_untaxed_amount_invoiced()
        for line in self.filtered("moved_invoiced"):
            line.untaxed_amount_invoiced += line._get_moved_share() * line.price_subtotal
        return result

    @api.depends("moved_invoiced", "price_total")
    def _compute_amount_invoiced(self):
        result = super()._compute_amount_invoiced()
        for line in self.filtered("moved_invoiced"):
            line.amount_invoiced += line._get_moved_share() * line.price_total
        return result

    def _get_moved_share(self):
        """How much of what was ordered was invoiced in the former database, as a fraction."""
        return self.moved_invoiced / self.product_uom_qty if self.product_uom_qty else 0.0

    def _prepare_qty_delivered(self):
        delivered = super()._prepare_qty_delivered()
        for line in self.filtered("moved_delivered"):
            if line in delivered or line.qty_delivered_method != "manual":
                delivered[line] = delivered.get(line, 0.0) + line.moved_delivered
        return delivered

    def _prepare_qty_invoiced(self):
        invoiced = super()._prepare_qty_invoiced()
        for line in self.filtered("moved_invoiced"):
            invoiced[line] = invoiced.get(line, 0.0) + line.moved_invoiced
        return invoiced

    def _get_qty_procurement(self, previous_product_uom_qty=False):
        planned = super()._get_qty_procurement(previous_product_uom_qty)
        return planned + self.moved_delivered
