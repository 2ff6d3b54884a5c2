"""What USPS is sent: plain documents from a shipment. No ``odoo`` import."""

import dataclasses

from .base import REJECTED, CarrierError
from .units import digits, inches, plain, pounds, text

#: Extra services: insurance up to and over 500 dollars, signatures.
INSURED, INSURED_MORE = 930, 931
SIGNATURES = {"direct": 921, "adult": 922}
#: Dangerous goods, by UN number where it has a service of its own, else by class.
HAZARDS = {
    "1057": 830,  # lighters
    "1845": 819,  # dry ice
    "2807": 821,  # magnetised material
    "8000": 829,  # consumer commodity
    "3": 812,
    "4.1": 822,
    "5.1": 823,
    "5.2": 824,
    "6.1": 825,
    "6.2": 826,
    "7": 813,
    "8": 814,
}
LIMITED_GROUND = 831
LITHIUM_GROUND, LITHIUM_BACK, LITHIUM_MARKED = 816, 817, 818
#: Where a box wasn't measured, the smallest that USPS prices as a parcel (inches).
SMALLEST = (6, 4, 1)
RETURNS = {
    "USPS_GROUND_ADVANTAGE": "USPS_GROUND_ADVANTAGE_RETURN_SERVICE",
    "PRIORITY_MAIL": "PRIORITY_MAIL_RETURN_SERVICE",
    "PRIORITY_MAIL_EXPRESS": "PRIORITY_MAIL_EXPRESS_RETURN_SERVICE",
}


def _size(box):
    """Length, width and height in inches, the longest first as USPS wants it."""
    if not box.is_measured:
        return SMALLEST
    return tuple(sorted((inches(s) for s in (box.length, box.width, box.height)), reverse=True))


def _zip5(value):
    return digits(value, 9)[:5]


def _hazard_service(goods, shipment):
    """USPS's extra service for dangerous goods in a box (Publication 52, by class).

    :raise CarrierError: USPS doesn't carry them, or not with this mail class
    """
    by_ground = shipment.service in ("", "USPS_GROUND_ADVANTAGE")
    code = HAZARDS.get(goods.un_number)
    if goods.battery:
        if not goods.is_small_battery or (goods.is_bare_battery and not by_ground):
            raise CarrierError(
                REJECTED,
                f"USPS takes UN{goods.un_number} only as small batteries, and those without "
                "equipment by Ground Advantage.",
                "hazard",
            )
        if shipment.is_return:
            return LITHIUM_BACK
        return LITHIUM_GROUND if goods.is_bare_battery else LITHIUM_MARKED
    if not code and goods.is_limited and by_ground:
        return LIMITED_GROUND
    code = code or HAZARDS.get(goods.hazard_class)
    if not code:
        raise CarrierError(
            REJECTED,
            f"USPS doesn't take UN{goods.un_number} (class {goods.hazard_class}) so: only as a "
            "limited quantity by Ground Advantage.",
            "hazard",
        )
    return code


def _services(shipment, box):
    services = sorted({_hazard_service(goods, shipment) for goods in box.hazards})
    if len(services) > 1:
        raise CarrierError(
            REJECTED, "USPS takes dangerous goods of one kind in a parcel: pack apart.", "hazard"
        )
    if shipment.insurance:
        services.append(INSURED if shipment.insurance <= 500 else INSURED_MORE)
    if shipment.signature:
        services.append(SIGNATURES[shipment.signature])
    return services


def price_request(shipment, box, classes, account):
    """Body of Total Rates for one box."""
    length, width, height = _size(box)
    body = {
        "originZIPCode": _zip5(shipment.sender.zip),
        "destinationZIPCode": _zip5(shipment.recipient.zip),
        "weight": plain(pounds(box.weight)),
        "length": length,
        "width": width,
        "height": height,
        "mailClasses": classes,
        "priceType": account.option("price_type", "COMMERCIAL"),
        "mailingDate": shipment.ship_date.isoformat(),
    }
    if services := _services(shipment, box):
        body["extraServices"] = services
        body["itemValue"] = plain(shipment.insurance / len(shipment.boxes))
    return body


def options_request(shipment, box, account):
    """Body of Shipping Options: prices abroad, promises at home."""
    length, width, height = _size(box)
    package = {
        "weight": plain(pounds(box.weight)),
        "length": length,
        "width": width,
        "height": height,
        "mailClass": "ALL_OUTBOUND" if shipment.is_domestic else "ALL",
        "mailingDate": shipment.ship_date.isoformat(),
    }
    body = {
        "pricingOptions": [{"priceType": account.option("price_type", "COMMERCIAL")}],
        "originZIPCode": _zip5(shipment.sender.zip),
        "packageDescription": package,
    }
    if shipment.is_domestic:
        return body | {"destinationZIPCode": _zip5(shipment.recipient.zip)}
    return body | {
        "destinationCountryCode": shipment.recipient.country_code,
        "foreignPostalCode": shipment.recipient.zip[:11],
    }


