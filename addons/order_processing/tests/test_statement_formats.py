import base64
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tests import tagged

from .match_common import MatchCase

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "bank-samples"

ENTRY = """<Ntry><Amt Ccy="USD">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
 <BookgDt><Dt>2026-03-10</Dt></BookgDt><AcctSvcrRef>{ref}</AcctSvcrRef>
 <NtryDtls>{details}</NtryDtls></Ntry>"""
DETAIL = """<TxDtls><Refs><EndToEndId>{ref}</EndToEndId></Refs><Amt Ccy="USD">{amount}</Amt>
 <CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties>
 <RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"""


def camt(*entries, message="BkToCstmrStmt", part="Stmt", account="9100-77", balances=""):
    return (
        '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
        f"<{message}><{part}><Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>USD</Ccy></Acct>"
        f"{balances}{''.join(entries)}</{part}></{message}></Document>"
    ).encode()


def sample(name):
    path = SAMPLES / name
    assert path.exists(), f"sample bank files are missing: {path}"
    return path.read_bytes()


@tagged("post_install", "-at_install")
class TestStatementFormats(MatchCase):
    def columns(self, data, name="bank.csv", journal=None):
        """The dialog that a table opens."""
        action = (
            self.as_accountant(self.env["account.statement.import"])
            .create(
                {
                    "statement_file": base64.b64encode(data),
                    "statement_filename": name,
                    "journal_id": (journal or self.bank).id,
                }
            )
            .import_file_button()
        )
        self.assertEqual(action["res_model"], "account.statement.columns")
        return self.as_accountant(self.env[action["res_model"]]).browse(action["res_id"])

    def lines_of(self, action):
        action = action.get("params", {}).get("next") or action
        return self.env["account.bank.statement.line"].search(action["domain"], order="id")

    def test_camt_pays_an_invoice(self):
        move = self.invoice(100)
        detail = DETAIL.format(ref="E1", amount="100.00", name="Acme Ltd", text=move.name)
        content = camt(ENTRY.format(amount="100.00", ref="B1", details=detail))
        _action, lines = self.import_file(content)
        self.assertEqual((lines.amount, lines.match_state), (100, "matched"))
        self.assertEqual((lines.partner_name, lines.ref), ("Acme Ltd", "E1"))
        self.assertEqual(move.payment_state, "paid")
        with self.assertRaisesRegex(UserError, "already imported"):
            self.import_file(content)

    def test_camt_names_the_payment_file_it_books(self):
        """Which is no part of the line's key: a file from before is still known."""
        booked = "<Btch><MsgId>MSG-1</MsgId><PmtInfId>PMT-7</PmtInfId></Btch>"
        content = camt(ENTRY.format(amount="100.00", ref="B1", details=booked))
        _action, lines = self.import_file(content)
        self.assertEqual(lines.transaction_details["batch"], "PMT-7 MSG-1")
        with self.assertRaisesRegex(UserError, "already imported"):
            self.import_file(content.replace(b"PMT-7", b"PMT-8"))

    def test_camt_public_sample(self):
        eur = self.env.ref("base.EUR")
        eur.active = True
        self.bank.currency_id = eur
        self.bank.bank_acc_number = "NL26VAYB8060476890"
        _action, lines = self.import_file(sample("camt053/camt053.v2.multi.statement.xml"))
        self.assertEqual(lines.sorted("id").mapped("amount"), [8.85, -7.0])
        self.assertEqual(lines.statement_id.sorted("id").mapped("balance_end_real"), [27.0, 20.0])
        with self.assertRaisesRegex(UserError, "no bank or card statement"):
            self.import_file(sample("camt053/camt053.v2.wrong.xml"))

    def test_breakdown_of_a_sum_adds_nothing(self):
        """camt.053 books 150 in one sum; camt.054 tells its two payments."""
        details = [
            DETAIL.format(ref="E1", amount="100.00", name="Acme Ltd", text="one"),
            DETAIL.format(ref="E2", amount="50.00", name="Beta Inc", text="two"),
        ]
        whole = camt(ENTRY.format(amount="150.00", ref="SUM1", details=""))
        parts = camt(
            ENTRY.format(amount="150.00", ref="SUM1", details="".join(details)),
            message="BkToCstmrDbtCdtNtfctn",
            part="Ntfctn",
        )
        _action, line = self.import_file(whole)
        self.assertEqual(line.amount, 150)
        with self.assertRaisesRegex(UserError, "already imported"):
            self.import_file(parts)
        self.assertIn("Acme Ltd - one", line.narration)
        other = [text.replace(b"SUM1", b"SUM2") for text in (parts, whole)]
        _action, lines = self.import_file(other[0])
        self.assertEqual(lines.mapped("amount"), [100, 50])
        with self.assertRaisesRegex(UserError, "already imported"):
            self.import_file(other[1])

    def test_foreign_amount_is_kept(self):
        self.env.ref("base.EUR").active = True
        instructed = '<AmtDtls><InstdAmt><Amt Ccy="EUR">90.00</Amt></InstdAmt></AmtDtls>'
        detail = DETAIL.format(ref="E1", amount="112.00", name="Acme", text="x")
        detail = detail.replace("<Amt Ccy", f"{instructed}<Amt Ccy")
        _action, lines = self.import_file(
            camt(ENTRY.format(amount="112.00", ref="F", details=detail))
        )
        self.assertEqual((lines.amount, lines.amount_currency), (112, 90))
        self.assertEqual(lines.foreign_currency_id, self.env.ref("base.EUR"))

    def test_what_is_odd_is_told(self):
        balance = (
            "<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp><Amt Ccy='USD'>{}</Amt>"
            "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-10</Dt></Dt></Bal>"
        )
        pending = ENTRY.format(amount="9.00", ref="P", details="").replace("BOOK", "PDNG")
        content = camt(
            ENTRY.format(amount="100.00", ref="B", details=""),
            pending,
            balances=balance.format("OPBD", "0.00") + balance.format("CLBD", "150.00"),
        )
        action, lines = self.import_file(content)
        self.assertEqual(lines.amount, 100)
        message = action["params"]["message"]
        self.assertIn("1 pending", message)
        self.assertIn("differ by 50.00 USD", message)

    def test_mt940_and_bai2(self):
        eur = self.env.ref("base.EUR")
        eur.active = True
        self.bank.currency_id = eur
        self.bank.bank_acc_number = "11111111"
        _action, lines = self.import_file(sample("mt940/jejik-generic.sta"))
        self.assertEqual(lines.mapped("amount"), [-10, -10])
        self.assertEqual(lines.mapped("payment_ref"), ["N000", "N000"])
        self.bank.currency_id = False
        self.bank.bank_acc_number = "1234567890"
        _action, lines = self.import_file(sample("bai2/svb_us_example.bai2"))
        self.assertEqual(lines.sorted("id").mapped("amount"), [4901.96, 9058.0])
        self.assertEqual(set(lines.mapped("payment_ref")), {"SOME PAYMENT ACH OFFSET"})

    def test_qif_needs_the_journal_and_reads_dates_as_the_user_does(self):
        content = b"!Type:Bank\nD3/4'26\nT7.00\nPAcme\n^\n"
        with self.assertRaisesRegex(UserError, "Choose the bank account"):
            self.import_file(content)
        _action, lines = self.import_file(content, journal_id=self.bank.id)
        self.assertEqual((str(lines.date), lines.amount), ("2026-03-04", 7))
        self.assertEqual(lines.journal_id, self.bank)

    def test_table_is_asked_about_once(self):
        wizard = self.columns(sample("csv/schwab-checking.csv"))
        self.assertIn("Deposit Mobile Banking", wizard.preview)
        self.assertFalse(wizard.problem or wizard.ambiguous_days)
        lines = self.lines_of(wizard.action_import())
        self.assertEqual(sorted(lines.mapped("amount")), [-103, -75, -57.27, 20])
        self.assertEqual(lines.statement_id.balance_end_real, 878.47)
        layout = self.env["account.statement.layout"].search([("journal_id", "=", self.bank.id)])
        self.assertEqual(layout._get_mapping()["credit"], "Deposit")
        more = sample("csv/schwab-checking.csv") + (
            b'"08/18/2022","Posted","DEPOSIT","","Cheque","","$5.00","$883.47"\n'
        )
        # its columns are known now: no dialog, and only what is new comes in
        _action, new = self.import_file(more, journal_id=self.bank.id)
        self.assertEqual(new.mapped("amount"), [5])

    def test_table_that_cannot_be_read_as_mapped(self):
        wizard = self.columns(sample("csv/xero.csv"))
        self.assertIn("Say which column holds the date", wizard.problem)
        with self.assertRaisesRegex(UserError, "Say which column"):
            wizard.action_import()
        wizard = self.columns(b"Date,Amount,Memo\n2026-03-01,1O.50,x\n")
        self.assertIn("row 2", wizard.problem)
        wizard = self.columns(b"Date,Amount,Memo\n03/04/2026,10.50,<b>x</b>\n")
        self.assertTrue(wizard.ambiguous_days)
        self.assertIn("&lt;b&gt;x", wizard.preview)
        wizard.day_first = True
        lines = self.lines_of(wizard.action_import())
        self.assertEqual(str(lines.date), "2026-04-03")

    def test_provider_report_books_fees_apart_and_other_currencies_not(self):
        wizard = self.columns(sample("csv/stripe-default.csv"))
        with self.assertRaises(UserError) as refused:
            wizard.action_import()
        self.assertIn("is in USD", str(refused.exception))
        report = sample("csv/stripe-default.csv").replace(b",cad,", b",usd,")
        lines = self.lines_of(self.columns(report).action_import())
        self.assertEqual(len(lines), 10)
        self.assertAlmostEqual(sum(lines.mapped("amount")), 112.5 - 4.78)
        mixed = b"Date,Gross,Fee,Currency,Transaction ID\n"
        mixed += b"2026-03-01,10.00,-0.50,USD,A\n2026-03-01,20.00,-1.00,EUR,B\n"
        action = self.columns(mixed).action_import()
        self.assertIn(
            "1 transactions in EUR were left out", action["params"]["message"].replace("2 ", "1 ")
        )

    def test_layouts_stay_in_their_company(self):
        self.columns(sample("csv/schwab-checking.csv")).action_import()
        other = self.company_data_2["company"] if hasattr(self, "company_data_2") else None
        company = other or self.env["res.company"].create({"name": "Elsewhere"})
        self.accountant.company_ids += company
        layouts = self.env["account.statement.layout"].with_user(self.accountant)
        self.assertFalse(layouts.with_context(allowed_company_ids=company.ids).search([]))
        self.assertTrue(layouts.with_context(allowed_company_ids=self.company.ids).search([]))
