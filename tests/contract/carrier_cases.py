"""Shipments that every carrier's contract test sends: domestic, abroad, several boxes …"""

import dataclasses
import datetime
import uuid
from decimal import Decimal

from odoo.addons.order_shipping.carriers.base import (
    Account,
    Address,
    Box,
    Customs,
    CustomsItem,
    Hazard,
    PickupPoint,
    Shipment,
)

WAREHOUSE = Address(
    name="Dock Manager",
    company="Demo Shipper Inc.",
    street="1 Dock Road",
    street2="Gate 4",
    city="Newark",
    state="NJ",
    zip="07105",
    country_code="US",
    country_name="United States",
    phone="+1 973 555 0100",
    email="dock@example.com",
    tax_number="12-3456789",
    eori="GB123456789000",
)
HOME = Address(
    name="Ann Buyer",
    street="5 Elm Street",
    city="San Francisco",
    state="CA",
    zip="94105",
    country_code="US",
    country_name="United States",
    phone="+1 415 555 0199",
    email="ann@example.com",
)
ABROAD = Address(
    name="Luc Acheteur",
    company="Boutique SARL",
    street="12 Rue de la Paix",
    city="Paris",
    zip="75002",
    country_code="FR",
    country_name="France",
    phone="+33 1 23 45 67 89",
    email="luc@example.com",
    tax_number="FR12345678901",
    eori="FR12345678901234",
)
BOX = Box(Decimal("2.5"), Decimal(30), Decimal(20), Decimal("10.5"), Decimal(80))
DAY = datetime.date.today() + datetime.timedelta(days=1)


SPRAY = Hazard("1950", "2.1", "Aerosols, flammable", "", "Y203", Decimal("0.3"), "L", True)
PAINT = Hazard("1263", "3", "Paint", "II", "353", Decimal("1.5"), "L")
PHONE = Hazard(
    "3481",
    "9",
    "Lithium ion batteries contained in equipment",
    instruction="967",
    net=Decimal("0.05"),
    is_small_battery=True,
)
SHOP = Address(
    name="Corner Shop",
    street="77 Market Street",
    city="San Francisco",
    state="CA",
    zip="94103",
    country_code="US",
    phone="+1 415 555 0177",
)


def with_hazards(service, *goods, **changes):
    """A shipment of one box with dangerous goods in it."""
    box = dataclasses.replace(BOX, hazards=goods)
    values = {"service": service, "boxes": (box,), "emergency_phone": "+1 800 555 0100"}
    return shipment(**(values | changes))


def at_point(service, code, **changes):
    """A shipment that waits for its recipient in a shop."""
    return shipment(service=service, point=PickupPoint(code, SHOP), **changes)


def shipment(**changes):
    """A domestic shipment of one box, with ``changes``."""
    values = {
        "key": str(uuid.uuid4()),
        "sender": WAREHOUSE,
        "recipient": HOME,
        "boxes": (BOX,),
        "ship_date": DAY,
        "reference": "S00042",
    }
    return Shipment(**(values | changes))


def cases(domestic, abroad):
    """(name, shipment) of every kind; ``domestic`` and ``abroad`` are the carrier's services."""
    customs = Customs(
        items=(
            CustomsItem(
                "Cotton shirt", 2, Decimal("19.90"), Decimal("0.3"), "610910", "US", "SH-1"
            ),
            CustomsItem("Mug", 1, Decimal("9.50"), Decimal("0.4"), "691110", "CN", "MUG"),
        ),
        currency="USD",
        invoice_number="S00042",
    )
    plain = shipment(service=domestic)
    found = [
        ("domestic", plain),
        ("residential", dataclasses.replace(plain, residential=True)),
        ("insured", dataclasses.replace(plain, insurance=Decimal(250))),
        ("signature", dataclasses.replace(plain, signature="direct")),
        ("several boxes", dataclasses.replace(plain, boxes=(BOX, BOX, Box(Decimal("0.2"))))),
        ("zpl", dataclasses.replace(plain, label_format="zpl")),
        (
            "return",
            dataclasses.replace(plain, sender=HOME, recipient=WAREHOUSE, is_return=True),
        ),
    ]
    if abroad:
        foreign = shipment(recipient=ABROAD, service=abroad, customs=customs)
        duty_paid = dataclasses.replace(customs, incoterm="DDP")
        found += [
            ("international", foreign),
            ("international, duties paid", dataclasses.replace(foreign, customs=duty_paid)),
            ("international, signed for", dataclasses.replace(foreign, signature="adult")),
            ("within a customs union", dataclasses.replace(foreign, in_union=True)),
            ("international, boxes", dataclasses.replace(foreign, boxes=(BOX, BOX))),
            (
                "international return",
                dataclasses.replace(
                    foreign,
                    sender=ABROAD,
                    recipient=WAREHOUSE,
                    is_return=True,
                    customs=dataclasses.replace(customs, reason="RETURN"),
                ),
            ),
        ]
    return [(name, dataclasses.replace(each, key=str(uuid.uuid4()))) for name, each in found]


def account(url, **changes):
    """An account of nobody, on ``url``."""
    values = {
        "base_url": url,
        "client_id": "client",
        "client_secret": "very-secret",
        "number": "A1B2C3",
        "is_test": True,
    }
    return Account(**(values | changes))
