from datetime import date, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..engine import literal, measures
from .common import ReportingCommon

MODELS = (
    *("order.line.fact", "order.shipment.fact", "order.pick.fact", "order.hold.fact"),
    *("order.intake.fact", "order.match.fact", "order.invoice.fact", "order.receipt.fact"),
    *("order.forecast", "order.kpi.reading", "order.customer.score"),
    *("order.discrepancy.fact", "order.return.fact"),
)


@tagged("post_install", "-at_install")
class TestStepFacts(ReportingCommon):
    def rows(self, model, order):
        return self.env[model].search([("order_id", "=", order.id)])

    def test_lines_by_hand(self):
        order = self.make_order(lines=((self.product, 10), (self.other, 4)))
        self.ship(order, quantity=4)  # 4 of 10, 4 of 4
        self.ship(order, moment="2026-03-05 10:00:00")
        self.fact(order)
        boot, lace = self.rows("order.line.fact", order).sorted("line_id")
        self.assertEqual((boot.units_ordered, boot.units_shipped, boot.units_filled), (10, 10, 4))
        self.assertEqual((boot.filled_rate, lace.filled_rate), (0.0, 1.0))
        self.assertEqual((boot.amount_ordered, boot.margin), (1000.0, 400.0))
        self.assertEqual(boot.returned_rate, 0.0)
        fact = self.fact(order)
        self.assertEqual(fact.lines_filled, sum(line.filled_rate for line in boot + lace))
        self.assertEqual(fact.filled_rate, 0.0)
        self.assertEqual(fact.accuracy_rate, 1.0)

    def test_a_deleted_line_leaves_no_row(self):
        order = self.make_order(confirm=False, lines=((self.product, 10), (self.other, 4)))
        self.fact(order)
        order.order_line[1:].unlink()
        self.fact(order)
        self.assertEqual(self.rows("order.line.fact", order).line_id, order.order_line)
        order.order_line.unlink()
        self.fact(order)
        self.assertFalse(self.rows("order.line.fact", order))

    def test_a_hold(self):
        order = self.make_order(confirm=False)
        hold = order._place_hold("manual", "release", "Wait")
        self.env.flush_all()
        row = self.rows("order.hold.fact", order)
        self.assertEqual((row.kind, row.gate, row.is_open), ("manual", "release", True))
        self.assertIs(row.hours, False, "not 0: nobody knows yet")
        self.assertFalse(row.date_resolved)
        hold.action_release()
        self.env.flush_all()
        row.invalidate_recordset()
        self.assertFalse(row.is_open)
        self.assertEqual(row.action_open_source()["res_id"], hold.id)

    def test_a_discrepancy_and_what_it_says_of_the_documents(self):
        order = self.make_order()
        self.ship(order)
        self.invoice(order)
        self.assertEqual(self.fact(order).documents_rate, 1.0)
        found = self.env["order.discrepancy"].create(
            {
                "line_id": order.order_line.id,
                "order_id": order.id,
                "verdict": "other_price",
                "amount": 20,
                "amount_abs": 20,
                "date_found": "2026-03-04 08:00:00",
            }
        )
        self.env.flush_all()
        fact = self.fact(order)
        self.assertEqual((fact.documents_rate, fact.perfect_rate), (0.0, 0.0))
        self.assertIn(order.id, self.facts._touched_order_ids(found.write_date))
        row = self.rows("order.discrepancy.fact", order)
        self.assertEqual((row.verdict, row.amount, row.is_open), ("other_price", 20, True))
        self.assertIs(row.hours, False)
        found.sudo().write({"state": "ignored", "date_resolved": "2026-03-04 14:00:00"})
        self.env.flush_all()
        row.invalidate_recordset()
        self.assertEqual((row.hours, row.is_open), (6.0, False))
        self.assertEqual(self.fact(order).documents_rate, 1.0, "somebody accepted it")
        self.assertEqual(row.action_open_source()["res_id"], found.id)

    def test_a_return_with_its_reason_and_vendor(self):
        order = self.make_order()
        self.ship(order)
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        self.product.seller_ids = [Command.create({"partner_id": vendor.id})]
        reason = self.env["shipping.return.reason"].create(
            {"name": "Broken by them", "code": "theirs", "is_supplier_fault": True}
        )
        back = self.env["shipping.return"].create(
            {
                "order_id": order.id,
                "line_ids": [
                    Command.create(
                        {
                            "sale_line_id": order.order_line.id,
                            "quantity": 2,
                            "reason_id": reason.id,
                        }
                    )
                ],
            }
        )
        self.env.flush_all()
        row = self.rows("order.return.fact", order)
        self.assertEqual((row.units, row.vendor_id, row.reason_id), (2, vendor, reason))
        self.assertEqual((row.supplier_fault_rate, row.our_fault_rate), (1.0, 0.0))
        self.assertIs(row.days_to_refund, False)
        self.assertEqual(row.action_open_source()["res_id"], back.id)
        back.state = "refused"
        self.env.flush_all()
        self.assertFalse(self.rows("order.return.fact", order))

    def test_rows_that_stay_as_they_are_are_not_written(self):
        order = self.make_order()
        self.fact(order)

        def place():
            """Where the row's current version lies on the disk."""
            self.env.cr.execute("SELECT ctid FROM order_fact WHERE order_id = %s", [order.id])
            return self.env.cr.fetchall()

        before = place()
        self.fact(order)
        self.assertEqual(place(), before)
        self.ship(order)
        self.fact(order)
        self.assertNotEqual(place(), before)

    def test_postgresql_reads_the_arrays_back(self):
        columns = {
            "text": ["a", 'say "x"', "back\\slash", "NULL", "", "{1,2}", "é\n'%s", None],
            "numeric": [1, 2.5, None, 0.1, -3, 1e20],
            "bool": [True, None, False],
            "timestamp": [fields.Datetime.to_datetime("2026-03-02 08:00:00"), None],
            "date": [date(2026, 3, 2), None],
            "jsonb": [{"1": 2.5, "a": 'x"y'}, None],
        }
        for kind, values in columns.items():
            self.env.cr.execute(f"SELECT unnest(%s::{kind}[])", [literal.array(values)])
            self.assertEqual([value for (value,) in self.env.cr.fetchall()], values, kind)

    def test_a_delivery_by_a_carrier(self):
        carrier = self.env.ref("order_shipping.carrier_ground")
        self.product.weight = 0.5
        order = self.make_order(commitment_date="2026-03-05 17:00:00")
        order.picking_ids.carrier_id = carrier
        self.ship(order)
        self.env.flush_all()
        row = self.rows("order.shipment.fact", order)
        label = order.picking_ids.label_ids
        self.assertEqual(row.carrier_id, carrier)
        self.assertEqual(row.parcel_count, len(label))
        self.assertAlmostEqual(row.freight_cost, sum(label.mapped("cost")))
        with self.at("2026-03-04 10:00:00"):
            label.action_delivered()
        self.env.flush_all()
        row.invalidate_recordset()
        self.assertEqual(row.hours_in_transit, 24)
        self.assertEqual(row.delivered_on_time_rate, 1.0)
        fact = self.fact(order)
        self.assertEqual(fact.carrier_id, carrier)
        self.assertEqual(fact.delivered_on_time_rate, 1.0)
        self.assertEqual(fact.hours_in_transit, 24)

    def test_invoices_open_and_paid(self):
        order = self.make_order()
        self.ship(order)
        bill = self.invoice(order)
        self.env.flush_all()
        row = self.env["order.invoice.fact"].search([("move_id", "=", bill.id)])
        self.assertEqual((row.amount, row.amount_open), (1000.0, 1000.0))
        self.assertFalse(row.date_paid)
        self.assertEqual(self.fact(order).amount_open, 1000.0)
        self.pay(bill, day="2026-03-13", amount=400.0)
        self.pay(bill, day="2026-03-20")
        self.env.flush_all()
        row.invalidate_recordset()
        self.assertEqual((row.amount_open, row.date_paid), (0.0, date(2026, 3, 20)))
        self.assertEqual(row.days_to_pay, 17)
        self.assertEqual(self.fact(order).amount_open, 0.0)

    def test_dso_of_two_invoices(self):
        self.env.user.tz = "UTC"
        company = self.env["res.company"].create({"name": "Fresh"})
        self.env.user.company_ids += company
        kpi = self.env.ref("order_reporting.order_kpi_dso").with_company(company)
        kpi = kpi.with_context(allowed_company_ids=company.ids)
        rows = [
            {"date_invoiced": "2026-03-05", "amount": 100.0, "amount_open": 100.0},
            {"date_invoiced": "2026-03-10", "amount": 200.0, "amount_open": 0.0},
        ]
        with self.at("2026-03-31 12:00:00"):
            self.assertIs(kpi.value, False)
        measure = measures.BY_CODE["dso"]
        moments = [
            {
                "date_invoiced": fields.Datetime.to_datetime(row["date_invoiced"]),
                "amount": row["amount"],
                "amount_open": row["amount_open"],
                "date_paid": None
                if row["amount_open"]
                else fields.Datetime.to_datetime("2026-03-20"),
            }
            for row in rows
        ]
        start, end = map(fields.Datetime.to_datetime, ("2026-03-02", "2026-04-01"))
        self.assertAlmostEqual(measure.value(moments, start, end), 10.0)

    def test_costs_of_the_settings_go_into_profit(self):
        order = self.make_order()
        self.ship(order)
        self.assertEqual(self.fact(order).profit, 400.0)
        self.env["res.config.settings"].create(
            {"order_cost_of_line": 2.5, "order_cost_of_capital": 0.0}
        ).execute()
        fact = self.fact(order)
        self.assertEqual(fact.profit, 397.5)
        self.assertIs(fact.fulfilment_cost, False)  # its freight isn't known
        self.env["ir.config_parameter"].set_param("order_reporting.cost_of_line", "much")
        with self.assertLogs("odoo.addons.order_reporting", "WARNING"):
            self.assertEqual(self.fact(order).profit, 400.0)

    def test_customer_scores_equal_counting_one_by_one(self):
        now = fields.Datetime.now().replace(microsecond=0)
        buyers = self.env["res.partner"].create([{"name": f"Buyer {n}"} for n in range(3)])
        plan = ((0, 80, (10, 8, 6, 4, 2)), (1, 15, (200, 190, 180)), (2, 5, (20,)))
        orders = self.env["sale.order"]
        company = self.env["res.company"].create({"name": "Scores"})
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        self.env.user.company_ids += company
        for buyer, share, ages in plan:
            for age in ages:
                orders += (
                    self.env["sale.order"]
                    .with_company(company)
                    .create(
                        {
                            "partner_id": buyers[buyer].id,
                            "company_id": company.id,
                            "warehouse_id": warehouse.id,
                            "date_order": now - timedelta(days=age),
                            "order_line": [
                                Command.create(
                                    {
                                        "product_id": self.product.id,
                                        "product_uom_qty": 1,
                                        "price_unit": 100 * share / len(ages),
                                        "tax_ids": [Command.clear()],
                                    }
                                )
                            ],
                        }
                    )
                )
        self.env.flush_all()
        self.env.cr.execute("UPDATE sale_order SET state = 'sale' WHERE id = ANY(%s)", [orders.ids])
        self.env.invalidate_all()
        self.fact(orders)
        scores = self.env["order.customer.score"].search([("company_id", "=", company.id)])
        found = {score.partner_id: score for score in scores}
        self.assertEqual([found[buyer].abc for buyer in buyers], ["a", "b", "c"])
        self.assertEqual([found[buyer].churn for buyer in buyers], ["active", "lost", "new"])
        self.assertEqual([found[buyer].place for buyer in buyers], [1, 2, 3])
        first = found[buyers[0]]
        self.assertEqual((first.order_count, first.revenue), (5, 8000.0))
        self.assertAlmostEqual(first.days_between, 2.0, places=2)
        self.assertEqual(len(self.facts.search(first.action_open_facts()["domain"])), 5)

    def test_who_sees_what(self):
        viewer = "order_reporting.group_reporting_user"
        outsider = new_test_user(self.env, "outside", groups="base.group_user")
        salesman = new_test_user(
            self.env, "own_only", groups=f"{viewer},sales_team.group_sale_salesman"
        )
        for model in MODELS:
            with self.assertRaises(AccessError):
                self.env[model].with_user(outsider).search([], limit=1)
            records = self.env[model].with_user(salesman)
            records.search([], limit=1)
            for right in ("write", "create", "unlink"):
                self.assertFalse(records.has_access(right), (model, right))
        own = self.make_order(user_id=salesman.id)
        other = self.make_order(user_id=self.env.user.id)
        self.ship(own + other)
        self.invoice(own + other)
        (own + other)._place_hold("manual", "invoice", "Wait")
        self.fact(own + other)
        for model in ("order.line.fact", "order.shipment.fact", "order.hold.fact"):
            seen = (
                self.env[model].with_user(salesman).search([("order_id", "in", (own + other).ids)])
            )
            self.assertEqual(seen.sudo().order_id, own, model)
        score = (
            self.env["order.customer.score"]
            .with_user(salesman)
            .search([("partner_id", "=", self.partner.id)])
        )
        self.assertEqual(score.order_count, 1)

    def test_other_companies_are_not_seen(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        for model in MODELS:
            records = self.env[model].with_context(allowed_company_ids=company.ids)
            user = new_test_user(
                self.env,
                f"of_{model.replace('.', '_')}",
                groups="order_reporting.group_reporting_user",
                company_id=company.id,
                company_ids=[Command.set(company.ids)],
            )
            self.assertFalse(records.with_user(user).search([]), model)
