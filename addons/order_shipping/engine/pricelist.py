"""A carrier's price list, read from a table: one band a row, and what is wrong with a row.

Columns are recognised by their names, in any order:
country, postal prefix, up to kg, side up to, girth up to, price, per kg, above kg, days from,
days to, free.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

COLUMNS = {
    "countries": ("country", "countries", "countrycode", "destination", "zonecountries"),
    "zip_prefix": ("postalprefix", "zipprefix", "zip", "postalcode", "postcode", "prefix"),
    "max_weight": ("uptokg", "maxweight", "maxkg", "weight", "weightkg", "upto"),
    "max_side": ("sideupto", "sideuptocm", "maxside", "maxlength", "longestside"),
    "max_girth": ("girthupto", "girthuptocm", "maxgirth", "girth"),
    "price": ("price", "rate", "amount", "charge"),
    "price_per_kg": ("perkg", "priceperkg", "additionalkg", "eachkg"),
    "from_weight": ("abovekg", "fromkg", "fromweight", "above"),
    "days_min": ("daysfrom", "transitdaysmin", "mindays"),
    "days_max": ("daysto", "days", "transitdays", "transitdaysmax", "maxdays"),
    "is_free": ("free", "isfree"),
}
NEEDED = ("price", "max_weight")
NUMBERS = (
    "price",
    "max_weight",
    "max_side",
    "max_girth",
    "price_per_kg",
    "from_weight",
    "days_min",
    "days_max",
)
TRUE = {"1", "x", "yes", "true", "y"}


@dataclass(frozen=True)
class Line:
    """One band of a price list."""

    row: int
    price: Decimal
    max_weight: Decimal = Decimal(0)
    max_side: Decimal = Decimal(0)
    max_girth: Decimal = Decimal(0)
    price_per_kg: Decimal = Decimal(0)
    from_weight: Decimal = Decimal(0)
    countries: tuple = ()
    zip_prefix: str = ""
    days_min: int = 0
    days_max: int = 0
    is_free: bool = False


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row: a code, the column, and what stands there."""

    row: int
    code: str  # number, negative, country, zero_price, days, twice
    column: str = ""
    value: str = ""


def guess_columns(headers):
    """dict of our name to the index of the column that is called like it."""
    plain = [re.sub(r"[^a-z]", "", header.lower()) for header in headers]
    return {
        name: plain.index(word)
        for name, words in COLUMNS.items()
        for word in [next((word for word in words if word in plain), None)]
        if word
    }


def read(rows, columns, to_decimal, countries):
    """Read the rows of a table.

    :param rows: sequences of text
    :param dict columns: as of :func:`guess_columns`
    :param to_decimal: function of a text that gives a Decimal, or None
    :param countries: known ISO codes
    :return: list of :class:`Line`, list of :class:`Problem`
    """
    lines, problems, seen = [], [], {}
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        line, wrong = _read_row(number, row, columns, to_decimal, countries)
        if wrong:
            problems.append(wrong)
            continue
        place = (
            line.countries,
            line.zip_prefix,
            line.max_weight,
            line.max_side,
            line.max_girth,
        )
        if place in seen:
            problems.append(Problem(number, "twice", "", str(seen[place])))
            continue
        seen[place] = number
        lines.append(line)
    return lines, problems


def _read_row(number, row, columns, to_decimal, countries):
    def cell(name):
        return row[columns[name]].strip() if name in columns else ""

    values = {}
    for name in NUMBERS:
        text = cell(name)
        value = to_decimal(text) if text else Decimal(0)
        if value is None:
            return None, Problem(number, "number", name, text)
        if value < 0:
            return None, Problem(number, "negative", name, text)
        values[name] = int(value) if name.startswith("days") else value
    codes = tuple(code.upper() for code in re.split(r"[\s,;/]+", cell("countries")) if code)
    unknown = [code for code in codes if code not in countries]
    if unknown:
        return None, Problem(number, "country", "countries", ", ".join(unknown))
    is_free = cell("is_free").lower() in TRUE
    if not values["price"] and not values["price_per_kg"] and not is_free:
        return None, Problem(number, "zero_price", "price", cell("price"))
    values["days_max"] = values["days_max"] or values["days_min"]
    if values["days_min"] > values["days_max"]:
        return None, Problem(number, "days", "days_max", cell("days_max"))
    line = Line(
        row=number,
        countries=codes,
        zip_prefix=cell("zip_prefix").upper(),
        is_free=is_free,
        **values,
    )
    return line, None
