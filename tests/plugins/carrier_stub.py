"""A stand-in for UPS and USPS that keeps what it sold, and misbehaves as told.

A real HTTP server on loopback. ``sold`` counts every label by the buyer's own key, so that a double
purchase shows whatever the buyer believes. Faults happen before or after the sale:

    before  refuse (400), busy (429 with Retry-After), error (500), expired (401: the token ended)
    after   lost (500), hang (no answer), half (the answer breaks off), drip (byte by byte),
            reset (the connection is torn down), empty ({})
"""

from __future__ import annotations

import base64
import collections
import contextlib
import http.server
import itertools
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

BEFORE = ("refuse", "busy", "error", "expired")
AFTER = ("lost", "hang", "half", "drip", "reset", "empty")
PDF = base64.b64encode(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF").decode()
#: A picture of one pixel, as UPS sends its labels.
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


class Stub:
    """What the carrier knows, and how it is to behave."""

    def __init__(self):
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.sold = collections.defaultdict(list)  # key: tracking numbers, one list per sale
        self.voided = set()
        self.posts = 0
        self.faults = collections.deque()
        self.choose = None  # called for each purchase where no fault is queued
        self.hang_seconds = 3.0
        self.outlasted = 0  # hangs and delayed quotes that came to their end
        self.closing = threading.Event()  # nobody is to hang any longer
        self.rate = 12.5
        self.rate_delay = 0.0
        self.scans = {}  # tracking number: list of (code, type, text, date, time)
        self.points = []  # DHL's service points: (code, name, zip)
        self.proof = ""  # base64 of what proves a delivery
        self.last = {}  # the last purchase, as UPS was asked for it
        self.subscribed = []  # what UPS was asked to tell of: bodies
        self.papers = {}  # kind of DHL's papers: base64
        self.rated = {}  # the last quote, as UPS was asked for it
        self.echoes = False  # refuse everything, quoting what was sent
        self.address = ""
        self.clients = {}  # address of each connection: its socket

    def cut(self):
        """Close every connection that is open, as carriers do with idle ones."""
        for connection in list(self.clients.values()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def fault(self):
        with self.lock:
            self.posts += 1
            if self.faults:
                return self.faults.popleft()
        return self.choose() if self.choose else "ok"

    def sell(self, key, count, is_idempotent, prefix):
        """Note a sale; under the same key again only where the carrier isn't idempotent."""
        with self.lock:
            if is_idempotent and self.sold[key]:
                return self.sold[key][0]
            numbers = [f"{prefix}{next(self.numbers):012d}" for _each in range(count)]
            self.sold[key].append(numbers)
            return numbers

    @property
    def doubles(self):
        """Keys under which more than one sale stands."""
        return [key for key, sales in self.sold.items() if len(sales) > 1]


@contextlib.contextmanager
def serving():
    """The stand-in on a free port; yields its :class:`Stub`."""
    stub = Stub()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(stub))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stub.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stub
    finally:
        stub.closing.set()
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def apart(delays):
    """Stand-ins in a process of their own, so that what they do takes none of the buyer's time.

    :param delays: seconds that each takes to answer with its rates
    :return: their addresses
    """
    process = subprocess.Popen(
        [sys.executable, __file__, *map(str, delays)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait(15)


def main(delays):
    """Serve until killed; the addresses are the first line of what is printed."""
    with contextlib.ExitStack() as stack:
        stubs = [stack.enter_context(serving()) for _each in delays]
        for stub, delay in zip(stubs, delays, strict=True):
            stub.rate_delay = float(delay)
        print(json.dumps([stub.address for stub in stubs]), flush=True)
        threading.Event().wait()


def _handler(stub):
    class Handler(_Answers, http.server.BaseHTTPRequestHandler):
        carrier = stub
        # As carriers' servers do: else head and body of an answer come 40 ms apart.
        disable_nagle_algorithm = True

    return Handler


class _Answers:
    """The interface: OAuth, UPS's rating, shipping, tracking and void; USPS's labels."""

    protocol_version = "HTTP/1.1"

    def handle_one(self):
        self.carrier.clients[self.client_address] = self.connection
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = urlsplit(self.path).path
        if "token" in path:
            return self.reply({"access_token": "a-token-of-this-hour", "expires_in": "3600"})
        if self.carrier.echoes:
            quoted = f"Refused: {self.headers['Authorization']}, {body.decode()}"
            return self.reply({"message": quoted}, 400)
        if "payment-authorization" in path:
            return self.reply({"paymentAuthorizationToken": "p"})
        document = json.loads(body) if body[:1] == b"{" else {}
        if "/rating/" in path:
            return self.ups_rate(document)
        if path.endswith("/ship"):
            return self.purchase(self.ups_key(document), lambda key: self.ups_ship(key, document))
        if path.endswith(("/labels/v3/label", "/labels/v3/return-label")):
            return self.purchase(self.headers["X-Idempotency-Key"], self.usps_label)
        if path.endswith("/label-reprint"):
            return self.usps_reprint()
        if "/reference/details/" in path:
            return self.ups_reference(path.rsplit("/", 1)[1])
        if path.endswith("/recovery"):
            return self.ups_recovery(document)
        if "/void/" in path or self.command == "DELETE":
            self.carrier.voided.add(path.rsplit("/", 1)[1])
            status = {"Code": "1", "Description": "Voided"}
            answer = {"VoidShipmentResponse": {"SummaryResult": {"Status": status}}}
            return self.reply(answer | {"status": "CANCELED"})
        return self.ask(path, document)

    def ask(self, path, document):
        """What costs nothing."""
        if "/addressvalidation/" in path:
            return self.ups_address(document)
        if path.endswith("/servicepoints"):
            return self.dhl_points()
        if path.endswith("/get-image"):
            return self.dhl_paper()
        if "/subscription/" in path:
            self.carrier.subscribed.append(document)
            numbers = document["trackingNumberList"]
            return self.reply({"validTrackingNumbers": numbers, "invalidTrackingNumbers": []})
        if "/track/v1/details/" in path:
            return self.ups_track(path.rsplit("/", 1)[1])
        return self.reply({"message": "no such operation"}, 404)

    do_GET = do_POST = do_DELETE = do_PUT = handle_one

    def ups_address(self, document):
        """Knows any street as a home with "St", none called Nowhere, and refuses Refused."""
        asked = document["XAVRequest"]["AddressKeyFormat"]
        [line, *_more] = asked["AddressLine"]
        if "Refused" in line:
            error = {"code": "264002", "message": "Country code is invalid or missing."}
            return self.reply({"response": {"errors": [error]}}, 400)
        if "Nowhere" in line:
            return self.reply({"XAVResponse": {"NoCandidatesIndicator": ""}})
        candidate = asked | {
            "AddressLine": [line.replace("Street", "St").upper()],
            "PostcodeExtendedLow": "1234",
        }
        found = {
            "ValidAddressIndicator": "",
            "AddressClassification": {"Code": "2", "Description": "Residential"},
            "Candidate": [{"AddressKeyFormat": candidate}],
        }
        return self.reply({"XAVResponse": found})

    # --- purchases and their faults ---

    def purchase(self, key, sell):
        fault = self.carrier.fault()
        if fault == "refuse":
            return self.reply({"message": "The address isn't deliverable."}, 400)
        if fault == "busy":
            return self.reply({"message": "Too many requests."}, 429, {"Retry-After": "1"})
        if fault == "error":
            return self.reply({"message": "Internal error."}, 500)
        if fault == "expired":
            return self.reply({"message": "Invalid token."}, 401)
        answer = sell(key)
        if fault == "lost":
            return self.reply({"message": "Internal error."}, 500)
        if fault == "hang":
            self.hang(self.carrier.hang_seconds)
            self.close_connection = True
            return None
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return self.connection.close()
        if fault == "empty":
            return self.reply({})
        payload = json.dumps(answer).encode()
        if fault in ("half", "drip"):
            return self.break_off(payload, drips=fault == "drip")
        return self.reply(answer)

    def hang(self, seconds):
        if seconds and not self.carrier.closing.wait(seconds):
            self.carrier.outlasted += 1

    def break_off(self, payload, drips):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.close_connection = True
        with contextlib.suppress(OSError):
            if not drips:
                self.wfile.write(payload[: len(payload) // 2])
                return
            until = time.monotonic() + self.carrier.hang_seconds
            for byte in payload:
                if time.monotonic() > until:
                    self.carrier.outlasted += 1
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)

    def reply(self, answer, status=200, headers=None):
        payload = json.dumps(answer).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

    # --- UPS ---

    def ups_key(self, document):
        request = document["ShipmentRequest"]["Request"]
        return request["TransactionReference"]["CustomerContext"]

    def ups_rate(self, document):
        self.carrier.rated = document  # at once: a late one is not what the next test asked
        self.hang(self.carrier.rate_delay)
        count = len(document["RateRequest"]["Shipment"]["Package"])
        rated = [
            self.ups_rated("03", self.carrier.rate * count, count),
            self.ups_rated("02", 2 * self.carrier.rate * count, count),
        ]
        self.reply({"RateResponse": {"RatedShipment": rated}})

    def ups_rated(self, code, amount, count):
        price = {"CurrencyCode": "USD", "MonetaryValue": f"{1.25 * amount:.2f}"}
        fuel = {"Code": "375", "CurrencyCode": "USD", "MonetaryValue": f"{0.25 * amount:.2f}"}
        arrival = {"BusinessDaysInTransit": {"03": "4", "02": "2"}[code]}
        return {
            "Service": {"Code": code},
            "TotalCharges": price,
            "BaseServiceCharge": {"CurrencyCode": "USD", "MonetaryValue": f"{amount:.2f}"},
            "ItemizedCharges": [fuel],
            "NegotiatedRateCharges": {
                "TotalCharge": {"CurrencyCode": "USD", "MonetaryValue": f"{amount:.2f}"}
            },
            "BillingWeight": {"UnitOfMeasurement": {"Code": "LBS"}, "Weight": str(3 * count)},
            "TimeInTransit": {"ServiceSummary": {"EstimatedArrival": arrival}},
        }

    def ups_ship(self, key, document):
        self.carrier.last = document
        count = len(document["ShipmentRequest"]["Shipment"]["Package"])
        numbers = self.carrier.sell(key, count, is_idempotent=False, prefix="1ZSTUB")
        image = {"ImageFormat": {"Code": "GIF"}, "GraphicImage": GIF}
        packages = [{"TrackingNumber": number, "ShippingLabel": image} for number in numbers]
        total = {"CurrencyCode": "USD", "MonetaryValue": f"{self.carrier.rate * count:.2f}"}
        results = {
            "ShipmentIdentificationNumber": numbers[0],
            "PackageResults": packages,
            "ShipmentCharges": {"TotalCharges": total},
        }
        return {"ShipmentResponse": {"ShipmentResults": results}}

    def ups_reference(self, key):
        sales = self.carrier.sold.get(key)
        if not sales:
            return self.reply({"message": "Tracking information not found."}, 404)
        packages = [{"trackingNumber": number} for number in sales[0]]
        return self.reply({"trackResponse": {"shipment": [{"package": packages}]}})

    def ups_recovery(self, document):
        image = {"LabelImageFormat": {"Code": "GIF"}, "GraphicImage": GIF}
        number = document["LabelRecoveryRequest"]["TrackingNumber"]
        result = {"LabelImage": image, "TrackingNumber": number}
        self.reply({"LabelRecoveryResponse": {"LabelResults": [result]}})

    def ups_track(self, number):
        scans = self.carrier.scans.get(number)
        if not scans:
            return self.reply({"message": "Tracking information not found."}, 404)
        activity = [
            {
                "status": {"type": kind, "code": code, "description": words},
                "date": day,
                "time": hour,
                "location": {"address": {"city": "NEWARK", "countryCode": "US"}},
            }
            for kind, code, words, day, hour in scans
        ]
        package = {"trackingNumber": number, "activity": activity}
        if "returnPOD=true" in self.path and self.carrier.proof:
            package["deliveryInformation"] = {"pod": {"content": self.carrier.proof}}
        return self.reply({"trackResponse": {"shipment": [{"package": [package]}]}})

    # --- DHL Express ---

    def dhl_points(self):
        if not self.carrier.points:
            return self.reply({"detail": "Internal error."}, 500)
        points = [
            {
                "facilityId": code,
                "localName": name,
                "address": {"addressLine1": "1 Oak St", "zipCode": code_, "country": "US"}
                | {"city": "SAN FRANCISCO", "countryDivisionCode": "CA"},
                "geoLocation": {"latitude": 37.77, "longitude": -122.39},
            }
            for code, name, code_ in self.carrier.points
        ]
        return self.reply({"servicePoints": points})

    def dhl_paper(self):
        kind = parse_qs(urlsplit(self.path).query)["typeCode"][0]
        content = self.carrier.papers.get(kind)
        if not content:
            return self.reply({"detail": "No such image."}, 404)
        return self.reply({"documents": [{"typeCode": kind, "content": content}]})

    # --- USPS ---

    def usps_label(self, key):
        [number] = self.carrier.sell(key, 1, is_idempotent=True, prefix="9234")
        return {"trackingNumber": number, "postage": self.carrier.rate, "labelImage": PDF}

    def usps_reprint(self):
        sales = self.carrier.sold.get(self.headers["X-Idempotency-Key"])
        if not sales:
            return self.reply({"message": "Label not found."}, 404)
        answer = {"trackingNumber": sales[0][0], "postage": self.carrier.rate, "labelImage": PDF}
        return self.reply(answer)

    def log_message(self, *_args):
        pass


if __name__ == "__main__":
    main(sys.argv[1:])
