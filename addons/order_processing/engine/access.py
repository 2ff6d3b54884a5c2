"""Proof that a document comes from its channel: signatures over its bytes, and keys.

Every comparison takes the same time whatever is wrong, and every secret is tried.
"""

import base64
import hashlib
import hmac
import re

#: Characters a key of a request may have: printable ASCII, as HTTP headers carry them.
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_BEARER = re.compile(r"Bearer +(.{1,512})", re.IGNORECASE)


def sign(payload, secret):
    """The signature of ``payload`` as Shopify and WooCommerce write it: base64 of HMAC-SHA256."""
    digest = hmac.new(secret.encode(), payload, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def is_signed(payload, signature, secrets):
    """Tell whether ``signature`` was made of the payload with one of the secrets.

    :param bytes payload: the document as it came
    :param str signature: the header's text, or None
    :param secrets: strings; empty ones prove nothing
    """
    given = (signature or "").encode("utf-8", "surrogateescape")
    valid = [hmac.compare_digest(sign(payload, each).encode(), given) for each in secrets if each]
    return any(valid)


def is_key(authorization, secrets):
    """Tell whether an ``Authorization`` header bears one of the secrets (RFC 6750)."""
    found = _BEARER.fullmatch((authorization or "").strip())
    # Headers are read as Latin-1, whatever bytes were sent.
    given = found[1].encode("latin-1", "replace") if found else b""
    valid = [hmac.compare_digest(each.encode(), given) for each in secrets if each]
    return any(valid)


def read_idempotency_key(header):
    """The key in an ``Idempotency-Key`` header, with or without the quotes of the draft.

    See draft-ietf-httpapi-idempotency-key-header.

    :return: the key; empty when the header is
    :raise ValueError: longer than 255 characters, or other characters than printable ASCII
    """
    key = (header or "").strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
        if not key:
            raise ValueError("empty key")
    if key and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise ValueError("no idempotency key")
    return key
