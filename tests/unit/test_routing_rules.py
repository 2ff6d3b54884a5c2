"""Rules, joint routing, explanation, distances: against brute force and what a person expects."""

import itertools
import random
import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine import (
    routing,
    routing_explain,
    routing_geo,
    routing_joint,
    routing_map,
    routing_program,
    routing_rules,
    routing_solver,
)
from odoo.addons.order_processing.engine.routing import Need, Policy, Site, order_criteria, route
from odoo.addons.order_processing.engine.routing_model import taken
from odoo.addons.order_processing.engine.routing_rules import Filter, Request, Rule, SiteFacts

A, B, C = (Site(key, n, 100 * n, key == "A", cost=5.0 - n) for n, key in enumerate("ABC"))


DEFAULT = (Rule(),)


def request(*needs, rules=DEFAULT, sites=(A, B, C), **more):
    needs = tuple(Need(key, product, quantity) for key, product, quantity in needs)
    return Request("order", needs, tuple(sites), "A", tuple(rules), **more)


def placed(outcome):
    return {
        (s.need, s.site): s.quantity - s.short for s in outcome.plan.shares if s.quantity > s.short
    }


STOCK = {("A", "x"): 1.0, ("B", "x"): 3.0, ("C", "y"): 3.0}


@pytest.mark.parametrize(
    ("condition", "facts", "expected"),
    [
        (Filter("warehouse", sites=frozenset("A")), {}, {(1, "A"): 1}),
        (Filter("distance", value=50), {"B": SiteFacts(60), "A": SiteFacts(10)}, {(1, "A"): 1}),
        (Filter("distance", value=50), {"B": SiteFacts(None), "A": SiteFacts(10)}, {(1, "A"): 1}),
        (Filter("safety", value=3), {}, {}),
        (Filter("safety", value=2, sites=frozenset("B")), {}, {(1, "A"): 1, (1, "B"): 1}),
        (Filter("capacity", value=5), {"B": SiteFacts(open_orders=5)}, {(1, "A"): 1}),
        (Filter("cutoff", value=2), {"B": SiteFacts(promise=3)}, {(1, "A"): 1}),
        (Filter("age", value=30), {"B": SiteFacts(oldest={"x": 31})}, {(1, "A"): 1}),
        (Filter("product", sites=frozenset("B"), products=frozenset(["p1"])), {}, {(1, "A"): 1}),
        (Filter("product", sites=frozenset("B"), products=frozenset(["p2"])), {}, {(1, "B"): 3}),
        (Filter("carrier"), {"B": SiteFacts(served=False)}, {(1, "A"): 1}),
        (Filter("region", sites=frozenset("B"), places=frozenset(["c1"])), {}, {(1, "A"): 1}),
        (Filter("region", sites=frozenset("B"), places=frozenset(["s9"])), {}, {(1, "B"): 3}),
        (Filter("safety", value=9, channels=frozenset([7])), {}, {(1, "B"): 3}),
    ],
)
def test_each_filter(condition, facts, expected):
    order = request(
        (1, "x", 3), rules=[Rule(filters=(condition,))], facts=facts,
        places=frozenset(["s9", "c2"]), groups={1: frozenset(["p1"])}, channel=1,
    )  # fmt: skip
    assert placed(routing_rules.decide(order, STOCK)) == expected


def test_soft_filters_are_dropped_only_where_that_places_more():
    near = Rule(filters=(Filter("warehouse", hard=False, sites=frozenset("A")),))
    one = routing_rules.decide(request((1, "x", 1), rules=[near]), STOCK)
    assert placed(one) == {(1, "A"): 1} and not one.relaxed
    three = routing_rules.decide(request((1, "x", 3), rules=[near]), STOCK)
    assert placed(three) == {(1, "B"): 3} and three.relaxed
    assert three.eased == {(1, "B"): "warehouse", (1, "C"): "warehouse"}


def test_the_next_rule_takes_what_the_first_leaves():
    rules = [
        Rule("one", (Filter("warehouse", sites=frozenset("A")),), action="next"),
        Rule("rest", action="backorder"),
    ]
    outcome = routing_rules.decide(request((1, "x", 3), rules=rules), STOCK)
    assert placed(outcome) == {(1, "A"): 1, (1, "B"): 2}
    assert (outcome.rule, outcome.action) == (1, "")


