"""What FedEx is sent: plain documents from a shipment. No ``odoo`` import."""

import datetime

from .units import IMPERIAL, digits, inches, plain, pounds, shares, text, whole

SIGNATURES = {"direct": "DIRECT", "adult": "ADULT"}
#: Services that never fly.
GROUND = frozenset({"FEDEX_GROUND", "GROUND_HOME_DELIVERY", "SMART_POST"})
#: Classes that the crew of a freighter needn't get at (IATA-DGR 9.3.4).
INACCESSIBLE = frozenset({"6.1", "6.2", "7", "9"})


def short_key(key):
    """Our key as FedEx's reference takes it: at most 30 characters."""
    return key.replace("-", "")[:30]


def _address(address, residential=None):
    parts = {
        "streetLines": [text(line, 35) for line in (address.street, address.street2) if line],
        "city": text(address.city, 35),
        "stateOrProvinceCode": address.state,
        "postalCode": address.zip,
        "countryCode": address.country_code,
    }
    parts = {name: value for name, value in parts.items() if value}
    if residential is not None:
        parts["residential"] = residential
    return parts


def _party(address, residential=None):
    contact = {
        "personName": text(address.name, 70),
        "companyName": text(address.company, 35),
        "emailAddress": text(address.email, 80),
        "phoneNumber": digits(address.phone) or "0000000000",
    }
    party = {
        "address": _address(address, residential),
        "contact": {name: value for name, value in contact.items() if value},
    }
    national = "BUSINESS_NATIONAL" if address.company else "PERSONAL_NATIONAL"
    numbers = [(national, address.tax_number), ("BUSINESS_UNION", address.eori)]
    if any(number for _kind, number in numbers):
        party["tins"] = [
            {"number": text(number, 18), "tinType": kind} for kind, number in numbers if number
        ]
    return party


def _package(box, shipment, number=0):
    imperial = shipment.sender.country_code in IMPERIAL
    weight = pounds(box.weight, "0.1") if imperial else box.weight
    package = {
        "weight": {"units": "LB" if imperial else "KG", "value": plain(weight)},
        "groupPackageCount": 1,
    }
    if box.is_measured:
        size = inches if imperial else whole
        package["dimensions"] = {
            "length": size(box.length),
            "width": size(box.width),
            "height": size(box.height),
            "units": "IN" if imperial else "CM",
        }
    if shipment.insurance:
        package["declaredValue"] = {
            "amount": plain(shipment.insurance / len(shipment.boxes)),
            "currency": shipment.currency,
        }
    services = _hazard_services(box, shipment)
    if shipment.collect and number and shipment.service in GROUND:
        share = shares(shipment.collect, len(shipment.boxes))[number - 1]
        amount = {"amount": plain(share), "currency": shipment.currency}
        services["packageCODDetail"] = {"codCollectionAmount": amount}
        services.setdefault("specialServiceTypes", []).append("COD")
    if shipment.signature:
        services["signatureOptionType"] = SIGNATURES[shipment.signature]
    if services:
        package["packageSpecialServices"] = services
    if number:
        package["sequenceNumber"] = number
        package["customerReferences"] = [
            {"customerReferenceType": "CUSTOMER_REFERENCE", "value": short_key(shipment.key)},
            {"customerReferenceType": "P_O_NUMBER", "value": text(shipment.reference, 30) or "-"},
        ]
    return package


