import datetime
from contextlib import contextmanager
from unittest.mock import patch

import carrier_stub

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import common, tagged
from odoo.tools import mute_logger

from odoo.addons.order_shipping.carriers import transport

from ..models import shipping_label_resolve
from .common import ShippingCase

SEND = common._super_send


class NetworkCase(ShippingCase):
    """UPS and USPS, as the stand-in on loopback plays them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        serving = carrier_stub.serving()
        cls.stub = serving.__enter__()
        cls.addClassCleanup(serving.__exit__, None, None, None)
        cls.ups = cls.make_network("UPS", "ups", "")
        cls.usps = cls.make_network("USPS", "usps", "crid=12345678, mid=123456789")
        cls.usps.active = False
        cls.express.active = False

    @classmethod
    def make_network(cls, name, kind, options):
        product = cls.env["product.product"].create(
            {"name": name, "type": "service", "company_id": cls.company.id}
        )
        return cls.env["delivery.carrier"].create(
            {
                "name": name,
                "delivery_type": kind,
                "product_id": product.id,
                "account_url": cls.stub.address,
                "account_client_id": "client",
                "account_client_secret": "very-secret",
                "account_number": "A1B2C3",
                "account_options": options,
            }
        )

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        """Only the stand-in is called, and with our time limits (Odoo would stretch them)."""
        if not request.url.startswith(cls.stub.address):
            raise AssertionError(f"a test called {request.url}")
        return SEND(session, request, **options)

    def setUp(self):
        super().setUp()
        self.stub.faults.clear()
        self.stub.posts = 0
        self.stub.rate_delay = 0.0
        self.stub.rate = 5.0
        self.registry_enter_test_mode()

    @contextmanager
    def hung(self):
        """The carrier would answer in ten minutes, and nobody waits for it."""
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("order_shipping.rate_seconds", "0.2")
        self.stub.rate_delay = 600
        yield
        self.assertFalse(self.stub.outlasted)
        self.stub.rate_delay = 0
        parameters.set_param("order_shipping.rate_seconds", False)

    def live(self, picking):
        return picking.label_ids._filter_live()

    def make_rated(self, *args, **kwargs):
        picking = self.make_picking(*args, **kwargs)
        picking.action_rate()
        return picking


@tagged("post_install", "-at_install")
class TestNetworkRate(NetworkCase):
    def rates(self, picking):
        return picking.rate_ids.filtered(lambda rate: rate.state != "superseded")

    def test_every_service_is_quoted_beside_the_tables(self):
        picking = self.make_rated()
        rates = self.rates(picking)
        by_service = {rate.service_code or rate.carrier_id.name: rate for rate in rates}
        self.assertEqual(set(by_service), {"03", "02", "Ground"})
        ground = by_service["03"]
        self.assertTrue(ground.chosen)
        self.assertEqual((ground.amount, ground.list_amount, ground.source), (5, 6.25, "carrier"))
        self.assertEqual(ground.transit_days, 4)
        self.assertIn("5.00 USD", ground.charges_text)
        self.assertAlmostEqual(ground.billed_weight, 1.361, places=2)
        self.assertEqual(picking.carrier_id, self.ups)

    def test_a_quote_is_asked_once_for_the_same_question(self):
        self.make_rated()
        with patch.object(type(self.ups._get_port()), "rates", side_effect=AssertionError):
            again = self.make_rated()
        self.assertEqual(again.carrier_id, self.ups)

    def test_a_hung_carrier_costs_the_deadline_and_the_table_steps_in(self):
        self.ups.rate_line_ids = [Command.create({"price": 7, "transit_days_max": 5})]
        with self.hung():
            picking = self.make_rated()
        rate = picking.rate_ids.filtered("chosen")
        self.assertEqual((rate.source, rate.amount), ("fallback", 7))
        # Before money is spent, the real price is asked for: it is lower, so it is bought.
        picking.action_buy_label()
        self.assertEqual(picking.label_ids.state, "bought")
        self.assertEqual(picking.label_ids.cost, 5)

    def test_a_price_that_rose_is_not_bought(self):
        self.ups.rate_line_ids = [Command.create({"price": 7, "transit_days_max": 5})]
        with self.hung():
            picking = self.make_rated()
        self.stub.rate = 9
        picking.action_buy_label()
        self.assertIn("rose from 7.00 to 9.00", picking.shipping_error)
        self.assertFalse(self.live(picking))
        self.assertEqual(self.stub.posts, 0)

    def test_a_carrier_that_fails_too_often_is_left_alone(self):
        picking = self.make_picking()
        with self.hung():
            for _try in range(5):
                picking.action_rate()
        health = self.env["shipping.carrier.health"].search([("carrier_id", "=", self.ups.id)])
        self.assertEqual(health.failures, 5)
        self.assertGreater(health.open_until, fields.Datetime.now())
        self.stub.rated = {}
        picking.action_rate()
        self.assertFalse(self.stub.rated)
        reason = self.rates(picking).filtered(lambda r: r.carrier_id == self.ups).reason
        self.assertIn("asked again in a minute", reason)

    def test_an_order_is_quoted(self):
        order = self.make_order()
        result = self.ups.rate_shipment(order)
        self.assertTrue(result["success"])
        self.assertEqual(result["price"], 5)

    def test_an_order_abroad_is_quoted_as_its_delivery_will_be(self):
        france = self.env.ref("base.fr")
        abroad = self.partner.copy({"name": "Luc", "country_id": france.id, "state_id": False})
        self.products[0].write({"hs_code": "940520", "country_of_origin": france.id})
        self.ups.shipping_insurance = 50
        order = self.make_order(quantity=2, partner_id=abroad.id)
        self.ups.rate_shipment(order)
        sent = self.stub.rated["RateRequest"]["Shipment"]
        self.assertEqual(sent["InvoiceLineTotal"]["MonetaryValue"], "40.00")
        insured = sent["Package"][0]["PackageServiceOptions"]["DeclaredValue"]
        self.assertEqual(float(insured["MonetaryValue"]), 20)
        picking = order.picking_ids
        picking.action_assign()
        shipment = picking._prepare_shipment(self.ups, picking._get_parcels()[picking])
        asked = order._prepare_shipment(self.ups)
        self.assertEqual(asked.customs, shipment.customs)
        self.assertEqual((asked.insurance, asked.in_union), (shipment.insurance, False))
        self.warehouse.partner_id.country_id = self.env.ref("base.de")
        self.assertTrue(order._prepare_shipment(self.ups).in_union)
        self.assertFalse(order._prepare_shipment(self.ups).is_declared)

    def test_secrets_are_for_administrators_and_addresses_are_safe(self):
        packer = self.make_user("net_packer", "order_shipping.group_shipping_user")
        with self.assertRaises(AccessError):
            self.ups.with_user(packer).read(["account_client_secret"])
        for url in ("http://api.example.com", "https://10.0.0.1", "https://localhost"):
            with self.assertRaises(ValidationError):
                self.ups.account_url = url
        self.assertEqual(self.ups.action_check_connection()["params"]["type"], "success")
        self.assertFalse(self.ups.copy().account_client_secret)


@tagged("post_install", "-at_install")
class TestNetworkLabel(NetworkCase):
    def test_bought_once_with_its_paper(self):
        picking = self.make_rated()
        picking.action_buy_label()
        label = picking.label_ids
        self.assertEqual((label.state, label.cost, label.service_code), ("bought", 5, "03"))
        self.assertTrue(label.attachment_id.name.endswith(".gif"))
        self.assertTrue(picking.is_labelled)
        self.assertEqual(
            self.env["stock.picking"].search([("is_labelled", "=", True), ("id", "=", picking.id)]),
            picking,
        )
        picking.action_buy_label()
        self.assertEqual((self.stub.posts, picking.label_ids), (1, label))
        self.assertEqual(len(self.events(picking.sale_id, "label")), 1)
        self.assertTrue(label._get_merged_pdf().startswith(b"%PDF"))

    def test_parcels_are_bought_together_or_one_by_one(self):
        for carrier, posts in ((self.ups, 1), (self.usps, 3)):
            carrier.active = True
            picking = self.make_picking(self.products[:3])
            for line in picking.move_line_ids:
                self.pack(line)
            picking.carrier_id = carrier
            carrier.service_code = "03" if carrier == self.ups else "PRIORITY_MAIL"
            self.stub.posts = 0
            picking.action_buy_label()
            self.assertEqual(picking.label_ids.mapped("state"), ["bought"] * 3)
            self.assertEqual(len(set(picking.label_ids.mapped("tracking_number"))), 3)
            self.assertEqual(self.stub.posts, posts)
            self.assertEqual(sum(picking.label_ids.mapped("cost")), 15)

    def test_unknown_is_never_bought_again_and_resolved_by_asking(self):
        self.stub.hang_seconds = 600
        self.startPatcher(patch.object(transport, "BUY_SECONDS", 2.0))
        for fault in ("lost", "hang", "half", "reset", "empty"):
            with self.subTest(fault=fault):
                picking = self.make_rated()
                self.stub.posts = 0
                self.stub.faults.append(fault)
                picking.action_buy_label()
                label = picking.label_ids
                self.assertEqual(label.state, "unknown")
                self.assertIn("Nobody knows", picking.shipping_error)
                picking.action_buy_label()
                self.assertEqual((self.stub.posts, picking.label_ids), (1, label))
                self.env["shipping.label"]._cron_resolve()
                self.assertEqual(label.state, "bought")
                self.assertTrue(label.tracking_number and label.attachment_id)
                self.assertFalse(picking.shipping_error)
        self.assertFalse(self.stub.doubles or self.stub.outlasted)

    def test_a_certain_no_sets_the_parcel_free_and_an_uncertain_one_asks_a_person(self):
        self.usps.active = True
        sure, unsure = self.make_rated(), self.make_rated()
        sure.carrier_id = self.usps
        self.stub.faults.extend(["error", "error"])
        (sure | unsure).action_buy_label()
        self.assertEqual((sure | unsure).label_ids.mapped("state"), ["unknown"] * 2)
        for _try in range(shipping_label_resolve.TRIES):
            self.env["shipping.label"]._cron_resolve()
        self.assertEqual(sure.label_ids.state, "rejected")
        self.assertEqual(unsure.label_ids.state, "unknown")
        self.assertIn("Was this label bought?", unsure.activity_ids.mapped("summary"))
        unsure.label_ids.action_not_bought()
        (sure | unsure).action_buy_label()
        self.assertEqual([self.live(each).state for each in (sure, unsure)], ["bought"] * 2)

    def test_refused_and_busy_say_so_and_can_be_tried_again(self):
        picking = self.make_rated()
        self.stub.faults.extend(["refuse", "busy"])
        picking.action_buy_label()
        self.assertIn("isn't deliverable", picking.shipping_error)
        picking.action_buy_label()
        self.assertIn("Nothing was bought", picking.shipping_error)
        picking.action_buy_label()
        self.assertEqual(self.live(picking).attempt, 3)
        self.assertFalse(picking.shipping_error)

    def test_one_bad_address_stops_only_itself(self):
        pickings = self.env["stock.picking"].union(*[self.make_rated() for _n in range(4)])
        self.stub.faults.append("refuse")
        answer = pickings.action_buy_label()
        self.assertEqual(answer["params"]["type"], "warning")
        states = sorted(pickings.label_ids.mapped("state"))
        self.assertEqual(states, ["bought"] * 3 + ["rejected"])

    def test_a_purchase_whose_worker_died_is_found_again(self):
        picking = self.make_rated()
        purchases = self.env["shipping.label"].sudo()._reserve(picking, {})
        purchases[0]["port"].buy(purchases[0]["shipment"])
        label = picking.label_ids
        self.assertEqual(label.state, "buying")
        picking.action_buy_label()
        self.assertEqual(picking.label_ids, label)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE shipping_label SET write_date = %s WHERE id = %s",
            (fields.Datetime.now() - datetime.timedelta(hours=1), label.id),
        )
        label.invalidate_recordset()
        self.env["shipping.label"]._cron_resolve()
        self.assertEqual(label.state, "bought")
        self.assertEqual(len(self.stub.sold[purchases[0]["shipment"].key.replace("-", "")]), 1)

    def test_void_at_the_carrier(self):
        picking = self.make_rated()
        picking.action_buy_label()
        label = picking.label_ids
        picking.action_void_label()
        self.assertEqual(label.state, "voided")
        self.assertIn(label.shipment_ref, self.stub.voided)

    def test_validation_never_buys_but_has_it_bought_afterwards(self):
        picking = self.make_rated()
        with patch.object(type(self.env["shipping.label"]), "_buy_later") as later:
            picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(picking.state, "done")
        self.assertEqual(self.stub.posts, 0)
        self.assertEqual(later.call_args.args[0], picking)
        picking._buy_label_job()
        self.assertEqual(picking.carrier_tracking_ref, picking.label_ids.tracking_number)

    def test_only_administrators_settle_purchases(self):
        packer = self.make_user("net_packer2", "order_shipping.group_shipping_user")
        picking = self.make_rated()
        self.stub.faults.append("error")
        picking.action_buy_label()
        with self.assertRaisesRegex(UserError, "administrators"):
            picking.label_ids.with_user(packer).action_not_bought()
        with mute_logger("odoo.sql_db"):
            picking.label_ids.with_user(packer).action_resolve()
