"""Payment terms as EDI documents state them, and whether they are those that were agreed."""

import re

from .trade import iso_date

#: Periods (UNCL2151) in words.
_PERIODS = {"D": "days", "WD": "working days", "W": "weeks", "M": "months"}


def x12_terms(segments):
    """What ITD segments say: the text that they give, or their discount and net days in words."""
    texts = []
    for segment in segments:
        if segment.tag != "ITD":
            continue
        percent, within, net = segment.get(2), segment.get(4), segment.get(6)
        until = iso_date(segment.get(5))
        parts = []
        if percent and within:
            parts.append(f"{percent} % {within} days")
        if net:
            parts.append(f"net {net} days")
        elif until:
            parts.append(f"net {until}")
        texts.append(segment.get(11) or ", ".join(parts))
    return "; ".join(filter(None, texts))[:500]


def edifact_terms(groups):
    """What PAT groups say, in words.

    :param groups: pairs of a leading segment and those that follow it
    """
    texts = []
    for leader, followers in groups:
        if not leader or leader.tag != "PAT":
            continue
        count, period = leader.get(2, 3), _PERIODS.get(leader.get(2, 2), leader.get(2, 2))
        percent = next((s.get(0, 1) for s in followers if s.tag == "PCD"), "")
        if count == "1":
            period = period.removesuffix("s")
        days = f"{count} {period}".strip() if count else ""
        # UNCL4279: 22 is a discount for paying early, 1 and 3 are when it is due at last.
        kind = f"{percent or '?'} %" if leader.get(0) == "22" else "net"
        texts.append(leader.get(1, 3) or (days and f"{kind} {days}"))
    return "; ".join(filter(None, texts))[:500]


def same_terms(stated, name, days=None):
    """Tell whether terms as a document states them are those called ``name``.

    :param days: after how many days everything is due, where the terms are as plain as that
    """
    if _words(stated) == _words(name):
        return True
    return days is not None and re.findall(r"\d+", stated) == [str(days)]


def _words(text):
    return re.findall(r"\w+", text.casefold())
