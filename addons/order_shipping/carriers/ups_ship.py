"""What UPS is sent: plain documents from a shipment. No ``odoo`` import."""

import dataclasses

from . import ups_hazard
from .units import IMPERIAL, digits, inches, pounds, shares, text, whole

SIGNATURES = {"direct": "2", "adult": "3"}
UNITS = {"LBS": "Pounds", "KGS": "Kilograms", "IN": "Inches", "CM": "Centimeters"}
#: Incoterms under which the sender pays duties and taxes.
DUTY_PAID = frozenset({"DDP"})
#: From this version on dangerous goods are checked.
CHECKED = "2205"
#: What is sent: parcels of goods, neither papers nor pallets.
GOODS = "03"
#: Incoterms that UPS knows on a commercial invoice.
TERMS = frozenset("CFR CIF CIP CPT DAF DDP DAP DEQ DES EXW FAS FCA FOB".split())
#: Signatures where they are asked for with the whole shipment: abroad.
SIGNATURES_ABROAD = {"direct": "1", "adult": "2"}


def short_key(key):
    """Our key as UPS's reference takes it: at most 35 letters and digits."""
    return key.replace("-", "")[:35]


def _address(address, is_rate=False):
    lines = [text(line, 35) for line in (address.street, address.street2) if line]
    parts = {
        "AddressLine": lines or [text(address.name, 35)],
        "City": text(address.city, 30),
        "StateProvinceCode": text(address.state, 5),
        "PostalCode": text(address.zip.replace("-", "") if address.zip else "", 9),
        "CountryCode": address.country_code,
    }
    return {name: value for name, value in parts.items() if value}


def _party(address, residential=None):
    place = _address(address)
    if residential:
        place["ResidentialAddressIndicator"] = "Y"
    party = {
        "Name": text(address.company or address.name, 35),
        "AttentionName": text(address.name, 35),
        "Address": place,
    }
    if digits(address.phone):
        party["Phone"] = {"Number": digits(address.phone)}
    return party


def _unit(code):
    return {"Code": code, "Description": UNITS[code]}


def _package(box, shipment, number=0, by_ground=None):
    """A box; ``number`` counts it in a quote, and is 0 where labels are bought."""
    is_rate = bool(number)
    imperial = shipment.sender.country_code in IMPERIAL
    weight = pounds(box.weight, "0.1") if imperial else round(box.weight + 0, 1)
    package = {
        "PackagingType" if is_rate else "Packaging": {"Code": "02"},
        "PackageWeight": {
            "UnitOfMeasurement": _unit("LBS" if imperial else "KGS"),
            "Weight": str(max(weight, type(weight)("0.1")))[:5],
        },
    }
    if box.is_measured:
        size = inches if imperial else whole
        package["Dimensions"] = {
            "UnitOfMeasurement": _unit("IN" if imperial else "CM"),
            "Length": str(size(box.length)),
            "Width": str(size(box.width)),
            "Height": str(size(box.height)),
        }
    options = {}
    if shipment.insurance:
        share = shipment.insurance / len(shipment.boxes)
        options["DeclaredValue"] = {
            "CurrencyCode": shipment.currency,
            # Rating wants eight characters at least, Shipping takes them.
            "MonetaryValue": f"{share:.2f}".zfill(8),
        }
    # Who collects cash is met in person: UPS takes one of the two.
    if shipment.signature and shipment.is_domestic and not shipment.collect:
        options["DeliveryConfirmation"] = {"DCISType": SIGNATURES[shipment.signature]}
    if box.hazards and is_rate:
        options["HazMat"] = ups_hazard.rated(box, number, shipment, by_ground)
    elif box.hazards:
        options["HazMat"] = ups_hazard.records(box, shipment)
        if len(box.hazards) > 1:
            package["HazMatPackageInformation"] = {
                "AllPackedInOneIndicator": "",
                "OuterPackagingType": "FIBERBOARD BOX",
            }
    if options:
        package["PackageServiceOptions"] = options
    return package


def _packages(shipment, is_rate, by_ground=None):
    packages = [
        _package(box, shipment, number if is_rate else 0, by_ground)
        for number, box in enumerate(shipment.boxes, 1)
    ]
    if shipment.collect and not _collects_once(shipment):
        for package, amount in zip(packages, shares(shipment.collect, len(packages)), strict=True):
            options = package.setdefault("PackageServiceOptions", {})
            options["COD"] = _cash(amount, shipment.currency, is_once=False)
            if is_rate:  # which wants eight characters at least
                told = options["COD"]["CODAmount"]
                told["MonetaryValue"] = told["MonetaryValue"].zfill(8)
    return packages


