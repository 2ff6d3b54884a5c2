from odoo import models


class BulkRelease:
    """What is gathered while many orders are released in one call."""

    def __init__(self, orders, references):
        self.orders = orders
        #: Identifiers of ``stock.reference`` that are new: nothing moves for them yet.
        self.references = set(references.ids)
        #: What the moves of a new transfer have in common.
        self.groups = {}
        #: Identifiers of transfers to confirm in the end.
        self.pickings = set()
        #: Whether a product has orderpoints, by its identifier.
        self.reordered = {}
        #: Whether the transfers are confirmed now.
        self.is_ending = False


class SaleOrderLine(models.Model):
    """Lines of many orders go to the warehouse together.

    Odoo creates references and transfers, confirms them and writes to them order by order. The
    result is the same; an order alone goes Odoo's way.
    """

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order.line"

    # === BUSINESS === #

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        context = self.env.context
        if len(self.order_id) < 2 or "order_bulk" in context or context.get("skip_procurement"):
            return super()._action_launch_stock_rule(
                previous_product_uom_qty=previous_product_uom_qty
            )
        # sudo: whoever releases orders, their transfers are made; Odoo does so too.
        bulk = BulkRelease(self.order_id.sudo(), self.sudo()._create_references())
        notes = {}
        lines = self.with_context(order_bulk=bulk, bulk_notes=notes)
        result = super(SaleOrderLine, lines)._action_launch_stock_rule(
            previous_product_uom_qty=previous_product_uom_qty
        )
        bulk.is_ending = True
        pickings = self.env["stock.picking"].with_context(order_bulk=bulk)
        pickings.browse(bulk.pickings).action_confirm()
        self.env["mail.thread"]._write_notes(notes)
        return result

    def _create_references(self):
        """The references that group the moves of each order, created together."""
        first = {}
        for line in self:
            order = line.order_id
            if line.state == "sale" and line.product_id.type == "consu" and not order.locked:
                if not order.stock_reference_ids:
                    first.setdefault(order, line)
        return self.env["stock.reference"].create(
            [line._prepare_reference_vals() for line in first.values()]
        )
