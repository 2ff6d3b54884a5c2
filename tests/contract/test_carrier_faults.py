"""What a carrier's misbehaviour means for a purchase: bought, refused, or nobody knows."""

import time

import carrier_stub
import pytest
from carrier_cases import account, shipment

from odoo.addons.order_shipping.carriers import transport
from odoo.addons.order_shipping.carriers.base import REJECTED, RETRYABLE, UNKNOWN, CarrierError
from odoo.addons.order_shipping.carriers.transport import Transport, check_url
from odoo.addons.order_shipping.carriers.ups import Ups
from odoo.addons.order_shipping.carriers.usps import Usps

OUTCOMES = {
    "refuse": REJECTED,
    "busy": RETRYABLE,
    "error": UNKNOWN,
    "lost": UNKNOWN,
    "hang": UNKNOWN,
    "half": UNKNOWN,
    "drip": UNKNOWN,
    "reset": UNKNOWN,
    "empty": UNKNOWN,
}


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setattr(transport, "BUY_SECONDS", 1.0)
    with carrier_stub.serving() as running:
        running.hang_seconds = 60
        yield running


def make(kind, stub):
    options = (("crid", "12345678"), ("mid", "123456789"))
    return kind(account(stub.address, options=options))


@pytest.mark.parametrize("fault", OUTCOMES)
@pytest.mark.parametrize("kind", [Ups, Usps])
def test_each_fault_has_its_outcome_and_nothing_is_sent_twice(stub, kind, fault):
    carrier, sent = make(kind, stub), shipment(service="03")
    stub.faults.append(fault)
    with pytest.raises(CarrierError) as caught:
        carrier.buy(sent)
    assert caught.value.outcome == OUTCOMES[fault]
    assert not stub.outlasted  # the buyer gave up, not the carrier
    assert stub.posts == 1 and not stub.doubles
    assert "very-secret" not in caught.value.message
    found = carrier.find(sent)
    if fault in carrier_stub.AFTER:
        assert found.labels[0].tracking_number and found.labels[0].document
    else:
        assert found is None


def test_an_expired_token_is_replaced_and_the_purchase_sent_again(stub):
    carrier = make(Ups, stub)
    stub.faults.append("expired")
    assert carrier.buy(shipment(service="03")).labels
    assert len(stub.sold) == 1 and not stub.doubles


def test_a_key_used_again_is_the_same_label_where_the_carrier_says_so(stub):
    carrier, sent = make(Usps, stub), shipment()
    first = carrier.buy(sent)
    assert carrier.buy(sent).labels == first.labels
    assert not stub.doubles


def test_nobody_listens():
    carrier = Ups(account("http://127.0.0.1:9"))
    with pytest.raises(CarrierError) as caught:
        carrier.buy(shipment(service="03"))
    assert caught.value.outcome == RETRYABLE  # never connected, so nothing was bought


def test_what_costs_nothing_is_asked_again_and_retry_after_is_honoured(stub):
    http = Transport(stub.address)
    calls = []

    def once(*_args):
        calls.append(time.monotonic())
        if len(calls) < 2:
            raise CarrierError(RETRYABLE, "busy", "429", 0.6)
        return "answer"

    http._once = once
    assert http.call("GET", "/") == "answer"
    assert calls[1] - calls[0] >= 0.6
    calls.clear()

    def busy(*_args):
        calls.append(1)
        raise CarrierError(RETRYABLE, "busy", "429", 60)

    http._once = busy
    with pytest.raises(CarrierError):
        http.call("GET", "/")
    assert len(calls) == 1  # a minute is longer than anybody waits here


def test_redirects_are_not_followed(stub):
    with pytest.raises(CarrierError):
        Transport(stub.address).call("GET", "/nowhere")


def test_connections_are_kept_for_what_costs_nothing_only(stub):
    carrier = make(Ups, stub)
    for _each in range(3):
        carrier.rates(shipment(service="03"))
    kept = len(stub.clients)
    assert kept == 1
    carrier.buy(shipment(service="03"))
    carrier.buy(shipment(service="03"))
    assert len(stub.clients) == kept + 2
    assert all(session.trust_env is False for session in Transport._kept.values())


def test_a_kept_connection_that_was_cut_is_made_anew(stub):
    carrier = make(Ups, stub)
    assert carrier.rates(shipment(service="03"))
    stub.cut()
    assert carrier.rates(shipment(service="03"))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.carrier.com",
        "https://127.0.0.1",
        "https://10.0.0.5",
        "https://169.254.169.254",
        "https://localhost",
        "https://intranet",
        "https://user:pass@api.carrier.com",
        "ftp://api.carrier.com",
        "https://api.carrier.com?x=1",
        "",
    ],
)
def test_unsafe_addresses_are_refused(url):
    with pytest.raises(ValueError):
        check_url(url)


def test_safe_addresses():
    assert check_url("https://api.carrier.com/v1/ ") == "https://api.carrier.com/v1"
    assert check_url("http://127.0.0.1:8080") == "http://127.0.0.1:8080"


def test_carriers_that_quote_a_secret_are_blacked_out(stub, caplog):
    carrier = make(Ups, stub)
    carrier.check()
    stub.echoes = True
    for ask in (
        lambda: carrier.rates(shipment(service="03")),
        lambda: carrier.subscribe(["1Z1442YY7229014688"], "https://x.example.com", "hook-secret"),
    ):
        with caplog.at_level("DEBUG"), pytest.raises(CarrierError) as caught:
            ask()
        told = caught.value.message
        assert "•••" in told
        for secret in ("a-token-of-this-hour", "hook-secret", "very-secret"):
            assert secret not in told + caplog.text
        assert "Ann Buyer" not in caplog.text  # who gets a parcel is nobody's in a log


def test_secrets_stay_out_of_repr():
    assert "very-secret" not in repr(account("https://api.carrier.com"))
