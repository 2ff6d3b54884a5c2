"""Numbers and paper of parcels: SSCC-18 and the 4 by 6 inch label with its GS1-128 barcode.

GS1 General Specifications: section 1.4.4 (SSCC: extension digit, company prefix, serial reference,
check digit), 7.9 (check digit) and 5.4 (GS1-128: Code 128 that starts with FNC1). Needs reportlab,
no ``odoo``.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import bidirectional, category

from PIL import Image
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.lib.units import inch
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

#: GS1's prefix for examples in documentation: parcels with it may not enter a public carrier's net.
DOCUMENTATION_PREFIX = "0614141"
PAGE = (4 * inch, 6 * inch)
MARGIN = 12.0
FNC1 = "\xf1"  # how reportlab's Code 128 spells it


# === SSCC === #


def check_digit(digits):
    """GS1 check digit of ``digits`` (a string): weights 3, 1, 3 … from the right, modulo 10."""
    total = sum(int(digit) * (3, 1)[rank % 2] for rank, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def is_company_prefix(prefix):
    """Tell whether ``prefix`` can be a GS1 company prefix: 4 to 12 digits."""
    return bool(prefix) and prefix.isascii() and prefix.isdigit() and 4 <= len(prefix) <= 12


def sscc(prefix, serial):
    """Build the SSCC-18 of parcel number ``serial`` (from 0) under a GS1 company prefix.

    The extension digit continues the serial, so ten times as many parcels get their own number.

    :raise ValueError: the prefix isn't one, or its numbers are used up
    """
    if not is_company_prefix(prefix):
        raise ValueError(f"{prefix!r} is no GS1 company prefix")
    width = 16 - len(prefix)
    extension, reference = divmod(serial, 10**width)
    if serial < 0 or extension > 9:
        raise ValueError(f"The numbers of GS1 company prefix {prefix} are used up")
    digits = f"{extension}{prefix}{reference:0{width}d}"
    return digits + check_digit(digits)


def is_sscc(value):
    """Tell whether ``value`` is 18 digits, the last being their check digit."""
    value = value or ""
    is_digits = len(value) == 18 and value.isascii() and value.isdigit()
    return is_digits and check_digit(value[:-1]) == value[-1]


# === LABEL === #


@dataclass(frozen=True)
class LabelSheet:
    """Everything a label says. Addresses are lines of text, the first one being the name."""

    sscc: str
    sender: tuple
    recipient: tuple
    carrier: str
    service: str = ""
    references: tuple = ()  # such as "Order S00042"
    weight: str = ""
    parcel_number: int = 1
    parcel_count: int = 1


@dataclass(frozen=True)
class Fonts:
    """Paths of TrueType fonts: regular, bold, and others for letters those two lack."""

    regular: str
    bold: str
    fallbacks: tuple = ()


@lru_cache(maxsize=8)
def _fonts(fonts):
    """Register the fonts once: list of (name in reportlab, code points it has)."""
    registered = []
    for path in (fonts.regular, fonts.bold, *fonts.fallbacks):
        name = f"label-{abs(hash(path))}"
        pdfmetrics.registerFont(TTFont(name, path))
        registered.append((name, frozenset(pdfmetrics.getFont(name).face.charToGlyph)))
    return registered


def _is_plain(char):
    """Letters that stand side by side from left to right: all that reportlab can set."""
    return bidirectional(char) not in ("R", "AL") and not category(char).startswith("M")


def _font_for(char, preferred, registered):
    """Name of the first font that has ``char``; None where none has, or it couldn't be set."""
    if not _is_plain(char):
        return None
    choices = [registered[preferred], *registered[2:]]
    return next((name for name, known in choices if ord(char) in known), None)


def unprintable(texts, fonts):
    """Characters of ``texts`` that the label can't show rightly, as a sorted string."""
    registered = _fonts(fonts)
    chars = {char for text in texts for char in text or ""}
    return "".join(
        sorted(
            char
            for char in chars
            if not (_font_for(char, 0, registered) and _font_for(char, 1, registered))
        )
    )


def _runs(text, preferred, registered):
    """Cut a text into [font name, part]."""
    runs = []
    for char in text:
        name = _font_for(char, preferred, registered) or registered[preferred][0]
        if runs and runs[-1][0] == name:
            runs[-1][1] += char
        else:
            runs.append([name, char])
    return runs


