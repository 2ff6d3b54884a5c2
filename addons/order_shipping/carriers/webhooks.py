"""News that carriers send by themselves: who sent it, and what it says. No ``odoo`` import.

DHL Express has no such messages in its published interface: its parcels are asked for.
"""

import base64
import hashlib
import hmac
import json
from typing import Any, NamedTuple

from . import easypost, fedex, ups, usps


class Hook(NamedTuple):
    """How one carrier signs what it sends, and how it is read."""

    #: (secret, body as bytes, headers) to whether it was sent by who knows the secret
    is_signed: Any
    #: document to dict of tracking number to list of ``TrackEvent``
    read: Any


def _digest(secret, body):
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def _same(expected, given):
    return hmac.compare_digest(expected.encode(), (given or "").encode())


def _easypost_signed(secret, body, headers):
    return easypost.is_signed(secret, body, headers.get("X-Hmac-Signature", ""))


def _ups_signed(secret, _body, headers):
    """UPS signs nothing: it sends the credential along that it was given when it was asked."""
    return _same(secret, headers.get("credential"))


def _fedex_signed(secret, body, headers):
    """By its security token, in base64 as its guide says, or hexadecimal as its example does."""
    given, digest = headers.get("fdx-signature"), _digest(secret, body)
    return _same(base64.b64encode(digest).decode(), given) or _same(digest.hex(), given)


def _usps_signed(secret, body, headers):
    """Of the time and the payload, not of the whole body."""
    try:
        told = json.loads(body)
        signed = told["timestamp"] + told["payload"]
    except (ValueError, KeyError, TypeError):
        return False
    expected = base64.b64encode(_digest(secret, signed.encode())).decode()
    return _same(expected, headers.get("X-HMAC") or headers.get("hmac-header"))


def _easypost_read(document):
    tracker = document.get("result") or {}
    return {tracker.get("tracking_code") or "": easypost.events_of(tracker)}


def _ups_read(document):
    event = ups.told_event(document)
    return {event.tracking_number: [event]}


def _fedex_read(document):
    return fedex.events_of(document.get("output") or document)


def _usps_read(document):
    payload = json.loads(document["payload"])
    number = payload.get("trackingNumber") or ""
    return {number: usps.events_of(number, payload)}


#: By ``delivery_type``.
HOOKS = {
    "easypost": Hook(_easypost_signed, _easypost_read),
    "ups": Hook(_ups_signed, _ups_read),
    "fedex": Hook(_fedex_signed, _fedex_read),
    "usps": Hook(_usps_signed, _usps_read),
}
