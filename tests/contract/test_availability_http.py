"""Availability and carts as other programs use them (static/openapi/intake.yaml), also at once."""

import concurrent.futures
import threading

import jsonschema
import pytest
import requests
import suite
import yaml

SPEC = suite.ROOT / "addons" / "order_processing" / "static" / "openapi" / "intake.yaml"
KEY = "demo-shopify-secret"
#: The demo's stock of this product, all of it in one warehouse.
SKU = "IPOD2008RED"


class Shop:
    """A shop's program that holds every answer against the published description."""

    def __init__(self, address, _log, env, database):
        self.address = address
        self.spec = yaml.safe_load(SPEC.read_text())
        rows = suite.psql(
            env, "SELECT res_id FROM ir_model_data WHERE name = 'channel_shopify'", database
        )
        self.channel = int(rows[0][0])

    def ask(self, method, path, key=KEY, **options):
        address = self.address + path.replace("{channel}", str(self.channel))
        address = address.replace("{reference}", options.pop("reference", ""))
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = requests.request(method, address, headers=headers, timeout=60, **options)
        responses = self.spec["paths"][path][method]["responses"]
        assert str(answer.status_code) in responses, (answer.status_code, answer.text[:500])
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), schema | {"components": self.spec["components"]})
        return answer.status_code, answer.json()

    def available(self, sku=SKU):
        _status, answer = self.ask("get", "/order/availability/{channel}", params={"sku": sku})
        return answer["products"][0]["available"]

    def reserve(self, reference, quantity, **options):
        cart = {"reference": reference, "lines": [{"sku": SKU, "quantity": quantity}]}
        return self.ask("post", "/order/reservation/{channel}", json=cart, **options)

    def release(self, reference):
        return self.ask("delete", "/order/reservation/{channel}/{reference}", reference=reference)


@pytest.fixture(scope="module")
def shop(server):
    return Shop(*server)


def test_answers_are_as_described(shop):
    assert shop.ask("get", "/order/availability/{channel}", key=None)[0] == 401
    assert shop.ask("get", "/order/availability/{channel}", params={"date": "soon"})[0] == 400
    status, answer = shop.ask("get", "/order/availability/{channel}")
    assert status == 200
    assert {SKU} <= {row["sku"] for row in answer["products"]}
    assert shop.reserve("bad", -1)[0] == 422
    assert shop.reserve("bad", 1, key="wrong")[0] == 401
    assert shop.release("none")[1]["status"] == "released"


def test_carts_at_once_never_reserve_more_than_there_is(shop):
    """Eight carts want a quarter of the stock each, at the same moment: four get it."""
    before = shop.available()
    assert before >= 8, "the demo has stock of it"
    share = before // 4
    start = threading.Barrier(8)

    def run(number):
        start.wait()
        return shop.reserve(f"rival-{number}", share)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(run, range(8)))
    reserved = sum(answer["lines"][0]["reserved"] for _status, answer in answers)
    assert shop.available() == before - reserved
    assert before - share < reserved <= before
    for number in range(8):
        shop.release(f"rival-{number}")
    assert shop.available() == before
