import base64
import json

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ShippingCase
from .test_network import NetworkCase

HEAD = "Code,Name,Street,Zip,City,Country,Latitude,Longitude,Hours\n"
NEAR = "P1,Corner Shop,1 Oak St,94107,San Francisco,US,37.766,-122.394,Mo-Fr 9:00-18:00\n"
FAR = "P2,Locker,9 Pine St,94607,Oakland,US,,,\n"


@tagged("post_install", "-at_install")
class TestPickupPoint(ShippingCase):
    def imported(self, content, **vals):
        wizard = self.env["shipping.pickup.import"].create(
            {"carrier_id": self.ground.id, "file": base64.b64encode(content.encode()), **vals}
        )
        return wizard, wizard.action_import()

    def points(self):
        Point = self.env["shipping.pickup.point"].with_context(active_test=False)
        return {p.code: p for p in Point.search([("carrier_id", "=", self.ground.id)])}

    def test_a_list_is_imported_and_brought_up_to_date(self):
        self.imported(HEAD + NEAR + FAR)
        before = self.points()
        self.assertEqual(before.keys(), {"P1", "P2"})
        self.assertTrue(self.ground.rate_table_use_locations)
        self.imported(HEAD + NEAR.replace("Corner", "Other"))
        after = self.points()
        self.assertEqual(after["P1"], before["P1"])
        self.assertEqual(after["P1"].name, "Other Shop")
        self.assertFalse(after["P2"].active)

    def test_every_bad_row_is_named_and_nothing_is_written(self):
        rows = NEAR + NEAR + FAR.replace("US", "XX") + ",No code,1 St,1,City,US,,,\n"
        rows += FAR.replace("US,,", "US,95,1")
        wizard, _action = self.imported(HEAD + rows)
        self.assertEqual(
            [line.split(":")[0] for line in wizard.findings.splitlines()],
            ["Row 3", "Row 4", "Row 5", "Row 6"],
        )
        self.assertFalse(self.points())
        with self.assertRaisesRegex(UserError, "no column for: street"):
            self.imported("Code,Name,Zip,City,Country\nP1,A,1,B,US\n")

    def test_the_nearest_come_first(self):
        self.imported(HEAD + FAR + NEAR)
        found = self.ground._rate_table_get_close_locations(self.partner)
        self.assertEqual([point["id"] for point in found], ["P1", "P2"])
        self.assertEqual(found[0]["opening_hours"]["4"], ["9:00 - 18:00"])
        self.assertEqual(found[0]["opening_hours"]["5"], [])
        self.partner.country_id = self.env.ref("base.fr")
        self.assertEqual(self.ground._rate_table_get_close_locations(self.partner), [])

    def test_the_chosen_point_is_where_the_parcel_goes(self):
        self.imported(HEAD + NEAR)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "company_id": self.company.id,
                "warehouse_id": self.warehouse.id,
                "carrier_id": self.ground.id,
                "order_line": [(0, 0, {"product_id": self.products[0].id, "product_uom_qty": 1})],
            }
        )
        self.assertTrue(order.uses_pickup_points)
        order.pickup_point_id = self.points()["P1"]
        order.action_confirm()
        self.assertEqual(order.partner_shipping_id.street, "1 Oak St")
        self.assertTrue(order.partner_shipping_id.is_pickup_location)
        picking = order.picking_ids
        picking.action_assign()
        picking.carrier_id = self.ground
        picking.action_buy_label()
        self.assertEqual(picking.label_ids.state, "bought")
        self.assertIn("Point P1", picking._get_label_references())
        with self.assertRaisesRegex(UserError, "change its delivery address"):
            order.pickup_point_id = False

    def test_without_a_point_there_is_no_label(self):
        self.imported(HEAD + NEAR)
        picking = self.make_picking()
        picking.carrier_id = self.ground
        picking.action_buy_label()
        self.assertIn("no point was chosen", picking.shipping_error)
        picking.action_rate()
        self.assertEqual(picking.carrier_id, self.express)


