"""Rates of several carriers at once, and labels from one that fails in every way.

Rates: stand-ins that take their time answer together, then one of them hangs.
Labels: none twice, none lost.

A stand-in on loopback sells and misbehaves (tests/plugins/carrier_stub.py); two buyers press the
button for the same deliveries at the same moment. What is unknown is looked for as the scheduled
job does it; where the carrier can't say for certain, a person's look at its portal is played.
"""

import argparse
import collections
import random
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

from odoo import Command, api, fields

from odoo.addons.order_shipping.carriers.base import Address, Box, Shipment

sys.path.append(str(Path(__file__).resolve().parents[1] / "plugins"))

#: Seconds that each stand-in takes to answer with its rates.
DELAYS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
#: Seconds of one that never answers in time.
HANGS = 30.0
#: Share of each fault; the rest goes well.
FAULTS = {
    "refuse": 0.03,
    "busy": 0.03,
    "error": 0.03,
    "lost": 0.03,
    "half": 0.02,
    "reset": 0.02,
    "empty": 0.02,
    "hang": 0.005,
    "drip": 0.005,
    "expired": 0.01,
}


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--purchases", type=int, default=1000)
    parser.add_argument("--deliveries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    import carrier_stub

    from odoo.addons.order_shipping.carriers import transport

    Rates(env, carrier_stub).run()
    transport.BUY_SECONDS = 0.5
    with carrier_stub.serving() as stub:
        stub.hang_seconds = 1.0
        Bench(env, stub, options).run()


class Rates:
    """How long all carriers take together: as long as the slowest, or as the deadline."""

    def __init__(self, env, carrier_stub):
        self.env, self.carrier_stub = env, carrier_stub

    def run(self):
        with self.carrier_stub.apart([*DELAYS, HANGS]) as addresses:
            carriers = self.env["delivery.carrier"].browse(
                [
                    make_carrier(self.env, "ups", address, f"Rates {rank}").id
                    for rank, address in enumerate(addresses)
                ]
            )
            hung, carriers = carriers[-1], carriers[:-1]
            self.env.cr.commit()
            self.ask(carriers, 0)  # tokens and connections
            print(f"{'carriers asked at once':36}{'slowest':>9}{'together':>10}{'beyond':>9}")
            for count in (1, 2, 4, len(DELAYS)):
                slowest = max(DELAYS[:count])
                times = [self.ask(carriers[:count], count * 100 + n)[0] for n in range(9)]
                self.show(f"{count} carriers, {count * 2} rates", slowest, sorted(times)[4])
            seconds, found = self.ask(carriers | hung, 999)
            answered = sum(not isinstance(offers, str) for offers in found.values())
            deadline = self.env["shipping.rate"]._get_rate_seconds()
            self.show(f"one hangs, {answered} of {len(found)} answer", deadline, seconds)
            print()

    def show(self, title, bound, seconds):
        print(f"{title:36}{bound:8.2f}s{seconds:9.2f}s{1000 * (seconds - bound):6.0f} ms")

    def ask(self, carriers, number):
        """Seconds that all take, and what they say; each number is a question of its own."""
        place = Address(
            "Bench", street="1 St", city="Newark", state="NJ", zip="07105", country_code="US"
        )
        box = Box(Decimal(1) + Decimal(number) / 1000)
        day = fields.Date.today()
        wanted = {
            (number, carrier): Shipment("bench", place, place, (box,), day) for carrier in carriers
        }
        self.env.cr.commit()  # each question comes with a request of its own
        started = time.monotonic()
        found = self.env["shipping.rate"]._fetch(wanted)
        return time.monotonic() - started, found


def make_carrier(env, kind, address, name, **vals):
    product = env["product.product"].create({"name": name, "type": "service"})
    return env["delivery.carrier"].create(
        {
            "name": name,
            "delivery_type": kind,
            "product_id": product.id,
            "account_url": address,
            "account_client_id": "id",
            "account_client_secret": "secret",
            "account_number": "A1B2C3",
            "account_options": "crid=12345678, mid=123456789",
            **vals,
        }
    )


class Bench:
    def __init__(self, env, stub, options):
        self.env, self.stub, self.options = env, stub, options
        self.random = random.Random(options.seed)
        self.faults = collections.Counter()
        stub.choose = self.choose
        self.carriers = self.make_carriers()
        self.pickings = self.make_pickings()
        env.cr.commit()

    def choose(self):
        fault = self.random.choices([*FAULTS, "ok"], [*FAULTS.values(), 1 - sum(FAULTS.values())])[
            0
        ]
        self.faults[fault] += 1
        return fault

    def make_carriers(self):
        carriers = self.env["delivery.carrier"]
        for kind, service in (("ups", "03"), ("usps", "PRIORITY_MAIL")):
            carriers |= make_carrier(
                self.env, kind, self.stub.address, f"Bench {kind}", service_code=service
            )
        return carriers

    def make_pickings(self):
        warehouse = self.env["stock.warehouse"].search([], limit=1)
        product = self.env["product.product"].create(
            {"name": "Bench", "is_storable": True, "weight": 0.5}
        )
        self.env["stock.quant"]._update_available_quantity(
            product, warehouse.lot_stock_id, self.options.deliveries
        )
        partner = self.env["res.partner"].create(
            {
                "name": "Bench Buyer",
                "street": "5 Elm Street",
                "city": "San Francisco",
                "zip": "94105",
                "state_id": self.env.ref("base.state_us_5").id,
                "country_id": self.env.ref("base.us").id,
            }
        )
        move = {
            "product_id": product.id,
            "product_uom_qty": 1,
            "product_uom": product.uom_id.id,
            "location_id": warehouse.lot_stock_id.id,
            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
        }
        pickings = self.env["stock.picking"].create(
            [
                {
                    "picking_type_id": warehouse.out_type_id.id,
                    "partner_id": partner.id,
                    "carrier_id": self.carriers[rank % 2].id,
                    "location_id": move["location_id"],
                    "location_dest_id": move["location_dest_id"],
                    "move_ids": [Command.create(move)],
                }
                for rank in range(self.options.deliveries)
            ]
        )
        pickings.action_confirm()
        pickings.action_assign()
        return pickings

    def buy(self, ids):
        with self.env.registry.cursor() as cr:
            env = api.Environment(cr, self.env.uid, {})
            env["shipping.label"]._buy_outside(env["stock.picking"].browse(ids))

    def settle(self):
        """The scheduled job, until only what a person must settle is left; then that person."""
        with self.env.registry.cursor() as cr:
            env = api.Environment(cr, self.env.uid, {})
            labels = env["shipping.label"]
            labels.search([("state", "=", "unknown")])._resolve_unknown()
        with self.env.registry.cursor() as cr:
            env = api.Environment(cr, self.env.uid, {})
            left = env["shipping.label"].search([("state", "=", "unknown")])
            for label in left:
                key = label.purchase_key
                assert not self.stub.sold.get(key.replace("-", "")), "sold, but not found"
            left.action_not_bought()
            return len(left)

    def run(self):
        started = time.monotonic()
        by_person = rounds = 0
        ids = self.pickings.ids
        while sum(self.faults.values()) < self.options.purchases:
            rounds += 1
            rivals = [threading.Thread(target=self.buy, args=(ids,)) for _each in range(2)]
            for rival in rivals:
                rival.start()
            for rival in rivals:
                rival.join()
            by_person += self.settle()
            self.check_round(ids)
        self.report(rounds, by_person, time.monotonic() - started)

    def check_round(self, ids):
        """At most one live label a delivery; then all are voided, so that the next round buys."""
        with self.env.registry.cursor() as cr:
            cr.execute(
                "SELECT picking_id, count(*) FROM shipping_label"
                " WHERE state IN ('buying', 'bought', 'unknown') AND picking_id IN %s"
                " GROUP BY picking_id HAVING count(*) > 1",
                (tuple(ids),),
            )
            assert not cr.fetchall(), "a delivery has two live labels"
            cr.execute(
                "UPDATE shipping_label SET state = 'voided', date_voided = %s"
                " WHERE state = 'bought' AND picking_id IN %s",
                (fields.Datetime.now(), tuple(ids)),
            )

    def report(self, rounds, by_person, seconds):
        with self.env.registry.cursor() as cr:
            cr.execute(
                "SELECT tracking_number FROM shipping_label WHERE carrier_id IN %s"
                " AND tracking_number IS NOT NULL AND attachment_id IS NOT NULL",
                (tuple(self.carriers.ids),),
            )
            kept = {row[0] for row in cr.fetchall()}
        sold = {n for sales in self.stub.sold.values() for numbers in sales for n in numbers}
        print(f"{'answer of the carrier':28}{'times':>8}")
        for fault, count in sorted(self.faults.items(), key=lambda item: -item[1]):
            print(f"{fault:28}{count:8}")
        purchases = sum(self.faults.values())
        print(
            f"\n{purchases} purchases of {len(self.pickings)} deliveries in {rounds} rounds by two"
            f" rivals: {seconds:.0f} s, {1000 * seconds / purchases:.1f} ms each"
        )
        print(f"settled by a person:   {by_person}")
        print(f"labels sold:           {len(sold)}")
        print(f"labels kept:           {len(kept)}")
        print(f"double purchases:      {len(self.stub.doubles)}")
        print(f"lost labels:           {len(sold - kept)}")
        assert not self.stub.doubles and not sold - kept
