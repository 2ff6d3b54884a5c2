"""How orders really flowed: variants, loops and waits, from their logs.

Pure Python. A *trace* is the steps of one order in the order they were logged, each with its
moment. The directly-follows graph counts how often one step came right after another and how long
that took (van der Aalst, Process Mining, 2nd ed., 2016, chapter 6). It is laid out in columns by
the flow's own order of steps, so that the same step stands at the same place in every picture.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from html import escape
from statistics import median

START, END = "start", "end"
NODE_WIDTH, NODE_HEIGHT = 132, 44
GAP_X, GAP_Y = 46, 34
PER_ROW = 6


@dataclass
class Edge:
    source: str
    target: str
    count: int
    hours: float  # median


@dataclass
class Graph:
    """Nodes with how many orders went through them, edges with counts and median hours."""

    orders: int = 0
    nodes: dict = field(default_factory=dict)  # step → orders
    repeats: dict = field(default_factory=dict)  # step → orders that did it again after others
    edges: list = field(default_factory=list)
    variants: list = field(default_factory=list)  # (steps, orders, median hours)


def collapse(trace):
    """One entry for each run of the same step: several parcels of one shipment aren't a loop."""
    steps = []
    for step, moment in trace:
        if not steps or steps[-1][0] != step:
            steps.append((step, moment))
    return steps


def discover(traces):
    """The graph of some traces.

    :param traces: iterable of lists of (step, naive datetime), each in the order of the log
    """
    nodes, repeats, variants = Counter(), Counter(), Counter()
    spans, totals = defaultdict(list), defaultdict(list)
    orders = 0
    for trace in traces:
        steps = collapse(trace)
        if not steps:
            continue
        orders += 1
        names = tuple(step for step, _moment in steps)
        counts = Counter(names)
        nodes.update(counts.keys())
        repeats.update(step for step, times in counts.items() if times > 1)
        variants[names] += 1
        totals[names].append(_hours(steps[0][1], steps[-1][1]))
        spans[START, names[0]].append(0.0)
        spans[names[-1], END].append(0.0)
        for (source, begun), (target, done) in zip(steps, steps[1:], strict=False):
            spans[source, target].append(_hours(begun, done))
    edges = [
        Edge(source, target, len(found), median(found)) for (source, target), found in spans.items()
    ]
    edges.sort(key=lambda edge: (-edge.count, edge.source, edge.target))
    return Graph(
        orders=orders,
        nodes=dict(nodes),
        repeats=dict(repeats),
        edges=edges,
        variants=[
            (names, count, median(totals[names]))
            for names, count in sorted(variants.items(), key=lambda item: (-item[1], item[0]))
        ],
    )


def _hours(start, end):
    return max((end - start).total_seconds() / 3600, 0.0)


def shown_edges(graph, share):
    """The edges worth drawing: at least ``share`` of the orders, and for each step its most usual
    way in and out, so that nothing hangs loose."""
    least = graph.orders * share
    keep = {(edge.source, edge.target) for edge in graph.edges if edge.count >= least}
    for step in graph.nodes:
        ways_in = [edge for edge in graph.edges if edge.target == step]
        ways_out = [edge for edge in graph.edges if edge.source == step]
        keep.update((edge.source, edge.target) for edge in (*ways_in[:1], *ways_out[:1]))
    return [edge for edge in graph.edges if (edge.source, edge.target) in keep]


def waits(graph, least=1):
    """Edges by what they cost all orders together: count × median hours, worst first."""
    found = [edge for edge in graph.edges if edge.source != START and edge.target != END]
    found = [edge for edge in found if edge.count >= least]
    return sorted(found, key=lambda edge: -edge.count * edge.hours)


