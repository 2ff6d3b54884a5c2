"""The published interface of the intake endpoint (static/openapi/intake.yaml), on a real server."""

import base64
import concurrent.futures
import hashlib
import hmac
import html
import json
import time

import jsonschema
import pytest
import requests
import suite
import yaml

SPEC = suite.ROOT / "addons" / "order_processing" / "static" / "openapi" / "intake.yaml"
SAMPLES = suite.ROOT / "addons" / "order_processing" / "demo" / "files"
SECRET = "demo-shopify-secret"


@pytest.fixture(scope="module")
def api(server):
    return Api(*server)


class Api:
    """Posts documents and holds every answer against the published description."""

    def __init__(self, address, log, env, database):
        self.env, self.database = env, database
        self.spec = yaml.safe_load(SPEC.read_text())
        self.channel = int(
            self.sql("SELECT res_id FROM ir_model_data WHERE name = 'channel_shopify'")[0][0]
        )
        self.address = address
        self.session = requests.Session()

    def sql(self, statement):
        return suite.psql(self.env, statement, self.database)

    def post(self, body, secret=SECRET, channel=None, **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if secret:
            digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
            headers["X-Shopify-Hmac-Sha256"] = base64.b64encode(digest).decode()
        url = f"{self.address}/order/intake/{channel or self.channel}"
        headers = {"Content-Type": "application/json", **headers}
        answer = requests.post(url, data=body, headers=headers, timeout=60)
        self.check(answer)
        return answer

    def send(self, channel, body, mimetype="application/json", **headers):
        """Post a document to a channel with its API key, or other proof in ``headers``."""
        headers = {"Authorization": "Bearer contract", "Content-Type": mimetype} | headers
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{self.address}/order/intake/{channel}"
        answer = requests.post(url, data=body, headers=headers, timeout=60)
        self.check(answer)
        return answer

    def get(self, path, described, secret="contract", **params):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        url = self.address + path
        answer = requests.get(url, headers=headers, params=params, timeout=60)
        self.check(answer, described, "get")
        return answer

    def check(self, answer, path="/order/intake/{channel}", method="post"):
        responses = self.spec["paths"][path][method]["responses"]
        assert str(answer.status_code) in responses, (answer.status_code, answer.text[:500])
        assert "Traceback" not in answer.text
        content = responses[str(answer.status_code)]["content"]
        mimetype = answer.headers["Content-Type"].partition(";")[0]
        assert mimetype in content, mimetype
        if "schema" in content[mimetype]:
            schema = content[mimetype]["schema"] | {"components": self.spec["components"]}
            jsonschema.validate(answer.json(), schema)

    def call(self, model, method, *args, **kwargs):
        """Call a method as the administrator does in the web client."""
        if not self.session.cookies:
            params = {"db": self.database, "login": "admin", "password": "admin"}
            self.rpc("/web/session/authenticate", params)
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.rpc("/web/dataset/call_kw", params)

    def rpc(self, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(self.address + path, json=body, timeout=60).json()
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def make_channel(self, kind, **vals):
        """A channel of a format, with the key ``contract`` and the shop's warehouses."""
        named = {"name": f"Contract {kind}", "code": f"contract-{kind}", "kind": kind}
        return self.call(
            "order.channel", "create", [named | {"secret": "contract", "tax_policy": "line"} | vals]
        )[0]


@pytest.fixture
def document():
    return json.loads((SAMPLES / "shopify_order_1001.json").read_text())


def variant(document, number, **changes):
    """The documented order as another order of the same shop."""
    order = json.loads(json.dumps(document.get("order", document)))
    order.update(id=number, name=f"#C{number}", order_number=number, **changes)
    return order


def test_accepted_then_replayed(api, document):
    order = variant(document, 7001)
    first = api.post(order)
    assert first.status_code == 201, first.text
    assert first.json()["order"]
    again = api.post(order)
    assert again.status_code == 200
    assert again.json()["order"] == first.json()["order"]
    count = api.sql("SELECT count(*) FROM sale_order WHERE channel_ref = '#C7001'")
    assert count == [["1"]]


def test_other_content_under_an_accepted_reference(api, document):
    api.post(variant(document, 7002))
    noted = api.post(variant(document, 7002, note="changed afterwards"))
    assert noted.status_code == 200, noted.text
    changed = api.post(variant(document, 7002, email="somebody@else.example"))
    assert changed.status_code == 409, changed.text
    assert changed.json()["reason"]


def test_wrong_or_missing_signature_stores_nothing(api, document):
    before = api.sql("SELECT count(*) FROM order_intake")
    assert api.post(variant(document, 7003), secret="guess").status_code == 401
    assert api.post(variant(document, 7003), secret=None).status_code == 401
    assert api.sql("SELECT count(*) FROM order_intake") == before


def test_unknown_channel(api, document):
    assert api.post(variant(document, 7004), channel=999_999).status_code == 404


def test_only_posting(api):
    answer = requests.get(f"{api.address}/order/intake/{api.channel}", timeout=60)
    assert answer.status_code == 405
    api.check(answer)


def test_other_topics_are_ignored(api, document):
    topics = {"X-Shopify-Topic": "products/update"}
    answer = api.post(variant(document, 7005), **topics)
    assert answer.status_code == 200
    assert answer.json()["status"] == "ignored"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"id": 7100, "name": "#C7100", "line_items": [', "JSON"),
        (b"\xff\xfe\x00", "text"),
        (b"[]", ""),
        (b"", ""),
        (b'{"id": 1' + b',"a":{' * 3000 + b"}" * 3000 + b"}", ""),
    ],
    ids=["truncated", "not text", "a list", "empty", "deep"],
)
def test_unreadable_documents_are_kept_with_a_reason(api, body, says):
    answer = api.post(body)
    assert answer.status_code == 422
    assert says.lower() in answer.json()["reason"].lower()
    kept = api.sql(f"SELECT state FROM order_intake WHERE id = {answer.json()['intake']}")
    assert kept == [["rejected"]]


def test_business_errors_name_what_is_wrong(api, document):
    unknown = variant(document, 7201)
    unknown["line_items"][0]["sku"] = "NO-SUCH-SKU"
    unknown["shipping_address"]["country_code"] = "XX"
    unknown["shipping_address"]["country"] = "Nowhere"
    answer = api.post(unknown)
    assert answer.status_code == 422
    assert "NO-SUCH-SKU" in answer.json()["reason"]
    assert "XX" in answer.json()["reason"] or "Nowhere" in answer.json()["reason"]
    total = api.post(variant(document, 7202, total_price="598.95"))
    assert total.status_code == 201
    assert "598.95" in total.json()["findings"][0]["message"]


def test_too_large(api):
    answer = api.post(b'{"note": "' + b"x" * (11 * 1024 * 1024) + b'"}')
    assert answer.status_code == 413


def test_the_same_document_at_the_same_moment(api, document):
    """Eight copies race; one order comes of them, and every copy gets an answer that says which."""
    order = variant(document, 7300)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: api.post(order), range(8)))
    assert sorted({answer.status_code for answer in answers}) in ([200, 201], [201])
    assert len({answer.json()["order"] for answer in answers}) == 1
    assert api.sql("SELECT count(*) FROM sale_order WHERE channel_ref = '#C7300'") == [["1"]]