def test_single_source_is_all_or_nothing():
    rules = [Rule("single", single=True, action="next"), Rule("any", action="queue")]
    outcome = routing_rules.decide(request((1, "x", 1), (2, "y", 1), rules=rules), STOCK)
    assert outcome.rule == 1 and len(outcome.plan.sources) == 2
    alone = routing_rules.decide(
        request((1, "x", 1), (2, "y", 1), rules=[Rule(single=True, action="queue")]), STOCK
    )
    assert not placed(alone) and alone.action == "queue"


def test_at_most_so_many_warehouses_and_worth_a_parcel():
    stock = {("A", "x"): 1, ("B", "y"): 1, ("C", "z"): 1}
    needs = [(1, "x", 1), (2, "y", 1), (3, "z", 1)]
    two = routing_rules.decide(request(*needs, rules=[Rule(max_sites=2)]), stock)
    assert len(two.plan.sources) == 2 and two.plan.short == 1
    cheap = Rule(filters=(Filter("guard", value=10),))
    order = request(rules=[cheap])
    order = Request(
        "o", (Need(1, "x", 1, value=50), Need(2, "y", 1, value=2)), (A, B, C), "A", (cheap,)
    )
    assert placed(routing_rules.decide(order, stock)) == {(1, "A"): 1}


def test_what_ships_alone_saves_no_shipment():
    rule = Rule(filters=(Filter("alone", products=frozenset(["p2"])),))
    stock = {("A", "x"): 1, ("B", "x"): 1, ("B", "y"): 1}
    order = request((1, "x", 1), (2, "y", 1), rules=[rule], groups={2: {"p2"}})
    assert placed(routing_rules.decide(order, stock)) == {(1, "A"): 1, (2, "B"): 1}


def test_bad_input_has_a_reason():
    assert routing_rules.decide(request((1, "x", 1), sites=()), STOCK).reason == "no_warehouse"
    assert routing_rules.decide(request((1, "x", 1), rules=()), STOCK).reason == "no_rule"
    negative = routing_rules.decide(request((1, "x", 1)), {("A", "x"): -5.0})
    assert (negative.plan.short, negative.reason) == (1, "stock")
    far = Rule(filters=(Filter("distance", value=10),), action="queue")
    facts = {key: SiteFacts(None) for key in "ABC"}
    assert routing_rules.decide(request((1, "x", 1), rules=[far], facts=facts), STOCK).reason == (
        "distance"
    )
    tried = {(1, "A"): "cooling", (1, "B"): "cooling"}
    again = routing_rules.decide(request((1, "x", 1), tried=tried), STOCK)
    assert (again.action, again.reason) == ("split", "cooling")


def test_contradicting_rules_are_named():
    only_a, only_b = (Filter("warehouse", sites=frozenset(key)) for key in "AB")
    rules = [
        Rule("x", (only_a, only_b)),
        Rule("y", (Filter("distance", value=-1),), single=True, max_sites=2, action="next"),
    ]  # fmt: skip
    codes = {code for _number, code in routing_rules.contradictions(rules)}
    assert codes == {
        "no_common_warehouse", "negative", "single_and_many", "never_reached", "next_of_none",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("criteria", "winner"), [(("cost",), "B"), (("distance",), "A"), (("promise",), "C")]
)
def test_criteria_in_the_order_of_the_rule(criteria, winner):
    sites = [Site("A", cost=9, distance=1, promise=3), Site("B", cost=1, distance=9, promise=3),
             Site("C", cost=5, distance=5, promise=1)]  # fmt: skip
    stock = {(site.key, "x"): 1 for site in sites}
    plan = route([Need(1, "x", 1)], sites, "A", stock, Policy(order_criteria(criteria)))
    assert plan.sources == {winner}
    assert all(c.lost == criteria[0] for c in plan.candidates[1:] if c.filled)


