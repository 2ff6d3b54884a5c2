from contextlib import contextmanager

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import TransactionCase

from odoo.addons.order_processing.tests.common_flow import tamper


class ReportingCommon(TransactionCase):
    """Real orders, deliveries, invoices and payments on chosen days of March 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.facts = cls.env["order.fact"]
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.env.company.id)], limit=1
        )
        cls.warehouse.partner_id.tz = "UTC"
        cls.partner = cls.env["res.partner"].create(
            {
                "name": "Acme Stores",
                "street": "1 Main Street",
                "city": "New York",
                "zip": "10001",
                "country_id": cls.env.ref("base.us").id,
                "state_id": cls.env.ref("base.state_us_27").id,
            }
        )
        cls.product = cls._make_product("Boot")
        cls.other = cls._make_product("Lace")

    @classmethod
    def _make_product(cls, name):
        product = cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "list_price": 100.0,
                "standard_price": 60.0,
                "invoice_policy": "delivery",
                "taxes_id": [Command.clear()],
            }
        )
        cls.env["stock.quant"]._update_available_quantity(
            product, cls.warehouse.lot_stock_id, 1000.0
        )
        return product

    @contextmanager
    def at(self, moment):
        """Let it be ``moment`` (UTC) for what happens inside."""
        with freeze_time(moment):
            yield

    def make_order(self, moment="2026-03-02 08:00:00", confirm=True, lines=((None, 10),), **vals):
        """An order entered and confirmed at ``moment``, promised for the next day."""
        with self.at(moment):
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.partner.id,
                    "warehouse_id": self.warehouse.id,
                    "commitment_date": "2026-03-03 17:00:00",
                    "order_line": [
                        Command.create(
                            {"product_id": (product or self.product).id, "product_uom_qty": qty}
                        )
                        for product, qty in lines
                    ],
                    **vals,
                }
            )
            if confirm:
                order.action_confirm()
        return order

    def ship(self, order, moment="2026-03-03 10:00:00", quantity=None, backorder=True):
        """Ship what is open, or ``quantity`` of each line; the rest as a back-order or never."""
        pickings = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        with self.at(moment):
            pickings.action_assign()
            for move in pickings.move_ids:
                move.quantity = move.product_uom_qty if quantity is None else quantity
                move.picked = True
            context = {"skip_backorder": True, "skip_sms": True}
            if not backorder:
                context["picking_ids_not_to_backorder"] = pickings.ids
            pickings.with_context(**context).button_validate()
        return pickings

    def invoice(self, order, moment="2026-03-03 12:00:00"):
        with self.at(moment):
            moves = order._create_invoices()
            moves.invoice_date = fields.Date.to_date(moment[:10])
            moves.action_post()
        return moves

    def pay(self, moves, day="2026-03-13", amount=None):
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=moves.ids)
            .create({"payment_date": day})
        )
        if amount is not None:
            wizard.amount = amount
        wizard.action_create_payments()

    def forget_events(self, orders):
        """Make orders look as if they were there before the addons: with no event at all."""
        self.env.flush_all()
        tamper(self.env, "DELETE FROM order_event WHERE order_id = ANY(%s)", orders.ids)
        self.env.cr.execute(
            "UPDATE sale_order SET flow_step = NULL WHERE id = ANY(%s)", [orders.ids]
        )
        self.env.invalidate_all()

    def fact(self, order):
        return self.facts._refresh(order)
