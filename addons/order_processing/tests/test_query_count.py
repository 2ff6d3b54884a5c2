from .common_flow import FlowCommon


class TestQueryCount(FlowCommon):
    """Bulk methods ask the database a constant number of questions, however many orders come."""

    def _orders(self, count, **vals):
        partners = self.partner
        for index in range(count - 1):
            partners |= self.partner.copy({"name": f"Customer {index}"})
        orders = self.env["sale.order"]
        for partner in partners:
            orders |= self._order((self.green, 1), (self.black, 1), partner_id=partner.id, **vals)
        return orders

    def _count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - start

    def _assert_constant(self, prepare, run, most):
        """``run`` costs the same for 20 as for 4 records, and at most ``most`` queries."""
        few, many = prepare(4), prepare(20)
        run(prepare(1))  # warm the caches of configuration
        counts = [self._count(lambda records=records: run(records)) for records in (few, many)]
        self.assertEqual(counts[0], counts[1], f"queries grow with the records: {counts}")
        self.assertLessEqual(counts[1], most)

    def test_record_event(self):
        self._assert_constant(
            self._orders, lambda orders: orders._record_event("validate", lambda o: o.name), 8
        )

    def test_validate_good_orders(self):
        self._assert_constant(self._orders, lambda orders: orders.action_validate_order(), 21)

    def test_validate_bad_orders(self):
        # Two of them ask for the company's approval policies and for substitutes.
        self.partner.zip = False
        self._assert_constant(self._orders, lambda orders: orders.action_validate_order(), 33)

    def test_place_hold(self):
        self._assert_constant(
            # Six of them weigh the orders against the company's approval policies: two read these,
            # two the orders' lines, the others channels and substitutes.
            self._orders,
            lambda orders: orders._place_hold("manual", "release", "Wait"),
            22,
        )

    def test_release_holds(self):
        self._assert_constant(
            lambda count: self._orders(count)._place_hold("manual", "release", "Wait"),
            lambda holds: holds.action_release(),
            17,
        )

    def test_route(self):
        self._assert_constant(self._orders, lambda orders: orders.action_route(), 45)

    def test_verify(self):
        def prepare(count):
            orders = self._orders(count)
            orders._record_event("validate", "One")
            orders._record_event("validate", "Two")
            return orders

        self._assert_constant(prepare, lambda o: self.env["order.event"]._verify(o), 4)

    def test_confirming_costs_little_more_than_without_the_flow(self):
        """Ten orders: what checking, routing and logging add to Odoo's own confirmation."""
        plain = self._orders(10, channel=False, warehouse_id=self.east.id)
        routed = self._orders(10)
        self._orders(1).action_confirm()
        # Without a channel an order passes by checks and routing: this is Odoo and the log.
        before = self._count(plain.action_confirm)
        after = self._count(routed.action_confirm)
        pickings = len(routed.picking_ids) - len(plain.picking_ids)
        self.assertEqual(pickings, 10)
        # Each order has a second delivery, which costs Odoo itself about 25 queries, and two or
        # three more to look for a batch where batches are installed.
        self.assertLessEqual(after - before, 80 + 29 * pickings)

    def test_budget_of_the_check_at_confirmation(self):
        orders = self._orders(10)
        orders.action_route()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(40):
            orders._apply_findings(orders._find_problems())
            orders._check_gate("release")
