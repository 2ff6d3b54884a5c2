"""The published interface of the intake endpoint (static/openapi/intake.yaml), on a real server."""

import base64
import concurrent.futures
import hashlib
import hmac
import json

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
        self.operation = self.spec["paths"]["/order/intake/{channel}"]["post"]
        self.channel = int(
            self.sql("SELECT res_id FROM ir_model_data WHERE name = 'channel_shopify'")[0][0]
        )
        self.address = address

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

    def check(self, answer):
        responses = self.operation["responses"]
        assert str(answer.status_code) in responses, (answer.status_code, answer.text[:500])
        schema = {"$ref": "#/components/schemas/Answer", "components": self.spec["components"]}
        jsonschema.validate(answer.json(), schema)
        assert "Traceback" not in answer.text


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
    assert total.status_code == 422
    assert "598.95" in total.json()["reason"]


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
