"""Cohorts: what became of those who began in the same month, month by month. Pure Python."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Cell:
    """One month of a cohort: how many of its members, and their share of all of them."""

    count: int
    share: float


@dataclass(frozen=True)
class Row:
    """A cohort: its month, how many began in it, and its months so far, its own first."""

    month: date
    size: int
    cells: tuple


def months_between(first, last):
    """Whole calendar months from the month of ``first`` to that of ``last``."""
    return (last.year - first.year) * 12 + last.month - first.month


def month_after(month, count):
    """The first day of the month ``count`` months after ``month``."""
    place = month.year * 12 + month.month - 1 + count
    return date(place // 12, place % 12 + 1, 1)


def triangle(sizes, counts, today, is_cumulative=False):
    """A row for each cohort, the oldest first; a month that hasn't begun yet has no cell.

    :param sizes: first day of a month → how many began in it
    :param counts: (first day of the cohort's month, months since) → how many of them
    :param bool is_cumulative: a month's cell holds those of the months before, too
    :return: list of :class:`Row`
    """
    rows = []
    for month in sorted(sizes):
        size, total, cells = sizes[month], 0, []
        for offset in range(months_between(month, today) + 1):
            count = counts.get((month, offset), 0)
            total = total + count if is_cumulative else count
            cells.append(Cell(total, total / size if size else 0.0))
        rows.append(Row(month, size, tuple(cells)))
    return rows


def means(rows):
    """For each month since the start: the share over all cohorts that have reached it.

    Members weigh the same, so that a small cohort counts less than a large one.
    """
    longest = max((len(row.cells) for row in rows), default=0)
    result = []
    for offset in range(longest):
        reached = [row for row in rows if len(row.cells) > offset]
        size = sum(row.size for row in reached)
        count = sum(row.cells[offset].count for row in reached)
        result.append(count / size if size else 0.0)
    return result
