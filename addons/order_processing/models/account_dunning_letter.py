import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang


class AccountDunningLetter(models.Model):
    """One reminder to one customer over everything that is overdue."""

    _name = "account.dunning.letter"
    _description = "Reminder"
    _inherit = ["mail.thread"]
    _order = "run_id desc, amount desc, id"
    _rec_name = "partner_id"

    run_id = fields.Many2one(
        "account.dunning.run", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(related="run_id.date", store=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True
    )
    level_id = fields.Many2one(
        "account.dunning.level", required=True, readonly=True, ondelete="restrict"
    )
    amount = fields.Monetary(
        string="Overdue",
        readonly=True,
        help="In the company's currency, payments that aren't matched yet taken off.",
    )
    line_ids = fields.One2many("account.dunning.letter.line", "letter_id", readonly=True)
    state = fields.Selection(
        [
            ("draft", "To Send"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("excluded", "Left Out"),
        ],
        default="draft",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    way = fields.Selection(
        [("mail", "By Mail"), ("print", "To Print")], readonly=True, help="How it was sent."
    )
    date_sent = fields.Date(readonly=True)
    error = fields.Char(readonly=True, help="Why it wasn't sent, and what to do.")
    fee_move_id = fields.Many2one("account.move", string="Fee Invoice", readonly=True)
    preview = fields.Html(compute="_compute_preview", help="As the customer reads it.")

    @api.depends("level_id", "line_ids", "partner_id")
    def _compute_preview(self):
        for letter in self:
            letter.preview = letter._render_body()

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_sent(self):
        if self.filtered(lambda letter: letter.state == "sent"):
            raise UserError(self.env._("What was sent stays on record."))

    # === ACTION === #

    def action_exclude(self):
        """Leave these customers out of the run."""
        self._switch("draft", "excluded")

    def action_include(self):
        """Take these customers into the run again."""
        self._switch("excluded", "draft")

    def action_print(self):
        """These letters as one PDF."""
        return self.env.ref("order_processing.action_report_dunning").report_action(self)

    def _switch(self, before, after):
        self.run_id.check_access("write")
        if self.filtered(lambda letter: letter.state != before or letter.run_id.state != "draft"):
            raise UserError(self.env._("Only letters of a preview can be left out or taken in."))
        # sudo: the state changes by these buttons only.
        self.sudo().state = after

    # === BUSINESS === #

    def _in_language(self):
        """This letter in the language of its customer."""
        self.ensure_one()
        return self.with_context(lang=self.partner_id.lang or self.env.lang)

    def _render_body(self):
        """The letter as HTML: the level's words and the table of what is overdue."""
        letter = self._in_language()
        return (
            self.env["ir.qweb"]
            .with_context(lang=letter.env.lang)
            ._render("order_processing.dunning_body", {"letter": letter})
        )

    def _totals(self):
        """What is open, by currency, in words; for the letter."""
        totals = {}
        for line in self.line_ids:
            totals[line.currency_id] = totals.get(line.currency_id, 0.0) + line.residual
        return [
            formatLang(self.env, amount, currency_obj=currency)
            for currency, amount in totals.items()
        ]

    def _send(self):
        """Send one letter: by mail, or to be printed where the customer has no address.

        What is left of it when its items were paid since the preview isn't sent.
        """
        self.ensure_one()
        letter = self.sudo()
        open_lines = letter.line_ids.filtered(lambda line: not line.item_id.reconciled)
        if not open_lines.filtered("is_new"):
            letter.write({"state": "excluded", "error": self.env._("Paid since it was planned.")})
            return
        (letter.line_ids - open_lines).unlink()
        try:
            with self.env.cr.savepoint():
                letter._bill_fee()
                letter.write(
                    {
                        "state": "sent",
                        "date_sent": letter.date,
                        "way": "mail" if letter.partner_id.email else "print",
                        "error": False,
                    }
                )
                self.env.flush_all()
                letter._post_letter()
                letter._stop_orders()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            text = str(error.args[0]) if error.args else type(error).__name__
            if isinstance(error, psycopg2.IntegrityError):
                text = self.env._("One of these items was reminded of at this level before.")
            letter.invalidate_recordset()
            letter.write({"state": "failed", "error": text[:300]})

    def _post_letter(self):
        """Keep the PDF on the letter, and mail it where the customer has an address."""
        report = self.env.ref("order_processing.action_report_dunning").sudo()
        letter = self._in_language()
        content, _kind = report.with_context(lang=letter.env.lang)._render_qweb_pdf(
            report.report_name, res_ids=self.ids
        )
        name = f"{letter.level_id.name} {self.date}.pdf"
        letter.message_post(
            subject=letter.level_id.subject,
            body=letter._render_body(),
            partner_ids=self.partner_id.ids if self.way == "mail" else [],
            attachments=[(name, content)],
            message_type="comment",
            subtype_xmlid="mail.mt_comment" if self.way == "mail" else "mail.mt_note",
            email_layout_xmlid="mail.mail_notification_light",
        )

    def _bill_fee(self):
        """Bill the level's fee, as an invoice of its own."""
        level = self.level_id
        if not level.fee_amount or self.fee_move_id:
            return
        move = (
            self.env["account.move"]
            .with_company(self.company_id)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner_id.id,
                    "company_id": self.company_id.id,
                    "currency_id": self.currency_id.id,
                    "invoice_date": self.date,
                    "invoice_line_ids": [
                        fields.Command.create(
                            {
                                "product_id": level.fee_product_id.id,
                                "name": self._in_language().level_id.name,
                                "quantity": 1,
                                "price_unit": level.fee_amount,
                            }
                        )
                    ],
                }
            )
        )
        move.action_post()
        self.fee_move_id = move

    def _stop_orders(self):
        """Hold the open orders of customers whose level stops shipping."""
        stopping = self.filtered("level_id.stop_ship")
        for company, letters in stopping.grouped("company_id").items():
            partners = letters.partner_id
            orders = self.env["sale.order"].search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "sale"),
                    ("partner_invoice_id", "child_of", partners.ids),
                    ("delivery_status", "!=", "full"),
                ]
            )
            orders._hold_overdue()