@pytest.fixture(scope="module")
def json_channel(api):
    return api.make_channel("json")


def json_order(number, **changes):
    """An order in our own JSON, held against its published schema."""
    order = {
        "ref": f"J{number}",
        "number": f"PO-{number}",
        "currency": "USD",
        "total": "199.00",
        "customer_name": f"Buyer {number}",
        "shipping": {
            "name": f"Buyer {number}",
            "street": f"{number} Main Street",
            "city": "Louisville",
            "zip": "40202",
            "state_code": "KY",
            "country_code": "US",
        },
        "lines": [{"ref": "1", "sku": "IPOD2008GREEN", "quantity": "1", "unit_price": "199.00"}],
    } | changes
    jsonschema.validate(order, json.loads((SPEC.parent / "order.schema.json").read_text()))
    return order


def unknown_product(number):
    """An order that waits for a person: nobody sells what it asks for."""
    line = {"ref": "1", "sku": "NO-SUCH-SKU", "quantity": "1", "unit_price": "199.00"}
    return json_order(number, lines=[line])


def test_api_key_and_idempotency_key(api, json_channel):
    assert api.send(json_channel, json_order(1), Authorization="Bearer no").status_code == 401
    key = {"Idempotency-Key": '"f1"'}
    first = api.send(json_channel, json_order(1), **key)
    assert first.status_code == 201, first.text
    again = api.send(json_channel, json_order(1), **key)
    assert (again.status_code, again.json()["order"]) == (200, first.json()["order"])
    other = api.send(json_channel, json_order(2), **key)
    assert (other.status_code, other.json()["status"]) == (422, "key_reused")
    assert api.send(json_channel, json_order(2), **{"Idempotency-Key": "a b"}).status_code == 400
    assert api.send(json_channel, json_order(2), mimetype="text/html").status_code == 415
    kept = api.sql(f"SELECT count(*) FROM order_intake WHERE channel_id = {json_channel}")
    assert kept == [["1"]]


