"""The engine of promises: each reason alone, then time zones and daylight saving."""

from datetime import date, datetime, timedelta

from odoo.addons.order_processing.engine import promise
from odoo.addons.order_processing.engine.promise import Promise

#: Monday 2 March 2026, eight in the morning in London, where winter time is UTC.
NOW = datetime(2026, 3, 2, 8)
LONDON = "Europe/London"


def office(start=date(2026, 3, 2), count=20, opens=8, closes=17, offset=0, **options):
    """Working days from Monday to Friday, hours UTC plus ``offset``."""
    tz = options.pop("tz", LONDON)
    intervals = []
    for number in range(count):
        day = start + timedelta(days=number)
        if day.weekday() < 5:
            midnight = datetime.combine(day, datetime.min.time()) - timedelta(hours=offset)
            intervals.append(
                (midnight + timedelta(hours=opens), midnight + timedelta(hours=closes))
            )
    return promise.workdays(intervals, tz, **options)


def ask(ready=NOW, days=None, now=NOW, tz=LONDON, **options):
    return promise.promise(ready, days or office(), tz, now=now, **options)


def test_ready_now_leaves_today():
    assert ask() == Promise(datetime(2026, 3, 2, 17), datetime(2026, 3, 2, 17), date(2026, 3, 2))


def test_after_the_cutoff_it_leaves_the_next_day():
    days = office(cutoff=12.5)
    assert ask(NOW.replace(hour=12, minute=30), days, NOW.replace(hour=12, minute=30)).ship_day == (
        date(2026, 3, 2)
    )
    late = NOW.replace(hour=12, minute=31)
    assert ask(late, days, late) == Promise(
        datetime(2026, 3, 3, 17), datetime(2026, 3, 3, 17), date(2026, 3, 3), ("cutoff",)
    )


def test_nobody_ships_at_weekends():
    saturday = datetime(2026, 3, 7, 9)
    answer = ask(saturday, now=saturday)
    assert answer.ship_day == date(2026, 3, 9)
    assert answer.reasons == ("closed",)


def test_goods_that_come_in_later():
    answer = ask(datetime(2026, 3, 5, 10), transit_days=2)
    assert answer.ship_day == date(2026, 3, 5)
    # Friday and Monday: the carrier doesn't deliver at weekends either.
    assert answer.deliver_at == datetime(2026, 3, 9, 17)
    assert answer.reasons == ("incoming", "transit")


def test_lead_time_counts_from_the_order():
    answer = ask(lead_until=NOW + timedelta(days=2))
    assert (answer.ship_day, answer.reasons) == (date(2026, 3, 4), ("lead",))


def test_a_full_day_pushes_to_the_next():
    used = {date(2026, 3, 2): 5, date(2026, 3, 3): 4}
    days = office(capacity=5, used=used)
    answer = ask(days=days)
    assert (answer.ship_day, answer.reasons) == (date(2026, 3, 3), ("full",))
    assert ask(days=promise.occupy(days, answer.ship_day)).ship_day == date(2026, 3, 4)


def test_nothing_covers_it():
    assert ask(None) == Promise(reasons=("incoming",))
    assert ask(NOW + timedelta(days=400)).ship_at is None


def test_the_day_is_the_warehouses():
    """Two in the morning in Auckland is the afternoon before in UTC."""
    zone = "Pacific/Auckland"  # UTC+13 in March
    days = office(offset=13, cutoff=14.0, tz=zone)
    tuesday_noon = datetime(2026, 3, 2, 23)
    assert ask(tuesday_noon, days, tuesday_noon, zone).ship_day == date(2026, 3, 3)
    three_later = tuesday_noon + timedelta(hours=3)
    assert ask(three_later, days, three_later, zone).ship_day == date(2026, 3, 4)


def test_daylight_saving_keeps_the_cutoff_at_its_hour():
    """London's clocks go forward on 29 March 2026: two o'clock is then 13:00 UTC."""
    days = office(date(2026, 3, 27), 5, cutoff=14.0)
    assert [day.cutoff.hour for day in days] == [14, 13, 13]
    assert promise.arrival(datetime(2026, 3, 27, 17), LONDON, 1) == datetime(2026, 3, 30, 16)


def test_carriers_that_deliver_every_day():
    friday = datetime(2026, 3, 6, 17)
    assert promise.arrival(friday, LONDON, 1, ()) == datetime(2026, 3, 7, 17)
    assert promise.arrival(friday, LONDON, 1, {5}) == datetime(2026, 3, 7, 17)
    assert promise.arrival(friday, LONDON, 1) == datetime(2026, 3, 9, 17)


def test_an_order_is_as_late_as_its_latest_line():
    early, late = ask(), ask(NOW + timedelta(days=1))
    assert promise.latest([early, late]) == late
    assert promise.latest([early, ask(None)]).ship_at is None
    assert promise.latest([]) == Promise()


def test_risk():
    promised = promise.end_of_day(datetime(2026, 3, 4, 17), LONDON)
    assert promised == datetime(2026, 3, 4, 23, 59, 59)
    assert not promise.assess(promised, [("a", datetime(2026, 3, 4, 20))]).is_late
    risk = promise.assess(promised, [("a", datetime(2026, 3, 6, 23, 59, 59)), ("b", NOW)])
    assert (risk.is_late, risk.delay, risk.keys) == (True, timedelta(days=2), ("a",))
    assert promise.assess(promised, [("a", None)]).delay is None
    assert not promise.assess(None, [("a", None)]).is_late
