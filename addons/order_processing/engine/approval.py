"""Who has to approve what: levels, the case and the decisions so far in, who is next out.

Levels are ordered. Those *needed* are all up to the first whose limits cover the case: an order
of 500 ends with the team leader, one of 50,000 goes on to the board. In a chain one needed level
decides after the other, in parallel all at once. A level whose clock ran out hands over to the
next one, needed or not: a higher level may always decide for a lower one.

Pure: times are datetimes the caller computed with its working calendar, users are ids.
"""

from dataclasses import dataclass

APPROVED, REJECTED, ESCALATED = "approved", "rejected", "escalated"


@dataclass(frozen=True)
class Level:
    """One level of a policy; ``None`` is "no limit".

    ``max_discount`` and ``min_margin`` are percentages.
    """

    id: int
    minimum: int = 1
    max_amount: float | None = None
    max_discount: float | None = None
    min_margin: float | None = None

    def covers(self, case):
        """Whether this level's authority is enough for ``case``."""
        return (
            (self.max_amount is None or case.amount <= self.max_amount)
            and (self.max_discount is None or case.discount <= self.max_discount)
            and (self.min_margin is None or case.margin >= self.min_margin)
        )


@dataclass(frozen=True)
class Case:
    """What is to be approved: amount in company currency, highest discount and margin in %."""

    amount: float = 0.0
    discount: float = 0.0
    margin: float = 0.0


@dataclass(frozen=True)
class Decision:
    """What was decided at a level. ``user`` acted, ``principal`` is in whose place (or the same).

    The clock's own decision is ``escalated``, without a user.
    """

    level: int
    outcome: str
    user: int | None = None
    principal: int | None = None


@dataclass(frozen=True)
class Standing:
    """Where an approval stands: its state, the levels that may decide now, what they still lack."""

    state: str
    open: tuple = ()
    missing: tuple = ()

    def lacks(self, level):
        """Number of approvals level ``level`` (an id) still lacks; 0 when it isn't open."""
        return dict(zip(self.open, self.missing, strict=True)).get(level, 0)


def needed(levels, case):
    """The levels that have to decide: all up to the first that covers ``case``, or all."""
    chosen = []
    for level in levels:
        chosen.append(level)
        if level.covers(case):
            break
    return chosen


def standing(levels, case, decisions, parallel=False):
    """Where an approval stands.

    :param levels: all levels of the policy, in order
    :param Case case: what is to be approved
    :param decisions: those so far, oldest first
    :param bool parallel: all needed levels decide at once, not one after the other
    :return: :class:`Standing`; ``state`` is pending, approved or rejected
    """
    if any(decision.outcome == REJECTED for decision in decisions):
        return Standing(REJECTED)
    required = [level.id for level in needed(levels, case)]
    handed_over = {d.level for d in decisions if d.outcome == ESCALATED}
    waiting = []
    for position, level in enumerate(levels):
        if level.id not in required:
            continue
        lacking = level.minimum - _approvals(decisions, level.id)
        if lacking <= 0:
            continue
        if level.id in handed_over and position + 1 < len(levels):
            # The next level takes its place, besides what it has to decide anyway.
            following = levels[position + 1].id
            if following not in required:
                required.append(following)
            continue
        waiting.append((level.id, lacking))
        if not parallel:
            break
    if not waiting:
        return Standing(APPROVED)
    return Standing("pending", tuple(w[0] for w in waiting), tuple(w[1] for w in waiting))


def _approvals(decisions, level):
    """How many different people approved at a level; who stands in for another counts as one."""
    users, principals = set(), set()
    count = 0
    for decision in decisions:
        if decision.level != level or decision.outcome != APPROVED:
            continue
        principal = decision.principal or decision.user
        if decision.user in users or principal in principals:
            continue
        users.add(decision.user)
        principals.add(principal)
        count += 1
    return count


def authority(user, level, members, substitutes, barred, decisions):
    """In whose place ``user`` may decide at ``level``: an id, or ``None``.

    Own authority goes first. A substitute decides in the place of an absent member, unless the
    duties bar one of the two; nobody decides twice at one level, whether in person or not.

    :param int user: who wants to decide
    :param int level: id of an open level
    :param members: ids of the users who belong to the level
    :param substitutes: dict absent user → set of ids who stand in now
    :param barred: ids of users the duties bar from this order
    :param decisions: those so far
    """
    made = [d for d in decisions if d.level == level and d.outcome == APPROVED]
    if user in barred or any(d.user == user for d in made):
        return None
    spoken_for = {d.principal or d.user for d in made}
    if user in members and user not in spoken_for:
        return user
    for principal in sorted(members):
        if (
            user in substitutes.get(principal, ())
            and principal not in barred
            and principal not in spoken_for
        ):
            return principal
    return None