@tagged("post_install", "-at_install")
class TestNetworkPoint(NetworkCase):
    """Points of carriers on the network: chosen as those of lists, told with the label."""

    def make_draft(self, carrier):
        return self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "company_id": self.company.id,
                "warehouse_id": self.warehouse.id,
                "carrier_id": carrier.id,
                "order_line": [(0, 0, {"product_id": self.products[0].id, "product_uom_qty": 1})],
            }
        )

    def test_the_label_is_bought_for_the_access_point(self):
        head = HEAD + NEAR.replace("P1", "U12345678")
        self.env["shipping.pickup.import"].create(
            {"carrier_id": self.ups.id, "file": base64.b64encode(head.encode())}
        ).action_import()
        self.assertTrue(self.ups.ups_use_locations)
        self.ups.service_code = "03"
        order = self.make_draft(self.ups)
        self.assertEqual((order.uses_pickup_points, order.finds_pickup_points), (True, False))
        found = order._get_pickup_locations("94107", self.env.ref("base.us"))
        [location] = found["pickup_locations"]
        order._set_pickup_location(json.dumps(location))
        order.action_confirm()
        picking = order.picking_ids
        picking.action_assign()
        picking.carrier_id = self.ups
        picking.action_buy_label()
        self.assertEqual(picking.label_ids.state, "bought", picking.shipping_error)
        sent = self.stub.last["ShipmentRequest"]["Shipment"]
        self.assertEqual(sent["AlternateDeliveryAddress"]["UPSAccessPointID"], "U12345678")
        self.assertEqual(sent["AlternateDeliveryAddress"]["Address"]["AddressLine"], ["1 Oak St"])
        # The customer stays who it is for, at home; the way back starts there, too.
        self.assertEqual(sent["ShipTo"]["Name"], "Ann Buyer")
        self.assertEqual(sent["ShipTo"]["Address"]["AddressLine"], [self.partner.street])
        parcels = picking._get_parcels()[picking]
        back = picking._prepare_return_shipment(self.ups, parcels)
        self.assertEqual((back.point, back.sender.street), (None, self.partner.street))

    def test_dhl_tells_its_points_and_the_list_steps_in(self):
        dhl = self.make_network("DHL", "dhl_express", "")
        dhl.rate_table_use_locations = True
        self.stub.points = [("SFO002", "Kiosk", "94107"), ("SFO001", "Shop", "94103")]
        order = self.make_draft(dhl)
        for _again in range(2):
            found = order._get_pickup_locations("94107", self.env.ref("base.us"))
            self.assertEqual(
                [each["id"] for each in found["pickup_locations"]], ["SFO002", "SFO001"]
            )
        self.assertEqual(dhl.pickup_point_count, 2)
        self.stub.points = [("SFO003", "Locker", "94107")]
        seller = self.make_user("point_seller", "sales_team.group_sale_salesman_all_leads")
        action = order.with_user(seller).action_find_pickup_points()
        self.assertIn("1 found. The nearest: Locker", action["params"]["message"])
        point = dhl.pickup_point_ids.filtered(lambda each: each.code == "SFO003")
        order.with_user(seller).pickup_point_id = point
        shipment = order._prepare_shipment(dhl)
        self.assertEqual((shipment.point.code, shipment.point.address.state), ("SFO003", "CA"))
        self.stub.points = []  # the carrier is down: what it told before is offered
        found = order._get_pickup_locations("94107", self.env.ref("base.us"))
        self.assertEqual(len(found["pickup_locations"]), 3)
        with self.assertRaisesRegex(UserError, "DHL tells no pick-up points"):
            order.action_find_pickup_points()

    def test_carriers_without_points_take_no_list(self):
        wizard = self.env["shipping.pickup.import"].create(
            {"carrier_id": self.usps.id, "file": base64.b64encode((HEAD + NEAR).encode())}
        )
        with self.assertRaisesRegex(UserError, "doesn't deliver to pick-up points"):
            wizard.action_import()