@st.composite
def instances(draw):
    sites = [
        Site(f"S{n}", 0, draw(st.integers(0, 9)), n == 0, cost=draw(st.integers(1, 20)))
        for n in range(draw(st.integers(2, 4)))
    ]
    products = "abcd"[: draw(st.integers(1, 4))]
    needs = [
        Need(n, product, draw(st.integers(1, 3)), step=1.0) for n, product in enumerate(products)
    ]
    stock = {(s.key, p): float(draw(st.integers(0, 3))) for s in sites for p in products}
    return sites, needs, stock


def filled_by(chosen, needs, stock):
    return sum(min(n.quantity, sum(stock[s.key, n.product] for s in chosen)) for n in needs)


@given(instances())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_cheapest_is_optimal(instance):
    """Landed cost as the first criterion: no set of sites that ships as much is cheaper."""
    sites, needs, stock = instance
    plan = route(needs, sites, "S0", stock, Policy(order_criteria(("cost",))))
    subsets = [c for n in range(1, len(sites) + 1) for c in itertools.combinations(sites, n)]
    most = max(filled_by(c, needs, stock) for c in subsets)
    if not most:
        assert plan.short == sum(need.quantity for need in needs)
        return
    best = min(sum(s.cost for s in c) for c in subsets if filled_by(c, needs, stock) == most)
    assert sum(s.cost for s in sites if s.key in plan.sources) == best
    assert plan.total - plan.short == most


@st.composite
def batches(draw):
    sites = [Site(f"S{n}", 0, 0, n == 0) for n in range(draw(st.integers(2, 3)))]
    orders = []
    for number in range(draw(st.integers(2, 3))):
        products = draw(st.sets(st.sampled_from("abc"), min_size=1, max_size=3))
        needs = [Need((number, p), p, 1.0, step=1.0) for p in sorted(products)]
        orders.append((needs, sites, "S0", Policy(("fill", "shipments", "tie"))))
    stock = {(s.key, p): float(draw(st.integers(0, 2))) for s in sites for p in "abc"}
    return orders, stock


def best_together(orders, stock):
    """Most units, then fewest shipments, trying every way to give each line a site or none."""
    lines = [(i, need) for i, (needs, *_r) in enumerate(orders) for need in needs]
    keys = [site.key for site in orders[0][1]]
    best = None
    for choice in itertools.product([*keys, None], repeat=len(lines)):
        used = {}
        for (_i, need), key in zip(lines, choice, strict=True):
            used[key, need.product] = used.get((key, need.product), 0) + 1
        if any(key and quantity > stock[key, p] for (key, p), quantity in used.items()):
            continue
        parcels = len({(i, key) for (i, _n), key in zip(lines, choice, strict=True)})
        value = (sum(key is None for key in choice), parcels)
        best = value if best is None else min(best, value)
    return best


@given(batches())
@settings(max_examples=25, deadline=None)
def test_joint_is_optimal_and_its_bound_true(batch):
    orders, stock = batch
    joint = routing_joint.route_jointly(orders, stock)
    short = sum(plan.short for plan in joint.plans)
    parcels = sum(plan.parcels for plan in joint.plans)
    assert (short, parcels) == best_together(orders, stock)
    assert joint.bound <= joint.objective + 1e-6
    used = {}
    for (needs, *_rest), plan in zip(orders, joint.plans, strict=True):
        assert sum(s.quantity for s in plan.shares) == sum(need.quantity for need in needs)
        for place, quantity in taken(needs, plan):
            used[place] = used.get(place, 0) + quantity
    assert all(quantity <= stock.get(place, 0) + 1e-6 for place, quantity in used.items())


def rivals(count):
    """Orders that meet over one product: who comes first takes what the second can't do without."""
    sites = [Site("A", 0, 0, True), Site("B", 1, 5)]
    both = ([Need(1, "x", 1, step=1.0)], sites, "A")
    stuck = ([Need(2, "x", 1, step=1.0), Need(3, "y", 1, step=1.0)], sites, "A")
    stock = {("A", "x"): 1.0 * count, ("B", "x"): 1.0 * count, ("A", "y"): 1.0 * count}
    return [both] * count + [stuck] * count, stock


