"""A month of invoices and bank lines as real rows, for ``matching.py``."""

import time

from _traps import DAY


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
