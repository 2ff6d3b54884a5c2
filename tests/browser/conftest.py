import pytest
import suite
import web_client


@pytest.fixture(scope="session")
def server():
    with web_client.suite_server("browser") as running:
        yield running
        log = running[1]
    bad = suite.bad_lines(log)
    assert not bad, "the server logged:\n" + "\n".join(bad[:20])


@pytest.fixture(scope="session")
def browser():
    with web_client.chromium() as browser:
        yield browser


@pytest.fixture
def shot(client):
    """Take a picture under a name, to look at."""

    def take(name):
        client.settle()
        client.page.screenshot(path=suite.LOCAL / "reports" / f"{name}.png")

    return take


@pytest.fixture
def client(server, browser, request):
    """An administrator's window; console errors, 5xx answers and error dialogs fail the test."""
    (suite.LOCAL / "reports").mkdir(parents=True, exist_ok=True)
    window = web_client.WebClient(browser, server[0])
    yield window
    window.no_dialog_error()
    window.page.screenshot(path=suite.LOCAL / "reports" / f"{request.node.name}.png")
    window.close()
    assert not window.problems, "\n".join(window.problems)
