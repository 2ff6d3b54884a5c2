"""Who sent news of a parcel, and what it says: by each carrier's own way of proving it."""

import base64
import datetime
import hashlib
import hmac
import json

import pytest

from odoo.addons.order_shipping.carriers.webhooks import HOOKS

SECRET = "a-secret-of-32-characters-and-more"


def digest(body, secret=SECRET):
    return hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()


def signature(kind, body, secret=SECRET):
    """The headers that a carrier sends along."""
    if kind == "ups":
        return {"credential": secret, "User-Agent": "UPSPubSubTrackingService"}
    if kind == "fedex":
        return {"fdx-signature": base64.b64encode(digest(body, secret)).decode()}
    if kind == "usps":
        told = json.loads(body)
        signed = digest(told["timestamp"] + told["payload"], secret)
        return {"X-HMAC": base64.b64encode(signed).decode()}
    return {"X-Hmac-Signature": "hmac-sha256-hex=" + digest(body, secret).hex()}


UPS = {
    "trackingNumber": " 1ZABCXYZ0112346789",
    "localActivityDate": "20260422",
    "localActivityTime": "212901",
    "gmtActivityDate": "20260423",
    "gmtActivityTime": "012901",
    "activityLocation": {"city": "Hickory", "stateProvince": "NC", "country": "US"},
    "activityStatus": {"type": "I", "code": "OR", "description": "On the Way"},
}
SCAN = {
    "date": "2026-11-25T09:30:00-05:00",
    "eventType": "DE",
    "eventDescription": "Delivery exception",
    "exceptionDescription": "Damaged, delivery not completed",
    "scanLocation": {"city": "MEMPHIS", "stateOrProvinceCode": "TN", "countryCode": "US"},
}
FEDEX = {
    "output": {
        "completeTrackResults": [
            {"trackingNumber": "794953535000", "trackResults": [{"scanEvents": [SCAN]}]}
        ]
    }
}
USPS = {
    "subscriptionType": "TRACKING",
    "timestamp": "2026-11-25T14:32:00Z",
    "payload": json.dumps(
        {
            "trackingNumber": "9400100000000000000001",
            "statusCategory": "Delivered",
            "trackingEvents": [
                {
                    "eventCode": "01",
                    "eventType": "Delivered",
                    "GMTTimestamp": "2026-11-25T14:30:00Z",
                }
            ],
        }
    ),
}
DETAIL = {"status": "in_transit", "message": "Departed", "datetime": "2026-11-25T10:00:00Z"}
EASYPOST = {"result": {"tracking_code": "EZ1", "tracking_details": [DETAIL]}}
TOLD = {
    "ups": (UPS, "1ZABCXYZ0112346789", "picked_up", datetime.datetime(2026, 4, 23, 1, 29, 1)),
    "fedex": (FEDEX, "794953535000", "damaged", datetime.datetime(2026, 11, 25, 14, 30)),
    "usps": (USPS, "9400100000000000000001", "delivered", datetime.datetime(2026, 11, 25, 14, 30)),
    "easypost": (EASYPOST, "EZ1", "in_transit", datetime.datetime(2026, 11, 25, 10)),
}


@pytest.mark.parametrize("kind", HOOKS)
def test_only_who_knows_the_secret_is_believed(kind):
    hook, body = HOOKS[kind], json.dumps(TOLD[kind][0])
    assert hook.is_signed(SECRET, body.encode(), signature(kind, body))
    assert not hook.is_signed(SECRET, body.encode(), signature(kind, body, "another"))
    assert not hook.is_signed(SECRET, body.encode(), {})
    if kind != "ups":  # which proves itself by the secret alone
        changed = body.replace("2026", "2027").encode()
        assert not hook.is_signed(SECRET, changed, signature(kind, body))


@pytest.mark.parametrize("kind", HOOKS)
def test_news_are_read_as_answers_are(kind):
    document, number, status, time = TOLD[kind]
    [(told, [event])] = HOOKS[kind].read(document).items()
    assert (told, event.tracking_number) == (number, number)
    assert (event.status, event.time) == (status, time)


@pytest.mark.parametrize("kind", HOOKS)
def test_nonsense_is_an_error_or_nothing(kind):
    for document in ({}, {"output": {}}, {"payload": "[]"}, {"result": None}, [1]):
        try:
            found = HOOKS[kind].read(document)
        except (ValueError, AttributeError, TypeError, KeyError):
            continue
        assert not any(found.values())
