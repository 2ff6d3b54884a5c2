import pytest
import suite
import web_client
from handheld import Handheld


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


@pytest.fixture
def handheld(server, browser):
    """Opens windows for people with a scanner; what each complains of fails the test."""
    opened = []

    def window(size=(1366, 900), login="admin"):
        opened.append(Handheld(browser, server[0], login, size=size))
        return opened[-1]

    yield window
    for one in opened:
        one.no_dialog_error()
        one.close()
    problems = [text for one in opened for text in one.problems]
    assert not problems, "\n".join(problems)
