from odoo.tests import tagged

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestQueryCount(ShippingCase):
    """Twenty more deliveries may not cost twenty times the queries."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner"].flush_model()
        cls.pickings = cls.env["stock.picking"].union(
            *[cls.make_picking(cls.products[rank % 9]) for rank in range(21)]
        )
        cls.env.flush_all()

    def queries(self, method, records):
        """Queries of ``records.method()`` in a fresh cache, flush included."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        getattr(records, method)()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def check_each(self, method, make, budget):
        one = self.queries(method, make(self.pickings[:1]))
        many = self.queries(method, make(self.pickings[1:]))
        each = (many - one) / 19
        self.assertLess(each, budget, f"{method}: {one} queries for one, {many} for twenty")

    def test_rate(self):
        self.check_each("action_rate", lambda pickings: pickings, 1.5)

    def test_buy_label(self):
        self.pickings.write({"carrier_id": self.ground.id})
        self.check_each("action_buy_label", lambda pickings: pickings, 1.5)

    def test_plan_route(self):
        def batches(pickings):
            return self.env["stock.picking.batch"].union(
                *[self.make_batch(picking) for picking in pickings]
            )

        self.check_each("action_plan_route", batches, 0.5)
