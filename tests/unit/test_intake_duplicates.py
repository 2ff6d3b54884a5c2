"""Orders that came twice under two references."""

from odoo.addons.order_processing.engine.intake.duplicates import Placed, find_duplicates


def test_the_last_one_before_it():
    a, b = Placed(1, "x", "r1"), Placed(2, "x", "r2")
    c, other, same_ref = Placed(3, "x", "r3"), Placed(4, "y", "r4"), Placed(5, "x", "r3")
    assert find_duplicates([a, b, c, other], [a, b, c, other]) == {2: 1, 3: 2}
    assert find_duplicates([same_ref], [c, same_ref]) == {}
    assert find_duplicates([a], []) == {}
