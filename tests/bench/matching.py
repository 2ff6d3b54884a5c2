"""Bank matching: precision, share without a click, seconds and queries per line.

make bench ARGS="matching --lines 10000 --items 30000"
make bench ARGS="matching --lines 10000 --items 30000 --workers 2"

With ``--workers`` the lines are matched as an import has them matched: by jobs of a real server, so
many at once; else by one process.

Two books are matched. A *realistic month* has the mix of payments in MIX below; its open invoices
are real rows of the database, so that what is measured is the whole way from bank lines to paid
invoices. An *adversarial set* has only the traps of ``_traps.py``, and is decided by the engine
alone: whatever posts must be right. Both are seeded. Nothing is asserted about time.
"""

import argparse
import cProfile
import random
import time
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

from _traps import DAY, adversarial

#: Share of each kind of payment in a month, in percent. The last five can't be decided by a
#: program that must not guess: they are a person's.
MIX = {
    "invoice number": 56.0,
    "invoice number, glued or re-spaced": 9.0,
    "structured reference": 10.0,
    "order number": 7.0,
    "several invoices": 4.5,
    "known account, no reference": 7.5,
    "whole balance of a known account": 2.0,
    "bank's fee, confirmed before": 1.0,
    "part of an invoice": 0.8,
    "no reference, unknown payer": 0.8,
    "a cent less": 0.4,
    "two digits of the number changed places": 0.5,
    "paid twice": 0.5,
}


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--items", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--single", type=int, default=30, help="lines posted one by one")
    parser.add_argument("--workers", type=int, default=0, help="jobs at once of a real server")
    parser.add_argument("--profile", help="file to which Python's profile of posting is written")
    options = parser.parse_args(arguments)
    adversarial(options)
    month = Month(options)
    engine_alone(month)
    books = Books(env, month)
    if options.workers:
        books.measure_jobs(options)
    else:
        books.measure(options)


# === A REALISTIC MONTH === #


