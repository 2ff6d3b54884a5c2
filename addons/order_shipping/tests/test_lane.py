import datetime

from odoo import fields
from odoo.tests import tagged

from odoo.addons.order_shipping.carriers.base import TrackEvent

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestLane(ShippingCase):
    """What delivered parcels teach of a carrier's way somewhere."""

    def make_history(self, carrier, days, count=20):
        """So many parcels that left on a Monday and took ``days``, in turn; four were promised."""
        today = fields.Date.today()
        monday = today - datetime.timedelta(days=today.weekday() + 28)
        left = datetime.datetime.combine(monday, datetime.time(12))
        out = self.warehouse.out_type_id
        pickings = self.env["stock.picking"].create(
            [
                {
                    "picking_type_id": out.id,
                    "partner_id": self.partner.id,
                    "carrier_id": carrier.id,
                    "location_id": out.default_location_src_id.id,
                    "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                }
                for _each in range(count)
            ]
        )
        pickings.write({"date_done": left})
        vals = {
            "company_id": self.company.id,
            "carrier_id": carrier.id,
            "currency_id": self.company.currency_id.id,
        }
        self.env["shipping.rate"].sudo().create(
            [
                vals
                | {
                    "picking_id": picking.id,
                    "chosen": True,
                    "date_carrier": left.date() + datetime.timedelta(days=4),
                }
                for picking in pickings
            ]
        )
        labels = (
            self.env["shipping.label"]
            .sudo()
            .create(
                [
                    vals
                    | {
                        "picking_id": picking.id,
                        "state": "bought",
                        "tracking_number": f"{carrier.id}-{picking.id}",
                    }
                    for picking in pickings
                ]
            )
        )
        labels._keep_events(
            {
                label: [
                    TrackEvent(
                        label.tracking_number, "delivered", left + datetime.timedelta(days=n)
                    )
                ]
                for label, n in zip(labels, days * count, strict=False)
            }
        )
        return labels

    def learn(self):
        self.env["shipping.lane"]._cron_learn()
        return self.env["shipping.lane"].search([("company_id", "=", self.company.id)])

    def test_one_statement_counts_zones_countries_and_all(self):
        labels = self.make_history(self.ground, [3, 3, 3, 8])
        with self.assertQueryCount(4):
            self.env["shipping.lane"]._cron_learn()
        lanes = self.learn()
        self.assertEqual(len(lanes), 3)
        self.assertEqual(sorted(lane.zone for lane in lanes), ["", "", "941"])
        zone = lanes.filtered("zone")
        self.assertEqual((zone.parcels, zone.judged, zone.on_time), (20, 20, 15))
        self.assertEqual((zone.on_time_share, zone.days_p50, zone.days_p90), (75, 3, 6))
        self.assertEqual(zone.warehouse_id, self.warehouse)
        # Again is as good as once, and what isn't so any more is forgotten.
        self.assertEqual(self.learn(), lanes)
        labels.sudo().write({"track_status": "in_transit"})
        self.assertFalse(self.learn())

    def test_entered_by_hand_teaches_nothing(self):
        picking = self.make_picking()
        picking.carrier_id = self.ground
        picking.action_buy_label()
        picking.with_context(skip_backorder=True).button_validate()
        picking.label_ids.action_delivered()
        self.assertFalse(self.learn())

    def test_a_rule_wants_reliable_carriers_and_promises_become_honest(self):
        self.make_history(self.ground, [3, 3, 3, 8])
        self.make_history(self.express, [1])
        self.learn()
        picking = self.make_picking()
        picking.action_rate()
        ground, express = (
            picking.rate_ids.filtered(lambda rate, c=c: rate.carrier_id == c)
            for c in (self.ground, self.express)
        )
        self.assertTrue(ground.chosen)
        self.assertEqual((ground.on_time_share, express.on_time_share), (75, 100))
        # The table says 5 working days; one in four took 6.
        self.assertEqual(ground.transit_days, 6)
        self.assertGreater(ground.date_promised, ground.date_carrier)
        rule = self.env["shipping.rule"].create({"name": "Reliable", "on_time_min": 90})
        picking.action_rate()
        rates = picking.rate_ids.filtered(lambda rate: rate.state == "quoted")
        ground = rates.filtered(lambda rate: rate.carrier_id == self.ground)
        self.assertFalse(ground.chosen)
        self.assertEqual(picking.carrier_id, self.express)
        self.assertIn("Only 75 % on time there", ground.reason)
        rule.strategy = "cheapest"
        self.express.active = False
        picking.action_rate()
        self.assertEqual(picking.carrier_id, self.ground)
        chosen = picking.rate_ids.filtered("chosen")
        self.assertIn("None is as reliable", chosen.reason)

    def test_the_checkout_promises_what_experience_says(self):
        order = self.make_order()
        before = self.ground.rate_shipment(order)["promise"]
        self.make_history(self.ground, [8])
        self.learn()
        after = self.ground.rate_shipment(order)["promise"]
        self.assertNotEqual(before, after)

    def test_too_few_parcels_say_nothing(self):
        self.make_history(self.ground, [8], count=19)
        self.learn()
        picking = self.make_picking()
        picking.action_rate()
        rate = picking.rate_ids.filtered(lambda each: each.carrier_id == self.ground)
        self.assertEqual((rate.on_time_share, rate.transit_days), (0, 5))