def places(steps, order):
    """Top left corner of each step, in rows of :data:`PER_ROW` by the flow's own order."""
    ranked = sorted(steps, key=lambda step: (order.get(step, len(order)), step))
    return {
        step: (
            20 + (number % PER_ROW) * (NODE_WIDTH + GAP_X),
            84 + (number // PER_ROW) * (NODE_HEIGHT + GAP_Y + 46),
        )
        for number, step in enumerate(ranked)
    }


def draw(graph, order, labels, words, share=0.02):
    """The graph as SVG.

    :param dict order: step → its rank in the flow
    :param dict labels: step → what people read
    :param dict words: ``orders``, ``hours``, ``days``, ``title``: translated formats
    :param float share: edges of fewer orders than this share aren't drawn
    """
    at = places(graph.nodes, order)
    if not at:
        return ""
    width = max(x for x, _y in at.values()) + NODE_WIDTH + 40
    height = max(y for _x, y in at.values()) + NODE_HEIGHT + 70
    edges = [edge for edge in shown_edges(graph, share) if edge.source in at and edge.target in at]
    most = max((edge.count for edge in edges), default=1)
    longest = max((edge.hours for edge in edges), default=0.0) or 1.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' style="min-width:{min(width, 760)}px;width:100%;max-width:{int(width * 1.3)}px">',
        f"<title>{escape(words['title'])}</title>",
        '<defs><marker id="o_process_tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9"'
        ' markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#6c757d"/></marker></defs>',
    ]
    parts += [_edge(edge, at, most, longest, words, labels) for edge in reversed(edges)]
    parts += [_node(step, at[step], graph, words, labels) for step in at]
    return "".join([*parts, "</svg>"])


def duration_text(hours, words):
    return words["hours"] % hours if hours < 48 else words["days"] % (hours / 24)


def _node(step, place, graph, words, labels):
    x, y = place
    count = graph.nodes[step]
    again = graph.repeats.get(step, 0)
    loop = f" ↻ {again}" if again else ""
    return (
        f'<g><rect x="{x}" y="{y}" width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="8"'
        f' fill="#ffffff" stroke="#017e84" stroke-width="1.5"/>'
        f'<text x="{x + NODE_WIDTH / 2}" y="{y + 18}" text-anchor="middle" font-size="13"'
        f' font-weight="bold" fill="#212529">{escape(labels.get(step, step))}</text>'
        f'<text x="{x + NODE_WIDTH / 2}" y="{y + 35}" text-anchor="middle" font-size="12"'
        f' fill="#495057">{escape(words["orders"] % count)}{loop}</text></g>'
    )


def _edge(edge, at, most, longest, words, labels):
    (x1, y1), (x2, y2) = at[edge.source], at[edge.target]
    weight = 1 + 5 * edge.count / most
    heat = min(edge.hours / longest, 1.0)
    color = f"hsl({int(200 - 200 * heat)},65%,45%)"
    middle = NODE_WIDTH / 2
    if y1 == y2 and x2 - x1 == NODE_WIDTH + GAP_X:
        path = f"M{x1 + NODE_WIDTH} {y1 + 22} L{x2 - 2} {y2 + 22}"
        text_x, text_y = (x1 + NODE_WIDTH + x2) / 2, y1 + 15
    elif y1 == y2:
        bow = 18 + 8 * abs(x2 - x1) / (NODE_WIDTH + GAP_X)
        top = y1 if x2 > x1 else y1 + NODE_HEIGHT
        sign = -1 if x2 > x1 else 1
        path = (
            f"M{x1 + middle} {top} C{x1 + middle} {top + sign * bow * 1.3}"
            f" {x2 + middle} {top + sign * bow * 1.3} {x2 + middle} {top + sign * 2}"
        )
        text_x, text_y = (x1 + x2) / 2 + middle, top + sign * bow + (0 if sign < 0 else 8)
    else:
        down = y2 > y1
        start = y1 + (NODE_HEIGHT if down else 0)
        end = y2 + (-2 if down else NODE_HEIGHT + 2)
        path = (
            f"M{x1 + middle} {start} C{x1 + middle} {(start + end) / 2}"
            f" {x2 + middle} {(start + end) / 2} {x2 + middle} {end}"
        )
        text_x, text_y = (x1 + x2) / 2 + middle, (start + end) / 2
    text = duration_text(edge.hours, words)
    name = f"{labels.get(edge.source, edge.source)} → {labels.get(edge.target, edge.target)}"
    return (
        f"<g><title>{escape(name)}: {escape(words['orders'] % edge.count)}, {escape(text)}</title>"
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{weight:.1f}"'
        f' stroke-opacity="0.65" marker-end="url(#o_process_tip)"/>'
        f'<text x="{text_x:.0f}" y="{text_y:.0f}" text-anchor="middle" font-size="10"'
        f' fill="#343a40" stroke="#ffffff" stroke-width="3" paint-order="stroke">'
        f"{escape(text)}</text></g>"
    )
