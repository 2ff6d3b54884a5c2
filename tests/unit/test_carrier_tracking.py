import itertools

from odoo.addons.order_shipping.carriers import tracking
from odoo.addons.order_shipping.carriers.tracking import current, status_of, trouble


def test_order_and_repeats_of_scans_do_not_matter():
    scans = [(1, "label_created"), (2, "in_transit"), (3, "out_for_delivery"), (4, "delivered")]
    for order in itertools.permutations(scans):
        assert current([*order, order[0]]) == ("delivered", 4)


def test_what_is_final_stays_but_may_be_sent_back():
    assert current([(1, "delivered"), (2, "in_transit")]) == ("delivered", 1)
    assert current([(1, "delivered"), (2, "return_to_sender")]) == ("return_to_sender", 2)


def test_unknown_never_hides_what_is_known():
    assert current([(1, "in_transit"), (2, "unknown")]) == ("in_transit", 1)
    assert current([(1, "unknown")]) == ("unknown", 1)
    assert current([]) == ("", None)


def test_every_carrier_speaks_our_words():
    ours = {code for code, _label in tracking.STATUSES}
    for table in (
        tracking.EASYPOST_DETAILS,
        tracking.UPS_TYPES,
        tracking.UPS_CODES,
        tracking.USPS_CODES,
        tracking.USPS_CATEGORIES,
        tracking.FEDEX_CODES,
        tracking.DHL_CODES,
        tracking.EASYPOST_STATUSES,
    ):
        assert set(table.values()) <= ours
    assert status_of(tracking.DHL_CODES, "??") == "unknown"


def test_damage_and_loss_are_read_from_the_carriers_words():
    assert trouble("delayed", "The package was damaged in transit") == "damaged"
    assert trouble("on_hold", "We cannot locate your parcel") == "lost"
    assert trouble("delayed", "Package reported lost") == "lost"
    assert trouble("delayed", "The apartment number is missing") == "delayed"
    # What goes well stays so, whatever the words.
    assert trouble("delivered", "Left at Lost and Found") == "delivered"
    assert {"damaged", "lost"} <= tracking.EXCEPTIONS
