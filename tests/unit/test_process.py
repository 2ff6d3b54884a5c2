"""How orders flowed: the graph on logs worked out by hand, its picture, and properties."""

from collections import Counter
from datetime import datetime, timedelta
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.flow import STEP_RANK
from odoo.addons.order_reporting.engine import process

DAY = datetime(2026, 3, 2)
WORDS = {"title": "Flow", "orders": "%d orders", "hours": "%.1f h", "days": "%.1f days"}


def trace(*steps):
    """Steps as names, each an hour after the one before, or (name, hours since the start)."""
    return [
        (item, DAY + timedelta(hours=place))
        if isinstance(item, str)
        else (item[0], DAY + timedelta(hours=item[1]))
        for place, item in enumerate(steps)
    ]


def test_three_orders_by_hand():
    graph = process.discover(
        [
            trace("intake", "release", ("ship", 5)),
            trace("intake", "release", ("ship", 9)),
            trace("intake", "hold", "release", "hold", "release", ("ship", 30)),
        ]
    )
    assert graph.orders == 3
    assert graph.nodes == {"intake": 3, "release": 3, "ship": 3, "hold": 1}
    assert graph.repeats == {"hold": 1, "release": 1}
    edges = {(edge.source, edge.target): (edge.count, edge.hours) for edge in graph.edges}
    assert edges["release", "ship"] == (3, 8.0)  # 4, 8 and 26 hours
    assert edges["hold", "release"] == (2, 1.0)
    assert edges[process.START, "intake"] == (3, 0.0)
    assert graph.variants[0] == (("intake", "release", "ship"), 2, 7.0)
    worst = process.waits(graph)[0]
    assert (worst.source, worst.target) == ("release", "ship")


def test_several_parcels_are_no_loop():
    graph = process.discover([trace("pick", "ship", "ship", "ship", "invoice")])
    assert graph.repeats == {}
    assert graph.variants == [(("pick", "ship", "invoice"), 1, 4.0)]


def test_nothing_gives_nothing():
    graph = process.discover([[], []])
    assert graph.orders == 0 and graph.variants == []
    assert process.draw(graph, STEP_RANK, {}, WORDS) == ""


def test_rare_ways_are_left_out_but_no_step_hangs_loose():
    traces = [trace("intake", "release", "ship")] * 99 + [trace("intake", "hold", "ship")]
    graph = process.discover(traces)
    shown = {(edge.source, edge.target) for edge in process.shown_edges(graph, 0.05)}
    assert ("intake", "hold") in shown and ("hold", "ship") in shown
    traces.append(trace("intake", "ship"))
    shown = process.shown_edges(process.discover(traces), 0.05)
    assert ("intake", "ship") not in {(edge.source, edge.target) for edge in shown}


def test_the_picture_is_well_formed_and_escapes_names():
    graph = process.discover([trace("intake", "release", ("ship", 60), "release")])
    svg = process.draw(graph, STEP_RANK, {"ship": "<b>Ship & go</b>"}, WORDS)
    root = ElementTree.fromstring(svg)
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "<b>Ship & go</b>" in texts
    assert any("days" in text for text in texts)
    assert any("↻ 1" in "".join(node.itertext()) for node in root.iter())


steps = st.sampled_from(["intake", "validate", "hold", "release", "pick", "ship", "pay"])


@given(st.lists(st.lists(steps, max_size=8), max_size=20))
def test_counts_equal_counting_pairs_one_by_one(drawn):
    graph = process.discover([trace(*names) for names in drawn])
    pairs, orders = Counter(), 0
    for names in drawn:
        short = [name for place, name in enumerate(names) if not place or names[place - 1] != name]
        orders += bool(short)
        pairs.update(zip(short, short[1:], strict=False))
    found = {
        (edge.source, edge.target): edge.count
        for edge in graph.edges
        if edge.source != process.START and edge.target != process.END
    }
    assert found == dict(pairs)
    assert graph.orders == orders == sum(count for _names, count, _hours in graph.variants)
    if graph.nodes:
        ElementTree.fromstring(process.draw(graph, STEP_RANK, {}, WORDS, 0))
        corners = list(process.places(graph.nodes, STEP_RANK).values())
        assert len(set(corners)) == len(corners)
