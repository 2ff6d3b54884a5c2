"""Pictures of a bench's result as SVG, without a library."""

from pathlib import Path

COLOR = "#714B67"
#: Pixels from one value to the next, to the first, down to the axis and of the highest value.
STEP, LEFT, BOTTOM, HEIGHT = 90, 60, 170, 140


def bars(values, path, caption, digits=2):
    """A bar for each value.

    :param dict values: by what is written below
    """
    top = max(values.values())
    parts = []
    for at, (name, value) in enumerate(values.items()):
        left, height = LEFT + STEP * at, HEIGHT * value / top
        parts.append(
            f'<rect x="{left}" y="{BOTTOM - height:.0f}" width="60" height="{height:.0f}"'
            f' fill="{COLOR}"/>'
        )
        parts += _labels(left + 30, BOTTOM - height - 10, name, f"{value:.{digits}f}")
    _write(path, LEFT + STEP * len(values) + 40, parts, caption)


def line(values, path, caption, digits=0):
    """A line through the values.

    :param dict values: by what is written below
    """
    top = max(values.values())
    points = {
        name: (LEFT + STEP * at, BOTTOM - HEIGHT * value / top)
        for at, (name, value) in enumerate(values.items())
    }
    places = " ".join(f"{x},{y:.0f}" for x, y in points.values())
    parts = [f'<polyline points="{places}" fill="none" stroke="{COLOR}" stroke-width="2"/>']
    for name, (x, y) in points.items():
        parts.append(f'<circle cx="{x}" cy="{y:.0f}" r="4" fill="{COLOR}"/>')
        parts += _labels(x, y - 8, name, f"{values[name]:.{digits}f}")
    _write(path, LEFT + STEP * len(values), parts, caption)


def _labels(x, y, name, value):
    name = f"{name:,}" if isinstance(name, int) else name
    return [
        f'<text x="{x}" y="{y:.0f}" text-anchor="middle">{value}</text>',
        f'<text x="{x}" y="{BOTTOM + 20}" text-anchor="middle">{name}</text>',
    ]


def _write(path, width, parts, caption):
    Path(path).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{BOTTOM + 45}"'
        f' font-family="sans-serif" font-size="13">{"".join(parts)}'
        f'<text x="20" y="{BOTTOM + 40}">{caption}</text></svg>\n'
    )
