import pytest
import suite
import web_client


@pytest.fixture(scope="session")
def server():
    with web_client.suite_server("contract") as running:
        yield running
        log = running[1]
    bad = suite.bad_lines(log)
    assert not bad, "the server logged:\n" + "\n".join(bad[:20])
