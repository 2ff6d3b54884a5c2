import base64

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"


class MatchCase(AccountTestInvoicingCommon):
    """A company with its chart of accounts, an accountant, customers, and short helpers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids += cls.env.ref("order_processing.group_order_manager")
        cls.env.user.group_ids += cls.env.ref("order_processing.group_order_accountant")
        cls.company = cls.company_data["company"]
        cls.bank = cls.company_data["default_journal_bank"]
        cls.bank.bank_acc_number = "9100-77"
        cls.acme = cls.env["res.partner"].create({"name": "Acme Ltd", "is_company": True})
        cls.beta = cls.env["res.partner"].create({"name": "Beta Inc", "is_company": True})
        cls.accountant = new_test_user(
            cls.env,
            "order_accountant",
            groups="order_processing.group_order_accountant",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def write_chatter(cls):
        """Have Odoo tell in the chatter what changes, which common tests have silent."""
        tracked = {"tracking_disable": False, "mail_notrack": False}
        cls.env = cls.env(context={**cls.env.context, **tracked})
        # Odoo computes with this one when it flushes.
        cls.env.transaction.default_env = cls.env

    @classmethod
    def as_accountant(cls, records):
        """The records as a user sees them who has nothing but the accountant's group."""
        return records.with_user(cls.accountant).with_company(cls.company)

    @classmethod
    def invoice(cls, amount, partner=None, **vals):
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.acme).id,
                "invoice_date": "2026-03-01",
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})
                ],
                **vals,
            }
        )
        move.action_post()
        return move

    @classmethod
    def order_invoice(cls, amount, **vals):
        """An invoice billing a sales order, and the order."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.acme.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.service().id,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
                **vals,
            }
        )
        order.action_confirm()
        move = order._create_invoices()
        move.invoice_date = "2026-03-01"
        move.action_post()
        return order, move

    @classmethod
    def service(cls):
        return cls.env["product.product"].create(
            {"name": "Service", "type": "service", "invoice_policy": "order", "taxes_id": []}
        )

    @classmethod
    def bank_line(cls, amount, label, **vals):
        return cls.env["account.bank.statement.line"].create(
            {
                "journal_id": cls.bank.id,
                "date": "2026-03-10",
                "payment_ref": label,
                "amount": amount,
                **vals,
            }
        )

    @classmethod
    def match(cls, lines):
        cls.as_accountant(lines).action_match()
        return lines.order_match_ids

    @staticmethod
    def receivable(move):
        return move.line_ids.filtered(lambda i: i.account_id.account_type == "asset_receivable")

    @classmethod
    def ofx(cls, *entries, account="9100-77", currency="USD"):
        """An OFX file of (amount, label) or (amount, label, fitid, day)."""
        body = ""
        for number, entry in enumerate(entries, start=1):
            amount, label, *more = entry
            fitid = more[0] if more else f"F{number}"
            day = more[1] if len(more) > 1 else "20260310"
            body += (
                f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{fitid}"
                f"<NAME>{label}</STMTTRN>\n"
            )
        return (
            f"{HEADER}<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO"
            f"</STATUS><STMTRS><CURDEF>{currency}<BANKACCTFROM><BANKID>1<ACCTID>{account}"
            f"<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>{body}</BANKTRANLIST>"
            "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
        ).encode()

    @classmethod
    def import_file(cls, content, **context):
        """Import as the accountant; the action shown, and the new lines."""
        known = cls.env["account.bank.statement.line"].search([("journal_id.type", "=", "bank")])
        wizard = (
            cls.as_accountant(cls.env["account.statement.import"])
            .with_context(**context)
            .create({"statement_file": base64.b64encode(content), "statement_filename": "bank.ofx"})
        )
        action = wizard.import_file_button()
        lines = cls.env["account.bank.statement.line"].search([("journal_id.type", "=", "bank")])
        return action, (lines - known).sorted("id")