def test_one_key_for_two_documents_at_the_same_moment(api, json_channel):
    """Only one of them is taken in; the others are told that the key is used."""
    key = {"Idempotency-Key": "race"}
    # None becomes an order: that they wait for the same stock isn't what is tried here.
    bodies = [unknown_product(10 + number) for number in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda body: api.send(json_channel, body, **key), bodies))
    assert {answer.status_code for answer in answers} == {422}
    statuses = sorted(answer.json()["status"] for answer in answers)
    assert statuses == ["key_reused", "key_reused", "key_reused", "rejected"]
    kept = api.sql("SELECT count(*) FROM order_intake WHERE external_ref ~ '^J1[0-3]$'")
    assert kept == [["1"]]


@pytest.mark.parametrize("known_by", ["email", "buyer"])
def test_orders_of_one_new_customer_at_the_same_moment(api, json_channel, known_by):
    """He orders four times at once, by mail address or by his number: he is one customer."""
    first = {"email": 810, "buyer": 820}[known_by]
    who = {
        "email": {"email": "hasty@example.com"},
        "buyer": {"buyer": {"name": "Hasty", "ids": [{"scheme": "DUNS", "id": "555"}]}},
    }[known_by]
    bodies = [json_order(first + number, customer_name="Hasty", **who) for number in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda body: api.send(json_channel, body), bodies))
    assert [answer.status_code for answer in answers] == [201] * 4, [a.text for a in answers]
    names = "', '".join(answer.json()["order"] for answer in answers)
    customers = api.sql(
        f"SELECT count(*), count(DISTINCT partner_id) FROM sale_order WHERE name IN ('{names}')"
    )
    assert customers == [["4", "1"]]


def test_several_orders_in_one_document(api, json_channel):
    body = {"orders": [json_order(21), unknown_product(22)]}
    answer = api.send(json_channel, body)
    assert answer.status_code == 207
    assert [each["http_status"] for each in answer.json()["documents"]] == [201, 422]


