"""The list a driver signs for the parcels of a day. Needs reportlab, no ``odoo``."""

import io
from typing import NamedTuple

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from .labels import Pen

MARGIN = 40
LINE = 16
COLUMNS = (MARGIN, 195, 290, 420, 515)


class Row(NamedTuple):
    """One parcel on the list, as text."""

    parcel: str
    delivery: str
    recipient: str
    place: str
    weight: str


def render(head, rows, fonts, words):
    """Draw the list, as many pages as it takes.

    :param str head: carrier, number and day
    :param rows: list of :class:`Row`
    :param fonts: as for labels
    :param dict words: translated captions
    :return: PDF as bytes
    """
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    pen = Pen(canvas, fonts)
    y = 0
    for row in rows:
        if y < MARGIN + 6 * LINE:
            if y:
                canvas.showPage()
            y = _draw_head(canvas, pen, head, words)
        for x, value, room in zip(COLUMNS, row, (150, 90, 125, 90, 45), strict=True):
            pen.line(x, y, value, 9, room=room)
        y -= LINE
    pen.line(MARGIN, y - LINE, words["total"], 11, bold=True, room=300)
    canvas.line(330, y - 2.5 * LINE, A4[0] - MARGIN, y - 2.5 * LINE)
    pen.line(330, y - 3.3 * LINE, words["signature"], 8, room=200)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_head(canvas, pen, head, words):
    """Title and captions of a page; the height at which its rows begin."""
    top = A4[1] - MARGIN
    pen.line(MARGIN, top - 14, words["title"], 16, bold=True, room=300)
    pen.line(MARGIN, top - 32, head, 10, room=A4[0] - 2 * MARGIN)
    names = ("parcel", "delivery", "recipient", "place", "weight")
    for x, name in zip(COLUMNS, names, strict=True):
        pen.line(x, top - 56, words[name], 9, bold=True, room=120)
    canvas.line(MARGIN, top - 61, A4[0] - MARGIN, top - 61)
    return top - 61 - LINE