def _hazard_services(box, shipment):
    """Special services with which FedEx is told of dangerous goods in a box."""
    kinds, services = [], {}
    flies = shipment.service not in GROUND
    batteries = [goods for goods in box.hazards if goods.is_small_battery]
    bare = [goods for goods in batteries if goods.is_bare_battery]
    packed = [goods for goods in batteries if not goods.is_bare_battery]
    if packed:
        kinds.append("BATTERY")
        services["batteryDetails"] = [_battery(goods) for goods in packed]
    if bare:
        kinds.append("STANDALONE_BATTERY")
        services["standaloneBatteryDetails"] = [
            {"batteryMaterialType": goods.battery} for goods in bare
        ]
    regulated = [goods for goods in box.hazards if not goods.is_small_battery]
    if regulated:
        option = "HAZARDOUS_MATERIALS"
        if all(goods.is_limited for goods in regulated):
            option = "LIMITED_QUANTITIES_COMMODITIES"
        elif all(goods.battery for goods in regulated):
            option = "BATTERY"
        kinds.append("DANGEROUS_GOODS")
        detail = {"regulation": "IATA" if flies else "DOT", "options": [option]}
        if flies:
            classes = {goods.hazard_class for goods in regulated}
            detail["accessibility"] = "INACCESSIBLE" if classes <= INACCESSIBLE else "ACCESSIBLE"
            detail["cargoAircraftOnly"] = any(goods.is_bare_battery for goods in regulated)
        services["dangerousGoodsDetail"] = detail
    if kinds:
        services["specialServiceTypes"] = kinds
    return services


def _battery(goods):
    # Packing instructions 966 and 969 are of batteries beside what they power, 967 and 970 inside.
    goods.need(packing_instruction=goods.instruction)
    beside = goods.instruction.startswith(("966", "969"))
    return {
        "batteryPackingType": "PACKED_WITH_EQUIPMENT" if beside else "CONTAINED_IN_EQUIPMENT",
        "batteryRegulatoryType": "IATA_SECTION_II",
        "batteryMaterialType": goods.battery,
    }


def _customs(shipment, account, is_rate):
    customs = shipment.customs
    # A quote takes the sender only, and leaves duties out of the price.
    payer = "SENDER" if is_rate or customs.incoterm == "DDP" else "RECIPIENT"
    payment = {"paymentType": payer}
    if payer == "SENDER":
        payment["payor"] = {"responsibleParty": {"accountNumber": {"value": account.number}}}
    detail = {
        "dutiesPayment": payment,
        "commodities": [
            {
                "description": text(item.description, 450),
                "quantity": item.quantity,
                "quantityUnits": "PCS",
                "weight": {"units": "KG", "value": plain(item.weight * item.quantity)},
                "unitPrice": {"amount": plain(item.value), "currency": customs.currency},
                "customsValue": {
                    "amount": plain(item.value * item.quantity),
                    "currency": customs.currency,
                },
                "countryOfManufacture": item.origin or shipment.sender.country_code,
                "harmonizedCode": item.hs_code.replace(".", ""),
                "numberOfPieces": item.quantity,
            }
            for item in customs.items
        ],
    }
    if not is_rate:
        detail["isDocumentOnly"] = False
        detail["totalCustomsValue"] = {
            "amount": plain(customs.total),
            "currency": customs.currency,
        }
        detail["commercialInvoice"] = {
            "termsOfSale": customs.incoterm,
            "shipmentPurpose": "SOLD",
            "customerReferences": [
                {
                    "customerReferenceType": "INVOICE_NUMBER",
                    "value": text(customs.invoice_number or short_key(shipment.key), 30),
                }
            ],
        }
    return detail


def rate_request(shipment, account):
    """Body of Rate and Transit Times: all services, or ``shipment.service``."""
    body = {
        "shipper": {"address": _address(shipment.sender)},
        "recipient": {"address": _address(shipment.recipient, shipment.residential)},
        "pickupType": account.option("pickup_type", "USE_SCHEDULED_PICKUP"),
        "shipDateStamp": shipment.ship_date.isoformat(),
        "rateRequestType": ["ACCOUNT", "LIST"],
        "preferredCurrency": shipment.currency,
        "packagingType": "YOUR_PACKAGING",
        "totalPackageCount": len(shipment.boxes),
        "requestedPackageLineItems": [_package(box, shipment) for box in shipment.boxes],
    }
    if shipment.service:
        body["serviceType"] = shipment.service
    if shipment.customs and not shipment.is_domestic:
        body["customsClearanceDetail"] = _customs(shipment, account, is_rate=True)
    return {
        "accountNumber": {"value": account.number},
        "rateRequestControlParameters": {"returnTransitTimes": True},
        "requestedShipment": body,
    }


