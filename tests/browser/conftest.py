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
def client(server, browser, request):
    """An administrator's window; console errors, 5xx answers and error dialogs fail the test."""
    window = web_client.WebClient(browser, server[0])
    yield window
    window.no_dialog_error()
    shots = suite.LOCAL / "reports"
    shots.mkdir(parents=True, exist_ok=True)
    window.page.screenshot(path=shots / f"{request.node.name}.png")
    window.close()
    assert not window.problems, "\n".join(window.problems)
