"""Segregation of duties: who did what on an order, which pairs exclude each other.

Source of the principle: no one person may both authorise, carry out and record a transaction,
COSO Internal Control – Integrated Framework (2013), principle 10.
"""

from dataclasses import dataclass

#: What a conflict leads to, mildest first. The weaker of company and conflict wins.
EFFECTS = ("off", "warn", "prevent")


@dataclass(frozen=True)
class Conflict:
    """Two duties that exclude each other; ``effect`` is the most it may lead to."""

    id: int
    first: str
    second: str
    effect: str = "prevent"

    def other(self, duty):
        """The duty that excludes ``duty`` here, or ``None``."""
        if duty == self.first:
            return self.second
        return self.first if duty == self.second else None


@dataclass(frozen=True)
class Clash:
    """Somebody who has, or is about to have, both duties of a conflict."""

    user: int
    conflict: Conflict
    effect: str


def effect(company, conflict, excepted=False):
    """What a conflict leads to in a company.

    :param str company: what the company wants at most: a code of EFFECTS
    :param str conflict: what the conflict leads to at most
    :param bool excepted: somebody recorded an exception: it is tolerated, but told
    """
    weaker = min(company, conflict, key=EFFECTS.index)
    return "warn" if excepted and weaker == "prevent" else weaker


def clashes(user, duty, done, conflicts, company="prevent", exceptions=frozenset()):
    """Conflicts ``user`` would run into by carrying out ``duty`` on a document.

    :param done: set of (user, duty) already carried out on it
    :param exceptions: ids of the conflicts this user has an exception from
    :return: list of :class:`Clash`, without those that are off
    """
    found = []
    for conflict in conflicts:
        other = conflict.other(duty)
        if other is None or (user, other) not in done:
            continue
        outcome = effect(company, conflict.effect, conflict.id in exceptions)
        if outcome != "off":
            found.append(Clash(user, conflict, outcome))
    return found


def standing_clashes(rights, conflicts, company="prevent", exceptions=frozenset()):
    """Conflicts within what people may do.

    :param rights: dict user → set of duties
    :param exceptions: set of (user, conflict id)
    :return: list of :class:`Clash`, without those that are off
    """
    found = []
    for user, duties in rights.items():
        for conflict in conflicts:
            if conflict.first in duties and conflict.second in duties:
                outcome = effect(company, conflict.effect, (user, conflict.id) in exceptions)
                if outcome != "off":
                    found.append(Clash(user, conflict, outcome))
    return found
