import addons_path  # noqa: F401
import pytest
import suite
import web_client

import odoo.addons

# What speaks HTTP without Odoo is tried without it.
if str(suite.ROOT / "addons") not in odoo.addons.__path__:
    odoo.addons.__path__.append(str(suite.ROOT / "addons"))

#: What the race tests provoke: Odoo tells the caller.
EXPECTED = (
    "not in a state requiring confirmation",
    "have changed or were taken: plan again",
    "These orders are on hold and can't be confirmed",
    "Somebody else is matching this line right now",
    "Rival 38 only 1 are left",
)


@pytest.fixture(scope="session")
def server():
    with web_client.suite_server("contract") as running:
        yield running
        log = running[1]
    bad = set(suite.bad_lines(log)) - expected_lines(log)
    assert not bad, "the server logged:\n" + "\n".join(sorted(bad)[:20])


def expected_lines(log):
    """First lines of the log's entries that say something EXPECTED."""
    entries = suite.LOG_ENTRY.split(log.read_text(errors="replace"))
    return {entry.splitlines()[0] for entry in entries if any(text in entry for text in EXPECTED)}
