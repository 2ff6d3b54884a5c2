from decimal import Decimal, InvalidOperation

from odoo.addons.order_shipping.engine import pricelist


def number(text):
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def read(headers, *rows):
    columns = pricelist.guess_columns(headers)
    return pricelist.read(rows, columns, number, {"US", "CA"})


def test_columns_in_any_order_and_case():
    found = pricelist.guess_columns(["PRICE", "Up to (kg)", "Country", "Days, to", "Colour"])
    assert found == {"price": 0, "max_weight": 1, "countries": 2, "days_max": 3}


def test_rows_become_bands():
    lines, problems = read(
        ["Country", "Postal Prefix", "Up to kg", "Price", "Days"],
        ["us, ca", "9a", "5", "12.50", "3"],
        ["", "", "", "", ""],
    )
    assert not problems
    [line] = lines
    assert (line.countries, line.zip_prefix) == (("US", "CA"), "9A")
    assert (line.max_weight, line.price, line.days_max) == (5, Decimal("12.50"), 3)


def test_each_wrong_row_is_told_with_its_number():
    _lines, problems = read(
        ["Country", "Up to kg", "Price", "Free", "Days from", "Days to"],
        ["US", "1", "x", "", "", ""],
        ["XX", "1", "2", "", "", ""],
        ["US", "-1", "2", "", "", ""],
        ["US", "1", "0", "", "", ""],
        ["US", "2", "0", "x", "", ""],
        ["US", "2", "3", "", "", ""],
        ["US", "3", "3", "", "5", "2"],
    )
    assert [(problem.row, problem.code) for problem in problems] == [
        (2, "number"),
        (3, "country"),
        (4, "negative"),
        (5, "zero_price"),
        (7, "twice"),
        (8, "days"),
    ]
