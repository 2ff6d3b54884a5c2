"""The port to shops: one page of orders at a time, from a cursor that says where to go on.

Orders come by when they were last changed, oldest first. The cursor is kept with what was taken
in, in one transaction: after a crash the same page is fetched again, and recognised. Those changed
in the very second the cursor names are asked for again, since more may have been changed in it;
the ones already seen are left out.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from ..engine.intake.reading import split_json

#: Seconds to connect, and between two parts of an answer.
TIMEOUT = (10, 60)
#: Bytes of one answer; a page of 250 orders has about one million.
MAX_ANSWER = 50 * 1024 * 1024
#: Seconds to wait where a shop asks for it without saying how long, and at most.
WAIT, MAX_WAIT = 60, 3600
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ShopError(Exception):
    """A page couldn't be fetched.

    :param str code: ``address``, ``refused``, ``busy``, ``failed``, ``unreachable`` or ``garbled``
    :param str detail: what the shop or the network said
    :param int wait: seconds that the shop wants to be left alone
    """

    def __init__(self, code, detail="", wait=0):
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.wait = code, detail, wait


@dataclass(frozen=True)
class Cursor:
    """Where to go on.

    :param since: ISO moment of the last change that was seen
    :param page: what the shop calls the next page; empty for the first one from ``since``
    :param seen: references of the orders changed in that moment
    """

    since: str = ""
    page: str = ""
    seen: tuple[str, ...] = ()

    @classmethod
    def load(cls, values):
        """The cursor kept as a dict of JSON values, or the first."""
        values = values or {}
        return cls(values.get("since", ""), values.get("page", ""), tuple(values.get("seen", ())))

    def dump(self):
        """This cursor as JSON values."""
        return {"since": self.since, "page": self.page, "seen": list(self.seen)}


@dataclass(frozen=True)
class Entry:
    """One order of a page.

    :param ref: its unchanging reference
    :param changed: ISO moment of its last change
    :param is_void: it is cancelled or never was bought: of interest only if it is known
    :param payload: the order as the shop gave it
    """

    ref: str
    changed: str
    is_void: bool
    payload: bytes


@dataclass(frozen=True)
class Page:
    """Orders that weren't seen before, and where to go on."""

    entries: tuple[Entry, ...]
    cursor: Cursor
    more: bool = False


@dataclass
class Shop:
    """A shop's address and credentials.

    :param address: of the shop, with ``https://``
    :param key: access token, or the key that goes with ``secret``
    """

    address: str
    key: str
    secret: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def fetch(self, cursor):
        """The next page after ``cursor``.

        :raise ShopError: it couldn't be fetched
        """
        raise NotImplementedError

    def get(self, path, params, **options):
        """Ask the shop.

        :return: ``(answer's JSON bytes, headers)``
        :raise ShopError: no usable answer
        """
        url = self._base() + path
        try:
            # A redirect would carry the credentials to where it points.
            answer = self.session.get(
                url, params=params, timeout=TIMEOUT, allow_redirects=False, stream=True, **options
            )
            with answer:
                body = self._read(answer)
        except requests.Timeout as error:
            raise ShopError("unreachable", "timed out") from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise ShopError("garbled", "the connection ended within the answer") from error
        except requests.RequestException as error:
            raise ShopError("unreachable", type(error).__name__) from error
        self._check_status(answer, body)
        return body, answer.headers

    def _base(self):
        parts = urlsplit(self.address.strip())
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        if not secure or not parts.hostname or parts.username:
            raise ShopError("address", self.address[:200])
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"

    @staticmethod
    def _read(answer):
        parts, size = [], 0
        for part in answer.iter_content(64 * 1024):
            size += len(part)
            if size > MAX_ANSWER:
                raise ShopError("garbled", f"more than {MAX_ANSWER} bytes")
            parts.append(part)
        return b"".join(parts)

    @staticmethod
    def _check_status(answer, body):
        status, text = answer.status_code, body[:200].decode("utf-8", "replace")
        if status == 200:
            return
        if status == 429 or (status == 503 and "Retry-After" in answer.headers):
            raise ShopError("busy", str(status), wait_of(answer.headers.get("Retry-After")))
        if status in (401, 403):
            raise ShopError("refused", f"{status} {text}")
        raise ShopError("failed", f"{status} {text}")


def wait_of(header):
    """Seconds of a Retry-After header, which has them or a date (RFC 9110, section 10.2.3)."""
    try:
        seconds = float(header or WAIT)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(timezone.utc)).total_seconds()
        except (TypeError, ValueError):
            seconds = WAIT
    return max(1, min(int(seconds + 0.999), MAX_WAIT))


def read_rows(body, key=None):
    """The orders of an answer as pairs of a dict and its bytes, as they came.

    :param key: under which the list is; None when the answer is the list
    :raise ShopError: it isn't such a list
    """
    try:
        value = json.loads(body)
        rows = value[key] if key else value
        if not isinstance(rows, list) or not all(row["id"] for row in rows):
            raise ValueError
        payloads = split_json(body, key or "")
        return list(zip(rows, payloads, strict=True)) if rows else []
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ShopError("garbled", body[:200].decode("utf-8", "replace")) from error


def moment(text):
    """An ISO moment in UTC, so that moments compare as texts; as it is where it isn't one."""
    try:
        found = datetime.fromisoformat(str(text or "").replace("Z", "+00:00"))
    except ValueError:
        return ""
    found = found.astimezone(timezone.utc) if found.tzinfo else found
    return found.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def advance(cursor, entries, page=""):
    """The page's new entries and the cursor after them.

    :param page: what the shop calls the next page
    """
    seen = set(cursor.seen)
    fresh = tuple(each for each in entries if each.changed != cursor.since or each.ref not in seen)
    since = max((each.changed for each in entries), default=cursor.since) or cursor.since
    since = max(since, cursor.since)
    last = {each.ref for each in entries if each.changed == since}
    if since == cursor.since:
        last |= seen
    return fresh, Cursor(since, page, tuple(sorted(last)))
