from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.order_processing.engine import hashchain

from ..demo import year, year_patterns
from .common import ReportingCommon

ORDERS = 60
#: Stored figures of copies that the ORM must find right when it computes them again.
COMPUTED = {
    "sale.order": (
        *("amount_untaxed", "amount_tax", "amount_total", "invoice_status", "delivery_status"),
        *("effective_date", "margin"),
    ),
    "sale.order.line": (
        *("price_subtotal", "price_total", "qty_delivered", "qty_invoiced", "qty_to_invoice"),
        *("invoice_status", "untaxed_amount_invoiced", "untaxed_amount_to_invoice", "margin"),
    ),
    "stock.picking": ("state", "scheduled_date"),
    "stock.move": ("product_qty", "reference"),
    "account.move": (
        *("amount_untaxed", "amount_tax", "amount_total", "amount_residual", "payment_state"),
        *("amount_total_signed", "commercial_partner_id"),
    ),
    "account.move.line": ("amount_residual", "reconciled", "price_subtotal"),
}


@tagged("post_install", "-at_install")
class TestDemoYear(ReportingCommon):
    """The year is what the ORM would have written: checked on a small one, with few patterns."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kinds = ("paid", "short", "returned", "unpaid", "to_ship", "on_hold")
        cls.classPatch(year_patterns, "KINDS", kinds)
        cls.classPatch(year, "ODDS", {"paid": 60, "short": 20, "returned": 20})
        names = year_patterns._plans

        def of_one_site(env, chance, now):
            plans = names(env, chance, now)
            return plans[: len(kinds)]

        cls.classPatch(year_patterns, "_plans", of_one_site)
        cls.orders = year.build(cls.env(user=1), orders=ORDERS)
        cls.env.flush_all()

    def records(self):
        orders = self.orders
        pickings = orders.picking_ids
        moves = orders.invoice_ids
        moves |= moves.matched_payment_ids.move_id
        return {
            "sale.order": orders,
            "sale.order.line": orders.order_line,
            "stock.picking": pickings,
            "stock.move": pickings.move_ids,
            "account.move": moves,
            "account.move.line": moves.line_ids,
        }

    def test_it_is_a_year_with_all_that_happens(self):
        orders = self.orders
        self.assertEqual(len(orders), ORDERS)
        days = orders.mapped("date_order")
        self.assertLess(min(days), fields.Datetime.now() - timedelta(days=250))
        self.assertGreater(len(orders.partner_id), 5)
        facts = self.facts.search([("order_id", "in", orders.ids)])
        self.assertEqual(len(facts), ORDERS)
        self.assertTrue(facts.filtered("is_returned"))
        self.assertTrue(facts.filtered("is_backordered"))
        self.assertTrue(facts.filtered("date_paid"))
        self.assertTrue(facts.filtered(lambda fact: fact.promise_state == "on_time"))
        self.assertEqual(len(set(orders.mapped("name"))), ORDERS)

    def test_computing_again_changes_nothing(self):
        for model, names in COMPUTED.items():
            records = self.records()[model]
            self.assertTrue(records, model)
            before = {name: records.mapped(name) for name in names}
            for name in names:
                self.env.add_to_compute(records._fields[name], records)
            records.invalidate_recordset(flush=False)
            for name in names:
                self.env.add_to_compute(records._fields[name], records)
            records._recompute_recordset(names)
            for name in names:
                field = records._fields[name]
                after = records.mapped(name)
                if field.type in ("float", "monetary"):
                    for old, new in zip(before[name], after, strict=True):
                        self.assertAlmostEqual(old, new, 2, f"{model}.{name}")
                else:
                    self.assertEqual(before[name], after, f"{model}.{name}")

    def test_facts_derived_again_are_the_same(self):
        def rows():
            self.env.cr.execute(
                "SELECT * FROM order_fact WHERE order_id = ANY(%s) ORDER BY order_id",
                [self.orders.ids],
            )
            found = self.env.cr.dictfetchall()
            for row in found:
                row.pop("date_refreshed")
            return found

        before = rows()
        self.facts._refresh(self.orders)
        self.assertEqual(rows(), before)

    def test_logs_are_whole(self):
        for order in self.orders:
            self.assertFalse(self.problems_of(order), order.name)

    def problems_of(self, order):
        events = self.env["order.event"].search([("order_id", "=", order.id)], order="sequence")
        rows = [
            hashchain.Row(
                event.sequence,
                events._sealed_part(
                    {
                        **{name: event[name] for name in ("id", "sequence", "step", "summary")},
                        **{name: event[name] for name in ("date", "source", "duty", "details")},
                        "order_id": event.order_id.id,
                        "company_id": event.company_id.id,
                        "user_id": event.user_id.id,
                    }
                ),
                event.previous_hash,
                event.hash,
            )
            for event in events
        ]
        return hashchain.problems(rows, order.event_sequence, order.event_hash)

    def test_books_balance_and_numbers_have_no_gap(self):
        moves = self.records()["account.move"]
        for move in moves:
            self.assertAlmostEqual(sum(move.line_ids.mapped("balance")), 0.0, 2, move.name)
            self.assertTrue(move.name.startswith(move.sequence_prefix))
        self.env.cr.execute(
            "SELECT journal_id, sequence_prefix, COUNT(*), COUNT(DISTINCT sequence_number),"
            "       MAX(sequence_number) - MIN(sequence_number) + 1"
            "  FROM account_move WHERE id = ANY(%s) GROUP BY 1, 2",
            [moves.ids],
        )
        for _journal, prefix, count, distinct, span in self.env.cr.fetchall():
            self.assertEqual(count, distinct, prefix)
            self.assertGreaterEqual(span, count)
        bad = moves.filtered(lambda m: m.move_type == "out_invoice" and not m.invoice_date_due)
        self.assertFalse(bad)

    def test_reserved_goods_are_there(self):
        self.env.cr.execute(
            """
            SELECT q.product_id, q.location_id, q.reserved, COALESCE(l.reserved, 0)
              FROM (SELECT product_id, location_id, SUM(reserved_quantity) AS reserved
                      FROM stock_quant GROUP BY 1, 2) q
              LEFT JOIN (SELECT product_id, location_id, SUM(quantity_product_uom) AS reserved
                      FROM stock_move_line WHERE state NOT IN ('done', 'cancel', 'draft')
                     GROUP BY 1, 2) l USING (product_id, location_id)
             WHERE product_id = ANY(%s)
            """,
            [self.orders.order_line.product_id.ids],
        )
        for _product, _location, reserved, of_moves in self.env.cr.fetchall():
            self.assertAlmostEqual(float(reserved), float(of_moves), 2)

    def test_what_came_back_has_its_return(self):
        pickings = self.orders.picking_ids.filtered(lambda p: p.return_id and p.state == "done")
        self.assertTrue(pickings)
        returns = pickings.shipping_return_id
        self.assertEqual(len(returns), len(pickings))
        lines = returns.line_ids
        self.assertEqual(
            sum(lines.mapped("quantity_received")), sum(pickings.move_ids.mapped("quantity"))
        )
        stored = [(line.state, line.uom_id, line.quantity_missing) for line in lines]
        self.env.add_to_compute(lines._fields["uom_id"], lines)
        self.env.add_to_compute(lines._fields["quantity_missing"], lines)
        self.assertEqual(
            [(line.state, line.uom_id, line.quantity_missing) for line in lines], stored
        )
        rows = self.env["order.return.fact"].search([("return_id", "in", returns.ids)])
        self.assertEqual(len(rows), len(lines))
        self.assertTrue(all(rows.mapped("vendor_id")))
        self.assertTrue(all(row.days_to_refund is not False for row in rows))

    def test_a_second_call_does_nothing(self):
        self.assertFalse(year.build(self.env(user=1), orders=ORDERS))
