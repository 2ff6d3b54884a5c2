from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ShippingCase
from .test_network import NetworkCase


@tagged("post_install", "-at_install")
class TestHazard(ShippingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spray = cls.products[0]
        cls.flammable = cls.env.ref("order_shipping.hazard_class_2_1")
        cls.spray.write(
            {
                "hazard_un": "1950",
                "hazard_class_id": cls.flammable.id,
                "hazard_net": 0.4,
                "hazard_limit": 1,
            }
        )

    def rates(self, picking):
        picking.action_rate()
        live = picking.rate_ids.filtered(lambda rate: rate.state != "superseded")
        return {rate.carrier_id: rate for rate in live}

    def test_a_carrier_that_does_not_take_it_loses_with_a_reason(self):
        self.express.hazard_class_ids = self.flammable
        picking = self.make_picking()
        rates = self.rates(picking)
        self.assertEqual(rates[self.ground].state, "unavailable")
        self.assertEqual(rates[self.ground].reason, "Doesn't take UN1950 (class 2.1).")
        self.assertEqual(picking.carrier_id, self.express)
        picking.carrier_id = self.ground
        picking.action_buy_label()
        self.assertIn("Doesn't take UN1950", picking.shipping_error)
        self.assertFalse(picking.label_ids)

    def test_limits_of_a_piece_and_of_a_parcel(self):
        self.ground.write({"hazard_class_ids": self.flammable.ids, "hazard_max_net": 1})
        picking = self.make_picking(quantity=3)
        self.assertIn("A parcel has 1.2 kg or l", self.rates(picking)[self.ground].reason)
        lines = picking.move_line_ids
        lines.quantity = 2
        self.pack(lines)
        picking.action_assign()
        rest = picking.move_line_ids.filtered(lambda line: not line.result_package_id)
        self.pack(rest)
        self.assertEqual(self.rates(picking)[self.ground].state, "quoted")
        self.spray.hazard_limit = 0.2
        self.assertIn("only as a limited quantity", self.rates(picking)[self.ground].reason)
        self.ground.hazard_only_limited = False
        self.assertEqual(self.rates(picking)[self.ground].state, "quoted")

    def test_the_label_is_marked(self):
        self.ground.hazard_class_ids = self.flammable
        self.spray.hazard_packing_group = "II"
        picking = self.make_picking()
        self.assertEqual(picking._get_label_references()[-1], "UN1950 2.1 II")

    def test_orders_get_no_price_for_what_is_not_taken(self):
        order = self.make_order()
        result = self.ground.rate_shipment(order)
        self.assertFalse(result["success"])
        self.assertIn("UN1950", result["error_message"])
        self.assertTrue(self.ground.rate_shipment(self.make_order(self.products[1]))["success"])

    def test_lithium_is_known_by_its_number(self):
        self.spray.write(
            {"hazard_un": "3481", "hazard_class_id": self.env.ref("order_shipping.hazard_class_9")}
        )
        self.assertTrue(self.make_picking().has_lithium)

    def test_numbers_have_four_digits(self):
        with self.assertRaisesRegex(ValidationError, "is no UN number"):
            self.spray.hazard_un = "195"


@tagged("post_install", "-at_install")
class TestDeclaredHazard(NetworkCase):
    """Carriers on the network are told what is in which box."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spray, cls.plain = cls.products[:2]
        cls.spray.write(
            {
                "hazard_un": "1950",
                "hazard_class_id": cls.env.ref("order_shipping.hazard_class_2_1").id,
                "hazard_name": "Aerosols, flammable",
                "hazard_net": 0.4,
                "hazard_unit": "L",
                "hazard_limit": 1,
            }
        )
        cls.ups.write(
            {
                "service_code": "03",
                "hazard_class_ids": cls.spray.hazard_class_id.ids,
                "hazard_phone": "+1 800 555 0100",
            }
        )

    def buy(self, products):
        picking = self.make_picking(products, quantity=2)
        for line in picking.move_line_ids:
            self.pack(line)
        picking.carrier_id = self.ups
        picking.action_buy_label()
        return picking

    def hazmat(self):
        packages = self.stub.last["ShipmentRequest"]["Shipment"]["Package"]
        return [(each.get("PackageServiceOptions") or {}).get("HazMat") for each in packages]

    def test_the_box_with_the_goods_is_declared(self):
        picking = self.buy(self.plain | self.spray)
        self.assertEqual(picking.label_ids.mapped("state"), ["bought"] * 2)
        [declared] = filter(None, self.hazmat())
        self.assertEqual(len(self.hazmat()), 2)
        [record] = declared
        self.assertEqual(
            (record["IDNumber"], record["ClassDivisionNumber"], record["ProperShippingName"]),
            ("UN1950", "2.1", "Aerosols, flammable"),
        )
        self.assertEqual((record["Quantity"], record["UOM"]), ("0.8", "L"))
        self.assertEqual(record["CommodityRegulatedLevelCode"], "LQ")

    def test_what_can_not_be_declared_is_not_bought(self):
        self.spray.hazard_name = False
        picking = self.buy(self.spray)
        self.assertEqual((picking.label_ids.state, self.stub.posts), ("rejected", 0))
        self.assertIn("enter the proper shipping name", picking.shipping_error)
        self.spray.hazard_name = "Aerosols, flammable"
        picking.action_buy_label()
        self.assertEqual(self.stub.posts, 1)

    def test_the_quote_is_of_what_is_declared(self):
        picking = self.make_picking(self.spray, quantity=2)
        picking.action_rate()
        self.assertEqual(picking.carrier_id, self.ups)
        [package] = self.stub.rated["RateRequest"]["Shipment"]["Package"]
        [record] = package["PackageServiceOptions"]["HazMat"]["HazMatChemicalRecord"]
        self.assertEqual((record["IDNumber"], float(record["Quantity"])), ("UN1950", 0.8))
        self.spray.hazard_name = False
        picking.action_rate()
        rate = picking.rate_ids.filtered(
            lambda row: row.state == "unavailable" and row.carrier_id == self.ups
        )
        self.assertIn("enter the proper shipping name", rate.reason)

    def test_quotations_say_who_does_not_take_it(self):
        self.ups.hazard_class_ids = False
        order = self.make_order(self.spray)
        quote = self.env["shipping.quote"].create({"order_id": order.id})
        line = quote.line_ids.filtered(lambda row: row.carrier_id == self.ups)
        self.assertFalse(any(line.mapped("is_available")))
        self.assertIn("Doesn't take UN1950", line[:1].reason)

    def test_a_contract_may_let_it_go_undeclared(self):
        self.ups.hazard_declares = False
        self.assertEqual(self.buy(self.spray).label_ids.state, "bought")
        self.assertEqual(self.hazmat(), [None])

    def test_small_batteries_go_as_limited_quantities_do(self):
        self.spray.write(
            {
                "hazard_un": "3481",
                "hazard_class_id": self.env.ref("order_shipping.hazard_class_9").id,
                "hazard_limit": 0,
            }
        )
        self.ups.hazard_class_ids = self.spray.hazard_class_id
        picking = self.buy(self.spray)
        self.assertIn("only as a limited quantity", picking.shipping_error)
        self.spray.hazard_small_battery = True
        picking.action_buy_label()
        [[record]] = self.hazmat()
        self.assertEqual(record["CommodityRegulatedLevelCode"], "LR")