def payment_request(account):
    """Body of the payment authorization: who pays, who owns the label."""
    owner = {
        "CRID": account.option("crid"),
        "MID": account.option("mid"),
        "manifestMID": account.option("manifest_mid") or account.option("mid"),
    }
    payer = {"roleName": "PAYER", **owner, "accountType": "EPS", "accountNumber": account.number}
    return {"roles": [payer, {"roleName": "LABEL_OWNER", **owner}]}


def _address(address):
    first, _blank, last = text(address.name, 50).rpartition(" ")
    parts = {
        "firstName": first or last,
        "lastName": last,
        "firm": text(address.company, 50),
        "streetAddress": text(address.street, 50),
        "secondaryAddress": text(address.street2, 50),
        "city": text(address.city, 28),
        "state": address.state,
        "ZIPCode": _zip5(address.zip),
    }
    plus4 = digits(address.zip, 9)[5:]
    if len(plus4) == 4:
        parts["ZIPPlus4"] = plus4
    return {name: value for name, value in parts.items() if value}


def image_info(shipment, is_reprint=False):
    """How the label is to be drawn."""
    info = {
        "imageType": "ZPL203DPI" if shipment.label_format == "zpl" else "PDF",
        "labelType": "4X6LABEL",
    }
    if not is_reprint:
        info["receiptOption"] = "NONE"
    if not shipment.is_return and shipment.box_count > 1:
        info["packageNumber"] = shipment.box_number
        info["totalPackages"] = shipment.box_count
    return info


def label_request(shipment):
    """Body of a label, or of a return label, for the one box of ``shipment``."""
    [box] = shipment.boxes
    length, width, height = _size(box)
    service = shipment.service or "USPS_GROUND_ADVANTAGE"
    package = {
        "weightUOM": "lb",
        "weight": plain(pounds(box.weight)),
        "dimensionsUOM": "in",
        "length": length,
        "width": width,
        "height": height,
        "mailClass": RETURNS.get(service, service) if shipment.is_return else service,
        "processingCategory": "MACHINABLE" if length <= 22 and width <= 18 else "NONSTANDARD",
        "rateIndicator": "SP" if service != "PRIORITY_MAIL_EXPRESS" else "PA",
        "destinationEntryFacilityType": "NONE",
        "mailingDate": shipment.ship_date.isoformat(),
        "customerReference": [{"referenceNumber": text(shipment.reference or shipment.key, 30)}],
        "extraServices": _services(shipment, box),
    }
    options = {}
    if shipment.insurance:
        options["packageValue"] = plain(shipment.insurance)
    if box.hazards:
        options["contentType"] = "HAZMAT"
    if options:
        package["packageOptions"] = options
    return {
        "imageInfo": image_info(shipment),
        "toAddress": _address(shipment.recipient),
        "fromAddress": _address(shipment.sender),
        "packageDescription": package,
    }


def scan_request(sender, tracking_numbers, day):
    """Body of a SCAN form for these parcels."""
    return {
        "form": "5630",
        "imageType": "PDF",
        "labelType": "8.5x11LABEL",
        "mailingDate": day.isoformat(),
        "entryFacilityZIPCode": _zip5(sender.zip),
        "destinationEntryFacilityType": "NONE",
        "shipment": {"trackingNumbers": list(tracking_numbers)},
        "fromAddress": _address(sender),
    }


def address_params(address):
    """Query of the address check."""
    parts = {
        "firm": text(address.company, 50),
        "streetAddress": address.street,
        "secondaryAddress": address.street2,
        "city": address.city,
        "state": address.state,
        "ZIPCode": _zip5(address.zip),
    }
    return {name: value for name, value in parts.items() if value}


def address_of(found, asked):
    """USPS's standard address, what only differs in capitals left as it was."""

    def pick(name, before):
        value = found.get(name) or ""
        return before if value.casefold() == (before or "").casefold() or not value else value

    code = found.get("ZIPCode") or asked.zip
    plus4 = found.get("ZIPPlus4")
    return dataclasses.replace(
        asked,
        street=pick("streetAddress", asked.street),
        street2=pick("secondaryAddress", asked.street2),
        city=pick("city", asked.city),
        state=pick("state", asked.state),
        zip=asked.zip if asked.zip == code else f"{code}-{plus4}" if plus4 else code,
    )


def _contact(address):
    if address.email:
        return {"email": text(address.email, 50)}
    return {"cellNumber": digits(address.phone)[-10:].rjust(10, "0")}


def pickup_request(sender, boxes, ready):
    """Body of a carrier pickup: the letter carrier takes the parcels along."""
    address = {
        name: value
        for name, value in _address(sender).items()
        if name in ("streetAddress", "secondaryAddress", "city", "state", "ZIPCode", "ZIPPlus4")
    }
    person = _address(sender)
    pickup = {
        "firstName": person["firstName"],
        "lastName": person["lastName"],
        "firm": text(sender.company, 50),
        "address": address,
        "contact": [_contact(sender)],
    }
    return {
        "pickupDate": ready.date().isoformat(),
        "pickupAddress": pickup,
        "packages": [{"packageType": "OTHER", "packageCount": len(boxes)}],
        "estimatedWeight": plain(pounds(sum(box.weight for box in boxes), "1")),
        "pickupLocation": {"packageLocation": "FRONT_DOOR"},
    }
