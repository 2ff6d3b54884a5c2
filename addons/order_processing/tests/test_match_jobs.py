import json
from unittest.mock import patch

from odoo.tests import tagged

from ..models import account_bank_statement_line_jobs
from .match_common import MatchCase


@tagged("post_install", "-at_install")
class TestMatchJobs(MatchCase):
    """Very many lines are decided about at once and posted in jobs, which look again."""

    def _parts(self, lines, size=2):
        """What the jobs of these lines are told, as the queue keeps it."""
        with patch.object(account_bank_statement_line_jobs, "JOB_LINES", size):
            return json.loads(json.dumps(self.as_accountant(lines)._prepare_parts()))

    def _apply(self, lines, part):
        chunk = lines.browse([each["line"] for each in part["decisions"]])
        return self.as_accountant(chunk)._apply_part(part)

    def test_jobs_post_what_was_decided(self):
        moves = [self.invoice(10 + n, partner) for n, partner in enumerate([self.acme, self.beta])]
        moves += [self.invoice(20, self.acme), self.invoice(30, self.beta)]
        lines = self.env["account.bank.statement.line"].union(
            *(self.bank_line(move.amount_total, move.name) for move in moves),
            self.bank_line(20, "Nobody knows"),
            self.bank_line(14, moves[3].name),
            self.bank_line(16, moves[3].name),
        )
        lines -= lines[3]  # the last is paid by two lines together
        parts = self._parts(lines)
        self.assertGreater(len(parts), 2)
        for part in parts:
            self._apply(lines, part)
        self.assertEqual({move.payment_state for move in moves}, {"paid"})
        states = lines.mapped("match_state")
        self.assertEqual(states, ["matched"] * 3 + ["open"] + ["matched"] * 2)
        before = len(lines.order_match_ids)
        for part in parts:  # a job may run twice
            self.assertFalse(self._apply(lines, part))
        self.assertEqual(len(lines.order_match_ids), before)

    def test_lines_of_one_document_are_in_one_job(self):
        move = self.invoice(60)
        lines = self.env["account.bank.statement.line"].union(
            *(self.bank_line(20, move.name) for _each in range(3))
        )
        (part,) = self._parts(lines)
        self.assertEqual(len(part["decisions"]), 3)

    def test_paid_meanwhile_is_decided_anew(self):
        """A document that another job or a person has paid, in full or in part."""
        for paid in (100, 60):
            move = self.invoice(100)
            late = self.bank_line(100, move.name)
            (part,) = self._parts(late)
            first = self.bank_line(paid, "by hand")
            self.as_accountant(first)._match_by_hand(self.receivable(move))
            self.assertFalse(self._apply(late, part))
            self.assertFalse(late.is_reconciled)
            self.assertEqual(move.amount_residual, 100 - paid)
            self.assertTrue(late.match_note or late.suggestion_id, "looked at again")

    def test_switched_off_meanwhile(self):
        """The kill switch, a locked period and a person's refusal hold for waiting jobs, too."""
        move = self.invoice(100)
        line = self.bank_line(100, move.name)
        (part,) = self._parts(line)
        self.company.order_match_stopped = True
        self.assertFalse(self._apply(line, part))
        self.assertEqual(line.match_state, "suggested")
        self.company.order_match_stopped = False
        self.as_accountant(line.suggestion_id).action_reject()
        self.assertFalse(self._apply(line, part))
        other = self.invoice(70)
        locked = self.bank_line(70, other.name)
        (part,) = self._parts(locked)
        # A period with open bank lines can't be locked on screen; other tools do lock it.
        self._lock("2026-03-31")
        self.assertFalse(self._apply(locked, part))
        self.assertEqual(locked.date.isoformat(), "2026-03-10", "not moved")
        self.bank.auto_match = "off"
        self._lock(None)
        self.assertFalse(self._apply(locked, part))

    def _lock(self, day):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET fiscalyear_lock_date = %s WHERE id = %s",
            [day, self.company.id],
        )
        self.env.invalidate_all()

    def test_line_or_document_somebody_works_on(self):
        """A row lock of another transaction: the line is left alone, the invoice is noted."""
        move = self.invoice(100)
        line = self.bank_line(100, move.name)
        (part,) = self._parts(line)
        Line = self.env.registry["account.bank.statement.line"]
        with patch.object(Line, "try_lock_for_update", lambda self, **kw: self.browse()):
            self.assertFalse(self._apply(line, part))
        self.assertFalse(line.match_note)
        Item = self.env.registry["account.move.line"]
        with patch.object(Item, "try_lock_for_update", lambda self, **kw: self.browse()):
            self.assertFalse(self._apply(line, part))
        self.assertIn("Someone else", line.match_note)
        self.assertTrue(self._apply(line, part), "and later it goes")

    def test_many_lines_are_enqueued_once(self):
        """As where a job runner serves: jobs are made, and not again while they are open."""
        moves = [self.invoice(10 + n) for n in range(3)]
        lines = self.env["account.bank.statement.line"].union(
            *(self.bank_line(move.amount_total, move.name) for move in moves)
        )
        key = f"{account_bank_statement_line_jobs.TOPIC}:{self.company.id}:%"
        find = self.env["queue.job"].sudo().search
        module = account_bank_statement_line_jobs
        with (
            patch.object(module, "JOB_LINES", 2),
            patch("odoo.addons.order_processing.jobs.has_runner", lambda: True),
        ):
            mine = self.as_accountant(lines).with_context(queue_job__no_delay=False)
            answer = mine.action_match()
            made = find([("identity_key", "=like", key)])
            self.assertEqual(made.mapped("method_name"), ["_apply_part"] * 2)
            mine.action_match()
            with self.enter_registry_test_mode():
                self.env.ref("order_processing.ir_cron_match_bank_lines").method_direct_trigger()
        self.assertEqual(find([("identity_key", "=like", key)]), made)
        self.assertIn("background", answer["params"]["message"])
        self.assertFalse(any(lines.mapped("is_reconciled")))
        for job in made:
            job.records._apply_part(*job.args)
        self.assertTrue(all(lines.mapped("is_reconciled")))
