"""One vocabulary for where a parcel is, whatever its carrier calls it. No ``odoo`` import."""

import re

STATUSES = (
    ("label_created", "Label Created"),
    ("picked_up", "Picked Up"),
    ("in_transit", "In Transit"),
    ("out_for_delivery", "Out for Delivery"),
    ("ready_for_pickup", "Ready for Pick-up"),
    ("delivered", "Delivered"),
    ("delivery_failed", "Delivery Failed"),
    ("delayed", "Delayed"),
    ("on_hold", "On Hold"),
    ("damaged", "Damaged"),
    ("lost", "Lost"),
    ("return_to_sender", "Return to Sender"),
    ("cancelled", "Cancelled"),
    ("unknown", "Unknown"),
)
#: Nothing more is expected after one of these.
FINAL = frozenset({"delivered", "return_to_sender", "cancelled"})
#: Somebody should look at the parcel.
EXCEPTIONS = frozenset(
    {"delivery_failed", "delayed", "on_hold", "damaged", "lost", "return_to_sender"}
)
#: Damage and loss as carriers write them: hardly any has a code of its own for them.
DAMAGED = re.compile(r"\bdamage", re.IGNORECASE)
LOST = re.compile(
    r"\blost\b|\bmissing (mail|package|parcel|shipment)|(package|parcel|shipment) (is|was) missing"
    r"|(cannot|can't|could not|unable to) (be )?locate",
    re.IGNORECASE,
)

UPS_TYPES = {
    "M": "label_created",
    "MV": "cancelled",
    "P": "picked_up",
    "I": "in_transit",
    "O": "out_for_delivery",
    "D": "delivered",
    "DO": "delivered",
    "DD": "delivered",
    "X": "delayed",
    "RS": "return_to_sender",
    "W": "in_transit",
    "NA": "unknown",
}
UPS_CODES = {"OT": "out_for_delivery", "OF": "out_for_delivery", "OR": "picked_up"}
USPS_CATEGORIES = {
    "pre-shipment": "label_created",
    "accepted": "picked_up",
    "in transit": "in_transit",
    "out for delivery": "out_for_delivery",
    "available for pickup": "ready_for_pickup",
    "delivered": "delivered",
    "delivery attempt": "delivery_failed",
    "alert": "on_hold",
    "return to sender": "return_to_sender",
}
USPS_CODES = {
    "GX": "label_created",
    "MA": "label_created",
    "03": "picked_up",
    "OA": "picked_up",
    "10": "in_transit",
    "07": "in_transit",
    "A1": "in_transit",
    "L1": "in_transit",
    "OF": "out_for_delivery",
    "01": "delivered",
    "02": "delivery_failed",
    "05": "delivery_failed",
    "09": "return_to_sender",
    "04": "return_to_sender",
    "14": "ready_for_pickup",
}
FEDEX_CODES = {
    "OC": "label_created",
    "PU": "picked_up",
    "PX": "picked_up",
    "AR": "in_transit",
    "DP": "in_transit",
    "IT": "in_transit",
    "AF": "in_transit",
    "FD": "in_transit",
    "OD": "out_for_delivery",
    "HL": "ready_for_pickup",
    "HP": "ready_for_pickup",
    "DL": "delivered",
    "DE": "delivery_failed",
    "DY": "delayed",
    "SE": "on_hold",
    "CD": "on_hold",
    "RS": "return_to_sender",
    "CA": "cancelled",
}
DHL_CODES = {
    "SA": "label_created",
    "PU": "picked_up",
    "DF": "in_transit",
    "AF": "in_transit",
    "AR": "in_transit",
    "PL": "in_transit",
    "CC": "in_transit",
    "CR": "in_transit",
    "WC": "out_for_delivery",
    "OK": "delivered",
    "BA": "delivery_failed",
    "NH": "delivery_failed",
    "CA": "delivery_failed",
    "OH": "on_hold",
    "SS": "on_hold",
    "CD": "delayed",
    "HP": "ready_for_pickup",
    "RT": "return_to_sender",
}
EASYPOST_DETAILS = {"damaged": "damaged", "lost": "lost", "delayed": "delayed"}
EASYPOST_STATUSES = {
    "pre_transit": "label_created",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "available_for_pickup": "ready_for_pickup",
    "delivered": "delivered",
    "return_to_sender": "return_to_sender",
    "failure": "delivery_failed",
    "error": "on_hold",
    "cancelled": "cancelled",
}


def status_of(table, *codes):
    """Our status for the first of a carrier's codes that ``table`` knows; else ``unknown``."""
    return next((table[code] for code in codes if code in table), "unknown")


def trouble(status, words):
    """``status``, or what exactly is wrong where a carrier's words say it of an exception."""
    if status not in EXCEPTIONS and status != "unknown":
        return status
    if DAMAGED.search(words or ""):
        return "damaged"
    return "lost" if LOST.search(words or "") else status


def current(events):
    """Where a parcel is, from (time, status) in any order and any number of times.

    By time of the scan, not of its arrival. What is final stays, except that a delivered parcel may
    still be sent back; an unknown status never replaces a known one.

    :return: (status, time) or ("", None)
    """
    status, when = "", None
    for time, candidate in sorted(events, key=lambda event: event[0]):
        if candidate == "unknown" and status:
            continue
        if status in FINAL and candidate != "return_to_sender":
            continue
        status, when = candidate, time
    return status, when
