"""What the barcodes of a GS1 logistic label say: element strings for GS1-128.

GS1 General Specifications, sections 3.2 (AI 00: SSCC), 3.3 (02 and 37: contained items and their
count), 3.4.2 (10: batch or lot) and 7.8 (FNC1 after elements of variable length).
"""

from reportlab.graphics import renderPM
from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.lib.units import mm

from .labels import FNC1, check_digit, is_sscc

#: FNC1 as it stands between elements; scanners send it as GS (ASCII 29).
SEPARATOR = FNC1
#: Width of the thinnest bar. Some builds of wkhtmltopdf shrink pages by a fifth: 0.51 mm then.
BAR = 0.64 * mm


def gtin14(code):
    """A GTIN (8, 12, 13, 14 digits) as 14 digits; None if ``code`` is none, by its check digit."""
    is_digits = bool(code) and code.isascii() and code.isdigit()
    if not is_digits or len(code) not in (8, 12, 13, 14) or check_digit(code[:-1]) != code[-1]:
        return None
    return code.zfill(14)


def elements(sscc, gtin=None, count=0, lot=""):
    """The barcodes of a logistic label, from top to bottom.

    :param str sscc: 18 digits
    :param gtin: of the items contained, if they are all alike
    :param int count: how many of them
    :param str lot: their lot, if all are of one
    :return: list of (data that starts with FNC1, text for people)
    :raise ValueError: the SSCC's check digit is wrong
    """
    if not is_sscc(sscc):
        raise ValueError(f"{sscc!r} is no SSCC")
    barcodes = []
    item = gtin14(gtin)
    if item and 0 < count <= 99_999_999 and count == int(count):
        # 02 has a fixed length; 37 and 10 don't, so FNC1 ends the first of the two.
        data, text = f"{FNC1}02{item}37{int(count)}", f"(02) {item} (37) {int(count)}"
        if _is_lot(lot):
            data, text = f"{data}{SEPARATOR}10{lot}", f"{text} (10) {lot}"
        barcodes.append((data, text))
    barcodes.append((f"{FNC1}00{sscc}", f"(00) {sscc}"))
    return barcodes


def barcode_png(data):
    """GS1-128 as a picture, for logistic labels: GS1 asks for bars of 0.495 to 1.016 mm.

    :param str data: as :func:`elements` gives it
    :return: PNG as bytes, 600 dots an inch
    """
    quiet = 10 * BAR
    drawing = createBarcodeDrawing(
        "Code128",
        value=data,
        barWidth=BAR,
        barHeight=40 * mm,
        quiet=True,
        lquiet=quiet,
        rquiet=quiet,
    )
    # ``asString`` knows no resolution: bars of less than two of its dots can't be read.
    return renderPM.drawToString(drawing, fmt="PNG", dpi=600)


def _is_lot(lot):
    """Up to 20 characters of GS1's set; of that, those that every scanner reads."""
    return bool(lot) and len(lot) <= 20 and lot.isascii() and lot.replace("-", "").isalnum()
