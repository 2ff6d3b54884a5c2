from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import dunning
from ..jobs import enqueue


class AccountDunningRun(models.Model):
    """One round of reminding in one company: planned, looked at, sent."""

    _name = "account.dunning.run"
    _description = "Reminder Run"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        required=True,
        default=fields.Date.context_today,
        help="What is overdue on this day is reminded of.",
    )
    state = fields.Selection(
        [
            ("draft", "Preview"),
            ("sending", "Being Sent"),
            ("done", "Sent"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        tracking=True,
        copy=False,
    )
    letter_ids = fields.One2many("account.dunning.letter", "run_id", readonly=True)
    letter_count = fields.Integer(compute="_compute_letters")
    failed_count = fields.Integer(compute="_compute_letters")
    amount = fields.Monetary(compute="_compute_letters", string="Overdue")

    _open_uniq = models.UniqueIndex(
        "(company_id) WHERE state IN ('draft', 'sending')",
        "This company has an open reminder run. Send or cancel that one first.",
    )

    @api.depends("date", "company_id")
    def _compute_name(self):
        for run in self:
            run.name = self.env._("Reminders of %s", fields.Date.to_string(run.date))

    @api.depends("letter_ids.state", "letter_ids.amount")
    def _compute_letters(self):
        for run in self:
            run.letter_count = len(run.letter_ids)
            run.failed_count = len(run.letter_ids.filtered(lambda each: each.state == "failed"))
            run.amount = sum(run.letter_ids.mapped("amount"))

    @api.model_create_multi
    def create(self, vals_list):
        """Let runs that were just finished make place for new ones."""
        self.flush_model(["state"])
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_sent(self):
        if self.filtered(lambda run: run.state in ("sending", "done")):
            raise UserError(self.env._("What was sent stays on record. Cancel previews instead."))

    # === ACTION === #

    def action_plan(self):
        """Plan the letters anew: what is overdue, whom it concerns, at which level.

        :return: a notification for the web client where there is nobody to remind
        """
        self.check_access("write")
        self._check_draft()
        for run in self:
            run.letter_ids.unlink()
            run._plan_letters()
        if self.letter_ids:
            return None
        return self.env["sale.order"]._prepare_notification(
            self.env._("Nobody is to be reminded on this day."), is_warning=False
        )

    def action_send(self):
        """Send the letters that aren't left out, as a job.

        :raises UserError: if a run is no preview any more, or has no letter
        """
        self.check_access("write")
        self._check_draft()
        for run in self:
            if not run.letter_ids.filtered(lambda each: each.state == "draft"):
                raise UserError(self.env._("There is nothing to send. Press “Plan” first."))
        self.state = "sending"
        for run in self:
            enqueue(
                run,
                "_send_letters",
                description=self.env._("Send reminders of %s", run.company_id.name),
                identity_key=f"order_processing.dunning:{run.id}",
            )

    def action_send_again(self):
        """Try the letters that failed once more."""
        self.check_access("write")
        failed = self.letter_ids.filtered(lambda each: each.state == "failed")
        if not failed:
            raise UserError(self.env._("No letter failed."))
        failed.sudo().write({"state": "draft", "error": False})
        for run in failed.run_id:
            enqueue(run, "_send_letters", description=self.env._("Send reminders again"))

    def action_cancel(self):
        """Give up a preview: nothing was sent."""
        self.check_access("write")
        self._check_draft()
        self.letter_ids.unlink()
        self.state = "cancelled"

    def action_view_letters(self):
        """Open the letters of these runs."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.account_dunning_letter_action"
        )
        return action | {"domain": [("run_id", "in", self.ids)], "context": {}}

    def action_print(self):
        """The letters of these runs as one PDF."""
        letters = self.letter_ids.filtered(lambda each: each.state != "excluded")
        if not letters:
            raise UserError(self.env._("There is nothing to print. Press “Plan” first."))
        return self.env.ref("order_processing.action_report_dunning").report_action(letters)

    def _check_draft(self):
        if self.filtered(lambda run: run.state != "draft"):
            raise UserError(self.env._("Only a preview can be changed, sent or cancelled."))

    # === BUSINESS === #

    def _plan_letters(self):
        """Plan the letters of one run: one per customer with everything overdue."""
        self.ensure_one()
        levels = self.env["account.dunning.level"]._get_levels(self.company_id)
        if not levels:
            raise UserError(
                self.env._("There are no levels. Add some under Payments ▸ Reminder Levels.")
            )
        facts = [dunning.Level(level.id, level.days, level.pause) for level in levels]
        places = {level.id: place for place, level in enumerate(levels)}
        items = self._gather_items(places)
        letters = dunning.plan(items, facts, self.date, self.company_id.order_dunning_least)
        amounts = {item.id: item.amount for item in items}
        self.env["account.dunning.letter"].sudo().create(
            [
                {
                    "run_id": self.id,
                    "partner_id": letter.customer,
                    "level_id": levels[letter.place].id,
                    "amount": letter.total,
                    "line_ids": [
                        fields.Command.create(
                            {
                                "item_id": item,
                                "level_id": levels[place].id if place >= 0 else False,
                                "amount": amounts[item],
                                "is_new": place >= 0 and place == self._climbed(items, item, place),
                            }
                        )
                        for item, place in letter.items
                    ],
                }
                for letter in letters
            ]
        )

    @staticmethod
    def _climbed(items, item_id, place):
        """The place, if the item wasn't there before; else nothing."""
        last = next(item.last for item in items if item.id == item_id)
        return place if place > last else None

    def _gather_items(self, places):
        """Open receivables with what they were reminded of before: two queries.

        :param places: dict level id → its place
        :return: list of ``engine.dunning.Item``
        """
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model(["dunning_blocked"])
        self.env["res.partner"].flush_model(["commercial_partner_id", "dunning_blocked"])
        reminded = defaultdict(lambda: (-1, None))
        Line = self.env["account.dunning.letter.line"].sudo()
        for item, level, sent in Line._read_group(
            [("state", "=", "sent"), ("company_id", "=", self.company_id.id)],
            ["item_id", "level_id"],
            ["date_sent:max"],
        ):
            place = places.get(level.id, -1)
            known = reminded[item.id]
            reminded[item.id] = (max(known[0], place), max(known[1] or sent, sent))
        rows = self.env.execute_query(
            SQL(
                """SELECT item.id, who.commercial_partner_id,
                          COALESCE(item.date_maturity, item.date), item.amount_residual,
                          move.dunning_blocked IS TRUE OR payer.dunning_blocked IS TRUE
                     FROM account_move_line item
                     JOIN account_account account ON account.id = item.account_id
                     JOIN account_move move ON move.id = item.move_id
                     JOIN res_partner who ON who.id = item.partner_id
                     JOIN res_partner payer ON payer.id = who.commercial_partner_id
                    WHERE item.parent_state = 'posted' AND item.company_id = %s
                      AND account.account_type = 'asset_receivable'
                      AND item.reconciled IS NOT TRUE AND item.amount_residual != 0
                 ORDER BY item.id""",
                self.company_id.id,
            )
        )
        return [
            dunning.Item(each, payer, due, float(amount), *reminded[each], blocked=blocked)
            for each, payer, due, amount, blocked in rows
        ]

    def _send_letters(self):
        """Send what is to be sent of this run; a letter that fails never stops the others."""
        for run in self.sudo():
            if not run.try_lock_for_update():
                continue
            for letter in run.letter_ids.filtered(lambda each: each.state == "draft"):
                letter._send()
            if run.state == "sending":
                run.state = "done"

    @api.model
    def _cron_plan(self):
        """Once a day: plan, and send where the company wants it, what nobody has to press for."""
        today = fields.Date.context_today(self)
        for company in self.env["res.company"].search([("order_dunning_mode", "!=", "manual")]):
            if self.search_count(
                [("company_id", "=", company.id), ("state", "in", ("draft", "sending"))], limit=1
            ):
                continue  # somebody still looks at the last one
            run = self.with_company(company).create({"company_id": company.id, "date": today})
            run._plan_letters()
            if not run.letter_ids:
                run.unlink()
            elif company.order_dunning_mode == "send":
                run.action_send()
