"""HTTP to carriers: always with a time limit, never twice by itself where money is spent.

What goes wrong is told as a :class:`CarrierError` whose outcome says what it means for a purchase.
Nothing that is sent or received is logged, only method, path, status and time.
"""

import datetime
import email.utils
import ipaddress
import json
import logging
import random
import threading
import time
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from .base import REJECTED, RETRYABLE, UNKNOWN, CarrierError

_logger = logging.getLogger(__name__)

CONNECT_SECONDS = 3.05
RATE_SECONDS = 8.0
BUY_SECONDS = 25.0
#: A carrier that asks to wait longer than this is asked again later, not now.
LONGEST_WAIT = 3.0
#: More than any label or manifest: an endless answer must not fill the memory.
MOST_BYTES = 40 * 1024 * 1024


def check_url(url):
    """The address of a carrier's interface, safe to call.

    :raise ValueError: it isn't https, or names a machine inside the house; plain http is for a
        stand-in on this very machine
    """
    parts = urlsplit((url or "").strip())
    host = (parts.hostname or "").lower()
    if not host or parts.username or parts.query or parts.fragment:
        raise ValueError("Enter an address like https://api.carrier.com, without user or query.")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    is_here = host == "localhost" or bool(address and address.is_loopback)
    if parts.scheme == "http" and is_here:
        return url.strip().rstrip("/")
    if parts.scheme != "https":
        raise ValueError("Only https is safe: credentials would travel in the clear.")
    if is_here or (address and not address.is_global) or "." not in host:
        raise ValueError("This address lies inside your own network: name the carrier's.")
    return url.strip().rstrip("/")


def mask(text, secrets):
    """``text`` with every secret in it blacked out."""
    for secret in secrets:
        if secret and len(secret) > 3:
            text = text.replace(secret, "•••")
    return text


def retry_after(value):
    """Seconds that a Retry-After header asks for: a number or a date; 0 where it says nothing."""
    if not value:
        return 0.0
    if value.strip().isdecimal():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 0.0
    now = datetime.datetime.now(datetime.timezone.utc)
    return max(0.0, (when - now).total_seconds())


class Answer:
    """What came back, read to its end."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        """The answer's document; half an answer is as good as none.

        :raise CarrierError: it can't be read, so nobody knows what happened
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise CarrierError(UNKNOWN, "The answer can't be read.", "unreadable") from error


def new_session():
    """A session that adds nothing of its own to what is sent."""
    session = requests.Session()
    session.trust_env = False  # no .netrc: credentials are ours to send
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


