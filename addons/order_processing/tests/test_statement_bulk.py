from odoo import Command
from odoo.tests import tagged

from .match_common import MatchCase

#: What differs between two equal documents.
OWN = {"id", "name", "move_id", "journal_id", "statement_line_id", "internal_index", "inalterable"}
OWN |= {"create_date", "write_date", "sequence_number", "move_name", "unique_import_id"}


@tagged("post_install", "-at_install")
class TestStatementBulk(MatchCase):
    """Many bank lines made at once are what each alone would be, to the last field."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_chatter()
        cls.foreign = cls.setup_other_currency("EUR")

    def _vals(self, journal):
        expense = self.company_data["default_account_expense"]
        usual = {"journal_id": journal.id, "date": "2026-03-05", "payment_ref": "Pays"}
        foreign = {"foreign_currency_id": self.foreign.id, "amount_currency": 30.0}
        # In the order of their days, in which Odoo numbers them.
        return [
            usual | {"amount": 5.0, "date": "2025-12-31"},
            usual | {"amount": -12.34, "date": "2026-02-27", "account_number": "12 34"},
            usual | {"amount": 100.0, "partner_id": self.acme.id, "narration": "<p>Told</p>"},
            usual | {"amount": 20.0, "partner_id": self.beta.id, **foreign},
            usual | {"amount": 7.0, "counterpart_account_id": expense.id},
            usual | {"amount": 0.0, "payment_ref": "Nothing", "ref": "R1"},
            usual | {"amount": 6.0, "date": "2026-03-06"},
        ]

    def _say(self, lines, journal):
        """All that is stored of lines, entries and items, in plain values, and the messages."""
        return [
            [
                *(self._read(record) for record in (line, line.move_id, *line.move_id.line_ids)),
                {
                    "name": line.name.replace(journal.code, "CODE"),
                    "messages": [
                        (message.body, message.message_type, message.subtype_id.id)
                        for message in line.move_id.message_ids
                    ],
                    "followers": sorted(line.move_id.message_follower_ids.partner_id.ids),
                },
            ]
            for line in lines
        ]

    def _read(self, record):
        found = {}
        for name, field in record._fields.items():
            if not field.store or name in OWN or field.comodel_name == "mail.message":
                continue
            value = record[name]
            if field.type in ("one2many", "many2many"):
                value = len(value)
            elif field.type == "many2one" and field.comodel_name.startswith("account.move"):
                value = bool(value)
            elif name == "account_id":
                value = value.account_type  # each journal has its own
            elif name == "sequence_prefix":
                value = (value or "").replace(record.journal_id.code, "CODE")
            found[name] = value
        return found

    def _check_equal(self, **vals):
        """Each journal for itself; what is made in one is made one by one in the other."""
        one, other = (self.bank.copy({"code": code, **vals}) for code in ("OWN1", "OWN2"))
        Line = self.env["account.bank.statement.line"]
        together = Line.create(self._vals(one))
        alone = Line.union(*(Line.create(each) for each in self._vals(other)))
        self.env.flush_all()
        self.env.cr.flush()
        self.env.invalidate_all()
        for many, single in zip(self._say(together, one), self._say(alone, other), strict=True):
            for found, expected in zip(many, single, strict=True):
                wrong = {key: (found[key], expected[key]) for key in expected}
                self.assertFalse({key: pair for key, pair in wrong.items() if pair[0] != pair[1]})
        self.assertEqual(len(set(together.mapped("name"))), len(together))
        self.assertFalse(together.env.context.get("bulk_entries"))
        return together

    def test_lines_of_the_companys_currency(self):
        lines = self._check_equal()
        self.assertEqual(lines[2].move_id.narration, "<p>Told</p>")
        self.assertEqual(lines[3].amount_currency, 30.0)
        self.assertIn(
            self.company_data["default_account_expense"], lines[4].move_id.line_ids.account_id
        )

    def test_lines_of_a_foreign_account(self):
        self._check_equal(currency_id=self.setup_other_currency("CHF").id)

    def test_numbers_go_on_in_each_month(self):
        journal = self.bank.copy({"code": "OWN3"})
        Line = self.env["account.bank.statement.line"]
        vals = {"journal_id": journal.id, "payment_ref": "Pays", "amount": 1.0}
        days = ["2026-03-01", "2026-02-01", "2026-03-31", "2026-02-28", "2026-03-15"]
        first = Line.create([vals | {"date": day} for day in days])
        then = Line.create([vals | {"date": day} for day in days])
        self.env.flush_all()
        names = sorted((first | then).mapped("name"))
        self.assertEqual(len(set(names)), 10)
        for line in first | then:
            self.assertIn(str(line.date.year), line.name)
        prefixes = (first | then).move_id.grouped("sequence_prefix")
        self.assertEqual(
            {prefix: sorted(moves.mapped("sequence_number")) for prefix, moves in prefixes.items()},
            {prefix: list(range(1, len(moves) + 1)) for prefix, moves in prefixes.items()},
        )
        self.assertFalse((first | then).move_id.filtered("made_sequence_gap"))

    def test_line_and_entry_stay_in_step_afterwards(self):
        lines = self.env["account.bank.statement.line"].create(
            [
                {
                    "journal_id": self.bank.id,
                    "payment_ref": "A",
                    "amount": 1.0,
                    "date": "2026-03-01",
                },
                {
                    "journal_id": self.bank.id,
                    "payment_ref": "B",
                    "amount": 2.0,
                    "date": "2026-03-01",
                },
            ]
        )
        liquidity = lines.move_id.line_ids.filtered(
            lambda item: item.account_id == self.bank.default_account_id
        )
        self.assertEqual(sorted(liquidity.mapped("balance")), [1.0, 2.0])
        self.assertEqual(len(lines.move_id.line_ids), 4)
        self.assertEqual(lines.move_id.mapped("state"), ["posted", "posted"])
        # A line changed afterwards still changes its entry, and the other way round.
        lines[0].amount = 3.0
        self.assertEqual(max(lines[0].move_id.line_ids.mapped("balance")), 3.0)
        entry = lines[1].move_id
        entry.button_draft()
        entry.write(
            {
                "line_ids": [
                    Command.update(item.id, {"balance": 4.0 if item.balance > 0 else -4.0})
                    for item in entry.line_ids
                ]
            }
        )
        self.assertEqual(lines[1].amount, 4.0)
