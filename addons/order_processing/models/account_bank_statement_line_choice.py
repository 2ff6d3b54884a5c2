from datetime import datetime, time, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, formatLang

from ..engine.matching import Candidate

#: Kinds of accounts differences may be written off to where the settings name none.
WRITE_OFF_TYPES = ("expense", "income_other")


class AccountBankStatementLine(models.Model):
    """What a person decides about a bank line: accept, choose items, write off a difference."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.bank.statement.line"

    def _match_by_hand(self, items, write_off=None, match=None):
        """Post this line against what a person chose, and log it.

        :param items: open ``account.move.line``, empty to write the whole line off
        :param write_off: dict ``account_id`` and ``name``: where what is left goes
        :param match: the proposal that was accepted as it stands, if one was
        :raise UserError: line or documents are settled or busy meanwhile, or over a limit
        """
        self.ensure_one()
        self._lock_for_matching(items)
        if write_off and not match:
            self._check_write_off_account(write_off)
        before = self.partner_id
        extras = self._get_discounts(items) if match and match._get_why() == "discount" else ()
        written_off = self._reconcile_items(items, write_off, extras)
        if write_off and not (match and match._get_why() == "payout_whole"):
            self._check_write_off_limits(written_off)
        found = {"partner_found": bool(self.partner_id and not before)}
        extra = {
            "write_off_amount": written_off,
            "write_off_account_id": write_off["account_id"] if written_off else False,
        }
        if match:
            logged = match._log_accepted({**(match.candidates or {}), **found}, **extra)
        else:
            logged = self._log_choice(items, found, extra)
        others = self.order_match_ids.filtered(lambda other: other.state == "suggested")
        (others - logged)._become("superseded")
        self.write({"match_note": False})
        self.env["order.match.memory"]._learn(logged, write_off)
        return logged

    def _accept_match(self, match):
        """Post one match a person chose for this line, with the write-off it proposes.

        :raise UserError: the line or the documents are settled or busy meanwhile
        """
        self.ensure_one()
        if match._get_why() == "chargeback":
            return self._accept_chargeback(match)
        write_off = None
        if match._has_write_off():
            write_off = self._prepare_write_off(match.write_off_account_id, match.item_ids)
        return self._match_by_hand(match.item_ids, write_off, match)

    def _lock_for_matching(self, items):
        """Keep others off this line and the items until this is done.

        :raise UserError: somebody else has them, or had them just before
        """
        if not self.try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._("Somebody else is matching this line right now. Go on with the next.")
            )
        self.invalidate_recordset(["is_reconciled"])
        if self.is_reconciled:
            raise UserError(
                self.env._(
                    "Somebody else has just matched this line, it is settled already: %(label)s.",
                    label=self.payment_ref or "",
                )
            )
        items.invalidate_recordset(["reconciled", "amount_residual", "amount_residual_currency"])
        settled = items.filtered("reconciled")
        if settled:
            raise UserError(
                self.env._(
                    "%(documents)s: settled already by somebody else. Choose again.",
                    documents=", ".join(settled.move_id.mapped("name")),
                )
            )
        if items.try_lock_for_update(allow_referencing=True) != items:
            raise UserError(self.env._("Someone else is working on that invoice. Try again."))

    def _log_choice(self, items, found, extra):
        """A row of the log for what a person chose freely."""
        documents = self._get_documents(items)
        account = self.env["account.account"].browse(extra["write_off_account_id"])
        why = "written_off"
        if items:
            why = "chosen_and_rest" if account else "chosen"
        facts = {"names": [account.display_name] if account else []}
        candidate = Candidate(tuple(items.ids), 100, "manual", why, facts)
        vals = self._prepare_match_vals(candidate, "posted", documents, found)
        # sudo: nobody writes the log by hand; the caller checked the group.
        return self.env["order.match"].sudo().create({**vals, **extra}).sudo(False)

    # === WRITE-OFFS === #

    @api.model
    def _get_write_off_accounts(self, company):
        """Accounts a difference may be written off to: those of the settings, else by kind."""
        chosen = company.order_write_off_account_ids
        if chosen:
            return chosen
        return self.env["account.account"].search(
            [
                *self.env["account.account"]._check_company_domain(company),
                ("account_type", "in", WRITE_OFF_TYPES),
            ],
            order="code, id",
        )

    def _check_write_off_account(self, write_off):
        """:raise UserError: an account that isn't for write-offs, or no label"""
        accounts = self._get_write_off_accounts(self.company_id)
        if write_off.get("account_id") not in accounts.ids:
            raise UserError(
                self.env._(
                    "Differences may not be written off to this account. Choose one of those that"
                    " Settings ▸ Invoicing ▸ Payment Matching names."
                )
            )
        write_off["name"] = (write_off.get("name") or "").strip() or self.payment_ref

    def _check_write_off_limits(self, *amounts):
        """Check what lines of this company write off.

        :raise UserError: more than a line, or all lines of a day, may write off
        """
        company, currency = self.company_id, self.company_id.currency_id
        limit = company.order_write_off_line
        amount = max(map(abs, amounts))
        if currency.compare_amounts(amount, limit) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s is more than one line may write off (%(limit)s). Choose documents,"
                    " or ask who may raise the limit in the settings.",
                    amount=formatLang(self.env, amount, currency_obj=currency),
                    limit=formatLang(self.env, limit, currency_obj=currency),
                )
            )
        # Touching the row makes whoever writes off at the same moment wait and look again.
        self.env.cr.execute(
            SQL("UPDATE res_company SET write_date = write_date WHERE id = %s", company.id)
        )
        total = self._get_written_off_today(company) + sum(map(abs, amounts))
        if currency.compare_amounts(total, company.order_write_off_day) > 0:
            raise UserError(
                self.env._(
                    "With this, %(total)s would be written off today; the limit of a day is"
                    " %(limit)s. Leave it for tomorrow, or ask who may raise the limit.",
                    total=formatLang(self.env, total, currency_obj=currency),
                    limit=formatLang(self.env, company.order_write_off_day, currency_obj=currency),
                )
            )

    @api.model
    def _get_written_off_today(self, company):
        """What people wrote off today, in the company's currency."""
        start = self._get_start_of_day()
        # sudo: the limit counts what all users wrote off.
        matches = (
            self.env["order.match"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "posted"),
                    ("level", "in", ("manual", "fee", "tolerance")),
                    ("write_off_amount", "!=", 0),
                    "|",
                    ("closed_date", ">=", start),
                    "&",
                    ("closed_date", "=", False),
                    ("create_date", ">=", start),
                ]
            )
        )
        return sum(abs(match.write_off_amount) for match in matches)

    @api.model
    def _get_start_of_day(self):
        """When the user's day began, in UTC without a time zone."""
        day = fields.Date.context_today(self)
        start = datetime.combine(day, time.min, self.env.tz)
        return start.astimezone(timezone.utc).replace(tzinfo=None)