class Transport:
    """One carrier's connection: address, limits, and what is secret."""

    #: Connections that stay open, by address: setting one up costs as much as asking.
    _kept = {}
    _lock = threading.Lock()

    def __init__(self, base_url, secrets=()):
        self.base_url = check_url(base_url)
        self.secrets = [secret for secret in secrets if secret]

    def hide(self, secret):
        """Black a secret out, too, that came up later: carriers quote what they were sent."""
        if secret not in self.secrets:
            self.secrets.append(secret)

    def _session(self, spends):
        """The connections to this address; new ones for a purchase.

        A kept one may be cut by the carrier in the moment it is used. What costs nothing is sent
        again then; of a purchase nobody would know.
        """
        if spends:
            return new_session()
        with self._lock:
            if self.base_url not in self._kept:
                self._kept[self.base_url] = new_session()
            return self._kept[self.base_url]

    def call(self, method, path, *, spends=False, seconds=None, **options):
        """Send one request and read the answer.

        :param bool spends: it buys something: sent once, and what isn't certain is UNKNOWN
        :param float seconds: for everything, retries included
        :return: :class:`Answer` with a status below 400
        :raise CarrierError: of any other ending
        """
        deadline = time.monotonic() + (seconds or (BUY_SECONDS if spends else RATE_SECONDS))
        tries = 1 if spends else 3
        for attempt in range(1, tries + 1):
            try:
                return self._once(method, path, deadline, spends, options)
            except CarrierError as error:
                pause = error.retry_after or random.uniform(0.05, 0.25) * attempt
                again = error.outcome != REJECTED and attempt < tries
                if not again or pause > min(LONGEST_WAIT, deadline - time.monotonic()):
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _once(self, method, path, deadline, spends, options):
        left = deadline - time.monotonic()
        started = time.monotonic()
        status = 0
        session = self._session(spends)
        try:
            with session.request(
                method,
                self.base_url + path,
                timeout=(min(CONNECT_SECONDS, left), max(left, 0.05)),
                allow_redirects=False,
                stream=True,
                **options,
            ) as response:
                status = response.status_code
                body = self._read(response, deadline)
                answer = Answer(status, response.headers, body)
        except requests.exceptions.ConnectTimeout as error:
            raise CarrierError(RETRYABLE, "The carrier can't be reached.", "connect") from error
        except requests.exceptions.ConnectionError as error:
            # A connection that was never made carried nothing; one that broke may have.
            made = not isinstance(_cause(error), (ConnectionRefusedError, OSError)) or isinstance(
                _cause(error), (ConnectionResetError, BrokenPipeError, TimeoutError)
            )
            outcome = UNKNOWN if made and spends else RETRYABLE
            raise CarrierError(outcome, "The connection to the carrier broke.", "broken") from error
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            outcome = UNKNOWN if spends else RETRYABLE
            raise CarrierError(outcome, "The carrier didn't answer in time.", "time-out") from error
        finally:
            if spends:
                session.close()
            _logger.debug(
                "%s %s%s: %s in %.0f ms",
                method,
                urlsplit(self.base_url).hostname,
                path.split("?")[0],
                status or "no answer",
                1000 * (time.monotonic() - started),
            )
        if status >= 300:
            raise self._failure(answer, spends)
        return answer

    def _read(self, response, deadline):
        """The whole body, however slowly it drips, but not past the deadline."""
        parts, size = [], 0
        read = getattr(response.raw, "read1", None)  # what has arrived; from urllib3 2 on
        pieces = (
            iter(lambda: read(65536, decode_content=True), b"")
            if read
            else response.iter_content(512)
        )
        for part in pieces:
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                raise requests.exceptions.ContentDecodingError("too large")
            if time.monotonic() > deadline:
                raise requests.exceptions.ReadTimeout("too slow")
        return b"".join(parts)

    def _failure(self, answer, spends):
        wait = retry_after(answer.headers.get("Retry-After"))
        message = mask(self.explain(answer), self.secrets)
        code = str(answer.status)
        if answer.status in (408, 425) or answer.status >= 500:
            return CarrierError(UNKNOWN if spends else RETRYABLE, message, code, wait)
        if answer.status == 429:
            return CarrierError(RETRYABLE, message, code, wait)
        return CarrierError(REJECTED, message, code, wait)

    def explain(self, answer):
        """The carrier's own words in an error answer, or its status."""
        try:
            words = list(_words(json.loads(answer.body)))
        except ValueError:
            words = []
        return " ".join(dict.fromkeys(words))[:500] or f"The carrier answered {answer.status}."


def _cause(error):
    """The operating system's error behind one of requests."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        reason = getattr(error, "reason", None)
        if not isinstance(reason, BaseException):
            reason = next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        if reason is None:
            reason = error.__cause__ or error.__context__
        if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
            return error
        error = reason
    return None


def _words(document):
    """Messages anywhere in an error document, under the names that carriers use."""
    if isinstance(document, list):
        for entry in document:
            yield from _words(entry)
    elif isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, str) and name.lower() in (
                "message",
                "detail",
                "errormessage",
                "error_description",
                "description",
            ):
                yield value.strip()
            elif isinstance(value, (dict, list)):
                yield from _words(value)


class Token:
    """An OAuth token of one account, shared by its threads and fetched anew before it ends."""

    _kept = {}
    _lock = threading.Lock()

    def __init__(self, name, fetch):
        """:param tuple name: of the account; :param fetch: gives (token, seconds it lives)"""
        self.name = name
        self.fetch = fetch

    def get(self):
        with self._lock:
            token, until = self._kept.get(self.name, ("", 0.0))
        if token and time.monotonic() < until:
            return token
        token, lives = self.fetch()
        with self._lock:
            self._kept[self.name] = (token, time.monotonic() + max(lives - 60, lives / 2))
        return token

    def forget(self):
        with self._lock:
            self._kept.pop(self.name, None)


class OAuth:
    """Client credentials: every call carries a token; one that ended is replaced once.

    A call answered 401 wasn't carried out, so even a purchase may be sent again then.
    """

    def __init__(self, transport, account, fetch):
        self.transport = transport
        # The secret is part of the name: a token must not outlive the secret it came from.
        name = (transport.base_url, account.client_id, account.client_secret)
        self.token = Token(name, fetch)

    def call(self, method, path, *, headers=None, **options):
        """As :meth:`Transport.call`, with the token."""
        for is_last in (False, True):
            try:
                token = self.token.get()
            except CarrierError as error:
                # Without a token nothing was asked for, so nothing was bought.
                outcome = RETRYABLE if error.outcome == UNKNOWN else error.outcome
                raise CarrierError(outcome, error.message, error.code, error.retry_after) from error
            self.transport.hide(token)
            sent = {**(headers or {}), "Authorization": f"Bearer {token}"}
            try:
                return self.transport.call(method, path, headers=sent, **options)
            except CarrierError as error:
                if error.code != "401" or is_last:
                    raise
                self.token.forget()
        raise AssertionError("unreachable")
