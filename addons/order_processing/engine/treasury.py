"""Money that is owed, expected and earned: pure arithmetic in one company's currency.

Sources of the definitions: ageing by days past due; days sales outstanding by the simple formula
(receivables / credit sales × days) and by counting back (months' sales are taken off the
receivables, newest first), as credit managers' handbooks give them.
"""

from dataclasses import dataclass
from datetime import date, timedelta

BUCKETS = (
    ("not_due", "Not Due"),
    ("d30", "1–30 Days"),
    ("d60", "31–60 Days"),
    ("d90", "61–90 Days"),
    ("older", "Over 90 Days"),
)
RISKS = (("low", "Low"), ("medium", "Medium"), ("high", "High"))
KINDS = (
    ("receivable", "Open Invoices"),
    ("unbilled", "Shipped, Not Billed"),
    ("order", "Open Orders"),
    ("payout", "Payouts Pending"),
    ("transit", "Payments on Their Way"),
)
#: Days from a payment to the bank, and days after which nobody waits for it any more.
TRANSIT_DAYS, STALE_DAYS = 3, 60
#: Payments below which a customer's own delay is no evidence: then the company's counts.
ENOUGH = 3


@dataclass(frozen=True)
class Flow:
    """Money expected from a customer: what for, and on which day."""

    kind: str
    customer: int
    day: date
    amount: float
    source: tuple = ()


@dataclass(frozen=True)
class Week:
    """What is expected within one week, by kind, and the bank's balance at its end."""

    start: date
    amounts: dict
    balance: float

    @property
    def expected(self):
        """All of it."""
        return sum(self.amounts.values())


def bucket(due, today):
    """The bucket of :data:`BUCKETS` an item due on a day is in."""
    days = (today - due).days
    for name, most in (("not_due", 0), ("d30", 30), ("d60", 60), ("d90", 90)):
        if days <= most:
            return name
    return "older"


def risk(overdue, total, delay, oldest):
    """How likely a customer pays late or not at all.

    :param overdue: amount past due; ``total``: everything open
    :param delay: days the customer usually pays late, weighted by amount
    :param oldest: days the oldest open item is past due
    """
    share = overdue / total if total > 0 else 0.0
    if oldest > 90 or delay > 45 or (share > 0.5 and oldest > 30):
        return "high"
    if oldest > 30 or delay > 14 or share > 0.25:
        return "medium"
    return "low"


def delays(payments):
    """Days customers pay late (early: below zero), weighted by amount.

    :param payments: triples (customer, days late, amount)
    :return: ``(dict customer → days, days of all)``; customers with fewer than :data:`ENOUGH`
        payments aren't in the dict
    """
    counts, weights, sums = {}, {}, {}
    for customer, days, amount in payments:
        counts[customer] = counts.get(customer, 0) + 1
        weights[customer] = weights.get(customer, 0.0) + amount
        sums[customer] = sums.get(customer, 0.0) + days * amount
    weight = sum(weights.values())
    usual = sum(sums.values()) / weight if weight else 0.0
    own = {
        customer: sums[customer] / weights[customer]
        for customer, count in counts.items()
        if count >= ENOUGH and weights[customer]
    }
    return own, usual


def expected_day(due, delay, today):
    """When an item due on a day is likely paid: never in the past."""
    return max(due + timedelta(days=round(delay)), today)


def transit_day(day, today):
    """When money that was sent on a day is in the bank: never in the past."""
    return max(day + timedelta(days=TRANSIT_DAYS), today)


def monday(day):
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def forecast(flows, balance, today, weeks=13):
    """Cash by week, beginning with the current one.

    :param flows: :class:`Flow`; what comes after the last week is left out
    :param balance: of the bank, today
    :return: list of :class:`Week`
    """
    first = monday(today)
    starts = [first + timedelta(weeks=number) for number in range(weeks)]
    sums = {start: {kind: 0.0 for kind, _label in KINDS} for start in starts}
    for flow in flows:
        start = monday(flow.day)
        if start in sums:
            sums[start][flow.kind] += flow.amount
    result = []
    for start in starts:
        balance += sum(sums[start].values())
        result.append(Week(start, sums[start], balance))
    return result


def by_week(amounts, today, weeks=13):
    """Sums by week, beginning with the current one; what comes later is left out.

    :param amounts: pairs (day, amount)
    :return: dict Monday → sum
    """
    first = monday(today)
    sums = {first + timedelta(weeks=number): 0.0 for number in range(weeks)}
    for day, amount in amounts:
        if monday(day) in sums:
            sums[monday(day)] += amount
    return sums


def error(expected, actual):
    """How far a forecast was off, in percent of what came; ``None`` where nothing came."""
    return abs(expected - actual) / abs(actual) * 100.0 if actual else None


def dso_simple(receivable, sales, days):
    """Receivables / credit sales of a period × its days; ``None`` without sales."""
    return receivable / sales * days if sales > 0 else None


def dso_count_back(receivable, months):
    """Days of the newest sales that are still open.

    :param months: pairs (sales, days), newest first
    :return: days; ``None`` where the receivables exceed all months given
    """
    days = 0.0
    for sales, length in months:
        if receivable <= 0:
            return days
        if sales >= receivable:
            return days + receivable / sales * length
        receivable -= max(sales, 0.0)
        days += length
    return days if receivable <= 0 else None


def revenue(events, months):
    """Revenue by month: earned when goods leave, deferred when billed before, unbilled after.

    :param events: tuples (line, month, shipped amount, billed amount), months as their first day
    :param months: first days of the months to tell of, ascending
    :return: dict month → (recognised, billed, deferred at its end, unbilled at its end)
    """
    by_month = {}
    for line, month, shipped, billed in events:
        by_month.setdefault(month, []).append((line, shipped, billed))
    result, balances = {}, {}
    deferred = unbilled = 0.0
    earlier = sorted(month for month in by_month if months and month < months[0])
    for month in [*earlier, *months]:
        recognised = charged = 0.0
        for line, shipped, billed in by_month.get(month, ()):
            before = balances.get(line, 0.0)
            after = balances[line] = before + billed - shipped
            deferred += max(after, 0.0) - max(before, 0.0)
            unbilled += max(-after, 0.0) - max(-before, 0.0)
            recognised += shipped
            charged += billed
        result[month] = (recognised, charged, deferred, unbilled)
    return {month: result[month] for month in months}
