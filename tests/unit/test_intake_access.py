import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine import access


def test_published_signature():
    """HMAC-SHA256 of RFC 4231, test case 2."""
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    signature = access.sign(b"what do ya want for nothing?", "Jefe")
    assert base64.b64decode(signature).hex() == digest


# Without zeros at the end: HMAC fills short keys up with them.
SECRETS = st.text(st.characters(min_codepoint=1, codec="utf-8"), min_size=1, max_size=40)


@given(st.binary(max_size=100), SECRETS, SECRETS)
def test_only_the_secret_signs(payload, secret, other):
    signature = access.sign(payload, secret)
    assert access.is_signed(payload, signature, ["former", secret])
    assert access.is_signed(payload, signature, [other]) == (other == secret)
    assert not access.is_signed(payload + b"x", signature, [secret])


@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.text()))
def test_nothing_proves_without_a_secret(signature, authorization):
    assert not access.is_signed(b"", signature, ["", None])
    assert not access.is_key(authorization, ["", None])
    access.is_key(authorization, ["secret"])
    access.is_signed(b"x", signature, ["secret"])


@pytest.mark.parametrize(
    ("header", "proves"),
    [
        ("Bearer top secret", True),
        ("bearer  top secret", True),
        ("top secret", False),
        ("Bearer", False),
        ("Bearer top secret2", False),
        ("Basic top secret", False),
        (None, False),
    ],
)
def test_bearer(header, proves):
    assert access.is_key(header, ["other", "top secret"]) is proves


def test_keys_of_requests():
    assert access.read_idempotency_key(None) == ""
    assert access.read_idempotency_key(' "abc" ') == "abc"
    assert access.read_idempotency_key("abc") == "abc"
    for bad in ('""', "a b", "ä", "x" * 256):
        with pytest.raises(ValueError):
            access.read_idempotency_key(bad)
