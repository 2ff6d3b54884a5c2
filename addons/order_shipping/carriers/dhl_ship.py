"""What DHL Express is sent: plain documents from a shipment. No ``odoo`` import."""

from .base import REJECTED, CarrierError
from .units import plain, text

#: Value-added services: insurance, direct signature, adult signature, duties paid by the sender.
INSURED, DUTY_PAID, PAPERLESS = "II", "DD", "WY"
SIGNATURES = {"direct": "SF", "adult": "SC"}
DRY_ICE = "1845"


def short_key(key):
    """Our key as DHL's reference takes it: at most 35 characters."""
    return key.replace("-", "")[:35]


def _postal(address):
    lines = [text(line, 45) for line in (address.street, address.street2) if line]
    place = {
        "postalCode": text(address.zip, 12),
        "cityName": text(address.city, 45),
        "countryCode": address.country_code,
    }
    if len(address.state) >= 2:
        place["provinceCode"] = text(address.state, 35)
    for rank, line in enumerate(lines[:3], 1):
        place[f"addressLine{rank}"] = line
    return place


def _party(address, with_numbers=True):
    contact = {
        "phone": text(address.phone, 70) or "0",
        "companyName": text(address.company or address.name, 100),
        "fullName": text(address.name, 255),
    }
    if address.email:
        contact["email"] = text(address.email, 70)
    party = {"postalAddress": _postal(address), "contactInformation": contact}
    kind = "EOR" if address.country_code == "GB" and not address.eori else "VAT"
    numbers = [(kind, address.tax_number), ("EOR", address.eori)]
    if with_numbers and any(number for _kind, number in numbers):
        party["registrationNumbers"] = [
            {
                "typeCode": kind,
                "number": text(number, 35),
                "issuerCountryCode": address.country_code,
            }
            for kind, number in numbers
            if number
        ]
    return party


def _package(box, shipment, number=0):
    package = {"weight": max(plain(box.weight), 0.001)}
    if box.is_measured:
        package["dimensions"] = {
            "length": plain(box.length),
            "width": plain(box.width),
            "height": plain(box.height),
        }
    else:
        package["dimensions"] = {"length": 1, "width": 1, "height": 1}
    if number:
        package["customerReferences"] = [{"value": short_key(shipment.key), "typeCode": "CU"}]
    return package


def _hazard_services(shipment, account):
    """The services that declare dangerous goods.

    Which service and content ID stand for a UN number is agreed with DHL: the account's settings
    name them, such as ``dg_1950=HE/910``.
    """
    found = {}
    for goods in shipment.hazards:
        agreed = account.option(f"dg_{goods.un_number}")
        service, _slash, content = agreed.partition("/")
        if not service or not content:
            raise CarrierError(
                REJECTED,
                f"DHL takes UN{goods.un_number} by agreement only: enter its service and content "
                f"ID as dg_{goods.un_number}=HE/910 in the account's further settings.",
                "hazard",
            )
        known, numbers = found.setdefault(service, (content, []))
        if known != content:
            raise CarrierError(
                REJECTED,
                f"DHL takes one content ID for {service} in a shipment: ship apart.",
                "hazard",
            )
        if goods.un_number not in numbers:
            numbers.append(goods.un_number)
    services = []
    for service, (content, numbers) in found.items():
        declared = {"contentId": content, "unCodes": numbers}
        if DRY_ICE in numbers:
            ice = sum(goods.net for goods in shipment.hazards if goods.un_number == DRY_ICE)
            declared["dryIceTotalNetWeight"] = plain(ice)
        services.append({"serviceCode": service, "dangerousGoods": [declared]})
    return services


def _services(shipment, account):
    services = _hazard_services(shipment, account)
    if shipment.insurance:
        services.append(
            {
                "serviceCode": INSURED,
                "value": plain(shipment.insurance),
                "currency": shipment.currency,
            }
        )
    if shipment.signature:
        services.append({"serviceCode": SIGNATURES[shipment.signature]})
    if shipment.is_declared and shipment.customs.incoterm == "DDP":
        services.append({"serviceCode": DUTY_PAID})
    return services


def _stamp(day, hour="16:00:00"):
    return f"{day:%Y-%m-%d}T{hour} GMT+00:00"


def _accounts(account, shipment=None):
    # Of a return the customer is the shipper, and we pay.
    payer = "payer" if shipment and shipment.is_return else "shipper"
    accounts = [{"typeCode": payer, "number": text(account.number, 12)}]
    if shipment and shipment.is_declared and shipment.customs.incoterm == "DDP":
        accounts.append({"typeCode": "duties-taxes", "number": text(account.number, 12)})
    return accounts