def test_many_orders_are_worked_off_by_the_job_runner(api, json_channel):
    """60 orders at once, two of them bad: the runner's jobs make 58 orders, and say why not 60."""
    orders = [json_order(400 + number) for number in range(60)]
    orders[3], orders[57] = unknown_product(403), json_order(457, currency="QQQ")
    answer = api.send(json_channel, {"orders": orders})
    assert answer.status_code == 207
    found = {each["status"] for each in answer.json()["documents"]}
    assert found == {"received"}, "The sender waits for no order"
    (batch,) = api.call(
        "order.intake.batch", "search", [("channel_id", "=", json_channel), ("name", "!=", False)]
    )
    for _attempt in range(240):
        [seen] = api.call(
            "order.intake.batch", "read", [batch], ["state", "progress", "accepted", "failed"]
        )
        if seen["state"] == "done":
            break
        time.sleep(0.5)
    assert (seen["progress"], seen["accepted"], seen["failed"]) == (100, 58, 2)
    again = api.send(json_channel, {"orders": orders})
    codes = [each["http_status"] for each in again.json()["documents"]]
    assert (codes.count(200), codes.count(422)) == (58, 2)


def test_woocommerce(api):
    channel = api.make_channel("woocommerce")
    body = b'{"id": 1, "status": "processing", "line_items": []}'
    digest = hmac.new(b"contract", body, hashlib.sha256).digest()
    signature = {"X-WC-Webhook-Signature": base64.b64encode(digest).decode()}
    answer = api.send(channel, body, **signature, **{"X-WC-Webhook-Topic": "order.created"})
    assert (answer.status_code, answer.json()["status"]) == (200, "rejected")
    answer = api.send(channel, body, **signature, **{"X-WC-Webhook-Topic": "coupon.created"})
    assert answer.json()["status"] == "ignored"
    assert api.send(channel, body + b" ", **signature).status_code == 401
    form = "application/x-www-form-urlencoded"
    assert api.send(channel, b"webhook_id=12", mimetype=form).status_code == 200
    assert api.send(channel, b"webhook_id=12&a=b", mimetype=form).status_code == 415


def test_status(api, json_channel):
    path = "/order/status/{channel}/{reference}"
    posted = api.send(json_channel, json_order(31))
    answer = api.get(f"/order/status/{json_channel}/J31", path)
    assert answer.json()["order"] == posted.json()["order"]
    assert answer.json()["deliveries"][0]["lines"][0]["quantity"] == 1
    waiting = api.send(json_channel, unknown_product(32))
    assert waiting.status_code == 422
    answer = api.get(f"/order/status/{json_channel}/PO-32", path)
    assert (answer.json()["status"], "order" in answer.json()) == ("rejected", False)
    assert api.get(f"/order/status/{json_channel}/J99", path).status_code == 404
    assert api.get("/order/status/999999/J31", path).status_code == 404
    assert api.get(f"/order/status/{json_channel}/J31", path, secret="guess").status_code == 401
    assert api.get(f"/order/status/{json_channel}/J31", path, secret=None).status_code == 401


def test_answers_out(api, json_channel):
    path = "/order/answer/{intake}"
    channel = api.make_channel("ubl")
    posted = api.send(channel, b"<Order/>", mimetype="application/xml")
    assert posted.status_code == 422
    intake = posted.json()["intake"]
    assert api.get(f"/order/answer/{intake}", path).status_code == 409
    assert api.get(f"/order/answer/{intake}", path, kind="855").status_code == 404
    assert api.get(f"/order/answer/{intake}", path, secret="guess").status_code == 401
    assert api.get("/order/answer/999999999", path).status_code == 401
    intake = api.send(json_channel, json_order(41)).json()["intake"]
    assert api.get(f"/order/answer/{intake}", path).status_code == 404


def test_description_is_served(api):
    page = requests.get(f"{api.address}/order/api", timeout=60)
    assert page.status_code == 200
    assert "<script" not in page.text
    for path, methods in api.spec["paths"].items():
        assert path in page.text
        for method in set(methods) - {"parameters"}:
            assert methods[method]["summary"] in html.unescape(page.text)
    for link in ("intake.yaml", "order.schema.json"):
        assert f"/order_processing/static/openapi/{link}" in page.text
        served = requests.get(f"{api.address}/order_processing/static/openapi/{link}", timeout=60)
        assert served.content == (SPEC.parent / link).read_bytes()
