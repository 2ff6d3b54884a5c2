import base64
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_repr

from ..engine import pain

#: What only the methods of a file set, and what is in the file once it is made.
OWN = {"state", "attachment_id", "message", "skipped", "name", "line_ids"}
TOLD = {"kind", "company_id", "journal_id", "date", "scheme", "debit_schema", "transfer_schema"}


class AccountPaymentFile(models.Model):
    """Payments told to the bank in one file: debits of customers, or transfers to anybody."""

    _name = "account.payment.file"
    _description = "Payment File"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        readonly=True,
        copy=False,
        default=lambda self: self.env["ir.sequence"].next_by_code("account.payment.file"),
    )
    kind = fields.Selection(
        [("debit", "Direct Debit"), ("transfer", "Credit Transfer")],
        required=True,
        default="debit",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", help="SEPA files are in euro."
    )
    journal_id = fields.Many2one(
        "account.journal",
        string="Bank",
        required=True,
        check_company=True,
        domain="[('type', '=', 'bank')]",
        default=lambda self: self._default_journal(),
    )
    date = fields.Date(
        string="Due",
        required=True,
        default=lambda self: fields.Date.context_today(self) + timedelta(days=3),
        help="When the bank collects or pays. Banks want debits some days ahead.",
    )
    scheme = fields.Selection([("CORE", "Core"), ("B2B", "Business to Business")], default="CORE")
    debit_schema = fields.Selection(
        list(pain.DEBIT_SCHEMAS), default=pain.DEBIT_SCHEMAS[0][0], required=True
    )
    transfer_schema = fields.Selection(
        list(pain.TRANSFER_SCHEMAS), default=pain.TRANSFER_SCHEMAS[0][0], required=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("made", "File Made"),
            ("sent", "Sent to the Bank"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
        copy=False,
    )
    line_ids = fields.One2many("account.payment.file.line", "file_id", readonly=True)
    line_count = fields.Integer(compute="_compute_amount")
    amount = fields.Monetary(compute="_compute_amount", string="Total")
    message = fields.Char(
        string="Message Id",
        readonly=True,
        copy=False,
        help="The bank may book the whole file as one sum, under this id.",
    )
    attachment_id = fields.Many2one("ir.attachment", string="File", readonly=True, copy=False)
    skipped = fields.Text(
        string="Left Out", readonly=True, copy=False, help="Which items couldn't be taken, and why."
    )

    @api.model
    def _default_journal(self):
        return self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.env.company.id)], limit=1
        )

    def _compute_currency_id(self):
        self.currency_id = self.env.ref("base.EUR")

    @api.depends("line_ids.amount", "line_ids.state")
    def _compute_amount(self):
        for record in self:
            lines = record.line_ids.filtered(lambda line: line.state != "rejected")
            record.line_count = len(lines)
            record.amount = sum(lines.mapped("amount"))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Files begin as drafts. :raise UserError: for another state, or a file made elsewhere"""
        for vals in vals_list:
            self._check_own(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Keep state and file to the buttons, and what the bank may have as it was told.

        :raise UserError: for what only the buttons change, or what is settled already
        """
        self._check_own(vals)
        told = set(vals) & TOLD
        if told and self.filtered(lambda record: record.state != "draft"):
            raise UserError(
                self.env._("The file was made already. Cancel it, and make another one.")
            )
        return super().write(vals)

    def _check_own(self, vals):
        """:raise UserError: for values that only the methods below may set"""
        if OWN & set(vals) and not self.env.su:
            raise UserError(
                self.env._("A payment file moves on by its buttons only, for instance “Make File”.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if self.filtered(lambda record: record.state not in ("draft", "cancelled")):
            raise UserError(self.env._("What the bank may have stays on record. Cancel it."))

    # === ACTION === #

    def action_collect(self):
        """Take in what is due by the file's day and can be collected or paid; tell the rest."""
        self.check_access("write")
        self._check_state("draft", self.env._("Only drafts take in items."))
        for record in self:
            record._collect()

    def action_make(self):
        """Make the file, check it against the bank's schema, attach it.

        :raises UserError: with the reason, if the file can't be made
        """
        self.check_access("write")
        self._check_state("draft", self.env._("The file was made already."))
        for record in self:
            if not record.line_ids:
                raise UserError(self.env._("There is nothing in it. Press “Collect Items” first."))
            try:
                content = record._make()
            except pain.PainError as error:
                raise UserError(str(error)) from error
            attachment = self.env["ir.attachment"].create(
                {
                    "name": f"{record.name.replace('/', '-')}.xml",
                    "datas": base64.b64encode(content),
                    "mimetype": "application/xml",
                    "res_model": record._name,
                    "res_id": record.id,
                }
            )
            message, batches = pain.identifiers(content)
            # sudo: the state moves on here and in the methods below only, see write().
            record.sudo().write(
                {"attachment_id": attachment.id, "state": "made", "message": message}
            )
            for batch, lines in record.line_ids.grouped(
                lambda line, batches=batches: batches.get(line.reference)
            ).items():
                lines.sudo().batch = batch

    def action_download(self):
        """Download the file."""
        self.ensure_one()
        if not self.attachment_id:
            raise UserError(self.env._("Make the file first."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "self",
        }

    def action_sent(self):
        """The bank has it: mandates count as used."""
        self.check_access("write")
        self._check_state("made", self.env._("Make the file first."))
        for record in self:
            record.line_ids.mandate_id.sudo().date_used = record.date
        self.sudo().state = "sent"

    def action_cancel(self):
        """Give it up: its items may go into another file."""
        self.check_access("write")
        if self.filtered(lambda record: record.state not in ("draft", "made")):
            raise UserError(
                self.env._("The bank has it. Mark what the bank gives back as rejected instead.")
            )
        self.line_ids.sudo().unlink()
        self.sudo().state = "cancelled"

    def _check_state(self, state, message):
        if self.filtered(lambda record: record.state != state):
            raise UserError(message)

    # === BUSINESS === #

    def _collect(self):
        """Take in the due items of one file."""
        self.ensure_one()
        self.line_ids.sudo().unlink()
        items = self._find_items()
        partners = items.partner_id.commercial_partner_id
        targets = self._find_targets(partners)
        values, skipped = [], []
        for item in items:
            partner = item.partner_id.commercial_partner_id
            target = targets.get(partner)
            if not target:
                if self.kind == "transfer":
                    skipped.append((item, self.env._("no IBAN")))
                continue  # customers without a mandate pay as they like
            bank = target.bank_id if self.kind == "debit" else target
            values.append(
                {
                    "file_id": self.id,
                    "item_id": item.id,
                    "partner_id": partner.id,
                    "bank_id": bank.id,
                    "mandate_id": target.id if self.kind == "debit" else False,
                    "amount": abs(item.amount_residual_currency),
                    "text": item.move_id.payment_reference or item.move_id.name,
                }
            )
        # sudo: items come in here only.
        self.env["account.payment.file.line"].sudo().create(values)
        left_out = "\n".join(f"{item.move_id.name}: {why}" for item, why in skipped)
        self.sudo().skipped = left_out or False

    def _find_items(self):
        """Open items in euro that are due by the file's day and in no other open file."""
        euro = self.currency_id
        debit = self.kind == "debit"
        domain = [
            ("company_id", "=", self.company_id.id),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("currency_id", "=", euro.id),
            ("date_maturity", "<=", self.date),
            (
                "payment_file_line_ids",
                "not any",
                [("state", "=", "open"), ("file_id", "!=", self.id)],
            ),
            ("partner_id", "!=", False),
        ]
        if debit:
            domain += [
                ("account_id.account_type", "=", "asset_receivable"),
                ("move_id.move_type", "in", ("out_invoice", "out_receipt")),
                ("amount_residual_currency", ">", 0),
                ("move_id.dunning_blocked", "=", False),
            ]
        else:
            domain += [
                ("account_id.account_type", "in", ("asset_receivable", "liability_payable")),
                ("move_id.move_type", "in", ("out_refund", "in_invoice", "in_receipt")),
                ("amount_residual_currency", "<", 0),
            ]
        return self.env["account.move.line"].search(domain, order="date_maturity, id")

    def _find_targets(self, partners):
        """Mandates (of the file's scheme) or bank accounts, by commercial partner."""
        if self.kind == "debit":
            usable = self.env["account.debit.mandate"]._get_usable(
                partners, self.company_id, self.date
            )
            return {
                partner: mandate
                for partner, mandate in usable.items()
                if mandate.scheme == self.scheme
            }
        banks = self.env["res.partner.bank"].search(
            [("partner_id", "child_of", partners.ids)], order="sequence desc, id desc"
        )
        return {
            bank.partner_id.commercial_partner_id: bank
            for bank in banks
            if pain.iban_valid(bank.acc_number)
        }

    def _make(self):
        """The file's bytes.

        :raises pain.PainError: if something is missing or the schema refuses it
        """
        self.ensure_one()
        gone = self.line_ids.filtered(
            lambda line: (
                line.item_id.reconciled
                or self.currency_id.compare_amounts(
                    abs(line.item_id.amount_residual_currency), line.amount
                )
            )
        )
        if gone:
            raise pain.PainError(
                self.env._(
                    "Something was paid since: %s. Press “Collect Items” again.",
                    ", ".join(gone.item_id.move_id.mapped("name")),
                )
            )
        own = self.journal_id.bank_account_id
        if not pain.iban_valid(own.acc_number):
            raise pain.PainError(
                self.env._("Enter our IBAN on the journal %s.", self.journal_id.name)
            )
        account = self._account_of(own, self.company_id.name)
        payments = [line._as_payment() for line in self.line_ids]
        if self.kind == "transfer":
            return pain.transfer(account, payments, self.date, self.transfer_schema)
        creditor = "".join((self.company_id.order_creditor_id or "").split()).upper()
        if not pain.creditor_id_valid(creditor):
            raise pain.PainError(
                self.env._(
                    "Enter the company's creditor identifier, e.g. DE98ZZZ09999999999, under"
                    " Settings ▸ Sales ▸ Billing of Orders. Its check digits must be right."
                )
            )
        return pain.debit(account, creditor, payments, self.date, self.scheme, self.debit_schema)

    @staticmethod
    def _account_of(bank, name):
        """A bank account as the engine takes it."""
        bic = (bank.bank_bic or "").replace(" ", "").upper()
        return pain.Account(
            (bank.acc_holder_name or name)[:70],
            bank.sanitized_acc_number,
            bic if pain.BIC.fullmatch(bic) else "",
        )

    def _close_if_settled(self):
        """Done is what the bank has and nothing is open of."""
        done = self.filtered(
            lambda record: (
                record.state == "sent"
                and not record.line_ids.filtered(lambda line: line.state == "open")
            )
        )
        # sudo: see write().
        done.sudo().state = "done"


class AccountPaymentFileLine(models.Model):
    """One open item in a payment file. An item is in one open file at most."""

    _name = "account.payment.file.line"
    _description = "Payment in a File"
    _order = "file_id desc, id"
    _rec_name = "reference"

    file_id = fields.Many2one("account.payment.file", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="file_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="file_id.currency_id")
    batch = fields.Char(
        string="Batch Id",
        readonly=True,
        help="The bank may book all payments of a batch as one sum, under this id.",
    )
    item_id = fields.Many2one(
        "account.move.line", string="Open Item", required=True, index=True, ondelete="restrict"
    )
    move_id = fields.Many2one(related="item_id.move_id", string="Document")
    partner_id = fields.Many2one("res.partner", required=True)
    bank_id = fields.Many2one("res.partner.bank", string="Bank Account", required=True)
    mandate_id = fields.Many2one("account.debit.mandate", ondelete="restrict")
    amount = fields.Monetary(required=True)
    text = fields.Char(string="Purpose")
    reference = fields.Char(
        string="End-to-End Id",
        compute="_compute_reference",
        store=True,
        index=True,
        help="The bank gives it back on the statement.",
    )
    state = fields.Selection(
        [("open", "Open"), ("paid", "Paid"), ("rejected", "Rejected")],
        required=True,
        default="open",
        readonly=True,
    )
    reason = fields.Char(help="Why the bank gave it back.")

    _item_uniq = models.UniqueIndex(
        "(item_id) WHERE state = 'open'",
        "This item is in an open payment file already. Cancel that file, or leave the item out.",
    )

    @api.depends("item_id")
    def _compute_reference(self):
        for line in self:
            line.reference = f"E2E{line.company_id.id}-{line.item_id.id}-{line.file_id.id}"

    def action_reject(self):
        """The bank gave it back: the item is open again and may go into another file."""
        self.file_id.check_access("write")
        if self.filtered(lambda line: line.file_id.state != "sent" or line.state == "rejected"):
            raise UserError(self.env._("Only what the bank has can come back from it."))
        # sudo: the state changes here and when the item is paid.
        self.sudo().state = "rejected"
        for line in self:
            line._tell_given_back()
        self.file_id._close_if_settled()

    def _tell_given_back(self):
        """Note on the file that the bank gave this one back."""
        self.ensure_one()
        self.file_id.message_post(
            body=self.env._(
                "Given back by the bank: %(document)s, %(customer)s",
                document=self.move_id.name,
                customer=self.partner_id.display_name,
            )
        )

    def _as_payment(self):
        """This line as the engine takes it."""
        self.ensure_one()
        return pain.Payment(
            self.file_id._account_of(self.bank_id, self.partner_id.name),
            Decimal(float_repr(self.amount, 2)),
            self.reference,
            (self.text or self.reference)[:140],
            mandate=self.mandate_id.reference or "",
            signed=self.mandate_id.date_signed or None,
            sequence=self.mandate_id.usage or "RCUR",
        )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    payment_file_line_ids = fields.One2many("account.payment.file.line", "item_id")

    def _give_back(self, reason):
        """Tell in the payment files what the bank took back of what they had collected.

        :param str reason: the bank's
        """
        # sudo: whoever matches need not have rights on payment files.
        lines = self.sudo().payment_file_line_ids.filtered(lambda line: line.state == "paid")
        for line in lines.sorted("id", reverse=True)[:1]:
            line.write({"state": "rejected", "reason": reason})
            line._tell_given_back()


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """What is paid is done in its payment file."""
        partials = super().create(vals_list)
        items = partials.debit_move_id | partials.credit_move_id
        # sudo: whoever books the payment need not have rights on payment files.
        lines = items.sudo().payment_file_line_ids.filtered(
            lambda line: line.state == "open" and line.item_id.reconciled
        )
        if lines:
            lines.state = "paid"
            lines.file_id._close_if_settled()
        return partials


class ResCompany(models.Model):
    _inherit = "res.company"

    order_creditor_id = fields.Char(
        string="Creditor Identifier",
        help="Of the company, for SEPA direct debits, as the central bank gave it.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    order_creditor_id = fields.Char(related="company_id.order_creditor_id", readonly=False)
