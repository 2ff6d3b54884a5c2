"""Figures → pictures of charts (PNG), for mail programs, which draw nothing themselves.

No Odoo. Drawn by the library ``matplotlib``, through its objects and not its global state, so
that workers with threads don't meet. Titles and texts aren't drawn: the mail writes them, in any
language; a picture has only its axes and the names that data brings.
"""

import io
from dataclasses import dataclass

BLUE, ORANGE, GREEN, RED, GREY = "#4EA7F2", "#F4A261", "#2A9D8F", "#DC6965", "#878D97"
#: Inches and dots: twice the 548 pixels a mail is wide, so that it is sharp on a phone too.
SIZE, DOTS = (5.48, 2.2), 200
MOST_BARS = 8
MOST_LETTERS = 24
TICKS = 7


@dataclass(frozen=True)
class Series:
    """Points of one line; None where it has none."""

    values: tuple
    color: str = BLUE
    is_dashed: bool = False


def available():
    """Whether the library is installed."""
    try:
        import matplotlib  # noqa: F401, PLC0415 (optional, and slow to load)
    except ImportError:
        return False
    return True


def _axes():
    from matplotlib.figure import Figure  # noqa: PLC0415 (optional, and slow to load)

    figure = Figure(figsize=SIZE, dpi=DOTS, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY, labelsize=8)
    return figure, axes


def _png(figure):
    target = io.BytesIO()
    figure.savefig(target, format="png")
    return target.getvalue()


def lines(labels, series, is_share=False):
    """Lines over a row of days or weeks.

    :param labels: text of each place
    :param series: :class:`Series`, each with as many values as there are labels
    :param is_share: values are shares, 1 is 100 %
    :return: bytes of a PNG
    """
    figure, axes = _axes()
    for one in series:
        values = [float("nan") if value is None else value for value in one.values]
        axes.plot(
            range(len(labels)),
            values,
            color=one.color,
            linestyle="--" if one.is_dashed else "-",
            # A point between two gaps would not be seen as a line.
            marker="o",
            markersize=2.5,
        )
    step = max(-(-len(labels) // TICKS), 1)
    axes.set_xticks(range(0, len(labels), step), labels[::step])
    axes.grid(axis="y", color="#E6E6E6")
    if is_share:
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(lambda value, _place: f"{value * 100:.0f} %")
    else:
        axes.set_ylim(bottom=0)
    return _png(figure)


def bars(pairs, color=BLUE):
    """Bars, the longest on top.

    :param pairs: (name, value), as :func:`largest` gives them
    :param color: of the bars
    :return: bytes of a PNG
    """
    figure, axes = _axes()
    names = [_short(name) for name, _value in pairs]
    drawn = axes.barh(range(len(pairs)), [value for _name, value in pairs], color=color)
    axes.bar_label(drawn, [f"{value:,.0f}" for _name, value in pairs], padding=3, fontsize=8)
    axes.set_yticks(range(len(pairs)), names)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    return _png(figure)


def largest(pairs):
    """The largest :data:`MOST_BARS` of (name, value), largest first; without zero and below."""
    return sorted((pair for pair in pairs if pair[1] > 0), key=lambda pair: -pair[1])[:MOST_BARS]


def _short(name):
    # A dollar sign would begin a formula.
    name = name.replace("$", r"\$")
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
