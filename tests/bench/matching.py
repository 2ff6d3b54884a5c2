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

from _books import Books
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
        measure_jobs(books, options)
    else:
        measure(books, options)


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


def measure(books, options):
    env = books.env(context=dict(books.env.context, tracking_disable=False))
    lines = env["account.bank.statement.line"].browse(sorted(books.line_numbers))
    single = lines[: options.single]
    many = lines - single
    started, queries = clocks(), books.cr.sql_log_count
    decisions, documents = lines._decide()
    report("gather and decide", started, queries, books.cr, len(lines))
    seen = {
        books.line_numbers[line]: renumbered(decision, books.item_numbers)
        for line, decision in decisions.items()
    }
    score("realistic month, database", seen, books.month.truth, books.month.kinds)
    books.env.invalidate_all()
    started, queries = clocks(), books.cr.sql_log_count
    done = 0
    for line in single:
        candidate = decisions[line.id].post
        if candidate and candidate.items:
            items = books.env["account.move.line"].browse(candidate.items)
            line._post_candidate(items, candidate)
            done += 1
    books.cr.flush()  # with what Odoo writes in the chatter before a commit
    report("posted one by one", started, queries, books.cr, max(done, 1))
    books.env.invalidate_all()
    started, queries = clocks(), books.cr.sql_log_count
    # In this process, however many they are.
    with profiling(options.profile):
        many.with_context(queue_job__no_delay=True).action_match()
        books.cr.flush()
    report("the whole way, in bulk", started, queries, books.cr, len(many))
    check(books, decisions, many)


def measure_jobs(books, options):
    """Match all lines by jobs of a real server, so many at once."""
    import suite
    from _pipeline import wait_for_jobs
    from _watch import Watch

    env = books.env(context=dict(books.env.context, tracking_disable=False))
    lines = env["account.bank.statement.line"].browse(sorted(books.line_numbers))
    books.cr.commit()
    pg_env = suite.pg_env("test") | {"ODOO_QUEUE_JOB_CHANNELS": f"root:{options.workers}"}
    server = {
        "data_dir": suite.LOCAL / "data" / "test",
        "workers": options.workers + 2,
        "max_cron_threads": 0,
        "log_level": "warn",
    }
    with suite.serving(pg_env, "bench-server", books.cr.dbname, **server):
        lines[:1].with_delay().action_match()  # what a server that runs has in its caches
        books.cr.commit()
        wait_for_jobs(env)
        started = time.perf_counter()
        with Watch(books.cr.dbname) as watch:
            lines.with_delay(max_retries=25).action_match()
            books.cr.commit()
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
    books.cr.execute(
        "SELECT left(func_string, 60), state, exec_time, retry FROM queue_job ORDER BY id"
    )
    for name, state, took, retry in books.cr.fetchall():
        print(f"      {state} after {took or 0:.1f} s, {retry} tries: {name}")
    matches = lines.order_match_ids.filtered(lambda match: match.state == "posted")
    found = {}
    for match in matches:
        number = books.line_numbers[match.statement_line_id.id]
        items = match.item_ids.ids if match.level != "fee" else ()
        found[number] = tuple(sorted(books.item_numbers[item] for item in items))
    truth = books.month.truth
    right = [number for number, items in found.items() if truth[number] == items]
    decidable = [number for number in truth if truth[number] is not None]
    print(
        f"  {len(found)} posted ({100 * len(found) / len(truth):.1f} %), precision"
        f" {100 * len(right) / max(len(found), 1):.2f} %, recall"
        f" {100 * len(right) / len(decidable):.1f} %"
    )
    check_balance(books)


def check(books, decisions, lines):
    """What is in the books is what was decided, and every entry balances."""
    wanted = {line for line in lines.ids if decisions[line].post}
    got = set(lines.filtered("is_reconciled").ids)
    notes = {line.match_note for line in lines.browse(wanted - got)}
    print(f"  decided {len(wanted)}, settled {len(got)}, failed: {notes or 'none'}")
    check_balance(books)


def check_balance(books):
    """Every entry balances."""
    books.cr.execute(
        "SELECT count(*) FROM (SELECT move_id FROM account_move_line WHERE parent_state ="
        " 'posted' GROUP BY move_id HAVING abs(sum(balance)) > 0.001) unbalanced"
    )
    print(f"  unbalanced entries: {books.cr.fetchone()[0]}")


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
