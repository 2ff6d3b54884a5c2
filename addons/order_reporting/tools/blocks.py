"""The parts of the dashboards, each under a name that stays, and own dashboards made of them.

Pure Python. A copy of a dashboard keeps names of parts, not what they look like: so a part that
an update betters is bettered in every copy too.
"""

import re
from dataclasses import dataclass, replace

from .dashboards import DASHBOARDS
from .sheets import Chart, Dashboard, Listing, Score

SCORE, CHART, LISTING = "score", "chart", "list"
#: What a formula or a link in a cell would end at, and what is written in its place.
PLAIN = str.maketrans('"\\[]\n', "'/() ")


@dataclass(frozen=True)
class Block:
    """One part of a dashboard."""

    kind: str
    origin: str
    title: str
    part: Score | Chart | Listing


@dataclass(frozen=True)
class Choice:
    """A part as somebody wants it; ``title`` and ``wide`` are empty where it stays as it is."""

    code: str
    title: str = ""
    wide: bool | None = None


def _parts(dashboard):
    yield from ((SCORE, score.label, score) for score in dashboard.scores)
    yield from ((CHART, chart.title, chart) for chart in dashboard.charts)
    yield from ((LISTING, listing.title, listing) for listing in dashboard.listings)


def _name(dashboard, kind, title):
    words = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    return f"{dashboard.code}.{kind}.{words}"


DASHBOARD_OF = {dashboard.code: dashboard for dashboard in DASHBOARDS}
#: name → :class:`Block`, in the order in which the dashboards show them.
BLOCKS = {
    _name(dashboard, kind, title): Block(kind, dashboard.code, title, part)
    for dashboard in DASHBOARDS
    for kind, title, part in _parts(dashboard)
}


def names_of(code):
    """Names of the parts of one dashboard, in its order."""
    return [name for name, block in BLOCKS.items() if block.origin == code]


def compose(code, name, choices, period, channels=(), warehouses=()):
    """A dashboard of chosen parts.

    :param code: of the dashboard
    :param name: of the dashboard
    :param choices: :class:`Choice`, in the order wanted; scores always come first, then charts,
        then lists. Names that an update took away are passed over.
    :param period: it shows at first: one of Odoo's names of relative periods
    :param channels: ids it shows at first; all if empty
    :param warehouses: ids it shows at first; all if empty
    :return: :class:`sheets.Dashboard`
    """
    parts = {SCORE: [], CHART: [], LISTING: []}
    for choice in choices:
        block = BLOCKS.get(choice.code)
        if block:
            parts[block.kind].append(_as_wanted(block, choice))
    first, *more = parts[LISTING] or (None,)
    return Dashboard(
        code,
        name,
        tuple(parts[SCORE]),
        tuple(parts[CHART]),
        first,
        period,
        more=tuple(more),
        channels=tuple(channels),
        warehouses=tuple(warehouses),
    )


def _as_wanted(block, choice):
    changes = {}
    title = (choice.title or "").translate(PLAIN).strip()
    if title:
        changes["label" if block.kind == SCORE else "title"] = title
    if block.kind == CHART and choice.wide is not None:
        changes["wide"] = choice.wide
    return replace(block.part, **changes)