def _collects_once(shipment):
    """In the EU cash is taken for the shipment, in North America for each parcel."""
    return shipment.sender.country_code not in ("US", "PR", "CA")


def _cash(amount, currency, is_once):
    # For a parcel 0 is a check or money order, as UPS takes no cash in North America; for a
    # shipment 1 is cash.
    return {
        "CODFundsCode": "1" if is_once else "0",
        "CODAmount": {"CurrencyCode": currency, "MonetaryValue": f"{amount:.2f}"},
    }


def _parties(shipment, account):
    """Shipper, from and to. A return goes the other way; the account's owner stays the shipper."""
    home = shipment.recipient if shipment.is_return else shipment.sender
    return {
        "Shipper": _party(home) | {"ShipperNumber": account.number},
        "ShipFrom": _party(shipment.sender),
        "ShipTo": _party(shipment.recipient, shipment.residential),
    }


def _to_point(shipment):
    """Where a parcel goes that waits at an Access Point; {} where it goes to an address."""
    point = shipment.point
    if not point:
        return {}
    place = {
        "Name": text(point.address.company or point.address.name, 35),
        "AttentionName": text(shipment.recipient.name, 35),
        "Address": _address(point.address),
    }
    if len(point.code) == 9:
        place["UPSAccessPointID"] = point.code
    return {"ShipmentIndicationType": [{"Code": "02"}], "AlternateDeliveryAddress": place}


def _tax_information(shipment):
    """Tax and EORI numbers of who sends and who receives, as customs asks for them."""
    agents = []
    parties = [("20", "06", "0001", "0002", shipment.sender)]
    # UPS takes only company and personal numbers of a consignee.
    parties += [("30", "18", "1002", "1002", shipment.recipient)]
    for role, customer, tax_type, eori_type, address in parties:
        numbers = [
            {
                "IdentificationNumber": number,
                "IDNumberTypeCode": type_code,
                "IDNumberPurposeCode": purpose,
                "IDNumberCustomerRole": customer,
                "IDNumberEncryptionIndicator": "0",
                "IDNumberIssuingCntryCd": number[:2] if purpose == "02" else address.country_code,
            }
            for number, type_code, purpose in (
                (address.tax_number, tax_type, "01"),
                (address.eori, eori_type, "02"),
            )
            if number
        ]
        if numbers:
            agents.append({"AgentRole": role, "TaxIdentificationNumber": numbers})
    if not agents:
        return {}
    return {
        "GlobalTaxInformation": {
            "ShipperTypeValue": "01",
            "ConsigneeTypeValue": "01" if shipment.recipient.company else "02",
            "AgentTaxIdentificationNumber": agents,
        }
    }


def rate_request(shipment, account, by_ground=None):
    """Body of the Rating call: all services, or ``shipment.service``.

    :param by_ground: by which rules dangerous goods are declared where any service is asked for
    """
    body = {
        **_parties(shipment, account),
        "PaymentDetails": {
            "ShipmentCharge": [{"Type": "01", "BillShipper": {"AccountNumber": account.number}}]
        },
        "ShipmentRatingOptions": {"NegotiatedRatesIndicator": "Y"},
        "DeliveryTimeInformation": {
            "PackageBillType": GOODS,
            "Pickup": {"Date": f"{shipment.ship_date:%Y%m%d}"},
        },
        "NumOfPieces": str(len(shipment.boxes)),
        "Package": _packages(shipment, is_rate=True, by_ground=by_ground),
        **_to_point(shipment),
    }
    if options := _options(shipment):
        body["ShipmentServiceOptions"] = options
    if shipment.service:
        body["Service"] = {"Code": shipment.service, "Description": "Service"}
    if not shipment.is_domestic and shipment.customs:
        body["InvoiceLineTotal"] = {
            "CurrencyCode": shipment.customs.currency,
            "MonetaryValue": f"{shipment.customs.total:.2f}",
        }
    request = {
        "RequestOption": "Rate" if shipment.service else "Shop",
        "TransactionReference": {"CustomerContext": short_key(shipment.key)},
    }
    if shipment.hazards:
        request["SubVersion"] = CHECKED
    return {"RateRequest": {"Request": request, "Shipment": body}}


def _options(shipment):
    """What is asked for with the whole shipment rather than with each parcel."""
    options = {}
    if shipment.collect and _collects_once(shipment):
        options["COD"] = _cash(shipment.collect, shipment.currency, is_once=True)
    elif shipment.signature and not shipment.is_domestic and not shipment.is_return:
        options["DeliveryConfirmation"] = {"DCISType": SIGNATURES_ABROAD[shipment.signature]}
    return options


