from odoo import Command
from odoo.tests import TransactionCase, new_test_user


class ShippingCase(TransactionCase):
    """A warehouse with three aisles, two rate-table carriers, and deliveries from orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        # Carriers of demo data would compete with the ones tested here.
        cls.env["delivery.carrier"].search([]).active = False
        cls.company = cls.env["res.company"].create(
            {
                "name": "Test Shipper",
                "currency_id": cls.env.ref("base.USD").id,
                "country_id": cls.env.ref("base.us").id,
                "street": "1 Dock Road",
                "city": "Newark",
                "zip": "07105",
            }
        )
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.company.ids), user=cls.env.user
        )
        cls.company = cls.company.with_env(cls.env)
        # Odoo makes a new company's warehouse by itself, but only while tests run.
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)])
        cls.warehouse = cls.warehouse or cls.env["stock.warehouse"].create(
            {"name": "Test Warehouse", "code": "TST", "company_id": cls.company.id}
        )
        cls.warehouse.out_type_id.auto_batch = False  # on in every new warehouse
        cls.partner = cls.env["res.partner"].create(
            {
                "name": "Ann Buyer",
                "street": "5 Elm Street",
                "city": "San Francisco",
                "zip": "94105",
                "state_id": cls.env.ref("base.state_us_5").id,
                "country_id": cls.env.ref("base.us").id,
            }
        )
        cls.bins = cls.env["stock.location"].create(
            [
                {
                    "name": f"{aisle}-{bay:02d}",
                    "location_id": cls.warehouse.lot_stock_id.id,
                    "usage": "internal",
                }
                for aisle in "ABC"
                for bay in (2, 5, 9)
            ]
        )
        cls.products = cls.env["product.product"].create(
            [
                {
                    "name": f"Item {bin.name}",
                    "is_storable": True,
                    "weight": 0.4,
                    "list_price": 20,
                }
                for bin in cls.bins
            ]
        )
        for product, bin in zip(cls.products, cls.bins, strict=True):
            cls.env["stock.quant"]._update_available_quantity(product, bin, 1000)
        cls.ground = cls.make_carrier("Ground", 1, [(1, 8.5, 5), (5, 12, 5), (30, 30, 5)])
        cls.express = cls.make_carrier("Express", 2, [(1, 24, 1), (5, 40, 1)])

    @classmethod
    def make_carrier(cls, name, sequence, bands, **vals):
        product = cls.env["product.product"].create(
            {"name": name, "type": "service", "company_id": cls.company.id}
        )
        return cls.env["delivery.carrier"].create(
            {
                "name": name,
                "delivery_type": "rate_table",
                "sequence": sequence,
                "product_id": product.id,
                "rate_currency_id": cls.env.ref("base.USD").id,
                "rate_line_ids": [
                    Command.create(
                        {
                            "country_ids": [Command.set(cls.env.ref("base.us").ids)],
                            "max_weight": weight,
                            "price": price,
                            "transit_days_min": 1,
                            "transit_days_max": days,
                        }
                    )
                    for weight, price, days in bands
                ],
                **vals,
            }
        )

    @classmethod
    def make_order(cls, products=None, quantity=1, **vals):
        """A confirmed order; its delivery is reserved."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.partner.id,
                "company_id": cls.company.id,
                "warehouse_id": cls.warehouse.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity})
                    for product in products or cls.products[0]
                ],
                **vals,
            }
        )
        order.action_confirm()
        return order

    @classmethod
    def make_picking(cls, products=None, quantity=1, **vals):
        picking = cls.make_order(products, quantity, **vals).picking_ids
        picking.action_assign()
        return picking

    @classmethod
    def make_user(cls, login, groups):
        return new_test_user(
            cls.env,
            login,
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def set_rate(self, currency, rate):
        """So many units of ``currency`` for one of the company's, ever since."""
        currency.active = True
        vals = {"currency_id": currency.id, "company_id": self.company.id, "rate": rate}
        self.env["res.currency.rate"].create(vals | {"name": "2020-01-01"})

    def pack(self, lines):
        """Put lines in a box of their own, past the wizard that asks for its type."""
        return lines.with_context(from_package_wizard=True).action_put_in_pack()

    def make_batch(self, pickings):
        return self.env["stock.picking.batch"].create(
            {
                "company_id": self.company.id,
                "picking_type_id": pickings.picking_type_id.id,
                "picking_ids": [Command.set(pickings.ids)],
            }
        )

    def events(self, order, step):
        return order.event_ids.filtered(lambda event: event.step == step)
