"""Carriers' bills as X12 210, read from bytes by order_processing's syntax."""

from decimal import Decimal

from odoo.addons.order_processing.engine.intake import x12_syntax
from odoo.addons.order_shipping.engine import edi210

D = Decimal
HEAD = (
    "ISA*00*          *00*          *02*CARR           *ZZ*SHIPPER        *261101*0900*U*00401*"
    "000000001*0*P*>~GS*IM*CARR*SHIPPER*20261101*0900*1*X*004010~"
)


def interchange(*bodies):
    """An interchange of transactions 210 with these bodies, each a list of segments."""
    text = HEAD
    for number, body in enumerate(bodies, 1):
        segments = [f"ST*210*{number:04d}", *body]
        segments.append(f"SE*{len(segments) + 1}*{number:04d}")
        text += "".join(f"{segment}~" for segment in segments)
    text += f"GE*{len(bodies)}*1~IEA*1*000000001~"
    found = x12_syntax.read(text.encode())
    assert found.sound, found.findings
    return [transaction for _group, transaction in found.transactions]


SHIPMENT = [
    "B3**INV100*PRO555*PP**20261031*1850****CARR",
    "C3*USD",
    "N9*2I*1Z0001",
    "N9*BM*S00042",
    "LX*1",
    "L5*1*LAMPS",
    "L0*1***11*G***2*CTN**L",
    "L1*1***1250****400",
    "L1*1***600****405",
]


def test_charges_of_a_parcel_with_its_weight():
    lines, problems, currencies = edi210.read(interchange(SHIPMENT))
    assert not problems and currencies == {"USD"}
    assert [(line.tracking_number, line.amount) for line in lines] == [
        ("1Z0001", D("12.5")),
        ("1Z0001", D(6)),
    ]
    assert [line.description for line in lines] == ["Freight", "Fuel surcharge"]
    assert round(lines[0].weight, 3) == D("4.990")


def test_lines_may_name_their_own_parcels():
    body = [
        "B3**INV101*PRO556*PP**20261031*30.50****CARR",
        "N9*CN*HEAD1",
        "LX*1",
        "N9*2I*1Z0002",
        "L1*1***10.00",
        "LX*2",
        "L0*2***3*G******K",
        "L1*2***2050***** ***Oversize",
    ]
    lines, problems, _currencies = edi210.read(interchange(body))
    assert not problems
    assert [(line.tracking_number, line.amount) for line in lines] == [
        ("1Z0002", D(10)),
        ("HEAD1", D("20.5")),
    ]
    assert lines[1].weight == 3


def test_an_invoice_without_lines_is_its_total():
    body = ["B3**INV102*PRO557*PP**20261031*995****CARR", "L3*22*G***995******2*L"]
    lines, problems, _currencies = edi210.read(interchange(body))
    assert not problems
    assert (lines[0].tracking_number, lines[0].amount) == ("PRO557", D("9.95"))
    assert round(lines[0].weight, 2) == D("9.98")


def test_what_is_wrong_is_named_and_the_others_are_read():
    wrong_total = [SHIPMENT[0].replace("1850", "1900"), *SHIPMENT[1:]]
    nobody = ["B3**INV103**PP**20261031*995****CARR"]
    no_amount = [SHIPMENT[0], "N9*2I*1Z1", "LX*1", "L1*1***twelve"]
    lines, problems, _currencies = edi210.read(
        interchange(SHIPMENT, wrong_total, nobody, no_amount, ["N9*2I*1Z1"])
    )
    assert len(lines) == 2
    assert [(problem.transaction, problem.code) for problem in problems] == [
        (2, edi210.TOTAL),
        (3, edi210.NO_TRACKING),
        (4, edi210.NO_AMOUNT),
        (5, edi210.NO_INVOICE),
    ]


def test_money_is_in_hundredths_unless_it_has_a_point():
    assert edi210.money("1250") == edi210.money("12.50") == D("12.5")
    assert edi210.money("-300") == -3
    assert edi210.money("") is None and edi210.money("NaN") is None