def transit_request(shipment):
    """Body of the Time in Transit call."""
    imperial = shipment.sender.country_code in IMPERIAL
    weight = pounds(shipment.weight, "0.1") if imperial else shipment.weight
    body = {
        "originCountryCode": shipment.sender.country_code,
        "originStateProvince": shipment.sender.state,
        "originCityName": shipment.sender.city,
        "originPostalCode": shipment.sender.zip[:10],
        "destinationCountryCode": shipment.recipient.country_code,
        "destinationStateProvince": shipment.recipient.state,
        "destinationCityName": shipment.recipient.city,
        "destinationPostalCode": shipment.recipient.zip[:10],
        "residentialIndicator": "01" if shipment.residential else "02",
        "shipDate": f"{shipment.ship_date:%Y-%m-%d}",
        "weight": float(weight),
        "weightUnitOfMeasure": "LBS" if imperial else "KGS",
        "billType": GOODS,
        "numberOfPackages": len(shipment.boxes),
    }
    if shipment.customs:
        body["shipmentContentsValue"] = float(shipment.customs.total)
        body["shipmentContentsCurrencyCode"] = shipment.customs.currency
    return {name: value for name, value in body.items() if value not in ("", None)}


def ship_request(shipment, account):
    """Body of the Shipping call; our key goes along as a reference, to be found again by it."""
    charges = [{"Type": "01", "BillShipper": {"AccountNumber": account.number}}]
    if shipment.customs and shipment.customs.incoterm in DUTY_PAID:
        charges.append({"Type": "02", "BillShipper": {"AccountNumber": account.number}})
    references = [{"Value": short_key(shipment.key)}]
    if shipment.reference:
        references.append({"Value": text(shipment.reference, 35)})
    body = {
        "Description": text(shipment.reference, 50) or "Goods",
        **_parties(shipment, account),
        "PaymentInformation": {"ShipmentCharge": charges},
        "ShipmentRatingOptions": {"NegotiatedRatesIndicator": "Y"},
        "Service": {"Code": shipment.service},
        "NumOfPiecesInShipment": str(len(shipment.boxes)),
        "Package": _packages(shipment, is_rate=False),
        **_to_point(shipment),
    }
    # Within the US and Puerto Rico references belong to the parcel, elsewhere to the shipment.
    if shipment.is_domestic and shipment.sender.country_code in ("US", "PR"):
        for package in body["Package"]:
            package["ReferenceNumber"] = references
    else:
        body["ReferenceNumber"] = references
    if shipment.is_return:
        body["ReturnService"] = {"Code": "9"}  # print return label
        for package in body["Package"]:
            package["Description"] = text(shipment.reference, 35) or "Return"
    options = _options(shipment)
    if shipment.point and shipment.recipient.email:
        # UPS tells the recipient when the parcel waits at the Access Point.
        mail = {"EMailAddress": [shipment.recipient.email[:50]]}
        options["Notification"] = [{"NotificationCode": "012", "EMail": mail}]
    if shipment.is_declared:
        options["InternationalForms"] = _forms(shipment)
        body |= _tax_information(shipment)
        body["InvoiceLineTotal"] = {
            "CurrencyCode": shipment.customs.currency,
            "MonetaryValue": f"{shipment.customs.total:.2f}",
        }
    if options:
        body["ShipmentServiceOptions"] = options
    label = {
        "LabelImageFormat": {"Code": "ZPL" if shipment.label_format == "zpl" else "GIF"},
        "LabelStockSize": {"Height": "6", "Width": "4"},
    }
    request = {
        "RequestOption": "nonvalidate",
        "TransactionReference": {"CustomerContext": short_key(shipment.key)},
    }
    if shipment.hazards:
        request["SubVersion"] = CHECKED
    return {"ShipmentRequest": {"Request": request, "Shipment": body, "LabelSpecification": label}}


def _forms(shipment):
    """Commercial invoice, made and sent to customs by UPS."""
    customs = shipment.customs
    form = {
        "FormType": ["01"],
        "InvoiceNumber": text(customs.invoice_number, 35) or short_key(shipment.key),
        "InvoiceDate": f"{shipment.ship_date:%Y%m%d}",
        "ReasonForExport": customs.reason,
        "CurrencyCode": customs.currency,
        "Contacts": {"SoldTo": _party(shipment.recipient)},
        "Product": [_product(item) for item in customs.items[:50]],
    }
    if customs.incoterm in TERMS:
        form["TermsOfShipment"] = customs.incoterm
    return form


