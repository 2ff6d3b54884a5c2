"""A floor as a picture (SVG): its aisles, a walk past numbered stops, or places with their heat."""

from html import escape

from . import picking

SCALE = 20.0  # points a metre
MARGIN = 34.0


def route_svg(block, aisles, stops, title=""):
    """Draw the walk past ``stops`` in the order given.

    :param picking.Block block: the warehouse
    :param dict aisles: name of each aisle by its x in metres
    :param stops: list of :class:`picking.Stop`; each key is the text shown when hovering
    :param str title: text for screen readers
    :return: ``<svg>`` element as text, every name in it escaped
    """
    xs = sorted({*aisles, *(stop.x for stop in stops), *_ends(block)})
    place, parts = _floor(block, aisles, xs, title)
    path = " ".join(
        f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in picking.floor_path(block, stops))
    )
    parts.append(
        f'<polyline points="{path}" fill="none" stroke="#714b67" stroke-width="2.5" '
        'stroke-linejoin="round" stroke-dasharray="7 4"/>'
    )
    parts += [_stop(rank, stop, *place(stop.x, stop.y)) for rank, stop in enumerate(stops, 1)]
    return "".join([*parts, _start(block, place), "</svg>"])


def map_svg(block, aisles, places, title=""):
    """Draw every place: a box for each, the redder the more often it is picked from.

    :param dict aisles: name of each aisle by its x in metres
    :param list places: (text shown when hovering, x, y, heat from 0 to 1, whether there is stock)
    :return: ``<svg>`` element as text, every name in it escaped
    """
    xs = sorted({*aisles, *(x for _text, x, _y, _heat, _full in places), *_ends(block)})
    place, parts = _floor(block, aisles, xs, title)
    for text, x, y, heat, full in places:
        left, top = place(x, y)
        colour = f"rgb({255 - 25 * heat:.0f},{240 - 190 * heat:.0f},{225 - 175 * heat:.0f})"
        parts.append(
            f'<rect x="{left - 9:.1f}" y="{top - 9:.1f}" width="18" height="18" rx="3" '
            f'fill="{colour if full or heat else "#ffffff"}" '
            f'stroke="{"#714b67" if full else "#c6cad0"}" stroke-width="{1.5 if full else 1}">'
            f"<title>{escape(str(text))}</title></rect>"
        )
    return "".join([*parts, _start(block, place), "</svg>"])


def _floor(block, aisles, xs, title):
    """The empty floor: (function from metres to points, parts of the picture so far)."""
    width = (xs[-1] - xs[0]) * SCALE + 2 * MARGIN
    height = block.length * SCALE + 2 * MARGIN

    def place(x, y):
        return (x - xs[0]) * SCALE + MARGIN, height - MARGIN - y * SCALE

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{min(width, 1000):.0f}" role="img" style="max-width:100%;max-height:480px">',
        f"<title>{escape(title)}</title>",
    ]
    for x, name in sorted(aisles.items()):
        left, top = place(x, block.length)
        for low, high in zip(block.cross, block.cross[1:], strict=False):
            # A cross aisle in the middle shows as a gap in the rack.
            low, high = low + 0.6 * (low > 0), high - 0.6 * (high < block.length)
            parts.append(
                f'<rect x="{left - 9:.1f}" y="{place(x, high)[1]:.1f}" width="18" '
                f'height="{max(high - low, 0) * SCALE:.1f}" rx="3" fill="#e7e9ed"/>'
            )
        parts.append(
            f'<text x="{left:.1f}" y="{top - 14:.1f}" text-anchor="middle" font-size="12" '
            f'fill="#6c757d">{escape(str(name))}</text>'
        )
    return place, parts


def _ends(block):
    return {picking.depot(block).x, picking.end(block).x}


def _start(block, place):
    """A square where walks start, and a round one where they end elsewhere."""
    start, last = picking.depot(block), picking.end(block)
    x, y = place(start.x, start.y)
    title = "Start and end" if start == last else "Start"
    drawn = (
        f'<rect x="{x - 7:.1f}" y="{y - 7:.1f}" width="14" height="14" fill="#017e84">'
        f"<title>{title}</title></rect>"
    )
    if start != last:
        x, y = place(last.x, last.y)
        drawn += (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="#ffffff" stroke="#017e84" '
            'stroke-width="4"><title>End</title></circle>'
        )
    return drawn


def _stop(rank, stop, x, y):
    return (
        f"<g><title>{escape(str(stop.key))}</title>"
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="#714b67"/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" font-size="11" '
        f'font-weight="bold" fill="#ffffff">{rank}</text></g>'
    )
