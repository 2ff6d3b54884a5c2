from collections import Counter, defaultdict
from datetime import timedelta
from statistics import fmean, median

import pytz
from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .common_history import NOW, HistoryCommon

DEAD = ("refused", "cancelled")


def mean(values):
    """Of those that are known; False where none is, as Odoo's groups have it."""
    known = [value for value in values if value is not False]
    return fmean(known) if known else False


def month_of(moment, zone):
    return pytz.utc.localize(moment).astimezone(zone).date().replace(day=1)


def months_from(first, last):
    """The first days of the months from one to another, counted one by one."""
    found = []
    while first <= last:
        found.append(first)
        first = (first + timedelta(days=31)).replace(day=1)
    return found


@tagged("post_install", "-at_install")
class TestHistories(HistoryCommon):
    """Facts of random histories, each against a slow straightforward computation."""

    def zone_of(self, order):
        return pytz.timezone(order.warehouse_id.partner_id.tz)

    def ours(self, model, key="order_id"):
        return self.env[model].search([(key, "in", self.orders.ids)])

    def assert_groups(self, rows, group_by, name, slow):
        """A pivot of ``rows`` by a field: its aggregate equals that of the rows themselves.

        :param slow: function: the values of one group → its figure
        """
        groups = defaultdict(list)
        for row in rows:
            groups[row[group_by]].append(row[name.split(":")[0]])
        found = rows._read_group([("id", "in", rows.ids)], [group_by], [name])
        self.assertEqual({group for group, _value in found}, set(groups))
        for group, value in found:
            wanted = slow(groups[group])
            if wanted is False:
                self.assertFalse(value, (group_by, name))
            else:
                self.assertAlmostEqual(value, wanted, 6, (group_by, name))

    def test_the_histories_have_what_they_are_to_test(self):
        """Else the tests below would agree about nothing."""
        self.assertEqual(set(self.orders.mapped("state")), {"draft", "sale", "cancel"})
        self.assertEqual(self.orders.company_id, self.companies)
        self.assertTrue(self.orders.filtered(lambda o: o.currency_id != o.company_id.currency_id))
        self.assertTrue(self.orders.picking_ids.backorder_id)
        facts = self.ours("order.fact")
        self.assertGreater(len(facts.filtered("date_returned")), 2)
        self.assertGreater(len(facts.filtered("date_paid")), 2)
        self.assertGreater(len(self.ours("order.discrepancy.fact")), 5)
        returns = self.ours("order.return.fact")
        self.assertGreater(len(returns), 5)
        self.assertGreater(len([1 for row in returns if row.days_to_refund is not False]), 2)
        self.assertIn(
            True,
            returns.return_id.line_ids.mapped(
                lambda line: bool(line.uom_id.factor != line.product_id.uom_id.factor)
            ),
        )

    # === RETURNS === #

    def slow_vendor(self, line):
        best = False
        for seller in line.product_id.product_tmpl_id.seller_ids:
            if seller.company_id and seller.company_id != line.order_id.company_id:
                continue
            place = (seller.sequence, -seller.min_qty, seller.price, seller.id)
            if not best or place < best[0]:
                best = (place, seller.partner_id)
        return best[1] if best else self.env["res.partner"]

    def slow_days_to_refund(self, back):
        days = [
            note.invoice_date
            for note in back.refund_ids
            if note.state == "posted" and note.move_type == "out_refund"
        ]
        if not days:
            return False
        asked = pytz.utc.localize(back.create_date).astimezone(self.zone_of(back.order_id)).date()
        return max((min(days) - asked).days, 0)

    def test_returns(self):
        lines = self.env["shipping.return.line"].search([("order_id", "in", self.orders.ids)])
        alive = lines.filtered(lambda line: line.return_id.state not in DEAD)
        self.assertLess(len(alive), len(lines))
        rows = self.ours("order.return.fact")
        self.assertEqual(set(rows.ids), set(alive.ids))
        for line in alive:
            row, back = rows.browse(line.id), line.return_id
            in_units = line.uom_id._compute_quantity(1, line.product_id.uom_id)
            self.assertAlmostEqual(row.units, line.quantity * in_units)
            self.assertAlmostEqual(row.units_received, line.quantity_received * in_units)
            for name in ("our_fault", "supplier_fault", "warranty"):
                flag = "is_warranty" if name == "warranty" else f"is_{name}"
                self.assertEqual(row[f"{name}_rate"], float(line.reason_id[flag]))
            self.assertEqual(row.vendor_id, self.slow_vendor(line))
            self.assertEqual(row.state, back.state)
            self.assertEqual(row.company_id, back.order_id.company_id)
            self.assertEqual(row.days_to_refund, self.slow_days_to_refund(back))
        for group in ("company_id", "vendor_id", "reason_id", "product_id"):
            self.assert_groups(rows, group, "units:sum", sum)
            self.assert_groups(rows, group, "supplier_fault_rate:avg", mean)
            self.assert_groups(rows, group, "days_to_refund:avg", mean)

    # === DISCREPANCIES === #

    def test_discrepancies(self):
        found = self.env["order.discrepancy"].search([("order_id", "in", self.orders.ids)])
        rows = self.ours("order.discrepancy.fact")
        self.assertEqual(set(rows.ids), set(found.ids))
        for each in found:
            row = rows.browse(each.id)
            self.assertEqual(row.is_open, each.state == "open")
            self.assertEqual(row.currency_id, each.order_id.company_id.currency_id)
            there = each.order_id.currency_id._convert(
                abs(each.amount), row.currency_id, each.company_id, each.order_id.date_order
            )
            self.assertAlmostEqual(row.amount, there, 2)
            hours = False
            if each.date_resolved:
                hours = max((each.date_resolved - each.date_found).total_seconds(), 0) / 3600
                self.assertAlmostEqual(row.hours, hours, 4)
            else:
                self.assertIs(row.hours, False)
        for group in ("company_id", "verdict", "product_id"):
            self.assert_groups(rows, group, "amount:sum", sum)
            self.assert_groups(rows, group, "hours:avg", mean)

    # === RATINGS === #

    def test_ratings(self):
        facts = self.ours("order.fact")
        for fact in facts:
            given = []
            for rating in self.env["rating.rating"].search(
                [("res_model", "=", "sale.order"), ("res_id", "=", fact.order_id.id)]
            ):
                if rating.consumed and rating.rating:
                    given.append(rating.rating)
            if not given:
                self.assertIs(fact.customer_rating, False)
                self.assertIs(fact.satisfied_rate, False)
                continue
            self.assertAlmostEqual(fact.customer_rating, fmean(given))
            self.assertEqual(fact.satisfied_rate, float(fmean(given) >= 4))
            for line in self.env["order.line.fact"].search([("order_id", "=", fact.order_id.id)]):
                self.assertEqual(line.customer_rating, fact.customer_rating)
        self.assertGreater(len([1 for fact in facts if fact.satisfied_rate is not False]), 5)
        for group in ("company_id", "partner_id"):
            self.assert_groups(facts, group, "satisfied_rate:avg", mean)
            self.assert_groups(facts, group, "customer_rating:avg", mean)

    # === COHORTS === #

    def slow_cohorts(self, kind, zone):
        """dict: month → (its members, {later month: members}) of the orders released."""
        facts = self.ours("order.fact").filtered(lambda fact: fact.state == "sale")
        began, later = {}, defaultdict(set)
        for fact in facts.sorted("date_received"):
            if kind == "customers":
                month = month_of(fact.date_received, zone)
                began.setdefault(fact.partner_id, month)
                later[fact.partner_id].add(month)
            elif fact.date_first_shipped:
                began[fact] = month_of(fact.date_first_shipped, zone)
                if fact.date_returned:
                    later[fact].add(month_of(fact.date_returned, zone))
        return began, later

    def test_cohorts(self):
        groups = "order_reporting.group_reporting_user"
        self.reader = new_test_user(
            self.env,
            "reads_cohorts",
            groups=groups,
            company_id=self.companies[0].id,
            company_ids=[Command.set(self.companies.ids)],
        )
        for tz in ("UTC", "Pacific/Auckland", "America/Los_Angeles"):
            self.reader.tz = tz
            zone = pytz.timezone(tz)
            for kind in ("customers", "returns"):
                with self.subTest(tz=tz, kind=kind), freeze_time(NOW):
                    self.check_cohorts(kind, zone)

    def check_cohorts(self, kind, zone):
        began, later = self.slow_cohorts(kind, zone)
        cohorts = self.env["order.cohort"].with_user(self.reader)
        rows = cohorts.get_cohorts(kind)["rows"]
        sizes = Counter(began.values())
        self.assertEqual(
            {fields.Date.to_date(row["month"]): row["size"] for row in rows}, dict(sizes)
        )
        self.assertGreater(len(rows), 1)
        for row in rows:
            first = fields.Date.to_date(row["month"])
            members = {member for member, month in began.items() if month == first}
            months = months_from(first, fields.Date.to_date(NOW[:10]))
            self.assertEqual(len(row["cells"]), len(months))
            for offset, (month, cell) in enumerate(zip(months, row["cells"], strict=True)):
                upto = [month] if kind == "customers" else months[: offset + 1]
                seen = {member for member in members if later[member] & set(upto)}
                self.assertEqual(cell["count"], len(seen), (first, month))
                self.assertAlmostEqual(cell["share"], len(seen) / len(members))
                self.check_cell(kind, row["month"], offset, seen, month, zone)

    def check_cell(self, kind, first, offset, seen, month, zone):
        """What a cell opens is what it counted."""
        cohorts = self.env["order.cohort"].with_user(self.reader)
        domain = cohorts.action_open_cell(kind, first, offset)["domain"]
        opened = self.facts.with_user(self.reader).search(domain)
        if kind == "returns":
            self.assertEqual(set(opened), seen)
            return
        self.assertEqual(set(opened.partner_id), seen)
        self.assertLessEqual({month_of(fact.date_received, zone) for fact in opened}, {month})

    # === CASH FORECAST === #

    def slow_delays(self, company):
        """How late each customer pays, and all of them, weighted by amount."""
        payments = defaultdict(list)
        for part in self.env["account.partial.reconcile"].search([("company_id", "=", company.id)]):
            bill = part.debit_move_id
            if bill.account_id.account_type != "asset_receivable":
                continue
            if part.credit_move_id.move_id.move_type in ("out_refund", "out_invoice"):
                continue
            late = (part.max_date - (bill.date_maturity or bill.date)).days
            payments[bill.partner_id.commercial_partner_id].append((late, part.amount))

        def weighted(pairs):
            total = sum(amount for _late, amount in pairs)
            return sum(late * amount for late, amount in pairs) / total if total else 0.0

        usual = weighted([pair for pairs in payments.values() for pair in pairs])
        own = {who: weighted(pairs) for who, pairs in payments.items() if len(pairs) >= 3}
        return defaultdict(lambda: usual, own)

    def slow_columns(self, company, today):
        """dict: (column, Monday) → amount, of open invoices, and of orders shipped or to ship."""
        delays, sums = self.slow_delays(company), Counter()

        def add(column, customer, due, amount):
            late = round(delays[customer.commercial_partner_id]) if customer else 0
            day = max(due + timedelta(days=late), today)
            sums[column, day - timedelta(days=day.weekday())] += amount

        for item in self.env["account.move.line"].search(
            [("company_id", "=", company.id), ("parent_state", "=", "posted")]
        ):
            if item.account_id.account_type == "asset_receivable":
                add("receivable", item.partner_id, item.date_maturity, item.amount_residual)
            elif (
                item.payment_id
                and item.account_id.reconcile
                and not item.reconciled
                and item.date >= today - timedelta(days=60)
            ):
                add("transit", False, item.date + timedelta(days=3), item.amount_residual)
        for order in self.orders.filtered(lambda o: o.company_id == company and o.state == "sale"):
            if order.invoice_status == "invoiced" or order.flow_step == "close":
                continue
            left, coming = 0.0, 0.0
            for line in order.order_line:
                price = line.price_total / line.product_uom_qty
                done = max(line.qty_delivered, line.qty_invoiced)
                left += price * max(line.qty_delivered - line.qty_invoiced, 0)
                coming += price * max(line.product_uom_qty - done, 0)
            ready = max(order.commitment_date.date(), today)
            for column, amount, billed in (("unbilled", left, today), ("order", coming, ready)):
                amount = order.currency_id._convert(
                    amount, company.currency_id, company, order.date_order, round=False
                )
                terms = order.payment_term_id.line_ids
                due = max((term._get_due_date(billed) for term in terms), default=billed)
                add(column, order.partner_invoice_id, due, company.currency_id.round(amount))
        return sums

    def slow_sales(self, company, today, forecasts):
        """dict: Monday → amount, of the sales forecast."""
        waits = [
            fact.hours_order_to_cash / 24
            for fact in self.ours("order.fact")
            if fact.company_id == company
            and fact.date_paid
            and fact.hours_order_to_cash is not False
        ]
        sums = Counter()
        for day, amount in forecasts:
            if day > today and waits:
                paid = day + timedelta(days=3 + round(median(waits)))
                sums[paid - timedelta(days=paid.weekday())] += amount
        return sums

    def test_columns_of_the_cash_forecast(self):
        today = fields.Date.to_date(NOW[:10])
        monday = today - timedelta(days=today.weekday())
        for company in self.companies:
            weeks = [
                (monday + timedelta(weeks=number), float(self.dice.randint(0, 900)))
                for number in range(-2, 14)
            ]
            self.env["order.forecast"].create(
                [
                    {"kind": "sales", "company_id": company.id, "date": day, "expected": amount}
                    for day, amount in weeks
                ]
            )
            with self.subTest(company=company.name), freeze_time(NOW):
                forecasts = self.env["order.treasury.forecast"].with_company(company)
                forecasts._take(company)
                taken = forecasts.search([("company_id", "=", company.id)])
                columns = self.slow_columns(company, today)
                sales = self.slow_sales(company, today, weeks)
                self.assertTrue(any(sales.values()))
                balance = taken.bank_balance
                for week in taken.week_ids.sorted("week"):
                    wanted = 0.0
                    for name in ("receivable", "transit", "unbilled", "order"):
                        self.assertAlmostEqual(week[name], columns[name, week.week], 2, name)
                        wanted += columns[name, week.week]
                    self.assertAlmostEqual(week.expected, wanted, 2)
                    self.assertAlmostEqual(week.sales, sales[week.week], 2)
                    balance += wanted
                    self.assertAlmostEqual(week.balance, balance, 2)
