"""Labels, read back from the picture as a scanner would."""

from dataclasses import replace
from decimal import Decimal

import pypdfium2
import pytest
import zxingcpp

from odoo.tools.misc import file_path

from odoo.addons.order_shipping.carriers import base, table
from odoo.addons.order_shipping.engine import labels

FONT = "web/static/fonts/google/Open_Sans/Open_Sans-{}.ttf"


@pytest.fixture(scope="module")
def fonts():
    return labels.Fonts(file_path(FONT.format("Regular")), file_path(FONT.format("Bold")))


def request(**changes):
    values = {
        "key": "9b1c",
        "sender": base.Address("Shipping Desk", "My Company", "1 Main St", city="Buffalo"),
        "recipient": base.Address(
            "Zażółć Gęślą Jaźń",
            street="ul. Świętokrzyska 1/3 m. 5",
            city="Kraków",
            zip="30-015",
            country_code="PL",
            country_name="Poland",
        ),
        "weight": Decimal("1.25"),
        "weight_text": "1.25 kg",
        "carrier": "Ground",
        "references": ("Order S00042", "WH/OUT/00007"),
        "tracking_number": labels.sscc("0614141", 4711),
        "parcel_number": 1,
        "parcel_count": 2,
        "cost": Decimal("8.50"),
        "currency": "USD",
    }
    return base.LabelRequest(**(values | changes))


def picture(pdf, dpi=300):
    return pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil().convert("L")


def scan(pdf, dpi=300):
    return zxingcpp.read_barcodes(picture(pdf, dpi))


@pytest.mark.parametrize("dpi", [203, 300])
def test_barcode_scans_as_gs1_sscc(fonts, dpi):
    """At 300 dpi, and at the 203 dpi of common thermal printers."""
    asked = request()
    result = table.TableCarrier(fonts).buy(asked)
    assert result.outcome == base.BOUGHT
    codes = scan(result.document, dpi)
    assert len(codes) == 1
    assert codes[0].format == zxingcpp.BarcodeFormat.Code128
    assert codes[0].symbology_identifier == "]C1"  # Code 128 with FNC1 first: GS1-128
    assert codes[0].bytes.decode() == "00" + asked.tracking_number
    assert codes[0].text == f"(00){asked.tracking_number}"


def test_page_is_4_by_6_inches_and_says_everything(fonts):
    asked = request()
    page = pypdfium2.PdfDocument(table.TableCarrier(fonts).buy(asked).document)[0]
    assert page.get_size() == (288.0, 432.0)
    text = page.get_textpage().get_text_bounded()
    for part in ("Zażółć Gęślą Jaźń", "Kraków 30-015", "Poland", "1 / 2", "1.25 kg", "S00042"):
        assert part in text
    assert f"(00) {asked.tracking_number}" in text


def test_letters_of_another_font_are_drawn_with_it(fonts):
    """Lato's web font lacks Cyrillic; with a fallback that has it the label is whole."""
    lato = file_path("web/static/fonts/lato/Lato-Reg-webfont.ttf")
    asked = request()
    asked = replace(asked, recipient=replace(asked.recipient, street="вул. Хрещатик 1"))
    alone = table.TableCarrier(labels.Fonts(lato, lato)).buy(asked)
    assert alone.code == table.UNPRINTABLE
    result = table.TableCarrier(labels.Fonts(lato, lato, (fonts.regular,))).buy(asked)
    assert result.outcome == base.BOUGHT
    text = pypdfium2.PdfDocument(result.document)[0].get_textpage().get_text_bounded()
    assert "вул. Хрещатик 1" in text
    assert len(scan(result.document)) == 1


def test_long_lines_shrink_and_leave_the_barcode_alone(fonts):
    asked = request()
    asked = replace(
        asked,
        carrier="The Carrier With The Longest Name Of All " * 2,
        recipient=replace(asked.recipient, street="Long Street Name " * 8, street2="x" * 90),
        references=tuple(f"Reference {number}" for number in range(9)),
    )
    codes = scan(table.TableCarrier(fonts).buy(asked).document)
    assert [code.bytes.decode() for code in codes] == ["00" + asked.tracking_number]


def test_long_addresses_wrap_and_stay_readable(fonts):
    asked = request()
    words = "Industrial Estate North, Building 17, Loading Dock 42, Second Floor, behind the gate"
    company = "Lange Handelsgesellschaft für internationale Feinmechanik und Instrumente mbH"
    asked = replace(
        asked,
        sender=replace(asked.sender, street=words, street2=words, country_name="Freedonia"),
        recipient=replace(asked.recipient, company=company, street=words, street2=words),
    )
    page = pypdfium2.PdfDocument(table.TableCarrier(fonts).buy(asked).document)[0]
    text = " ".join(page.get_textpage().get_text_bounded().split())
    assert company in text and text.count(words) == 4
    assert "Freedonia" in text and "Poland" in text
    sizes = [thing.get_bounds() for thing in page.get_objects() if thing.type == 1]
    assert min(top - bottom for _left, bottom, _right, top in sizes if top > 236) > 4


def test_names_are_printed_however_their_letters_were_stored(fonts):
    asked = request()
    stored = "Jose\u0301\u200b Mu\u0308ller\n\u00a0Jr."
    asked = replace(asked, recipient=replace(asked.recipient, name=stored))
    result = table.TableCarrier(fonts).buy(asked)
    assert result.outcome == base.BOUGHT
    text = pypdfium2.PdfDocument(result.document)[0].get_textpage().get_text_bounded()
    assert "José Müller Jr." in text


@pytest.mark.parametrize("name", ["محمد", "दिल्ली", "北京市", "서울"])
def test_letters_without_a_font_are_refused_not_printed_as_boxes(fonts, name):
    asked = request()
    asked = replace(asked, recipient=replace(asked.recipient, name=name))
    result = table.TableCarrier(fonts).buy(asked)
    assert (result.outcome, result.code) == (base.REJECTED, table.UNPRINTABLE)
    assert set(result.detail[0]) == set(name)
    assert not result.document


def test_incomplete_address_and_missing_weight_are_refused(fonts):
    asked = request()
    bad = replace(asked, recipient=replace(asked.recipient, city=" ", zip=""))
    result = table.TableCarrier(fonts).buy(bad)
    assert (result.outcome, result.code) == (base.REJECTED, table.INCOMPLETE)
    assert result.detail == ("city", "zip")
    result = table.TableCarrier(fonts).buy(replace(asked, weight=Decimal(0)))
    assert (result.outcome, result.code) == (base.REJECTED, table.NO_WEIGHT)
    no_zip = replace(asked.recipient, zip="", country_code="HK")
    asked = replace(asked, recipient=no_zip, needs_zip=False)
    assert table.TableCarrier(fonts).buy(asked).outcome == base.BOUGHT


def test_same_request_same_paper(fonts):
    carrier = table.TableCarrier(fonts)
    assert carrier.buy(request()).document == carrier.buy(request()).document


def test_wrong_sscc_is_never_drawn(fonts):
    with pytest.raises(ValueError, match="no SSCC"):
        labels.render(labels.LabelSheet("306141411234567890", (), (), "Ground"), fonts)
