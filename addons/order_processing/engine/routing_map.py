"""A small map of one decision: warehouses, destination, and where the goods go. SVG text."""

import math
from html import escape

WIDTH, HEIGHT, EDGE = 520, 220, 34
COLOURS = {"chosen": "#198754", "blocked": "#dc3545", "other": "#6c757d"}


def draw(sites, customer):
    """Draw warehouses and the destination by their coordinates.

    :param sites: list of dicts ``name``, ``at`` (latitude, longitude), ``kind`` (key of COLOURS)
    :param customer: dict ``name`` and ``at``, or None
    :return: SVG as text, empty if there are not two places to draw
    """
    points = [site for site in sites if site.get("at")]
    if customer and customer.get("at"):
        points = [*points, {**customer, "kind": "customer"}]
    if len(points) < 2:
        return ""
    place = _projection([point["at"] for point in points])
    parts = []
    if points[-1]["kind"] == "customer":
        end = place(points[-1]["at"])
        for site in points[:-1]:
            if site["kind"] == "chosen":
                x, y = place(site["at"])
                parts.append(
                    f'<line x1="{x:.0f}" y1="{y:.0f}" x2="{end[0]:.0f}" y2="{end[1]:.0f}"'
                    f' stroke="{COLOURS["chosen"]}" stroke-width="2"/>'
                )
    for point in points:
        parts.append(_marker(point, *place(point["at"])))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' style="max-width:{WIDTH}px;width:100%" font-family="sans-serif" font-size="11">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="4" fill="#f8f9fa"/>{"".join(parts)}</svg>'
    )


def _projection(places):
    """A function from coordinates to the picture: equal scales at the middle latitude."""
    middle = sum(lat for lat, _lon in places) / len(places)
    shrink = max(math.cos(math.radians(middle)), 0.1)
    xs = [lon * shrink for _lat, lon in places]
    ys = [-lat for lat, _lon in places]
    scale = min(
        (WIDTH - 2 * EDGE) / max(max(xs) - min(xs), 0.5),
        (HEIGHT - 2 * EDGE) / max(max(ys) - min(ys), 0.5),
    )
    left, top = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2

    def place(at):
        return (
            WIDTH / 2 + (at[1] * shrink - left) * scale,
            HEIGHT / 2 + (-at[0] - top) * scale,
        )

    return place


def _marker(point, x, y):
    side = "end" if x > WIDTH * 0.75 else "start"
    text_x = x - 10 if side == "end" else x + 10
    label = (
        f'<text x="{text_x:.0f}" y="{y + 4:.0f}" text-anchor="{side}" fill="#212529">'
        f"{escape(point['name'])}</text>"
    )
    if point["kind"] == "customer":
        return f'<path d="M{x:.0f} {y - 8:.0f} l7 8 -7 8 -7 -8z" fill="#0d6efd"/>{label}'
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="6" fill="{COLOURS[point["kind"]]}"/>{label}'
