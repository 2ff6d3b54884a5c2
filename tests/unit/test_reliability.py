"""Lanes: the closest that enough parcels went."""

from decimal import Decimal

from odoo.addons.order_shipping.engine import rating, reliability
from odoo.addons.order_shipping.engine.reliability import Lane

D = Decimal
WAY = (7, "03", 1)


def test_the_closest_lane_with_enough_parcels():
    zone, country, anywhere = Lane(19, 19, 1, 1, 1), Lane(20, 20, 15, 2, 4), Lane(99, 0, 0, 3, 6)
    book = {(WAY, 840, "941"): zone, (WAY, 840, ""): country, (WAY, 0, ""): anywhere}
    assert reliability.find(book, WAY, 840, "94105-12") is country
    assert reliability.find(book, WAY, 250, "75002") is anywhere
    assert reliability.find(book, (8, "", 1), 840, "94105") is None
    assert country.share == D("0.75")
    assert anywhere.share is None  # nobody had promised anything


def test_zones_are_the_first_letters():
    assert reliability.zone_of("sw1a 1aa") == "SW1"
    assert reliability.zone_of("D-10 115") == "D10"
    assert reliability.zone_of(None) == ""


def test_promises_are_only_ever_made_later():
    lane = Lane(50, 50, 40, 2, 4)
    assert reliability.honest_days(2, lane) == 4
    assert reliability.honest_days(6, lane) == 6
    assert reliability.honest_days(0, lane) == 4
    assert reliability.honest_days(3, None) == 3


def quote(key, amount, on_time):
    return rating.Quote(key, D(amount), on_time=None if on_time is None else D(on_time))


def test_unreliable_quotes_lose_unless_all_are():
    policy = rating.Policy(min_on_time=D("0.9"))
    quotes = [quote("cheap", 5, "0.5"), quote("new", 7, None), quote("good", 8, "0.95")]
    codes = {v.key: v.code for v in rating.choose(quotes, None, policy)}
    assert codes == {"cheap": "unreliable", "new": "cheapest", "good": "dearer"}
    verdicts = rating.choose([quote("a", 5, "0.5"), quote("b", 9, "0.8")], None, policy)
    assert [(v.key, v.chosen, v.code) for v in verdicts] == [
        ("a", False, "less_reliable"),
        ("b", True, "most_reliable"),
    ]