def test_joint_saves_what_first_come_first_served_wastes():
    orders, stock = rivals(3)
    one_by_one = routing_rules.route(*orders[0], stock)
    assert one_by_one.sources == {"A"}
    joint = routing_joint.route_jointly(orders, stock)
    assert sum(plan.parcels for plan in joint.plans) == 6
    assert joint.method == "solver" and joint.gap < 0.01


@pytest.mark.parametrize("why", ["no_solver", "no_time"])
def test_without_solver_or_time_greedy_answers(monkeypatch, why):
    orders, stock = rivals(3)
    if why == "no_solver":
        monkeypatch.setattr(routing_joint, "is_available", lambda: False)
    else:
        monkeypatch.setattr(routing_program, "solve", lambda *_a: None)
    joint = routing_joint.route_jointly(orders, stock)
    assert (joint.method, joint.reason) == ("greedy", why)
    assert sum(plan.short for plan in joint.plans) == 0
    assert joint.bound <= joint.objective


def test_the_same_question_has_the_same_answer():
    orders, stock = rivals(4)
    first, second = (routing_joint.route_jointly(orders, stock) for _time in range(2))
    assert first.plans == second.plans


def scarce(seed, count=12, products="uvwxyz"):
    """Orders over four sites and some products, with about as much stock as they want."""
    rng = random.Random(seed)
    places = [Site(key, 0, rng.randint(1, 900), key == "A", cost=rng.random()) for key in "ABCD"]
    policy = Policy(criteria=order_criteria(("shipments", "cost")))
    orders, wanted = [], dict.fromkeys(products, 0)
    for number in range(count):
        needs = []
        for product in rng.sample(products, rng.randint(1, 4)):
            quantity = rng.choice((1, 1, 2, 3))
            wanted[product] += quantity
            needs.append(Need((number, product), product, quantity, step=1.0))
        orders.append((needs, places, "A", policy))
    stock = {}
    for product, quantity in wanted.items():
        for _unit in range(round(quantity * rng.uniform(0.9, 1.2))):
            place = (rng.choice("ABCD"), product)
            stock[place] = stock.get(place, 0.0) + 1.0
    return orders, stock


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_many_orders_are_routed_by_prices(monkeypatch, seed, compiled):
    """Too many for one program: nothing is sold twice, no more is short, the bound is true."""
    if not compiled:
        monkeypatch.setattr(routing_joint, "COMPILED", False)
    orders, stock = scarce(seed)
    best = routing_joint.route_jointly(orders, stock)
    assert best.method == "solver" and best.gap < 0.01
    monkeypatch.setattr(routing_joint, "SMALL", 0)
    monkeypatch.setattr(routing_joint, "MEDIUM", 0)
    joint = routing_joint.route_jointly(orders, stock)
    assert joint.bound <= best.objective + 1e-6
    assert best.bound - 1e-6 <= joint.objective <= 1.3 * best.objective
    assert joint.plans == routing_joint.route_jointly(orders, stock).plans
    short = sum(plan.short for plan in joint.plans)
    assert short == sum(plan.short for plan in best.plans)
    used = {}
    for (needs, *_rest), plan in zip(orders, joint.plans, strict=True):
        assert sum(s.quantity for s in plan.shares) == sum(need.quantity for need in needs)
        for place, quantity in taken(needs, plan):
            used[place] = used.get(place, 0) + quantity
    assert all(quantity <= stock.get(place, 0) + 1e-6 for place, quantity in used.items())
    monkeypatch.setattr(routing_joint, "MEDIUM", 60_000)
    monkeypatch.setattr(routing_joint, "BLOCK", 12)
    better = routing_joint.route_jointly(orders, stock)
    assert best.bound - 1e-6 <= better.objective <= joint.objective + 1e-6


