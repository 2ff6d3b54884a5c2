"""Figures → pictures of charts (PNG), for mails and paper, which draw nothing themselves.

No Odoo. Drawn by the library ``matplotlib``, through its objects and not its global state, so
that workers with threads don't meet. Titles and texts aren't drawn: the mail writes them, in any
language; a picture has only its axes and the names that data brings.
"""

import io
from dataclasses import dataclass

BLUE, ORANGE, GREEN, RED, GREY = "#4EA7F2", "#F4A261", "#2A9D8F", "#DC6965", "#878D97"
#: Inches and dots: twice the 548 pixels a mail is wide, so that it is sharp on a phone too.
SIZE, DOTS = (5.48, 2.2), 200
#: On paper: beside another one, and over the whole width.
HALF, WHOLE = (3.6, 2.1), (7.4, 2.2)
#: Of several lines or parts of columns, one after the other.
COLORS = (BLUE, ORANGE, GREEN, RED, "#8E7CC3", "#C27BA0", GREY)
MOST_BARS = 8
MOST_LETTERS = 24
TICKS = 7


@dataclass(frozen=True)
class Series:
    """Points of one line; None where it has none."""

    values: tuple
    color: str = BLUE
    is_dashed: bool = False
    name: str = ""


def available():
    """Whether the library is installed."""
    try:
        import matplotlib  # noqa: F401, PLC0415 (optional, and slow to load)
    except ImportError:
        return False
    return True


def _axes(size):
    from matplotlib.figure import Figure  # noqa: PLC0415 (optional, and slow to load)

    figure = Figure(figsize=size, dpi=DOTS, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY, labelsize=8)
    return figure, axes


def _png(figure):
    target = io.BytesIO()
    figure.savefig(target, format="png")
    return target.getvalue()


def lines(labels, series, is_share=False, size=SIZE):
    """Lines over a row of days or weeks.

    :param labels: text of each place
    :param series: :class:`Series`, each with as many values as there are labels
    :param is_share: values are shares, 1 is 100 %
    :param size: inches
    :return: bytes of a PNG
    """
    figure, axes = _axes(size)
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
            label=_short(one.name),
        )
    _finish(axes, labels, series, is_share)
    return _png(figure)


def columns(labels, series, is_share=False, size=SIZE):
    """Columns over a row of days, weeks or months; several series stand on one another.

    :param labels: text of each place
    :param series: :class:`Series`, each with as many values as there are labels
    :param is_share: values are shares, 1 is 100 %
    :param size: inches
    :return: bytes of a PNG
    """
    figure, axes = _axes(size)
    below = [0.0] * len(labels)
    for one in series:
        values = [value or 0.0 for value in one.values]
        axes.bar(range(len(labels)), values, bottom=below, color=one.color, label=_short(one.name))
        below = [low + value for low, value in zip(below, values, strict=True)]
    _finish(axes, labels, series, is_share)
    return _png(figure)


def _finish(axes, labels, series, is_share):
    """The scales, and the names of several series."""
    step = max(-(-len(labels) // TICKS), 1)
    axes.set_xticks(range(0, len(labels), step), labels[::step])
    axes.grid(axis="y", color="#E6E6E6")
    axes.set_axisbelow(True)
    if is_share:
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(lambda value, _place: f"{value * 100:.0f} %")
    elif not any(value and value < 0 for one in series for value in one.values):
        axes.set_ylim(bottom=0)
    if len(series) > 1 and any(one.name for one in series):
        axes.legend(fontsize=6, ncols=min(len(series), 4), frameon=False, loc="upper left")


def bars(pairs, color=BLUE, is_share=False, decimals=0, size=SIZE):
    """Bars, the longest on top.

    :param pairs: (name, value), as :func:`largest` gives them
    :param color: of the bars
    :param is_share: values are shares, 1 is 100 %
    :param decimals: of the values written beside the bars
    :param size: inches
    :return: bytes of a PNG
    """
    figure, axes = _axes(size)
    names = [_short(name) for name, _value in pairs]
    drawn = axes.barh(range(len(pairs)), [value for _name, value in pairs], color=color)
    texts = [
        f"{value * 100:.0f} %" if is_share else f"{value:,.{decimals}f}" for _name, value in pairs
    ]
    axes.bar_label(drawn, texts, padding=3, fontsize=8)
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
