"""Order lines as people paste them: a number, a quantity and perhaps a price in each row.

From spreadsheets the cells come parted by tabs, from files by semicolons or commas, from e-mails by
blanks, and the quantity stands before or behind the number: "3 x AB-100", "AB-100 3 pcs". What
can't be read is kept, with what is missing. Pure Python.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from .intake.numerals import decimal_mark, to_decimal
from .intake.reading import MAX_AMOUNT

#: More rows than this are a file, which the Inbox takes.
MAX_ROWS = 2000
MAX_CODE = 128

_TIMES = re.compile(
    r"(?P<before>\d[\d.,' ]*)\s*[x×*]\s+(?P<code>\S.*)"
    r"|(?P<code2>\S.*?)\s+[x×*]\s*(?P<after>\d[\d.,']*)(?P<rest>.*)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"[+-]?\d[\d.,'\u2019]*")
#: A quantity with its unit behind it, as in "12 pcs".
_WITH_UNIT = re.compile(r"(?P<amount>[+-]?\d[\d.,'\u2019]*)\s*[^\W\d_]{1,12}\.?")
#: Words of a heading, in the languages offices paste from; a first row without numbers is one, too.
_HEADING = re.compile(
    r"(sku|code|item|artikel|article|art|part|product|produkt|produit|ref|reference|barcode|ean"
    r"|qty|quantity|menge|quantite|quantité|anzahl|price|preis|prix)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PastedLine:
    """One row.

    :param row: its number in the text, from 1
    :param text: as it was pasted
    :param code: what names the product
    :param quantity: None when it couldn't be read; a row without any means one
    :param price: of a unit; None: today's price
    :param problem: ``quantity``, ``price``, ``code`` or nothing
    """

    row: int
    text: str
    code: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    problem: str = ""


def parse_lines(text):
    """Read pasted order lines.

    :param str text: as it came from the clipboard
    :return: list of :class:`PastedLine`, one for each row that isn't empty or a heading
    """
    rows = [
        (number, line.replace("\u00a0", " ").strip())
        for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1)
        if line.strip()
    ]
    delimiter = _delimiter([line for _number, line in rows])
    cells = [(number, line, _cells(line, delimiter)) for number, line in rows[:MAX_ROWS]]
    mark, _sure = decimal_mark(
        [cell for _number, _line, row in cells for cell in row[1:]], delimiter or ","
    )
    return [
        _read(number, line, row, mark)
        for position, (number, line, row) in enumerate(cells)
        if position or not _is_heading(row)
    ]


def _delimiter(lines):
    """What parts the cells in most rows; None: blanks do."""
    for mark in "\t;|":
        if sum(mark in line for line in lines) * 2 > len(lines):
            return mark
    # A comma may be a decimal mark: it parts cells where the number stands before the first one.
    commas = sum(bool(re.match(r"[^,\s]+\s*,\s*[\d\s]", line)) for line in lines)
    return "," if commas * 2 > len(lines) else None


def _cells(line, delimiter):
    """The cells of a row, the one that names the product first."""
    if delimiter:
        cells = [cell.strip().strip('"').strip() for cell in line.split(delimiter)]
        filled = [cell for cell in cells if cell] or [line]
        if len(filled) > 1 and _AMOUNT.fullmatch(filled[0]) and not _AMOUNT.match(filled[1]):
            filled[0], filled[1] = filled[1], filled[0]
        return filled
    times = _TIMES.fullmatch(line)
    if times:
        if times["code"]:
            return [times["code"].strip(), times["before"].strip()]
        return [times["code2"].strip(), times["after"], *times["rest"].split()]
    words = line.split()
    # The last amounts are quantity and price; words before them belong to the name.
    tail = []
    while len(words) > 1 and len(tail) < 2 and _AMOUNT.fullmatch(words[-1].strip("$€£")):
        tail.insert(0, words.pop())
    if not tail and len(words) > 2 and _AMOUNT.fullmatch(words[-2]):
        tail = [f"{words[-2]} {words[-1]}"]
        words = words[:-2]
    return [" ".join(words), *tail]


def _is_heading(cells):
    """Whether the first row names columns."""
    return len(cells) > 1 and all(_HEADING.fullmatch(cell) for cell in cells[:2])


def _read(number, line, cells, mark):
    code, *amounts = cells
    # Descriptions between number and quantity are no amounts.
    while len(amounts) > 1 and _amount(amounts[0], mark) is None:
        amounts = amounts[1:]
    quantity = _amount(amounts[0], mark) if amounts else Decimal(1)
    price = to_decimal(amounts[1], mark) if len(amounts) > 1 else None
    problem = ""
    if not code or len(code) > MAX_CODE:
        problem, code = "code", code[:MAX_CODE]
    elif quantity is None or not 0 < quantity <= MAX_AMOUNT:
        problem, quantity = "quantity", None
    elif len(amounts) > 1 and amounts[1] and (price is None or not 0 <= price <= MAX_AMOUNT):
        problem, price = "price", None
    return PastedLine(number, line, code, quantity, price, problem)


def _amount(text, mark):
    """A quantity, with or without a unit behind it; None if it is none."""
    unit = _WITH_UNIT.fullmatch(text)
    return to_decimal(unit["amount"] if unit else text, mark)
