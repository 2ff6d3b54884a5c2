import re
from unittest.mock import patch

from odoo.tests import tagged

from .match_common import MatchCase


@tagged("post_install", "-at_install")
class TestMatchBulk(MatchCase):
    """Many lines posted together leave in the books what they would leave one by one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What Odoo tells in the chatter is part of what is compared.
        cls.write_chatter()
        cls.fees = cls.company_data["default_account_expense"]
        cls.company.order_write_off_day = 100
        cls.env["order.match.memory"].sudo().create(
            {
                "company_id": cls.company.id,
                "kind": "fee",
                "key": "ACCOUNT FEE",
                "account_id": cls.fees.id,
                "state": "confirmed",
            }
        )

    def _month(self, number):
        """Customers, invoices and bank lines of every kind that is posted in bulk."""
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {n}", "is_company": True} for n in range(4)]
        )
        for partner in partners:
            self.env["res.partner.bank"].create(
                {"acc_number": f"{number}-{partner.name}", "partner_id": partner.id}
            )
        first, second, third, fourth = partners
        order, billed = self.order_invoice(100, partner_id=first.id)
        moves = billed
        for amount, partner in ((50, first), (60, second), (70.01, second), (30, third)):
            moves |= self.invoice(amount, partner)
        moves |= self.invoice(40, third) | self.invoice(25, fourth)
        moves |= self.invoice(15, fourth, move_type="out_refund")
        bill = self.invoice(33, fourth, move_type="in_invoice", ref=f"BILL-{number}99")
        moves |= bill
        lines = self.env["account.bank.statement.line"]
        for amount, label, vals in (
            (100, order.name, {}),
            (50, f"Payment {moves[1].name} thanks", {}),
            (130.01, f"{moves[2].name} {moves[3].name}", {}),
            (70, "All I owe", {"account_number": f"{number}-{third.name}"}),
            (25, moves[6].name, {"partner_id": fourth.id}),
            (-15, moves[7].name, {}),
            (-33, bill.name, {}),
            (-4.9, "Account fee 03/2026", {}),
            (12, "Nobody knows", {}),
        ):
            lines |= self.bank_line(amount, label, **vals)
        self._flush()
        return order, moves, lines

    def _flush(self):
        """Write everything, with what Odoo tells in the chatter before a commit."""
        self.env.flush_all()
        self.env.cr.flush()

    def _books(self, order, moves, lines):
        """What a user sees of these documents, without their numbers."""
        names = {move.name: f"<{number}>" for number, move in enumerate(moves)}
        names[order.name] = "<order>"

        def plain(text):
            for name, short in sorted(names.items(), key=lambda pair: -len(pair[0])):
                text = (text or "").replace(name, short)
            return re.sub(r'data-oe-id="\d+"', "", text)

        def items(move):
            # One item pays several documents of a customer, or each has its own: by account.
            sums = {}
            for item in move.line_ids:
                key = (
                    item.account_id.code,
                    item.partner_id.name or "",
                    item.currency_id.name,
                    item.reconciled,
                    bool(item.full_reconcile_id),
                    bool(item.matching_number),
                )
                amounts = (item.balance, item.amount_currency, item.amount_residual)
                sums[key] = [a + b for a, b in zip(sums.get(key, (0, 0, 0)), amounts, strict=True)]
            return {key: [round(a, 2) for a in found] for key, found in sorted(sums.items())}

        def partials(move):
            found = move.line_ids.matched_debit_ids | move.line_ids.matched_credit_ids
            return sorted(
                (
                    plain(partial.debit_move_id.move_id.name),
                    partial.amount,
                    partial.debit_amount_currency,
                    partial.credit_amount_currency,
                    str(partial.max_date),
                )
                for partial in found
                if partial.debit_move_id.move_id in moves or partial.credit_move_id.move_id in moves
            )

        def notes(record):
            return [
                (
                    message.subtype_id.name,
                    message.is_internal or message.subtype_id.internal,
                    message.author_id.name,
                    plain(message.body),
                    sorted(
                        # of an account's number without that of the month
                        (value.field_id.name, re.sub(r"^\d-", "", value.new_value_char or ""))
                        for value in message.sudo().tracking_value_ids
                    ),
                )
                for message in record.message_ids.sorted("id")
                # How the items came about differs, and the match tells it.
                if "Journal Item" not in (message.body or "")
            ]

        return {
            "lines": [
                (
                    line.match_state,
                    line.is_reconciled,
                    line.match_note,
                    line.partner_id.name,
                    line.move_id.partner_id.name,
                    line.amount_residual,
                    items(line.move_id),
                    notes(line.move_id),
                )
                for line in lines
            ],
            "moves": [
                (
                    move.payment_state,
                    move.amount_residual,
                    items(move),
                    [(p[1], p[2], p[3], p[4]) for p in partials(move)],
                    notes(move),
                )
                for move in moves
            ],
            "matches": [
                (
                    match.level,
                    match.state,
                    match.score,
                    plain(match.reason),
                    match.write_off_amount,
                    match.partner_id.name,
                )
                for match in lines.order_match_ids.sorted(lambda m: m.statement_line_id.id)
            ],
            "order": (
                [(event.step, plain(event.summary)) for event in order.event_ids.sorted("id")],
                notes(order),
            ),
        }

    def test_bulk_leaves_what_one_by_one_leaves(self):
        together, apart = self._month(1), self._month(2)
        Line = self.env.registry["account.bank.statement.line"]
        with patch.object(Line, "_post_candidate", side_effect=AssertionError):
            self.match(together[2])
        self._flush()
        with patch.object(Line, "_is_plain", lambda *args: False):
            self.match(apart[2])
        self._flush()
        bulk, single = self._books(*together), self._books(*apart)
        self.maxDiff = None
        for part, found in bulk.items():
            self.assertEqual(found, single[part], part)
        states = [line[0] for line in bulk["lines"]]
        self.assertEqual(states, ["matched"] * 8 + ["open"])
        paid = bulk["moves"][0]
        self.assertEqual(paid[0], "paid")
        self.assertIn(
            ("Paid", False, self.accountant.name),
            [note[:3] for note in paid[4]],
            "told on the invoice",
        )
        self.assertIn(
            "partner_id",
            [value[0] for note in bulk["lines"][0][7] for value in note[4]],
            "who paid is told on the bank's entry",
        )

    def test_followers_are_told_that_an_invoice_is_paid(self):
        """Most nobody follows: their notes are written together; those of others go out."""
        _order, moves, lines = self._month(3)
        follower = self.env["res.partner"].create({"name": "Fan", "email": "fan@example.com"})
        moves[1].message_subscribe(
            partner_ids=follower.ids,
            subtype_ids=self.env.ref("account.mt_invoice_paid").ids,
        )
        self.match(lines)
        self._flush()
        told = self.env["mail.notification"].search([("res_partner_id", "=", follower.id)])
        self.assertEqual(told.mail_message_id.mapped("res_id"), moves[1].ids)
        self.assertEqual(told.mail_message_id.subtype_id, self.env.ref("account.mt_invoice_paid"))

    def test_queries_of_a_bulk(self):
        """Queries grow with the batches, not with the lines, but for three a line."""
        counts = []
        for size in (10, 40):
            moves = [self.invoice(100 + n) for n in range(size)]
            lines = self.env["account.bank.statement.line"].union(
                *(self.bank_line(100 + n, move.name) for n, move in enumerate(moves))
            )
            self._flush()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.match(lines)
            self._flush()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual({move.payment_state for move in moves}, {"paid"})
        self.assertLess((counts[1] - counts[0]) / 30, 3.5, counts)
