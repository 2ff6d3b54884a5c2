"""A year of a wholesaler with a web shop: some thousand orders, made in seconds.

Some forty orders go their whole way by Odoo's own documents (``year_patterns.py``); the year is
copies of them under other names and days (``year_copies.py``). Seeded: the same day gives the same
year. It has a high season in spring and before Christmas, quiet Sundays, growth, customers who pay
late, carriers who are late, and a last week that is still being worked on.
"""

import math
import random
from collections import Counter, defaultdict
from datetime import timedelta

from odoo import fields

from . import year_patterns as patterns
from . import year_work
from .year_copies import Copier, read_pattern

ORDERS = 2400
DAYS = 365
SEED = 2026
PARAMETER = "order_reporting.demo_year"
#: Share of orders of Monday to Sunday.
WEEK = (1.25, 1.15, 1.0, 1.0, 1.1, 0.55, 0.35)
#: How often each kind happens among orders that are over.
ODDS = {"paid": 76, "short": 6, "held": 6, "split": 4, "returned": 5, "cancelled": 3}


def build(env, orders=ORDERS, seed=SEED):
    """Make the year; a second call does nothing.

    :param int orders: about how many
    :return: the new orders
    """
    if env["ir.config_parameter"].get_param(PARAMETER):
        return env["sale.order"]
    company = env.ref("base.main_company")
    env = env(
        context={
            "tracking_disable": True,
            "mail_notrack": True,
            "allowed_company_ids": company.ids,
            "skip_backorder": True,
            "skip_sms": True,
        }
    )
    chance = random.Random(seed)
    made = patterns.build(env, seed)
    env.flush_all()
    year = _Year(env, chance, made)
    ids = year.fill(orders)
    env["ir.config_parameter"].set_param(PARAMETER, str(len(ids)))
    env.invalidate_all()
    found = env["sale.order"].browse(ids)
    env["order.fact"].sudo()._refresh(found)
    return found


def days_of(chance, now, count):
    """Days of the year's orders, oldest first: season, week and growth."""
    today = now.replace(hour=0, minute=0, second=0)
    days = [today - timedelta(days=back) for back in range(DAYS, -1, -1)]
    weights = []
    for number, day in enumerate(days):
        place = day.timetuple().tm_yday / 365
        season = 1 + 0.30 * math.cos(2 * math.pi * (place - 0.35))
        season += 0.55 * math.exp(-(((place - 0.93) / 0.05) ** 2))
        weights.append(season * WEEK[day.weekday()] * (1 + 0.45 * number / DAYS))
    return sorted(chance.choices(days, weights, k=count))


