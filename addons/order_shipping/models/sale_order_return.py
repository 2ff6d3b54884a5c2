from odoo import fields, models
from odoo.tools import SQL

from .shipping_return import DEAD


class SaleOrder(models.Model):
    """What of an order may come back, and what did."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    return_ids = fields.One2many("shipping.return", "order_id", groups="base.group_user")
    return_count = fields.Integer(compute="_compute_return_count", groups="base.group_user")
    is_returnable = fields.Boolean(compute="_compute_return_count", groups="base.group_user")

    def _compute_return_count(self):
        for order in self:
            # sudo: whoever sees the order is told that something came back.
            order.return_count = len(order.sudo().return_ids)
            order.is_returnable = any(
                facts["left"] > 0 for facts in order.sudo()._get_returnable().values()
            )

    def action_return(self):
        """Open a new return of this order, with all that may still come back."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Return"),
            "res_model": "shipping.return",
            "view_mode": "form",
            "context": {"default_order_id": self.id, **self._return_context()},
        }

    def _return_context(self):
        return {"default_source": self.env.context.get("return_source", "staff")}

    def action_view_returns(self):
        """Open the returns of these orders."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_shipping.shipping_return_action"
        )
        return action | {"domain": [("order_id", "in", self.ids)], "context": {}}

    def _lock_for_return(self):
        """Of two transactions that ask for a return of one order, the second starts again."""
        self.env.cr.execute(
            SQL(
                "SELECT id FROM sale_order WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                self.ids,
            )
        )

    def _get_returnable(self, apart_from=None):
        """What of each line was shipped, is on returns already and may still come back.

        :param apart_from: a ``shipping.return`` whose own lines don't count
        :return: dict line → dict of ``shipped``, ``taken``, ``left`` (in the line's unit) and
            ``date``, the day it was delivered (or, unless known, shipped)
        """
        goods = self.order_line.filtered(
            lambda line: not line.display_type and line.product_id.type == "consu"
        )
        domain = [("sale_line_id", "in", goods.ids), ("return_id.state", "not in", DEAD)]
        if apart_from:
            domain.append(("return_id", "!=", apart_from.id))
        lines = self.env["shipping.return.line"].sudo().search(domain)
        found = {}
        for line in goods:
            shipped, date = line._get_shipped()
            taken = sum(
                # What didn't come with a closed return may still be sent back.
                each.quantity_received
                if each.state in ("refunded", "exchanged", "closed")
                else max(each.quantity, each.quantity_received)
                for each in lines
                if each.sale_line_id == line
            )
            # Transfers that were returned past this screen count too.
            taken = max(taken, line._get_returned_by_moves())
            found[line] = {
                "shipped": shipped,
                "taken": taken,
                "left": max(line.product_uom_id.round(shipped - taken), 0.0),
                "date": date,
            }
        return found


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _get_out_moves(self):
        """The moves that brought this line to the customer, oldest first."""
        return self.move_ids.filtered(
            lambda move: move.state == "done" and move.location_dest_id._is_outgoing()
        ).sorted("date")

    def _get_shipped(self):
        """(how many were shipped, in the line's unit; the day the last of them arrived or left)."""
        self.ensure_one()
        moves = self._get_out_moves()
        if not moves:
            return 0.0, None
        labels = moves.picking_id.label_ids.filtered(lambda row: row.track_status == "delivered")
        date = max([*moves.mapped("date"), *filter(None, labels.mapped("date_track"))])
        kit = moves.product_id != self.product_id
        # A kit's components are counted by what Odoo says was delivered of the kit.
        back = self._get_returned_by_moves()
        shipped = (
            self.qty_delivered + back
            if kit
            else sum(
                move.product_uom._compute_quantity(
                    move.quantity, self.product_uom_id, rounding_method="HALF-UP"
                )
                for move in moves
            )
        )
        return shipped, fields.Datetime.context_timestamp(self, date).date()

    def _get_returned_by_moves(self):
        """How many came back or are about to, by the stock moves, in the line's unit."""
        self.ensure_one()
        return sum(
            move.product_uom._compute_quantity(
                move.quantity if move.state == "done" else move.product_uom_qty,
                self.product_uom_id,
                rounding_method="HALF-UP",
            )
            for move in self.move_ids
            if move.product_id == self.product_id
            and move.state != "cancel"
            and move.location_id.usage == "customer"
            and not move.picking_id.shipping_return_id
        )

    def _compute_qty_to_invoice(self):
        """What is billed as ordered isn't billed again once it came back and was credited."""
        result = super()._compute_qty_to_invoice()
        ordered = self.filtered(
            lambda line: line.qty_to_invoice > 0 and line.product_id.invoice_policy == "order"
        )
        if not ordered.ids:
            return result
        credited = dict(
            self.env["shipping.return.line"]
            .sudo()
            ._read_group(
                [
                    ("sale_line_id", "in", ordered.ids),
                    ("state", "in", ("refunded", "exchanged", "closed")),
                ],
                ["sale_line_id"],
                ["quantity_refund:sum"],
            )
        )
        for line in ordered:
            line.qty_to_invoice = max(line.qty_to_invoice - credited.get(line, 0.0), 0.0)
        return result