def ship_request(shipment, account):
    """Body of Create Shipment; our key goes along as a reference, to be found again by it."""
    imperial = shipment.sender.country_code in IMPERIAL
    kind = "ZPLII" if shipment.label_format == "zpl" else "PDF"
    body = {
        "shipper": _party(shipment.sender),
        "recipients": [_party(shipment.recipient, shipment.residential)],
        "shipDatestamp": shipment.ship_date.isoformat(),
        "pickupType": account.option("pickup_type", "USE_SCHEDULED_PICKUP"),
        "serviceType": shipment.service,
        "packagingType": "YOUR_PACKAGING",
        "totalWeight": plain(pounds(shipment.weight, "0.1") if imperial else shipment.weight),
        "totalPackageCount": len(shipment.boxes),
        "shippingChargesPayment": {
            "paymentType": "SENDER",
            "payor": {"responsibleParty": {"accountNumber": {"value": account.number}}},
        },
        "labelSpecification": {
            "labelStockType": "STOCK_4X6" if kind == "ZPLII" else "PAPER_4X6",
            "imageType": kind,
            "labelFormatType": "COMMON2D",
        },
        "requestedPackageLineItems": [
            _package(box, shipment, number) for number, box in enumerate(shipment.boxes, 1)
        ],
    }
    if services := _shipment_services(shipment, account):
        body["shipmentSpecialServices"] = services
    if shipment.customs and not shipment.is_domestic:
        # FedEx wants to know what it is within a customs union, too, but draws no paper of it.
        body["customsClearanceDetail"] = _customs(shipment, account, is_rate=False)
    if shipment.is_declared:
        body["shippingDocumentSpecification"] = {
            "shippingDocumentTypes": ["COMMERCIAL_INVOICE"],
            "commercialInvoiceDetail": {
                "documentFormat": {"stockType": "PAPER_LETTER", "docType": "PDF"}
            },
        }
    return {
        "labelResponseOptions": "LABEL",
        "requestedShipment": body,
        "accountNumber": {"value": account.number},
    }


def _shipment_services(shipment, account):
    kinds, services = [], {}
    if shipment.is_return:
        kinds.append("RETURN_SHIPMENT")
        services["returnShipmentDetail"] = {"returnType": "PRINT_RETURN_LABEL"}
    if shipment.collect:
        kinds.append("COD")
        amount = {"amount": plain(shipment.collect), "currency": shipment.currency}
        services["shipmentCODDetail"] = {
            "codCollectionType": "ANY",
            "codCollectionAmount": amount,
            "remitToName": text(shipment.sender.company or shipment.sender.name, 35),
        }
    if point := shipment.point:
        kinds.append("HOLD_AT_LOCATION")
        services["holdAtLocationDetail"] = {
            "locationId": point.code,
            "locationContactAndAddress": {
                "contact": _party(point.address)["contact"],
                "address": _address(point.address),
            },
        }
    if shipment.is_declared and account.option("paperless"):
        kinds.append("ELECTRONIC_TRADE_DOCUMENTS")
        services["etdDetail"] = {"requestedDocumentTypes": ["COMMERCIAL_INVOICE"]}
    if kinds:
        services["specialServiceTypes"] = kinds
    return services


def cancel_request(shipment_id, account):
    """Body of Cancel Shipment: all its parcels."""
    return {
        "accountNumber": {"value": account.number},
        "trackingNumber": shipment_id,
        "deletionControl": "DELETE_ALL_PACKAGES",
        "senderCountryCode": account.option("country", "US"),
    }


def reference_request(shipment, account):
    """Body of Track by References: what was shipped under our key."""
    begin = shipment.ship_date - datetime.timedelta(days=3)
    end = shipment.ship_date + datetime.timedelta(days=10)
    return {
        "referencesInformation": {
            "type": "CUSTOMER_REFERENCE",
            "value": short_key(shipment.key),
            "accountNumber": account.number,
            "shipDateBegin": begin.isoformat(),
            "shipDateEndDate": end.isoformat(),
        },
        "includeDetailedScans": False,
    }
