from odoo import Command
from odoo.tests import tagged

from .test_label import scan
from .test_network import NetworkCase


@tagged("post_install", "-at_install")
class TestPayOnDelivery(NetworkCase):
    """Customers who pay when the parcel comes: its carrier is told how much, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.env["payment.provider"].search(
            [("custom_mode", "=", "cash_on_delivery"), ("company_id", "=", cls.company.id)], limit=1
        ) or cls.env["payment.provider"].create(
            {
                "name": "Cash",
                "code": "custom",
                "custom_mode": "cash_on_delivery",
                "company_id": cls.company.id,
            }
        )
        cls.method = cls.env.ref("delivery.payment_method_cash_on_delivery")
        cls.ups.write({"service_code": "03", "allow_cash_on_delivery": True})

    def make_due(self, products=None, **vals):
        """A confirmed order that is paid on delivery, and its delivery."""
        picking = self.make_picking(products, **vals)
        order = picking.sale_id
        self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "reference": f"{order.name}-cash",
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "state": "pending",
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        picking.carrier_id = self.ups
        return picking

    def test_the_carrier_is_told_how_much(self):
        picking = self.make_due()
        packer = self.make_user("cash_packer", "order_shipping.group_shipping_user")
        picking.with_user(packer).action_buy_label()
        label = picking.label_ids
        self.assertEqual(label.state, "bought", picking.shipping_error)
        [package] = self.stub.last["ShipmentRequest"]["Shipment"]["Package"]
        cash = package["PackageServiceOptions"]["COD"]["CODAmount"]
        total = picking.sale_id.amount_total
        self.assertEqual((cash["MonetaryValue"], label.collect_amount), (f"{total:.2f}", total))
        picking.with_context(skip_backorder=True).button_validate()
        back = picking.buy_return_label()
        self.assertEqual((back.state, back.collect_amount), ("bought", 0))
        [package] = self.stub.last["ShipmentRequest"]["Shipment"]["Package"]
        self.assertNotIn("PackageServiceOptions", package)

    def test_who_takes_no_cash_is_not_chosen(self):
        self.ups.allow_cash_on_delivery = False
        picking = self.make_due()
        picking.action_buy_label()
        self.assertIn("UPS takes no cash", picking.shipping_error)
        self.assertEqual(self.stub.posts, 0)
        picking.action_rate()
        rates = picking.rate_ids.filtered(lambda rate: rate.state != "superseded")
        self.assertEqual(set(rates.mapped("state")), {"unavailable"})
        self.ground.allow_cash_on_delivery = True
        picking.action_rate()
        self.assertEqual(picking.carrier_id, self.ground)

    def test_labels_of_our_own_say_it_on_the_first_parcel(self):
        self.ground.allow_cash_on_delivery = True
        picking = self.make_due(self.products[:2])
        for line in picking.move_line_ids:
            self.pack(line)
        picking.carrier_id = self.ground
        requests = self.env["shipping.label"]._prepare_requests(picking, {})
        said = [request.references[0] for _p, _parcel, request in requests.values()]
        total = picking.sale_id.amount_total
        self.assertEqual([words.startswith("Cash") for words in said], [True, False])
        self.assertIn(f"{total:.2f} USD", said[0])
        picking.action_buy_label()
        self.assertEqual(sum(picking.label_ids.mapped("collect_amount")), total)
        self.assertTrue(scan(picking.label_ids[0].attachment_id.raw))

    def test_deliveries_share_it_to_the_cent(self):
        picking = self.make_due(self.products[:3])
        order = picking.sale_id
        for move in picking.move_ids[1:]:
            other = picking.copy({"move_ids": []})
            move.picking_id = other
            move.move_line_ids.picking_id = other
        deliveries = order.picking_ids
        self.assertEqual(len(deliveries), 3)
        deliveries.carrier_id = self.ups
        for transaction in order.transaction_ids:
            transaction.amount = 100
        amounts = deliveries._get_cash_amounts()
        self.assertEqual(sum(amounts.values()), 100)
        deliveries[0].action_buy_label()
        first = deliveries[0].label_ids.collect_amount
        self.assertEqual(round(first, 2), 33.33)
        deliveries[1:].action_buy_label()
        self.assertAlmostEqual(sum(deliveries.label_ids.mapped("collect_amount")), 100)
