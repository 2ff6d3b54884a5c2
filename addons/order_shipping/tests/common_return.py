"""Set-up of the tests of returns: shipped, billed and paid orders of a company of their own."""

from odoo import Command, fields

from .common import ShippingCase


class ReturnCase(ShippingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=cls.company, install_demo=False
        )
        cls.company.gs1_company_prefix = "0614141"
        cls.tax = cls.env["account.tax"].create(
            {
                "name": "Return 10 %",
                "amount": 10.0,
                "type_tax_use": "sale",
                "company_id": cls.company.id,
                "price_include_override": "tax_excluded",
            }
        )
        cls.goods = cls.products[0]
        cls.other = cls.products[1]
        (cls.goods | cls.other).write(
            {
                "list_price": 19.99,
                "invoice_policy": "delivery",
                "taxes_id": [Command.set(cls.tax.ids)],
            }
        )
        cls.partner.email = "ann@example.com"
        cls.env["shipping.return.policy"].search([]).active = False
        cls.policy = cls.env["shipping.return.policy"].create(
            {"name": "Test", "company_id": cls.company.id, "days": 30, "warranty_days": 365}
        )
        cls.unwanted = cls.env.ref("order_shipping.return_reason_unwanted")
        cls.damaged = cls.env.ref("order_shipping.return_reason_damaged")
        cls.warranty = cls.env.ref("order_shipping.return_reason_warranty")

    def make_shipped(self, products=None, quantity=3, bill=True, pay=False, **vals):
        """An order that was shipped, and billed and paid if wanted."""
        order = self.make_order(products or self.goods, quantity, **vals)
        picking = order.picking_ids
        picking.action_assign()
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        if bill:
            invoice = order._create_invoices()
            invoice.action_post()
            if pay:
                self.pay(invoice)
        return order

    def pay(self, invoice):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({}).action_create_payments()

    def make_return(self, order, quantity=1, reason=None, **vals):
        """A return of the first line of ``order``, or of ``{line: quantity}``."""
        wanted = quantity if isinstance(quantity, dict) else {order.order_line[0]: quantity}
        return self.env["shipping.return"].create(
            {
                "order_id": order.id,
                "line_ids": [
                    Command.create(
                        {
                            "sale_line_id": line.id,
                            "quantity": count,
                            "reason_id": (reason or self.unwanted).id,
                        }
                    )
                    for line, count in wanted.items()
                ],
                **vals,
            }
        )

    def receive(self, back, quantity=None, backorder=False):
        """Receive all that waits, or ``quantity`` of each."""
        receipt = back.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        for move in receipt.move_ids:
            if quantity is not None:
                move.quantity = quantity
            move.picked = bool(move.quantity)
        context = {"skip_backorder": True}
        if not backorder:
            context["picking_ids_not_to_backorder"] = receipt.ids
        receipt.with_context(**context).button_validate()
        self.assertEqual(receipt.state, "done")
        return receipt

    def inspect(self, back, *outcomes):
        """Tell (quantity, outcome) pairs of the first line, and move the goods."""
        back.inspection_ids = [
            Command.create(
                {"line_id": back.line_ids[0].id, "quantity": quantity, "outcome": outcome}
            )
            for quantity, outcome in outcomes
        ]
        back.action_inspect()

    def at(self, location, product=None):
        """How many of the goods are at a place."""
        quants = self.env["stock.quant"].search(
            [
                ("location_id", "child_of", location.id),
                ("product_id", "=", (product or self.goods).id),
            ]
        )
        return sum(quants.mapped("quantity"))

    def days_ago(self, order, days):
        moves = order.picking_ids.move_ids
        moves.date = fields.Datetime.subtract(fields.Datetime.now(), days=days)