class Month:
    """Open items, bank lines and the truth about each line, by the mix."""

    def __init__(self, options):
        self.chance = random.Random(options.seed)
        self.items, self.lines, self.truth, self.kinds = [], [], {}, {}
        self.customers = self.ordinary = max(options.items // 15, 10)
        self.count = options.lines
        self.prices = [Decimal(n) for n in (19, 49, 99, 149, 250, 499)]
        queue = []
        total = sum(MIX.values())
        for kind, share in MIX.items():
            queue += [kind] * round(options.lines * share / total)
        self.chance.shuffle(queue)
        for kind in queue:
            self.add(kind)
        while len(self.items) < options.items:
            self.item(self.customer())

    def customer(self):
        return self.chance.randint(1, self.ordinary)

    def amount(self):
        # Half of what is billed comes from a price list: equal amounts are common.
        if self.chance.random() < 0.5:
            return self.chance.choice(self.prices) * self.chance.randint(1, 6)
        return Decimal(self.chance.randint(1000, 500000)) / 100

    def item(self, customer, amount=None):
        number = len(self.items) + 1
        entry = {
            "id": number,
            "customer": customer,
            "amount": amount or self.amount(),
            "name": f"INV/2026/{number:06}",
            "order": f"SO{number + 700000}",
            "structured": rf_reference(100000 + number),
        }
        self.items.append(entry)
        return entry

    def line(self, kind, amount, label, truth, account=None):
        number = len(self.lines) + 1
        self.lines.append(
            {
                "id": number,
                "amount": amount,
                "label": label,
                "account": account,
                "date": DAY + timedelta(days=28 * number // self.count),
            }
        )
        self.truth[number] = truth
        self.kinds[number] = kind

    def add(self, kind):
        """One payment of a kind, with the items it is about."""
        if kind == "whole balance of a known account":
            # A customer of his own, so that what he has open is what he pays.
            self.customers += 1
            owner = self.customers
            items = [self.item(owner), self.item(owner)]
            total = sum(item["amount"] for item in items)
            self.line(kind, total, "Statement of account", ids(items), owner)
            return
        item = self.item(self.customer())
        name, amount = item["name"], item["amount"]
        if kind == "invoice number":
            words = self.chance.choice(("Payment {} thanks", "{}", "Inv {} Acme Ltd", "REF:{}."))
            self.line(kind, amount, words.format(name), ids([item]))
        elif kind == "invoice number, glued or re-spaced":
            sign = self.chance.choice(("", " ", "-"))
            self.line(kind, amount, f"pay {name.replace('/', sign)}", ids([item]))
        elif kind == "structured reference":
            self.line(kind, amount, item["structured"].replace(" ", ""), ids([item]))
        elif kind == "order number":
            self.line(kind, amount, f"Order {item['order']}", ids([item]))
        elif kind == "several invoices":
            items = [item, *(self.item(item["customer"]) for _ in range(self.chance.randint(1, 3)))]
            label = " ".join(each["name"] for each in items)
            self.line(kind, sum(each["amount"] for each in items), label, ids(items))
        elif kind == "known account, no reference":
            self.line(kind, amount, "Thank you", ids([item]), item["customer"])
        elif kind == "bank's fee, confirmed before":
            self.line(kind, Decimal("-4.90"), "Account fee 03/2026", ())
        else:
            self.add_undecidable(kind, item)

    def add_undecidable(self, kind, item):
        name, amount = item["name"], item["amount"]
        if kind == "part of an invoice":
            self.line(kind, amount - 5, f"First part of {name}", None)
        elif kind == "no reference, unknown payer":
            self.line(kind, amount, "WIRE TRANSFER", None)
        elif kind == "a cent less":
            self.line(kind, amount - Decimal("0.01"), name, None)
        elif kind == "two digits of the number changed places":
            self.line(kind, amount, name[:-2] + name[-1] + name[-2] + "7", None)
        elif kind == "paid twice":
            self.line(kind, amount, f"{name} first", ids([item]))
            self.line(kind, amount, f"{name} again", None)


def ids(items):
    return tuple(sorted(item["id"] for item in items))


def rf_reference(number):
    """A creditor reference of ISO 11649."""
    digits = f"{number}271500"
    return f"RF{98 - int(digits) % 97:02} {number}"


def score(title, decisions, truth, kinds=None):
    """Print precision and recall; what posts must be what is true."""
    posted = {line: decision.post for line, decision in decisions.items() if decision.post}
    right = [line for line, post in posted.items() if tuple(sorted(post.items)) == truth[line]]
    decidable = [line for line in truth if truth[line] is not None]
    wrong = sorted(set(posted) - set(right))
    print(
        f"{title}: {len(truth)} lines, {len(posted)} posted without a click"
        f" ({100 * len(posted) / len(truth):.1f} %), precision"
        f" {100 * len(right) / max(len(posted), 1):.2f} %, recall"
        f" {100 * len(right) / max(len(decidable), 1):.1f} % of the {len(decidable)} decidable"
    )
    for line in wrong[:10]:
        print("  WRONG", kinds and kinds[line], posted[line])
    if kinds:
        missed = {}
        for line in decidable:
            missed.setdefault(kinds[line], []).append(line in posted)
        for kind, found in missed.items():
            if not all(found):
                print(f"  left to a person: {len(found) - sum(found):5} of {len(found)}, {kind}")
    return wrong


def engine_alone(month):
    """The month decided from plain values, without a database."""
    from odoo.addons.order_processing.engine import matching

    items = [
        matching.Item(
            id=each["id"],
            document=each["id"],
            residual=each["amount"],
            currency="USD",
            scopes=(1,),
            partner=each["customer"],
            partner_name=f"Customer {each['customer']}",
            references=(each["name"], each["structured"]),
            order_references=(each["order"],),
            day=DAY,
        )
        for each in month.items
    ]
    lines = [
        matching.BankLine(
            id=each["id"],
            date=each["date"],
            amount=each["amount"],
            currency="USD",
            scope=1,
            labels=(each["label"],),
            partner=each["account"],
            fee=matching.Fee(9, sure=True) if "fee" in each["label"] else None,
        )
        for each in month.lines
    ]
    started = time.perf_counter()
    decisions = matching.match(lines, items, limits=matching.Limits(write_off=Decimal(50)))
    seconds = time.perf_counter() - started
    score("realistic month, engine alone", decisions, month.truth, month.kinds)
    print(f"  {len(lines)} lines, {len(items)} open items: {seconds:.2f} s", flush=True)


# === THE MONTH IN THE DATABASE === #


class Books:
    """The month as rows: one invoice and one bank line by the ORM, the others copied in SQL."""

    def __init__(self, env, month):
        # While the books are made only: what Odoo tells when matching is part of matching.
        self.env = env(context=dict(env.context, tracking_disable=True))
        self.month = month
        self.cr = env.cr
        self.bank = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
        )
        self.partners = self.env["res.partner"].create(
            [{"name": f"Customer {n}", "is_company": True} for n in range(1, month.customers + 1)]
        )
        for number, partner in enumerate(self.partners, start=1):
            self.env["res.partner.bank"].create(
                {"acc_number": f"BENCH{number:07}", "partner_id": partner.id}
            )
        self.env.company.order_write_off_day = 1e6
        self.learn_fee()
        started = time.perf_counter()
        self.copy_invoices()
        self.copy_lines()
        self.env.invalidate_all()
        print(f"made the books in {time.perf_counter() - started:.0f} s", flush=True)

    def learn_fee(self):
        account = self.env["account.account"].search(
            [
                ("account_type", "=", "expense"),
                ("company_ids", "in", self.env.company.ids),
            ],
            limit=1,
        )
        self.env["order.match.memory"].sudo().create(
            {
                "company_id": self.env.company.id,
                "kind": "fee",
                "key": "ACCOUNT FEE",
                "account_id": account.id,
                "state": "confirmed",
            }
        )

    def copy_invoices(self):
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partners[0].id,
                "invoice_date": DAY,
                "invoice_line_ids": [(0, 0, {"name": "Goods", "price_unit": 1.0, "tax_ids": []})],
            }
        )
        move.action_post()
        self.env.flush_all()
        owed = move.line_ids.filtered(lambda item: item.account_id.reconcile)
        (earned,) = move.line_ids - owed
        self.plan(
            [
                (
                    each["id"],
                    self.partners[each["customer"] - 1].id,
                    each["amount"],
                    each["name"].replace("INV/2026/", "BENCH/2026/"),
                    each["structured"],
                    each["order"],
                    DAY,
                    None,
                )
                for each in self.month.items
            ]
        )
        total = {
            name: "p.amount"
            for name in (
                "amount_total",
                "amount_residual",
                "amount_untaxed",
                "amount_total_signed",
                "amount_residual_signed",
                "amount_untaxed_signed",
                "amount_total_in_currency_signed",
                "amount_untaxed_in_currency_signed",
            )
        }
        self.copy(
            "account_move",
            move.id,
            "move_id",
            {
                **total,
                "name": "p.name",
                "payment_reference": "p.structured",
                "ref": "p.ref",
                "partner_id": "p.partner",
                "commercial_partner_id": "p.partner",
                "sequence_number": "p.number + 100000",
                "invoice_origin": "NULL",
            },
        )
        self.copy(
            "account_move_line",
            owed.id,
            "item_id",
            {
                **self.sides("p.amount"),
                "amount_residual": "p.amount",
                "amount_residual_currency": "p.amount",
            },
        )
        self.copy(
            "account_move_line",
            earned.id,
            "other_id",
            {
                **self.sides("-p.amount"),
                "price_unit": "p.amount",
                "price_subtotal": "p.amount",
                "price_total": "p.amount",
            },
        )
        self.cr.execute("SELECT number, item_id FROM bench_plan")
        self.item_numbers = {item: number for number, item in self.cr.fetchall()}

    def copy_lines(self):
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": DAY, "payment_ref": "bench", "amount": 1.0}
        )
        self.env.flush_all()
        liquidity, suspense, _others = line._seek_for_lines()
        self.plan(
            [
                (
                    each["id"],
                    None,
                    each["amount"],
                    f"BENCHBANK/{each['id']:06}",
                    None,
                    each["label"].replace("INV", "BENCH").replace("Inv", "Bill"),
                    each["date"],
                    f"BENCH{each['account']:07}" if each["account"] else None,
                )
                for each in self.month.lines
            ]
        )
        amounts = {
            name: "p.amount"
            for name in ("amount_total", "amount_total_signed", "amount_total_in_currency_signed")
        }
        self.copy(
            "account_move",
            line.move_id.id,
            "move_id",
            {
                **amounts,
                "name": "p.name",
                "sequence_number": "p.number + 100000",
                "date": "p.date",
                "statement_line_id": "NULL",
                "payment_reference": "NULL",
                "ref": "NULL",
            },
        )
        self.copy(
            "account_bank_statement_line",
            line.id,
            "line_id",
            {
                "move_id": "p.move_id",
                "amount": "p.amount",
                "amount_residual": "-p.amount",
                "payment_ref": "p.ref",
                "account_number": "p.account",
                "internal_index": "'bench' || p.number",
            },
        )
        self.cr.execute(
            "UPDATE account_move SET statement_line_id = p.line_id FROM bench_plan p"
            " WHERE account_move.id = p.move_id"
        )
        extra = {"statement_line_id": "p.line_id", "name": "p.ref"}
        self.copy("account_move_line", liquidity.id, "item_id", {**self.sides("p.amount"), **extra})
        self.copy(
            "account_move_line", suspense.id, "other_id", {**self.sides("-p.amount"), **extra}
        )
        self.cr.execute("SELECT number, line_id FROM bench_plan")
        self.line_numbers = {found: number for number, found in self.cr.fetchall()}
        self.cr.execute("ANALYZE account_move, account_move_line, account_bank_statement_line")

    def plan(self, rows):
        self.cr.execute(
            """DROP TABLE IF EXISTS bench_plan;
               CREATE TEMP TABLE bench_plan (number int, partner int, amount numeric, name varchar,
                   structured varchar, ref varchar, date date, account varchar, move_id int,
                   item_id int, other_id int, line_id int)"""
        )
        for start in range(0, len(rows), 1000):
            part = rows[start : start + 1000]
            marks = ",".join(["(%s,%s,%s,%s,%s,%s,%s,%s)"] * len(part))
            self.cr.execute(
                "INSERT INTO bench_plan (number, partner, amount, name, structured, ref, date,"
                f" account) VALUES {marks}",
                [value for row in part for value in row],
            )
        self.cr.execute(
            """UPDATE bench_plan SET move_id = nextval('account_move_id_seq'),
                   item_id = nextval('account_move_line_id_seq'),
                   other_id = nextval('account_move_line_id_seq'),
                   line_id = nextval('account_bank_statement_line_id_seq')"""
        )

    @staticmethod
    def sides(amount):
        return {
            "balance": amount,
            "amount_currency": amount,
            "debit": f"GREATEST({amount}, 0)",
            "credit": f"GREATEST(-({amount}), 0)",
            "move_id": "p.move_id",
            "move_name": "p.name",
            "date": "p.date",
            "partner_id": "p.partner",
        }

    def copy(self, table, source, key, values):
        """A row of ``table`` for each row of the plan, like row ``source`` but for ``values``."""
        self.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND is_generated = 'NEVER'",
            [table],
        )
        columns = [name for (name,) in self.cr.fetchall()]
        values = {"id": f"p.{key}", **values}
        sources = ", ".join(values.get(name, f't."{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        self.cr.execute(
            f"INSERT INTO {table} ({names}) SELECT {sources}"
            f" FROM {table} t, bench_plan p WHERE t.id = %s ORDER BY p.number",
            [source],
        )

    def measure(self, options):
        env = self.env(context=dict(self.env.context, tracking_disable=False))
        lines = env["account.bank.statement.line"].browse(sorted(self.line_numbers))
        single = lines[: options.single]
        many = lines - single
        started, queries = clocks(), self.cr.sql_log_count
        decisions, documents = lines._decide()
        report("gather and decide", started, queries, self.cr, len(lines))
        seen = {
            self.line_numbers[line]: renumbered(decision, self.item_numbers)
            for line, decision in decisions.items()
        }
        score("realistic month, database", seen, self.month.truth, self.month.kinds)
        self.env.invalidate_all()
        started, queries = clocks(), self.cr.sql_log_count
        done = 0
        for line in single:
            candidate = decisions[line.id].post
            if candidate and candidate.items:
                items = self.env["account.move.line"].browse(candidate.items)
                line._post_candidate(items, candidate)
                done += 1
        self.cr.flush()  # with what Odoo writes in the chatter before a commit
        report("posted one by one", started, queries, self.cr, max(done, 1))
        self.env.invalidate_all()
        started, queries = clocks(), self.cr.sql_log_count
        # In this process, however many they are.
        with profiling(options.profile):
            many.with_context(queue_job__no_delay=True).action_match()
            self.cr.flush()
        report("the whole way, in bulk", started, queries, self.cr, len(many))
        self.check(decisions, many)

    def measure_jobs(self, options):
        """Match all lines by jobs of a real server, so many at once."""
        import suite
        from _pipeline import wait_for_jobs
        from _watch import Watch

        env = self.env(context=dict(self.env.context, tracking_disable=False))
        lines = env["account.bank.statement.line"].browse(sorted(self.line_numbers))
        self.cr.commit()
        pg_env = suite.pg_env("test") | {"ODOO_QUEUE_JOB_CHANNELS": f"root:{options.workers}"}
        server = {
            "data_dir": suite.LOCAL / "data" / "test",
            "workers": options.workers + 2,
            "max_cron_threads": 0,
            "log_level": "warn",
        }
        with suite.serving(pg_env, "bench-server", self.cr.dbname, **server):
            lines[:1].with_delay().action_match()  # what a server that runs has in its caches
            self.cr.commit()
            wait_for_jobs(env)
            started = time.perf_counter()
            with Watch(self.cr.dbname) as watch:
                lines.with_delay(max_retries=25).action_match()
                self.cr.commit()
                failed = wait_for_jobs(env)
            seconds = time.perf_counter() - started
        busiest = sorted((last - first for first, last in watch.seen.values()), reverse=True)
        print(
            f"  by jobs, {options.workers} at once{len(lines):7} lines{seconds:9.2f} s,"
            f"{1000 * seconds / len(lines):9.2f} ms/line, {failed} jobs failed"
        )
        watch.tell()
        used = ", ".join(f"{each:.1f}" for each in busiest[:8])
        print(f"    s of processor of the busiest processes: {used}")
        env.invalidate_all()
        self.cr.execute(
            "SELECT left(func_string, 60), state, exec_time, retry FROM queue_job ORDER BY id"
        )
        for name, state, took, retry in self.cr.fetchall():
            print(f"      {state} after {took or 0:.1f} s, {retry} tries: {name}")
        matches = lines.order_match_ids.filtered(lambda match: match.state == "posted")
        found = {}
        for match in matches:
            number = self.line_numbers[match.statement_line_id.id]
            items = match.item_ids.ids if match.level != "fee" else ()
            found[number] = tuple(sorted(self.item_numbers[item] for item in items))
        truth = self.month.truth
        right = [number for number, items in found.items() if truth[number] == items]
        decidable = [number for number in truth if truth[number] is not None]
        print(
            f"  {len(found)} posted ({100 * len(found) / len(truth):.1f} %), precision"
            f" {100 * len(right) / max(len(found), 1):.2f} %, recall"
            f" {100 * len(right) / len(decidable):.1f} %"
        )
        self.check_balance()

    def check(self, decisions, lines):
        """What is in the books is what was decided, and every entry balances."""
        wanted = {line for line in lines.ids if decisions[line].post}
        got = set(lines.filtered("is_reconciled").ids)
        notes = {line.match_note for line in lines.browse(wanted - got)}
        print(f"  decided {len(wanted)}, settled {len(got)}, failed: {notes or 'none'}")
        self.check_balance()

    def check_balance(self):
        """Every entry balances."""
        self.cr.execute(
            "SELECT count(*) FROM (SELECT move_id FROM account_move_line WHERE parent_state ="
            " 'posted' GROUP BY move_id HAVING abs(sum(balance)) > 0.001) unbalanced"
        )
        print(f"  unbalanced entries: {self.cr.fetchone()[0]}")


def renumbered(decision, numbers):
    """A decision with the month's numbers in place of the database's ids."""
    from dataclasses import replace

    if not decision.post:
        return decision
    items = tuple(numbers.get(item, -item) for item in decision.post.items)
    return replace(decision, post=replace(decision.post, items=items))


@contextmanager
def profiling(path):
    """Write Python's profile of what is done to ``path``, if any."""
    if not path:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    profile.dump_stats(path)


def clocks():
    """Time on the wall, and of this process alone: the machine may be busy with other things."""
    return time.perf_counter(), time.process_time()


def report(title, started, queries, cr, count):
    seconds, own = (now - then for now, then in zip(clocks(), started, strict=True))
    queries = cr.sql_log_count - queries
    print(
        f"  {title:26}{count:7} lines{seconds:9.2f} s ({own:.2f} s of Python),"
        f"{1000 * seconds / count:9.2f} ms/line"
        f"{queries:9} queries{queries / count:8.2f} per line",
        flush=True,
    )
