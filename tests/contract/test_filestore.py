"""A full disk: whoever sends is told to try again later, and nothing is half kept."""

import contextlib
import json
import resource

import psutil
import pytest
import suite
from test_intake_http import SAMPLES, Api, variant


@pytest.fixture(scope="module")
def api(server):
    return Api(*server)


@contextlib.contextmanager
def no_room():
    """No process of the server can write to a file, as when a quota is reached."""
    conf = str(suite.LOCAL / "serve-contract.conf")
    mine = [p for p in psutil.process_iter(["cmdline"]) if conf in (p.info["cmdline"] or [])]
    everyone = {each for process in mine for each in (process, *process.children(recursive=True))}
    assert everyone, "the server isn't found"
    limits = {each: each.rlimit(resource.RLIMIT_FSIZE) for each in everyone}
    for each, (_soft, hard) in limits.items():
        each.rlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for each, limit in limits.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                each.rlimit(resource.RLIMIT_FSIZE, limit)


def test_document_that_has_no_room_is_sent_again(api):
    document = json.loads((SAMPLES / "shopify_order_1001.json").read_text())
    order = variant(document, 7601)
    before = api.sql("SELECT count(*) FROM order_intake")
    with no_room():
        refused = api.post(order)
        assert refused.status_code == 503, refused.text
        assert refused.json()["status"] == "no_room"
        assert int(refused.headers["Retry-After"]) > 0
    assert api.sql("SELECT count(*) FROM order_intake") == before, "nothing is half kept"
    accepted = api.post(order)
    assert accepted.status_code == 201, accepted.text
    kept = api.call("order.intake", "read", [accepted.json()["intake"]], ["document_text"])
    assert "#C7601" in kept[0]["document_text"]
    assert api.post(order).status_code == 200