class Pen:
    """Writes text on the canvas, in lines that wrap or shrink until they fit; cuts nothing."""

    def __init__(self, canvas, fonts):
        self.canvas = canvas
        self.registered = _fonts(fonts)

    def _width(self, runs, size):
        return sum(pdfmetrics.stringWidth(part, font, size) for font, part in runs)

    def line(self, x, y, text, size, bold=False, room=PAGE[0] - 2 * MARGIN, align="left"):
        runs = _runs(text, int(bold), self.registered)
        while size > 4 and self._width(runs, size) > room:
            size -= 0.5
        if align == "center":
            x -= self._width(runs, size) / 2
        elif align == "right":
            x -= self._width(runs, size)
        for font, part in runs:
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, part)
            x += pdfmetrics.stringWidth(part, font, size)

    def block(self, x, top, texts, room, size, is_first_bold=False):
        """Write lines of text below ``top``, wrapped between words, as large as they fit.

        :param tuple room: width and height to fill at most, in points
        :param float size: of the letters, at most
        """
        while True:
            rows = [
                (row, is_first_bold and not rank)
                for rank, text in enumerate(texts)
                for row in self._wrap(text, is_first_bold and not rank, size, room[0])
            ]
            pitch = size * 1.26
            if len(rows) * pitch <= room[1] or size <= 5:
                break
            size -= 0.5
        for rank, (row, is_bold) in enumerate(rows):
            self.line(x, top - size - rank * pitch, row, size, bold=is_bold, room=room[0])

    def _wrap(self, text, is_bold, size, room):
        """Rows of whole words, each as wide as ``room`` unless one word alone is wider."""
        rows = []
        for word in text.split():
            longer = f"{rows[-1]} {word}" if rows else word
            runs = _runs(longer, int(is_bold), self.registered)
            if rows and self._width(runs, size) <= room:
                rows[-1] = longer
            else:
                rows.append(word)
        return rows

    def rule(self, y, thickness=1.0):
        self.canvas.setLineWidth(thickness)
        self.canvas.line(MARGIN, y, PAGE[0] - MARGIN, y)


def render(sheet, fonts, words=None):
    """Draw a parcel label of 4 by 6 inches.

    :param LabelSheet sheet: what it says
    :param Fonts fonts: fonts to write with
    :param dict words: translations of the captions ``from``, ``to``, ``parcel``, ``weight``
    :return: PDF as bytes
    :raise ValueError: the SSCC's check digit is wrong
    """
    if not is_sscc(sheet.sscc):
        raise ValueError(f"{sheet.sscc!r} is no SSCC")
    words = {"from": "FROM", "to": "TO", "parcel": "PARCEL", "weight": "WEIGHT"} | (words or {})
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=PAGE, invariant=1)
    canvas.setTitle(f"SSCC {sheet.sscc}")
    pen = Pen(canvas, fonts)
    top = PAGE[1] - MARGIN
    pen.line(MARGIN, top - 8, words["from"], 7, bold=True)
    width = PAGE[0] - 2 * MARGIN
    pen.block(MARGIN + 34, top, sheet.sender, (width - 34, 55), 8)
    pen.rule(top - 58)
    pen.line(MARGIN, top - 70, words["to"], 7, bold=True)
    pen.block(MARGIN, top - 75, sheet.recipient, (width, 116), 13, is_first_bold=True)
    pen.rule(top - 196, 2)
    pen.line(MARGIN, top - 216, sheet.carrier, 16, bold=True, room=170)
    pen.line(MARGIN, top - 230, sheet.service, 9, room=170)
    right = PAGE[0] - MARGIN
    count = f"{sheet.parcel_number} / {sheet.parcel_count}"
    pen.line(right, top - 208, words["parcel"], 6, room=80, align="right")
    pen.line(right, top - 222, count, 13, bold=True, room=80, align="right")
    pen.line(right, top - 234, f"{words['weight']} {sheet.weight}", 8, room=90, align="right")
    pen.rule(top - 240)
    pen.line(MARGIN, top - 254, "   ".join(sheet.references), 10)
    pen.rule(top - 262)
    _draw_barcode(canvas, pen, sheet.sscc)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_barcode(canvas, pen, number):
    """The SSCC as GS1-128, at least 32 mm high, with the text people type if it's damaged."""
    barcode = createBarcodeDrawing(
        "Code128",
        value=f"{FNC1}00{number}",
        barWidth=1.44,  # 0.508 mm: GS1 asks for 0.495 mm or more on logistic labels
        barHeight=96,
        quiet=True,
        lquiet=14.4,
        rquiet=14.4,
    )
    renderPDF.draw(barcode, canvas, (PAGE[0] - barcode.width) / 2, MARGIN + 22)
    pen.line(PAGE[0] / 2, MARGIN + 6, f"(00) {number}", 12, bold=True, align="center")


def picture_page(picture):
    """A label that came as a picture (GIF, PNG), as one page to be printed among others.

    :param bytes picture: the carrier's document; wide ones are turned upright
    :return: PDF as bytes
    """
    image = Image.open(io.BytesIO(picture)).convert("L")
    if image.width > image.height:
        image = image.transpose(Image.Transpose.ROTATE_270)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=PAGE, invariant=1)
    scale = min(PAGE[0] / image.width, PAGE[1] / image.height)
    canvas.drawImage(ImageReader(image), 0, 0, image.width * scale, image.height * scale)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
