"""How UPS is told of dangerous goods: chemical records. No ``odoo`` import."""

from decimal import Decimal

from .base import REJECTED, CarrierError
from .units import digits, text

#: Services that never fly.
GROUND = frozenset({"03", "11"})
#: Shipping writes the ways goods travel as words, Rating as numbers.
MODES = {"Highway": "01", "Ground": "02", "PAX": "03", "CAO": "04"}


def _regulation(shipment, goods, by_ground):
    """Under which rules UPS moves dangerous goods, and in what."""
    if by_ground:
        origin = shipment.sender.country_code
        if origin in ("US", "PR"):
            return "CFR", "Highway"
        return ("TDG", "Highway") if origin == "CA" else ("ADR", "Ground")
    # Lithium batteries by themselves are forbidden in passenger aircraft.
    return "IATA", "CAO" if goods.is_bare_battery else "PAX"


def records(box, shipment, by_ground=None):
    """A chemical record for each of the dangerous goods in a box, which is one fibreboard box.

    :param by_ground: whether they go by road; None: as ``shipment.service`` does
    :raise CarrierError: they can't be declared
    """
    by_ground = shipment.service in GROUND if by_ground is None else by_ground
    if len(box.hazards) > 3:
        raise CarrierError(
            REJECTED, "UPS takes three dangerous goods in a box: pack apart.", "hazard"
        )
    found = []
    for number, goods in enumerate(box.hazards, 1):
        rules, mode = _regulation(shipment, goods, by_ground)
        is_light = goods.is_small_battery
        if rules == "IATA" and len(box.hazards) > 1 and not is_light:
            raise CarrierError(
                REJECTED, "UPS flies dangerous goods of one kind in a box: pack apart.", "hazard"
            )
        goods.need(proper_shipping_name=goods.name)
        if not is_light:
            goods.need(net_quantity=goods.net)
            if rules == "IATA":
                goods.need(packing_instruction=goods.instruction)
            if not goods.is_limited:
                goods.need(emergency_phone=digits(shipment.emergency_phone))
        record = {
            "ChemicalRecordIdentifier": str(number),
            "CommodityRegulatedLevelCode": "LR" if is_light else "LQ" if goods.is_limited else "FR",
            "RegulationSet": rules,
            "TransportationMode": mode,
            "IDNumber": f"UN{goods.un_number}",
            "ProperShippingName": text(goods.name, 150),
            "ClassDivisionNumber": goods.hazard_class,
            "PackagingGroupType": goods.packing_group,
            "PackagingInstructionCode": goods.instruction[:4],
            "Quantity": f"{max(goods.net, Decimal('0.1')):.1f}"[:5],
            "UOM": goods.unit,
            "PackagingType": "FIBERBOARD BOX",
            "PackagingTypeQuantity": "1",
            "AdditionalDescription": "Limited Quantity" if goods.is_limited else "",
            "EmergencyPhone": digits(shipment.emergency_phone, 25),
            "EmergencyContact": text(shipment.sender.company or shipment.sender.name, 35)
            if shipment.emergency_phone
            else "",
        }
        found.append({name: value for name, value in record.items() if value})
    return found


def rated(box, number, shipment, by_ground):
    """The same as Rating wants it for the ``number``-th box: shorter codes, longer figures."""
    told = {"PackageIdentifier": str(number)}
    told["HazMatChemicalRecord"] = [
        record
        | {
            "TransportationMode": MODES[record["TransportationMode"]],
            "Quantity": record["Quantity"].zfill(15),
        }
        for record in records(box, shipment, by_ground)
    ]
    if len(box.hazards) > 1:
        told["AllPackedInOneIndicator"] = ""
    return told
