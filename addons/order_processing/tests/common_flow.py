"""Set-up of the tests of the flow: three warehouses, stock in two of them, one channel."""

from odoo import Command
from odoo.tests import TransactionCase, new_test_user

from ..flow import STEPS


def tamper(env, query, *params):
    """Do to the audit log what only the owner of the database can: past every guard."""
    env.flush_all()
    env.cr.execute("ALTER TABLE order_event DISABLE TRIGGER order_event_append_only")
    env.cr.execute(query, params[0] if params and isinstance(params[0], dict) else params)
    env.cr.execute("ALTER TABLE order_event ENABLE TRIGGER order_event_append_only")
    env.invalidate_all()


class FlowCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.company = cls.env.company
        cls.country = cls.env.ref("base.us")
        cls.california = cls.env.ref("base.state_us_5")
        cls.new_york = cls.env.ref("base.state_us_27")
        cls.main = cls._warehouse("Main Test", "TMAIN", cls.california)
        cls.east = cls._warehouse("East Test", "TEAST", cls.new_york)
        cls.west = cls._warehouse("West Test", "TWEST", cls.california)
        cls.green = cls._product("GREEN", 199.0)
        cls.red = cls._product("RED", 199.0)
        cls.black = cls._product("BLACK", 199.0)
        cls.delivery_fee = cls.env["product.product"].create(
            {
                "name": "Delivery fee",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 10.0,
                "taxes_id": False,
            }
        )
        cls._stock(cls.green, cls.east, 50)
        cls._stock(cls.red, cls.east, 50)
        cls._stock(cls.black, cls.west, 50)
        cls.channel = cls.env["order.channel"].create(
            {
                "name": "Test Shop",
                "code": "testshop",
                "warehouse_id": cls.main.id,
                "warehouse_ids": [Command.set((cls.main | cls.east | cls.west).ids)],
                "auto_confirm": False,
            }
        )
        cls.partner = cls.env["res.partner"].create(
            {
                "name": "Bob Norman",
                "street": "123 Billing Street",
                "city": "Albany",
                "zip": "12201",
                "state_id": cls.new_york.id,
                "country_id": cls.country.id,
            }
        )
        cls.desk = new_test_user(
            cls.env, "flow_desk", "order_processing.group_order_user", name="Desk"
        )
        cls.manager = new_test_user(
            cls.env, "flow_manager", "order_processing.group_order_manager", name="Manager"
        )
        cls.salesman = new_test_user(
            cls.env, "flow_salesman", "sales_team.group_sale_salesman", name="Salesman"
        )
        cls.packer = new_test_user(cls.env, "flow_packer", "stock.group_stock_user", name="Packer")

    @classmethod
    def _warehouse(cls, name, code, state):
        address = cls.env["res.partner"].create(
            {"name": name, "state_id": state.id, "country_id": state.country_id.id}
        )
        return cls.env["stock.warehouse"].create(
            {"name": name, "code": code, "partner_id": address.id, "sequence": 10}
        )

    @classmethod
    def _product(cls, code, price, **vals):
        return cls.env["product.product"].create(
            {
                "name": f"iPod {code.title()}",
                "default_code": code,
                "type": "consu",
                "is_storable": True,
                "list_price": price,
                "invoice_policy": "delivery",
                "taxes_id": False,
                **vals,
            }
        )

    @classmethod
    def _stock(cls, product, warehouse, quantity):
        cls.env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, quantity)

    @classmethod
    def _order(cls, *lines, channel=None, **vals):
        """A quotation; ``lines`` are (product, quantity) pairs; ``channel=False`` for none."""
        channel = cls.channel if channel is None else channel
        return cls.env["sale.order"].create(
            {
                "partner_id": cls.partner.id,
                "channel_id": channel.id if channel else False,
                "warehouse_id": cls.main.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity})
                    for product, quantity in lines or [(cls.green, 1)]
                ],
                **vals,
            }
        )

    def _ship(self, pickings, **quantities):
        """Deliver transfers, wholly or the given quantity per product code, rest as back-order."""
        pickings.action_assign()
        for move in pickings.move_ids:
            if quantities:
                move.quantity = quantities.get(move.product_id.default_code, 0)
            move.picked = bool(move.quantity)
        pickings.with_context(skip_backorder=True).button_validate()

    def _steps(self, order):
        """Steps of the order that this addon records; others may add theirs in between."""
        ours = {step.code for step in STEPS if step.addon == "order_processing"}
        return [step for step in order.event_ids.mapped("step") if step in ours]

    def _last(self, order, step):
        """The order's last event of one step."""
        return order.event_ids.filtered(lambda event: event.step == step)[-1]

    def _allocated(self, order):
        """{(product code, warehouse code): quantity} of what counts."""
        return {
            (a.product_id.default_code, a.warehouse_id.code): a.quantity
            for a in order.allocation_ids
            if a.state != "cancelled"
        }

    def _moving(self, order):
        """{(product code, warehouse code): quantity} of the moves to the customer."""
        moving = {}
        for move in order.order_line.move_ids.filtered(lambda m: m.state != "cancel"):
            warehouse = move.picking_type_id.warehouse_id
            key = (move.product_id.default_code, warehouse.code)
            moving[key] = moving.get(key, 0) + move.product_uom_qty
        return moving
