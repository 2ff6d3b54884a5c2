"""The cases of what may be picked, for the server's rules and the screen's: tests/data."""

import json
from pathlib import Path

NOTHING = {"code": "", "item": "", "lot": "", "package": "", "place": "", "quantity": 0}
READINGS = ("place", "item", "lot", "tote")


def reading(value):
    """A barcode, or what else it says, as the reading both sides make of it."""
    if value is None:
        return None
    return NOTHING | ({"code": value} if isinstance(value, str) else value)


def cases():
    """List of dicts with ``name``, ``line``, ``attempt``, and the ``verdict`` it must get."""
    data = Path(__file__).parents[1] / "data" / "scanning_cases.json"
    kept = json.loads(data.read_text())
    found = []
    for case in kept["cases"]:
        attempt = kept["attempt"] | case.get("attempt", {})
        expect = case["expect"]
        refused = isinstance(expect, str)
        quantity, lot = (0, "") if refused else expect
        found.append(
            {
                "name": case["name"],
                "line": kept["line"] | case.get("line", {}),
                "attempt": attempt | {name: reading(attempt[name]) for name in READINGS},
                "verdict": {"reason": expect if refused else "", "quantity": quantity, "lot": lot},
            }
        )
    return found