class AccountDunningLetterLine(models.Model):
    """One overdue item on a letter, at the level it has reached with it."""

    _name = "account.dunning.letter.line"
    _description = "Reminded Item"
    _order = "date_maturity, id"
    _rec_name = "item_id"

    letter_id = fields.Many2one(
        "account.dunning.letter", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="letter_id.company_id", store=True, index=True)
    state = fields.Selection(related="letter_id.state", store=True)
    date_sent = fields.Date(related="letter_id.date_sent", store=True)
    item_id = fields.Many2one(
        "account.move.line", string="Open Item", required=True, index=True, ondelete="cascade"
    )
    move_id = fields.Many2one(related="item_id.move_id", string="Invoice")
    date_maturity = fields.Date(related="item_id.date_maturity", store=True, string="Due")
    currency_id = fields.Many2one(related="item_id.currency_id")
    residual = fields.Monetary(related="item_id.amount_residual_currency", string="Open")
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount = fields.Monetary(
        string="Open When Planned", currency_field="company_currency_id", readonly=True
    )
    level_id = fields.Many2one("account.dunning.level", ondelete="restrict")
    is_new = fields.Boolean(string="New Level", help="The item reaches its level with this letter.")
    days_overdue = fields.Integer(compute="_compute_days_overdue")

    _item_level_uniq = models.UniqueIndex(
        "(item_id, level_id) WHERE state = 'sent' AND is_new",
        "This item was reminded of at this level before.",
    )

    @api.depends("date_maturity", "letter_id.date")
    def _compute_days_overdue(self):
        for line in self:
            due = line.date_maturity
            line.days_overdue = (line.letter_id.date - due).days if due else 0
