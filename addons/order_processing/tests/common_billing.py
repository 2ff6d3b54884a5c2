"""Set-up of the tests of invoices, discrepancies, reminders and treasury."""

from odoo import Command
from odoo.tests import new_test_user

from .common_flow import FlowCommon


class BillingCase(FlowCommon):
    """Orders without a channel, billed by hand unless a test says otherwise."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.company.chart_template:
            cls.env["account.chart.template"].try_loading("generic_coa", cls.company)
        cls.company.order_discrepancy_hours = 0
        cls.accountant = new_test_user(
            cls.env,
            "flow_accountant",
            "order_processing.group_order_accountant,sales_team.group_sale_salesman_all_leads",
            name="Accountant",
        )
        cls.income = cls.env["account.account"].search(
            [("account_type", "=", "income"), ("company_ids", "in", cls.company.ids)], limit=1
        )

    def _sold(self, quantity=10, price=10.0, **vals):
        """A confirmed order over GREEN at 10.00 apiece, by hand, from the eastern warehouse."""
        order = self._order(
            (self.green, quantity), channel=False, warehouse_id=self.east.id, **vals
        )
        order.order_line.price_unit = price
        order.action_confirm()
        return order

    def _ship_part(self, order, quantity, backorder=False):
        """Ship so many; the rest stays as a back-order or is cancelled."""
        picking = order.picking_ids.filtered(lambda each: each.state not in ("done", "cancel"))
        picking.move_ids.write({"quantity": quantity, "picked": True})
        context = {"skip_backorder": True}
        if not backorder:
            context["picking_ids_not_to_backorder"] = picking.ids
        picking.with_context(**context).button_validate()
        return picking

    def _bill(self, order, **changes):
        """Invoice what Odoo would, with changes to its line, and post it."""
        move = order._create_invoices(final=True)
        if changes:
            move.invoice_line_ids.filtered("product_id").write(changes)
        move.action_post()
        return move

    def _return(self, picking, quantity, to_refund):
        """Take goods back from a delivery."""
        wizard = (
            self.env["stock.return.picking"]
            .with_context(
                active_ids=picking.ids, active_id=picking.id, active_model="stock.picking"
            )
            .create({})
        )
        wizard.product_return_moves.write({"quantity": quantity, "to_refund": to_refund})
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.write({"quantity": quantity, "picked": True})
        back.button_validate()
        return back

    def _pay(self, moves, part=1.0):
        """Settle a part of invoices against an entry: paid, without a bank in between."""
        receivable = moves.line_ids.filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
        )
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": item.account_id.id,
                            "partner_id": item.partner_id.id,
                            "currency_id": item.currency_id.id,
                            "amount_currency": -item.amount_currency * part,
                        }
                    )
                    for item in receivable
                ]
                + [
                    Command.create(
                        {
                            "account_id": self.income.id,
                            "balance": sum(receivable.mapped("balance")) * part,
                        }
                    )
                ],
            }
        )
        entry.action_post()
        entry_items = entry.line_ids.filtered(lambda item: item.account_id in receivable.account_id)
        (receivable | entry_items).reconcile()
        return entry

    def _compare(self, orders):
        """Compare orders with their documents: the open discrepancies."""
        self.env.flush_all()
        return self.env["order.discrepancy"]._compare(orders)