def test_exchange_saves_a_quarter_of_the_splits(monkeypatch):
    """As the bench finds for large ones, of which this is small enough for a test."""
    orders, stock = scarce(7, count=150, products=[f"p{number}" for number in range(60)])
    one_by_one = routing.route_all(orders, stock)
    monkeypatch.setattr(routing_joint, "SMALL", 0)
    monkeypatch.setattr(routing_joint, "MEDIUM", 0)
    joint = routing_joint.route_jointly(orders, stock)

    def split(plans):
        return sum(len(plan.sources) > 1 for plan in plans)

    assert sum(p.short for p in joint.plans) == sum(p.short for p in one_by_one)
    assert split(joint.plans) <= 0.75 * split(one_by_one)


def test_orders_with_limits_are_routed_by_prices_too(monkeypatch):
    """Kits, what ships alone, single sources: no exchange, but no place is sold twice either."""
    orders, stock = scarce(5, count=12)
    kit = Need(("kit", 1), "kit", 1, step=1.0, parts=(("u", 1.0), ("v", 2.0)))
    alone = Need(("kit", 2), "w", 1, step=1.0, alone=True)
    limited = Policy(max_sites=1, blocked={(None, "A"): "warehouse"})
    places = orders[0][1]
    orders += [([kit, alone], places, "A"), ([Need(("one", 1), "x", 2)], places, "A", limited)]
    monkeypatch.setattr(routing_joint, "SMALL", 0)
    joint = routing_joint.route_jointly(orders, stock, Policy())
    assert joint.bound <= joint.objective + 1e-6
    assert "A" not in joint.plans[-1].sources
    left = dict(stock)
    for (needs, *_rest), plan in zip(orders, joint.plans, strict=True):
        for place, quantity in taken(needs, plan):
            left[place] = left.get(place, 0.0) - quantity
    assert min(left.values()) > -1e-6


def test_the_solver_answers_in_its_own_process():
    program = {
        "cost": [1.0, 1.0], "upper": [1.0, 1.0], "integer": [True, True],
        "low": [1.0], "high": [2.0], "row": [0, 0], "column": [0, 1], "value": [1.0, 1.0],
        "start": [],
    }  # fmt: skip
    solution = routing_solver.solve(program, 10, 0.0)
    assert sum(solution.values) == 1 and solution.optimal
    assert routing_solver.solve({**program, "low": [9.0], "high": [9.0]}, 10, 0.0).values == []


def test_explanation_says_what_would_have_changed_the_choice():
    rule = Rule(filters=(Filter("product", sites=frozenset("C")),))
    order = request((1, "x", 3), rules=[rule])
    stock = {("A", "x"): 1.0, ("B", "x"): 3.0, ("C", "x"): 9.0}
    outcome = routing_rules.decide(order, stock)
    rows = {row["site"]: row for row in routing_explain.explain(order, outcome, stock)}
    assert rows["B"]["chosen"] and rows["B"]["change"] == ""
    assert rows["A"]["missing"] == {"x": 2} and rows["A"]["change"] == "stock"
    assert rows["C"]["blocked"] == {1: "product"}
    assert rows["C"]["change"] == "never"  # B comes before C in the order of warehouses


def test_places_and_distances():
    albany = routing_geo.locate(city="Albany", state="NY", country="US")
    assert albany[2] == "city"
    alameda = routing_geo.locate(city="alameda", state="CA", country="US")
    assert routing_geo.distance(albany, alameda) == pytest.approx(4100, rel=0.05)
    assert routing_geo.locate(city="Nowhereville", state="NY", country="US")[2] == "state"
    assert routing_geo.locate(city="Nowhereville", country="DE")[2] == "country"
    assert routing_geo.locate(50.0, 8.0) == (50.0, 8.0, "own")
    assert routing_geo.locate() is None and routing_geo.locate(country="XX") is None
    assert routing_geo.distance(albany, None) is None


def test_the_map_is_safe_svg():
    sites = [{"name": "<b>East & Co", "at": [40.7, -74], "kind": "chosen"},
             {"name": "West", "at": [37.8, -122], "kind": "blocked"},
             {"name": "Unknown", "at": None, "kind": "other"}]  # fmt: skip
    root = ET.fromstring(routing_map.draw(sites, {"name": "Albany", "at": [42.6, -73.7]}))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["<b>East & Co", "West", "Albany"]
    assert routing_map.draw(sites[2:], None) == ""
