import json
import random
from datetime import timedelta

import psycopg2

from odoo.exceptions import UserError

from ..engine import hashchain
from ..models import order_event_verification
from .common_flow import FlowCommon, tamper

#: All columns of a row.
COLUMNS = (
    "id",
    "order_id",
    "company_id",
    "sequence",
    "step",
    "summary",
    "date",
    "user_id",
    "source",
    "duty",
    "details",
    "previous_hash",
    "hash",
)


class TestEventTamper(FlowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Event = cls.env["order.event"]
        # Nothing happens to every second order: an event could be put there.
        cls.orders = cls.env["sale.order"].union(*[cls._order() for _index in range(20)])[::2]
        for number in range(5):
            cls.orders.with_user(cls.manager)._record_event(
                "validate",
                lambda order, number=number: f"Checked {order.name} for the time {number}: né",
                details=lambda order, number=number: {
                    "total": order.amount_total + number / 7,
                    "lines": [{"product": "GREEN", "quantity": number + 1.5}],
                },
                source="user",
                duty="approve",
            )
        cls.bank = cls.env["res.partner.bank"].create(
            {"partner_id": cls.partner.id, "acc_number": "DE-0001"}
        )
        for number in range(5):
            cls.bank.acc_number = f"DE-{number}00"

    def _rows(self):
        self.env.cr.execute(
            f"SELECT {', '.join(COLUMNS)} FROM order_event"
            " WHERE order_id = ANY(%s) OR order_id IS NULL AND company_id = %s ORDER BY id",
            [self.orders.ids, self.company.id],
        )
        return self.env.cr.dictfetchall()

    def _changed(self, rng, column, value):
        """``value`` with one byte changed, such that the column still takes it; or ``None``."""
        text = json.dumps(value) if column == "details" else str(value)
        digits = column in ("id", "order_id", "company_id", "sequence", "user_id", "date")
        letters = "0123456789" if digits else "0123456789abcdefghijklmnopqrstuvwxyz"
        place = rng.randrange(len(text))
        new = rng.choice([c for c in letters if c != text[place]])
        text = text[:place] + new + text[place + 1 :]
        if column == "details":
            try:
                changed = json.loads(text)
            except ValueError:
                return None
            return None if changed == value else json.dumps(changed)
        return text

    def _problems(self):
        found = self.Event._find_problems(self.orders.ids)
        return found + self.Event._find_company_problems(self.company)

    def test_one_byte_in_200_random_ways(self):
        self.assertEqual(self._problems(), [])
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'order_event'"
        )
        self.assertEqual({name for [name] in self.env.cr.fetchall()}, set(COLUMNS))
        rng = random.Random(20260301)
        rows = self._rows()
        self.assertGreater(len(rows), 54)
        tried = dict.fromkeys(COLUMNS, 0)
        for _attempt in range(5000):
            if sum(tried.values()) >= 200 and all(tried.values()):
                break
            row, column = rng.choice(rows), rng.choice(COLUMNS)
            new = self._changed(rng, column, row[column]) if row[column] is not None else None
            if new is None:
                continue
            self.env.cr.execute("SAVEPOINT tampering")
            try:
                self.env.cr.execute(
                    "ALTER TABLE order_event DISABLE TRIGGER order_event_append_only"
                )
                self.env.cr.execute(
                    f"UPDATE order_event SET {column} = %s WHERE id = %s",
                    [new, row["id"]],
                    log_exceptions=False,
                )
            except psycopg2.Error:  # PostgreSQL itself refuses it: no such date, user or order
                self.env.cr.execute("ROLLBACK TO SAVEPOINT tampering")
                continue
            found = self._problems()
            self.env.cr.execute("ROLLBACK TO SAVEPOINT tampering")
            tried[column] += 1
            place = (row["order_id"] or 0, row["sequence"])
            self.assertIn(
                place,
                {(problem.order_id, problem.sequence) for problem in found},
                f"{column} of row {row['id']}: {row[column]!r} → {new!r}; found {found}",
            )
        self.assertTrue(all(tried.values()) and sum(tried.values()) >= 200, tried)

    def test_removed_inserted_and_moved_in_100_random_ways(self):
        rng = random.Random(20261128)
        ways = (self._remove, self._insert, self._move)
        for number in range(100):
            # one time in two the company's own log
            way, order = ways[number % 3], rng.choice([rng.choice(self.orders), self.orders[:0]])
            with self.env.cr.savepoint() as savepoint:
                places = way(rng, order)
                found = {(p.order_id, p.sequence) for p in self._problems()}
                savepoint.rollback()
                self.env.invalidate_all()
            for place in places:
                self.assertIn((order.id or 0, place), found, f"{way.__name__}, {number}")

    def _log(self, order):
        """Rows of one log, the company's for no order, by number."""
        rows = [row for row in self._rows() if row["order_id"] == (order.id or None)]
        return sorted(rows, key=lambda row: row["sequence"])

    def _remove(self, rng, order):
        """Delete one or two rows: their numbers."""
        rows = rng.sample(self._log(order), rng.choice((1, 2)))
        ids = tuple(row["id"] for row in rows)
        tamper(self.env, "DELETE FROM order_event WHERE id IN %s", ids)
        return [row["sequence"] for row in rows]

    def _insert(self, rng, order):
        """Put a forged row, well sealed onto the one before, in between: its number."""
        rows = self._log(order)
        place = rng.randrange(len(rows))
        tamper(
            self.env,
            "UPDATE order_event SET sequence = sequence + 1001 WHERE id = ANY(%(ids)s);"
            " UPDATE order_event SET sequence = sequence - 1000 WHERE id = ANY(%(ids)s)",
            {"ids": [row["id"] for row in rows[place:]]},
        )
        vals = {
            **rows[place],
            "id": self.Event._lock_heads(order, 1)[1][0],
            "summary": "Slipped in",
            "details": None,
            "previous_hash": rows[place - 1]["hash"] if place else hashchain.GENESIS,
        }
        vals["hash"] = hashchain.seal(vals["previous_hash"], self.Event._sealed_part(vals))
        self.env.cr.execute(
            f"INSERT INTO order_event ({', '.join(COLUMNS)})"
            f" VALUES ({', '.join(['%s'] * len(COLUMNS))})",
            [vals[name] for name in COLUMNS],
        )
        return [vals["sequence"]]

    def _move(self, rng, order):
        """Swap two rows: their numbers."""
        one, two = rng.sample(self._log(order), 2)
        tamper(
            self.env,
            "UPDATE order_event SET sequence = 1001 WHERE id = %(one)s;"
            " UPDATE order_event SET sequence = %(one_no)s WHERE id = %(two)s;"
            " UPDATE order_event SET sequence = %(two_no)s WHERE id = %(one)s",
            {
                "one": one["id"],
                "two": two["id"],
                "one_no": one["sequence"],
                "two_no": two["sequence"],
            },
        )
        return [one["sequence"], two["sequence"]]

    def test_inserted_removed_and_swapped_rows_are_named(self):
        order, other = self.orders[0], self.orders[1]
        one, two = order.event_ids.sorted("sequence")[1:3]

        def found(query, *params):
            with self.env.cr.savepoint() as savepoint:
                tamper(self.env, query, *params)
                problems = self.Event._find_problems(self.orders.ids)
                savepoint.rollback()
                self.env.invalidate_all()
            return [(p.order_id, p.sequence, p.code) for p in problems]

        self.assertEqual(
            found("DELETE FROM order_event WHERE id IN %s", (one.id, two.id)),
            [(order.id, 2, "missing"), (order.id, 3, "missing")],
        )
        copy = (
            "INSERT INTO order_event (order_id, company_id, sequence, step, summary, date, user_id,"
            " source, previous_hash, hash) SELECT order_id, company_id, 6, step, summary, date,"
            " user_id, source, hash, hash FROM order_event WHERE id = %s"
        )
        self.assertEqual(found(copy, one.id), [(order.id, 6, "beyond")])
        swap = (
            "UPDATE order_event SET sequence = CASE WHEN id = %s THEN 103 ELSE 102 END"
            " WHERE id IN %s; UPDATE order_event SET sequence = sequence - 100 WHERE sequence > 100"
        )
        self.assertEqual(
            {(o, n) for o, n, _code in found(swap, one.id, (one.id, two.id))}
            & {(order.id, 2), (order.id, 3)},
            {(order.id, 2), (order.id, 3)},
        )
        self.assertEqual(
            found(
                "DELETE FROM order_event WHERE order_id = %s; UPDATE sale_order SET"
                " event_sequence = 0, event_hash = NULL WHERE id = %s",
                other.id,
                other.id,
            ),
            [],
            "a log that is gone with its head is the anchors' to find",
        )

    def _verification(self):
        return self.env["order.event.verification"]._start(self.company)

    def _written_anew(self, order):
        """Write an order's log anew with another text, head included: every seal fits."""
        previous = hashchain.GENESIS
        for event in order.event_ids.sorted("sequence"):
            vals = event.read(load=False)[0]
            vals["summary"] = "Nothing happened"
            vals["order_id"], vals["user_id"] = order.id, event.user_id.id
            sealed = hashchain.seal(previous, self.Event._sealed_part(vals))
            tamper(
                self.env,
                "UPDATE order_event SET summary = %s, previous_hash = %s, hash = %s WHERE id = %s",
                vals["summary"],
                previous,
                sealed,
                event.id,
            )
            previous = sealed
        self.env.cr.execute(
            "UPDATE sale_order SET event_hash = %s WHERE id = %s", [previous, order.id]
        )
        self.env.invalidate_all()

    def test_the_whole_log_verifies_and_anchors(self):
        anchor = self.env["order.event.anchor"]._drop(self.company)
        self.assertTrue(anchor.hash)
        self.assertIn(0, anchor.line_ids.mapped("chain_id"))
        self.assertFalse(self.env["order.event.anchor"]._drop(self.company), "nothing happened")
        verification = self._verification()
        self.assertEqual(verification.state, "whole", verification.problem_ids.mapped("code"))
        self.assertEqual(verification.progress, 100)
        self.orders[0]._record_event("validate", "Again")
        second = self.env["order.event.anchor"]._drop(self.company)
        self.assertEqual((second.log_count, second.event_count), (1, 1))
        self.assertEqual(second.previous_hash, anchor.hash)
        self.assertEqual(self._verification().state, "whole")

    def test_anchors_find_what_was_written_anew_or_is_gone(self):
        order, gone = self.orders[2], self.orders[3]
        self.env["order.event.anchor"]._drop(self.company)
        self._written_anew(order)
        self.assertEqual(self.Event._verify(order), {}, "its own seals all fit")
        problem = self._verification().problem_ids
        self.assertEqual((problem.order_id, problem.sequence, problem.code), (order, 5, "anchor"))

        tamper(self.env, "DELETE FROM order_event WHERE order_id = %s", gone.id)
        self.env.cr.execute(
            "UPDATE sale_order SET event_sequence = 0, event_hash = NULL WHERE id = %s", [gone.id]
        )
        self.env.invalidate_all()
        verification = self._verification()
        self.assertEqual(verification.state, "broken")
        self.assertEqual(verification.problem_ids.mapped("chain_id"), [order.id, gone.id])

    def test_an_order_slipped_in_before_an_anchor_is_found(self):
        self.env["order.event.anchor"]._drop(self.company)
        late = self._order()
        late._record_event("validate", "Was always there")
        self.assertEqual(self._verification().state, "whole")
        event = late.event_ids
        vals = event.read(load=False)[0]
        vals.update(order_id=late.id, user_id=event.user_id.id, date=event.date - timedelta(days=2))
        sealed = hashchain.seal(hashchain.GENESIS, self.Event._sealed_part(vals))
        tamper(
            self.env,
            "UPDATE order_event SET date = %s, hash = %s WHERE id = %s",
            vals["date"],
            sealed,
            event.id,
        )
        self.env.cr.execute(
            "UPDATE sale_order SET event_hash = %s WHERE id = %s", [sealed, late.id]
        )
        self.env.invalidate_all()
        problem = self._verification().problem_ids
        self.assertEqual((problem.order_id, problem.code), (late, "late"))

    def test_a_changed_anchor_is_found(self):
        anchor = self.env["order.event.anchor"]._drop(self.company)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE order_event_anchor_line SET sequence = sequence + 1 WHERE id = %s",
            [anchor.line_ids[0].id],
        )
        self.env.invalidate_all()
        self.assertIn("broken_anchor", self._verification().problem_ids.mapped("code"))
        for action in (lambda: anchor.write({"hash": "x"}), anchor.unlink):
            with self.assertRaises(UserError):
                action()

    def test_verification_goes_on_in_chunks(self):
        verification = self.env["order.event.verification"].create({"company_id": self.company.id})
        self.patch(order_event_verification, "CHUNK", 3)
        last = -1
        while verification.state == "running":
            verification._verify_chunk()
            self.assertGreaterEqual(verification.last_order_id, last)
            last = verification.last_order_id
        self.assertEqual(verification.state, "whole")
        self.assertGreaterEqual(verification.done, 10)

    def test_anchors_are_mailed_and_exported(self):
        self.company.order_anchor_emails = "auditor@example.com, Archive <archive@example.com>"
        self.env["order.event.anchor"]._cron_anchor()
        anchor = self.env["order.event.anchor"].search([("company_id", "=", self.company.id)])[:1]
        mail = self.env["mail.mail"].search([("email_to", "like", "auditor@example.com")])
        self.assertEqual(mail.email_to, "auditor@example.com, archive@example.com")
        self.assertIn(anchor.hash, mail.body_html)
        text = mail.attachment_ids.raw.decode()
        self.assertIn(anchor.hash, text)
        self.assertEqual(len(text.splitlines()), 3 + anchor.log_count)