def rate_request(shipment, account):
    """Body of Rating for any number of pieces: all products, or ``shipment.service``."""
    body = {
        "customerDetails": {
            "shipperDetails": _postal(shipment.sender),
            "receiverDetails": _postal(shipment.recipient),
        },
        "accounts": _accounts(account),
        "plannedShippingDateAndTime": _stamp(shipment.ship_date),
        "unitOfMeasurement": "metric",
        "isCustomsDeclarable": shipment.is_declared,
        "packages": [_package(box, shipment) for box in shipment.boxes],
    }
    if shipment.service:
        body["productCode"] = shipment.service
    if services := _services(shipment, account):
        for service in services:
            service.pop("dangerousGoods", None)  # quotes only take the service
        body["valueAddedServices"] = services
    if shipment.is_declared:
        body["monetaryAmount"] = [
            {
                "typeCode": "declaredValue",
                "value": plain(shipment.customs.total),
                "currency": shipment.customs.currency,
            }
        ]
    return body


def ship_request(shipment, account):
    """Body of Create Shipment; our key goes along as a reference, to be found again by it."""
    is_abroad = shipment.is_declared
    content = {
        "packages": [_package(box, shipment, n) for n, box in enumerate(shipment.boxes, 1)],
        "isCustomsDeclarable": is_abroad,
        "description": text(shipment.reference, 70) or "Goods",
        "incoterm": shipment.customs.incoterm if shipment.customs else "DAP",
        "unitOfMeasurement": "metric",
    }
    kind = "zpl" if shipment.label_format == "zpl" else "pdf"
    images = [{"typeCode": "label", "templateName": "ECOM26_84_001"}]
    if is_abroad:
        content["declaredValue"] = plain(shipment.customs.total)
        content["declaredValueCurrency"] = shipment.customs.currency
        content["exportDeclaration"] = _declaration(shipment)
        images.append({"typeCode": "invoice", "invoiceType": "commercial", "isRequested": True})
    body = {
        "plannedShippingDateAndTime": _stamp(shipment.ship_date),
        "pickup": {"isRequested": False},
        "productCode": shipment.service,
        "accounts": _accounts(account, shipment),
        "customerReferences": [
            {"value": short_key(shipment.key), "typeCode": "CU"},
            {"value": text(shipment.reference, 35) or "-", "typeCode": "CU"},
        ],
        "customerDetails": {
            "shipperDetails": _party(shipment.sender),
            "receiverDetails": _party(shipment.recipient),
        },
        "content": content,
        "outputImageProperties": {"encodingFormat": kind, "imageOptions": images},
    }
    services = _services(shipment, account)
    if is_abroad and account.option("paperless"):
        services.append({"serviceCode": PAPERLESS})
    if services:
        body["valueAddedServices"] = services
    if shipment.point:
        body["onDemandDelivery"] = {
            "deliveryOption": "servicepoint",
            "servicePointId": shipment.point.code[:6],
        }
        # DHL wants to know who fetches it.
        body["customerDetails"]["buyerDetails"] = _party(shipment.recipient)
    return body


def _declaration(shipment):
    """Export declaration and commercial invoice, sent to customs by DHL."""
    customs = shipment.customs
    lines = []
    for number, item in enumerate(customs.items, 1):
        line = {
            "number": number,
            "description": text(item.description, 512),
            "price": plain(item.value),
            "quantity": {"value": item.quantity, "unitOfMeasurement": "PCS"},
            "manufacturerCountry": item.origin or shipment.sender.country_code,
            "weight": {
                "netValue": plain(item.weight * item.quantity),
                "grossValue": plain(item.weight * item.quantity),
            },
        }
        if item.hs_code:
            line["commodityCodes"] = [
                {"typeCode": "outbound", "value": item.hs_code.replace(".", "")}
            ]
        lines.append(line)
    return {
        "lineItems": lines,
        "invoice": {
            "number": text(customs.invoice_number, 35) or short_key(shipment.key),
            "date": shipment.ship_date.isoformat(),
        },
        "exportReason": customs.reason.title(),
        "exportReasonType": "permanent",
    }


def pickup_request(sender, boxes, ready, close, service, account):
    """Body of a pickup between two times of one day."""
    weight = sum(box.weight for box in boxes)
    packages = [
        {
            "weight": plain(box.weight),
            "dimensions": {
                "length": max(plain(box.length), 1),
                "width": max(plain(box.width), 1),
                "height": max(plain(box.height), 1),
            },
        }
        for box in boxes
    ]
    return {
        "plannedPickupDateAndTime": _stamp(ready, f"{ready:%H:%M:%S}"),
        "closeTime": f"{close:%H:%M}",
        "accounts": _accounts(account),
        "customerDetails": {"shipperDetails": _party(sender, with_numbers=False)},
        "shipmentDetails": [
            {
                "productCode": service,
                "isCustomsDeclarable": False,
                "unitOfMeasurement": "metric",
                "packages": packages,
            }
        ],
        "remark": f"{len(boxes)} parcels, {plain(weight)} kg",
    }