class _Year:
    def __init__(self, env, chance, made):
        self.env, self.chance, self.made = env, chance, made
        self.now = fields.Datetime.now().replace(microsecond=0)
        self.rows = {plan["order"].id: read_pattern(env.cr, plan["order"].id) for plan in made}
        self.copier = Copier(env.cr, self.rows)
        self.by_kind = defaultdict(list)
        for plan in made:
            self.by_kind[plan["kind"]].append(plan)
        self.buyers = patterns.customers(env)
        # Few customers buy much, and some of them always pay late.
        self.buyer_weights = [1 / (place + 2) for place in range(len(self.buyers))]
        self.slow = {buyer.id for buyer in self.buyers[4::6]}
        self.left = {buyer.id for buyer in self.buyers[7::9]}  # bought until half a year ago
        self.carriers = patterns.carriers(env)
        self.sites = {plan["warehouse"].id for plan in made}
        self.serial = 0

    def fill(self, count):
        plans = [self._plan(day) for day in days_of(self.chance, self.now, count)]
        counts = Counter()
        for plan in plans:
            for table, rows in self.rows[plan["key"]].items():
                counts[table] += len(rows)
        self.copier.reserve(counts)
        names = iter(
            self._numbers(self.env["ir.sequence"].search([("code", "=", "sale.order")]), len(plans))
        )
        pickings = self._picking_names(plans)
        for plan in plans:
            plan["made"] = self._copy(plan, next(names), pickings)
        self._number_moves(plans)
        year_work.batch(self.env, self.chance, plans)
        self.copier.seal()
        self.copier.store()
        self._stock(plans)
        year_work.take_in(self.env, self.chance, plans)
        year_work.take_back(self.env, self.chance, plans)
        return [plan["made"]["sale_order"][0]["id"] for plan in plans]

    def _plan(self, day):
        """What one order of ``day`` is a copy of, and how it is moved."""
        chance = self.chance
        start = day + timedelta(minutes=chance.gauss(14 * 60, 150))
        if start > self.now:  # today's orders have come in already
            start = self.now - (self.now - day) * chance.uniform(0.05, 0.95)
        site = chance.choices(sorted(self.sites), (5, 3, 2)[: len(self.sites)])[0]
        partner = chance.choices(self.buyers, self.buyer_weights)[0]
        while partner.id in self.left and (self.now - day).days < 150:
            partner = chance.choice(self.buyers)
        carrier = chance.choices(range(len(self.carriers)), (5, 3, 2))[0]
        # The west is short of people in the high season: late there more than elsewhere.
        is_late = chance.random() < (0.16 if site == max(self.sites) else 0.06)
        wait = timedelta(hours=chance.expovariate(1 / 7))
        if is_late:
            wait += timedelta(days=chance.randint(3, 6))
        _name, least, most, delays = patterns.CARRIERS[carrier]
        travel = chance.randint(least, most)
        while chance.random() < delays:
            travel += 1
        late = chance.expovariate(1 / (16 if partner.id in self.slow else 4))
        pay = timedelta(days=int(min(late, 70)) + (35 if partner.id in self.slow else -5))
        leave = start + timedelta(days=1, hours=2) + wait
        kind = chance.choices(list(ODDS), ODDS.values())[0]
        if start > self.now - timedelta(hours=30) and chance.random() < 0.12:
            kind = "on_hold"
        elif kind != "cancelled" and leave > self.now - timedelta(days=5):
            kind = "to_ship" if leave > self.now else "unpaid"
        elif leave + timedelta(days=21) + pay > self.now and kind != "cancelled":
            kind = "unpaid"
        fitting = [plan for plan in self.by_kind[kind] if plan["warehouse"].id == site]
        pattern = chance.choice(fitting or self.by_kind[kind])
        base = timedelta(days=(day - pattern["start"].replace(hour=0)).days)
        hour = timedelta(seconds=int((start - day - timedelta(hours=14)).total_seconds()))
        order = base + hour
        ship = order + timedelta(seconds=int(wait.total_seconds()))
        return {
            "key": pattern["order"].id,
            "kind": kind,
            "pattern": pattern,
            "partner": partner,
            "carrier": carrier,
            "shifts": {
                "order": order,
                "pick": ship - timedelta(minutes=chance.randint(40, 290)),
                "ship": ship,
                "deliver": ship + timedelta(days=travel - 3),
                "pay": ship + pay,
            },
        }

    def _copy(self, plan, name, pickings):
        rows = self.rows[plan["key"]]
        old = rows["sale_order"][0]
        partner, before = plan["partner"], self.env["res.partner"].browse(old["partner_id"])
        carrier = self.carriers[plan["carrier"]]
        texts = {old["name"]: name, before.name: partner.name}
        texts[self.carriers[0].name] = carrier.name
        for row in rows["stock_picking"]:
            texts[row["name"]] = next(pickings[row["picking_type_id"]])
        for row in rows["shipping_label"]:
            self.serial += 1
            texts[row["tracking_number"]] = f"00614142{self.serial:010}"
        web = self.env.ref("order_reporting.demo_channel_web").id
        wholesale = self.env.ref("order_reporting.demo_channel_wholesale").id
        swaps = {
            "res_partner": {before.id: partner.id},
            "delivery_carrier": {self.carriers[0].id: carrier.id},
        }
        channel = web if plan["pattern"]["is_parcel"] else wholesale
        return self.copier.take(plan["key"], plan["shifts"], swaps, texts, channel)

    def _numbers(self, sequence, count):
        """The next ``count`` numbers of a sequence."""
        self.env.cr.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)",
            [f"ir_sequence_{sequence[:1].id:03}", count],
        )
        return [sequence[:1].get_next_char(number) for (number,) in self.env.cr.fetchall()]

    def _picking_names(self, plans):
        counts = Counter(
            row["picking_type_id"]
            for plan in plans
            for row in self.rows[plan["key"]]["stock_picking"]
        )
        kinds = self.env["stock.picking.type"].browse(list(counts))
        return {kind.id: iter(self._numbers(kind.sequence_id, counts[kind.id])) for kind in kinds}

    def _number_moves(self, plans):
        """Number invoices and payments by their day, as Odoo does: by prefix and year."""
        moves = [row for plan in plans for row in plan["made"]["account_move"]]
        last = {}
        renames = {}
        for row in sorted(moves, key=lambda row: (row["date"], row["id"])):
            prefix = row["sequence_prefix"].split("/")[0]
            prefix = f"{prefix}/{row['date'].year}/"
            if prefix not in last:
                self.env.cr.execute(
                    "SELECT COALESCE(MAX(sequence_number), 0) FROM account_move"
                    " WHERE sequence_prefix = %s",
                    [prefix],
                )
                last[prefix] = self.env.cr.fetchone()[0]
            last[prefix] += 1
            new = f"{prefix}{last[prefix]:05}"
            renames[row["id"]] = (row["name"], new)
            row.update(name=new, sequence_prefix=prefix, sequence_number=last[prefix])
        for plan in plans:
            texts = dict(renames[row["id"]] for row in plan["made"]["account_move"])
            if not texts:
                continue
            for table, columns in (
                ("account_move", ("ref", "payment_reference", "invoice_origin")),
                ("account_move_line", ("move_name", "name", "ref")),
                ("account_payment", ("name", "memo", "payment_reference")),
                ("order_event", ("summary",)),
            ):
                for row in plan["made"][table]:
                    for column in columns:
                        if row.get(column):
                            row[column] = _replaced(row[column], texts)
                    if row.get("details"):
                        row["details"] = _replaced(row["details"], texts)

    def _stock(self, plans):
        """Goods that copies have reserved are there, and reserved."""
        amounts = Counter()
        for plan in plans:
            for row in plan["made"]["stock_move_line"]:
                if row["state"] not in ("done", "cancel", "draft"):
                    amounts[row["product_id"], row["location_id"]] += row["quantity"]
        for (product_id, location_id), quantity in amounts.items():
            self.env.cr.execute(
                "UPDATE stock_quant SET quantity = quantity + %s,"
                " reserved_quantity = reserved_quantity + %s WHERE id = ("
                " SELECT MIN(id) FROM stock_quant WHERE product_id = %s AND location_id = %s)",
                [quantity, quantity, product_id, location_id],
            )


def _replaced(value, texts):
    """Old names → new ones, each once, in a text or in nested JSON values."""
    if isinstance(value, dict):
        return {key: _replaced(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, texts) for item in value]
    if isinstance(value, str):
        for old, new in texts.items():
            if old in value:
                return value.replace(old, new)
    return value