def _product(item):
    product = {
        "Description": [text(item.description, 35)],
        "Unit": {
            "Number": str(item.quantity),
            "UnitOfMeasurement": {"Code": "PCS"},
            "Value": f"{item.value:.2f}",
        },
        "OriginCountryCode": item.origin,
        "CommodityCode": item.hs_code.replace(".", ""),
        "PartNumber": text(item.sku, 35),
        "ProductWeight": {
            "UnitOfMeasurement": {"Code": "KGS"},
            "Weight": f"{max(item.weight * item.quantity, item.weight.__class__('0.1')):.1f}"[:5],
        },
    }
    return {name: value for name, value in product.items() if value}


def recovery_request(shipment, account, tracking_number):
    """Body of Label Recovery: the label of a parcel that was bought before."""
    kind = "ZPL" if shipment.label_format == "zpl" else "GIF"
    return {
        "LabelRecoveryRequest": {
            "Request": {"RequestOption": "Non_Validate"},
            "LabelSpecification": {"LabelImageFormat": {"Code": kind}},
            "TrackingNumbers": [tracking_number],
            "TrackingNumber": tracking_number,
            "ReferenceValues": {
                "ReferenceNumber": {"Value": short_key(shipment.key)},
                "ShipperNumber": account.number,
            },
        }
    }


def subscription_request(tracking_numbers, url, secret, account):
    """Body of a Track Alert subscription: where news of at most 100 parcels is sent."""
    return {
        "locale": "en_US",
        "countryCode": account.option("country", "US"),
        "trackingNumberList": list(tracking_numbers),
        "destination": {"url": url, "credentialType": "Bearer", "credential": secret},
    }


def address_request(address):
    """Body of the street level validation call."""
    key = {
        "AddressLine": [line for line in (address.street, address.street2) if line],
        "PoliticalDivision2": address.city,
        "PoliticalDivision1": address.state,
        "PostcodePrimaryLow": address.zip[:5],
        "CountryCode": address.country_code,
    }
    return {"XAVRequest": {"AddressKeyFormat": {name: v for name, v in key.items() if v}}}


def address_of(key, asked):
    """UPS's candidate as an address, the person kept."""
    lines = [*(key.get("AddressLine") or []), "", ""]
    extended = key.get("PostcodeExtendedLow")
    code = key.get("PostcodePrimaryLow") or asked.zip
    same_zip = asked.zip.startswith(code) and "-" not in asked.zip
    return dataclasses.replace(
        asked,
        street=_as_asked(lines[0], asked.street),
        street2=_as_asked(lines[1], asked.street2),
        city=_as_asked(key.get("PoliticalDivision2") or "", asked.city),
        state=key.get("PoliticalDivision1") or asked.state,
        zip=asked.zip if same_zip else f"{code}-{extended}" if extended else code,
    )


def _as_asked(found, asked):
    """What was asked where only capitals differ."""
    return asked if found.casefold() == (asked or "").casefold() else found


def pickup_request(sender, boxes, ready, close, service, account):
    """Body of the pickup creation call."""
    weight = sum(box.weight for box in boxes)
    return {
        "PickupCreationRequest": {
            "Request": {"TransactionReference": {"CustomerContext": "pickup"}},
            "RatePickupIndicator": "N",
            "Shipper": {
                "Account": {
                    "AccountNumber": account.number,
                    "AccountCountryCode": sender.country_code,
                }
            },
            "PickupDateInfo": {
                "CloseTime": f"{close:%H%M}",
                "ReadyTime": f"{ready:%H%M}",
                "PickupDate": f"{ready:%Y%m%d}",
            },
            "PickupAddress": {
                "CompanyName": text(sender.company or sender.name, 27),
                "ContactName": text(sender.name, 22),
                "AddressLine": [text(sender.street, 73)],
                "City": sender.city,
                "StateProvince": sender.state,
                "PostalCode": sender.zip,
                "CountryCode": sender.country_code,
                "ResidentialIndicator": "N",
                "Phone": {"Number": digits(sender.phone, 25) or "0000000000"},
            },
            "AlternateAddressIndicator": "N",
            "PickupPiece": [
                {
                    "ServiceCode": service.zfill(3),
                    "Quantity": str(len(boxes)),
                    "DestinationCountryCode": sender.country_code,
                    "ContainerCode": "01",
                }
            ],
            "TotalWeight": {"Weight": f"{pounds(weight, '0.1')}", "UnitOfMeasurement": "LBS"},
            "OverweightIndicator": "N",
            "PaymentMethod": "01",
        }
    }
