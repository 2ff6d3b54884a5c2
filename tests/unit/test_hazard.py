"""Which dangerous goods go with whom."""

from decimal import Decimal

from odoo.addons.order_shipping.engine import hazard
from odoo.addons.order_shipping.engine.hazard import Goods, Terms

D = Decimal
SPRAY = Goods(1, "1950", "2.1", D("0.4"), D(2), D(1))
ACID = Goods(2, "1789", "8", D(5), D(1), D(1))


def code(parcels, **terms):
    problem = hazard.check(parcels, Terms(**terms))
    return problem and (problem.code, problem.goods.key)


def test_nothing_dangerous_goes_with_anybody():
    assert code([]) is None
    assert code([[], []]) is None


def test_only_classes_that_are_carried():
    assert code([[SPRAY]]) == (hazard.NOT_CARRIED, 1)
    assert code([[SPRAY]], classes=frozenset({"2.1"})) is None
    assert code([[SPRAY], [ACID]], classes=frozenset({"2.1"})) == (hazard.NOT_CARRIED, 2)


def test_limited_quantities_are_those_of_a_piece():
    both = frozenset({"2.1", "8"})
    assert code([[ACID]], classes=both) == (hazard.NOT_LIMITED, 2)
    assert code([[ACID]], classes=both, only_limited=False) is None
    unlimited = Goods(3, "1950", "2.1", D("0.4"), D(1))
    assert code([[unlimited]], classes=both) == (hazard.NOT_LIMITED, 3)


def test_a_parcel_holds_so_much_and_no_more():
    terms = {"classes": frozenset({"2.1"}), "max_net": D(1)}
    assert code([[SPRAY]], **terms) is None
    assert code([[SPRAY, SPRAY]], **terms) == (hazard.TOO_MUCH, 1)
    assert code([[SPRAY], [SPRAY]], **terms) is None


def test_small_batteries_count_as_limited():
    terms = {"classes": frozenset({"9"})}
    phone = Goods(4, "3481", "9", D("0.05"), D(1))
    assert code([[phone]], **terms) == (hazard.NOT_LIMITED, 4)
    small = Goods(4, "3481", "9", D("0.05"), D(1), is_small_battery=True)
    assert code([[small]], **terms) is None
