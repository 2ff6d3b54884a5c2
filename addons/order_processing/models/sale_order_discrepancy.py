from odoo import api, fields, models

from ..engine.threeway import HOLDING
from ..flow import HOLD_BLOCKING
from .sale_order import INTERNAL

#: Changes of a line that change what should be billed.
COMPARED = {"product_uom_qty", "price_unit", "discount", "qty_delivered", "product_uom_id"}


class SaleOrder(models.Model):
    """Where order, warehouse and books disagree on an order."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    discrepancy_ids = fields.One2many("order.discrepancy", "order_id", groups=INTERNAL)
    open_discrepancy_count = fields.Integer(
        compute="_compute_open_discrepancy_count",
        compute_sudo=True,
        string="Open Discrepancies",
        groups=INTERNAL,
    )

    @api.depends("discrepancy_ids.state")
    def _compute_open_discrepancy_count(self):
        counts = dict(
            self.env["order.discrepancy"]._read_group(
                [("order_id", "in", self.ids), ("state", "=", "open")], ["order_id"], ["__count"]
            )
        )
        for order in self:
            order.open_discrepancy_count = counts.get(order._origin, 0)

    def write(self, vals):
        """Cancelled orders may have been billed."""
        result = super().write(vals)
        if vals.get("state") in ("sale", "cancel"):
            self.env["order.discrepancy.touch"]._touch(self)
        return result

    def action_view_discrepancies(self):
        """Open what was found on these orders."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_discrepancy_action"
        )
        return action | {"domain": [("order_id", "in", self.ids)], "context": {}}

    def action_compare_documents(self):
        """Compare these orders with their deliveries and invoices, now."""
        self.check_access("read")
        self.env["order.discrepancy"]._compare(self)
        return self.action_view_discrepancies()

    def _who_settles(self):
        """Id of the user who owns discrepancies of this order."""
        self.ensure_one()
        user = self.user_id or self.channel_id.user_id
        return (user or self.company_id.order_discrepancy_user_id).id

    def _hold_discrepancies(self):
        """Hold orders that were charged wrongly, if the company wants it."""
        for company, orders in self.sudo().grouped("company_id").items():
            gate = company.order_discrepancy_gate
            if not gate:
                continue
            rows = []
            for order in orders:
                serious = order.discrepancy_ids.filtered(
                    lambda record: record.state == "open" and record.verdict in HOLDING
                )
                if serious and order.state == "sale":
                    reason = serious._reason_text()
                    rows.append(
                        {"order": order, "kind": "discrepancy", "gate": gate, "reason": reason}
                    )
            if rows:
                self.env["order.hold"]._place(orders, rows)

    def _settle_discrepancy_holds(self):
        """Lift the holds of orders on which nothing serious is open any more."""
        # sudo: what lifts the hold is the finding, not the rights of who settled it.
        holds = self.sudo().hold_ids.filtered(
            lambda hold: hold.kind == "discrepancy" and hold.state in HOLD_BLOCKING
        )
        if not holds:
            return
        serious = (
            self.env["order.discrepancy"]
            .sudo()
            ._read_group(
                [
                    ("order_id", "in", holds.order_id.ids),
                    ("state", "=", "open"),
                    ("verdict", "in", list(HOLDING)),
                ],
                ["order_id"],
            )
        )
        still = self.env["sale.order"].union(*[order for [order] in serious])
        holds.filtered(lambda hold: hold.order_id not in still)._lift(
            self.env._("The discrepancies are settled")
        )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def write(self, vals):
        """Other quantities or prices: compare again."""
        result = super().write(vals)
        if COMPARED & vals.keys():
            self.env["order.discrepancy.touch"]._touch(self.order_id)
        return result


class StockMove(models.Model):
    _inherit = "stock.move"

    def write(self, vals):
        """Goods left, came back or won't come: compare again."""
        result = super().write(vals)
        if vals.get("state") in ("done", "cancel"):
            # sudo: warehouse staff need no rights on sales orders.
            self.env["order.discrepancy.touch"]._touch(self.sudo().sale_line_id.order_id)
        return result


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        """Documents became posted, or no longer are: compare again."""
        result = super().write(vals)
        if "state" in vals:
            self._touch_discrepancies()
        return result

    def _touch_discrepancies(self):
        """Have the orders of these documents compared soon."""
        # sudo: accountants book documents of orders they may not read.
        orders = self.sudo().line_ids.sale_line_ids.order_id
        self.env["order.discrepancy.touch"]._touch(orders)


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """Something was paid: compare again."""
        partials = super().create(vals_list)
        (partials.debit_move_id | partials.credit_move_id).move_id._touch_discrepancies()
        return partials

    def unlink(self):
        """A payment was taken back: compare again."""
        if not self:
            return True  # each write of a journal item calls it, nearly always for nothing
        (self.debit_move_id | self.credit_move_id).move_id._touch_discrepancies()
        return super().unlink()


class OrderHold(models.Model):
    _inherit = "order.hold"

    kind = fields.Selection(
        selection_add=[("discrepancy", "Discrepancy"), ("dunning", "Overdue")],
        ondelete={"discrepancy": "cascade", "dunning": "cascade"},
    )
