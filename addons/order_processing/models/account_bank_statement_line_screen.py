from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, formatLang

#: Bank lines on one page of the screen, and open items a search shows.
PAGE, FOUND = 80, 60
#: States of lines the screen's filters show.
FILTERS = {
    "todo": ("open", "suggested", "partial"),
    "suggested": ("suggested",),
    "credit": ("credit",),
    "done": ("matched",),
}


class AccountBankStatementLine(models.Model):
    """The screen *Matching*: bank lines left, proposals right; each action one call."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.bank.statement.line"

    # === READ === #

    @api.model
    @api.readonly
    def get_match_screen(self, options=None):
        """The left side: bank lines, how far the day is, and what to choose from.

        :param dict options: ``journal_id``, ``filter`` (see FILTERS), ``search``, ``offset``
        :return: dict with ``lines``, ``count``, ``offset``, ``page``, ``progress``, ``journals``
        """
        self.env["order.match"]._check_accountant()
        options = options or {}
        journals = self.env["account.journal"].search(
            [
                ("type", "in", ("bank", "credit", "cash")),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        scope = Domain("state", "=", "posted") & Domain(
            "journal_id",
            "in",
            [int(options["journal_id"])] if options.get("journal_id") else journals.ids,
        )
        states = FILTERS.get(options.get("filter") or "todo", FILTERS["todo"])
        domain = scope & Domain("match_state", "in", states)
        domain &= self._get_match_search_domain(options.get("search"))
        offset = max(int(options.get("offset") or 0), 0)
        lines = self.search(domain, order="date, id", limit=PAGE, offset=offset)
        return {
            "lines": lines._prepare_screen_lines(),
            "count": self.search_count(domain),
            "offset": offset,
            "page": PAGE,
            "progress": self._get_match_progress(scope),
            "journals": [
                {
                    "id": each.id,
                    "name": each.display_name,
                    "mode": each.auto_match,
                    "stopped": each.company_id.order_match_stopped,
                }
                for each in journals
            ],
        }

    @api.model
    def _get_match_search_domain(self, text):
        """Lines whose label, payer, customer, reference or amount is ``text``."""
        text = (text or "").strip()
        if not text:
            return Domain.TRUE
        part = _literal(text)
        domain = Domain.OR(
            [[(name, "ilike", part)] for name in ("payment_ref", "partner_name", "ref")]
        ) | Domain("partner_id.name", "ilike", part)
        amount = _as_amount(text)
        if amount is not None:
            domain |= Domain("amount", "in", [amount, -amount])
        return domain

    @api.model
    def _get_match_progress(self, scope):
        """How many lines were done today, of those and all that are still open."""
        start = self._get_start_of_day()
        waiting = self.search_count(scope & Domain("match_state", "in", FILTERS["todo"]))
        done = self.search_count(
            scope
            & Domain("match_state", "=", "matched")
            & Domain(
                "order_match_ids",
                "any",
                Domain("state", "=", "posted")
                & (
                    Domain("closed_date", ">=", start)
                    | (Domain("closed_date", "=", False) & Domain("create_date", ">=", start))
                ),
            )
        )
        return {"done": done, "total": done + waiting}

    def _prepare_screen_lines(self):
        return [
            {
                "id": line.id,
                "date": format_date(self.env, line.date),
                "label": line.payment_ref or "",
                "payer": line.partner_id.name or line.partner_name or "",
                "amount": _money(self.env, line.amount, line.currency_id),
                "incoming": line.amount >= 0,
                "state": line.match_state,
                "note": line.match_note or "",
                "score": line.suggestion_id.score or 0,
                "journal": line.journal_id.display_name,
            }
            for line in self
        ]

    @api.model
    @api.readonly
    def get_match_detail(self, line_id):
        """The right side: one line, its proposals with why, and what it paid so far.

        :raise UserError: the line is gone
        """
        self.env["order.match"]._check_accountant()
        line = self._get_screen_line(line_id)
        currency = line.foreign_currency_id or line.currency_id
        posted = line.order_match_ids.filtered(lambda match: match.state == "posted")
        suggested = line.order_match_ids.filtered(lambda match: match.state == "suggested")
        company = line.company_id
        return {
            **line._prepare_screen_lines()[0],
            "left": float(-line.amount_residual),
            "left_text": _money(self.env, -line.amount_residual, currency),
            "currency": currency.name,
            "digits": currency.decimal_places,
            "account": line.account_number or "",
            "type": line.transaction_type or "",
            "reference": line.ref or "",
            "proposals": [
                {
                    "id": match.id,
                    "score": match.score,
                    "level": match.level,
                    "evidence": dict(match._fields["level"]._description_selection(self.env))[
                        match.level
                    ],
                    "reason": match.reason,
                    "write_off": match._get_write_off_text(),
                    "items": match.item_ids._prepare_match_items(),
                }
                for match in suggested.sorted(lambda match: (-match.score, match.id))
            ],
            "posted": [
                {"id": match.id, "reason": match.reason, "by": match._get_author()}
                for match in posted
            ],
            "accounts": [
                {"id": account.id, "name": account.display_name}
                for account in self._get_write_off_accounts(company)
            ],
            "account_id": line._guess_write_off_account().id,
            "limits": {
                # The screen says so at once; whatever it says, the server checks.
                "most": company.order_write_off_line if currency == company.currency_id else False,
                "line": _money(self.env, company.order_write_off_line, company.currency_id),
                "day": _money(
                    self.env,
                    max(company.order_write_off_day - self._get_written_off_today(company), 0),
                    company.currency_id,
                ),
            },
        }

    @api.model
    @api.readonly
    def get_match_dry_run(self, journal_id=False):
        """What matching would post now, were it switched on; nothing is written.

        :param journal_id: one journal; else all
        :return: dict ``lines`` (label, amount, reason, evidence), ``posted``, ``waiting``
        """
        self.env["order.match"]._check_accountant()
        domain = Domain("is_reconciled", "=", False) & Domain("state", "=", "posted")
        if journal_id:
            domain &= Domain("journal_id", "=", int(journal_id))
        lines = self.search(domain, order="date, id")
        evidence = dict(self.env["order.match"]._fields["level"]._description_selection(self.env))
        rows = []
        for company, mine in lines.grouped("company_id").items():
            mine = mine.with_company(company).with_context(match_dry_run=True)
            decisions, documents = mine._decide()
            for line in mine:
                candidate = decisions[line.id].post
                if candidate:
                    rows.append(
                        {
                            **line._prepare_screen_lines()[0],
                            "evidence": evidence[candidate.level],
                            "reason": self.env["order.match"]._describe(candidate, documents),
                        }
                    )
        # As many as anybody reads; the counts are of all.
        return {"lines": rows[:500], "posted": len(rows), "waiting": len(lines) - len(rows)}

    def _guess_write_off_account(self):
        """The account learnt for such labels, else the one for fees."""
        self.ensure_one()
        learnt = self.env["order.match.memory"]._find_fee_account(self)
        return learnt or self.company_id.order_fee_account_id

    @api.model
    @api.readonly
    def search_match_items(self, line_id, text="", offset=0):
        """Open items of any partner a line may pay, those most like the line first.

        :param str text: number, customer, order or amount; empty: of the line's amount and payer
        :return: dict with ``items`` and ``count``
        """
        self.env["order.match"]._check_accountant()
        line = self._get_screen_line(line_id)
        Item = self.env["account.move.line"]
        domain = Domain.AND([line._get_default_amls_matching_domain(), line._get_item_domain()])
        domain &= line._get_item_search_domain((text or "").strip())
        offset = max(int(offset or 0), 0)
        sign = "desc" if line.amount >= 0 else "asc"
        items = Item.search(
            domain, order=f"amount_residual {sign}, date_maturity, id", limit=FOUND, offset=offset
        )
        if not text:
            items = items.sorted(
                lambda item: (
                    item.partner_id.commercial_partner_id != line.partner_id.commercial_partner_id,
                    abs(item.amount_residual + line.amount_residual),
                )
            )
        return {"items": items._prepare_match_items(), "count": Item.search_count(domain)}

    def _get_item_search_domain(self, text):
        """Items that ``text`` may mean."""
        if not text:
            return Domain.TRUE
        names = (
            "move_id.name",
            "move_id.ref",
            "move_id.payment_reference",
            "partner_id.name",
            "partner_id.commercial_partner_id.name",
            "payment_id.memo",
        )
        part = _literal(text)
        domain = Domain.OR([[(name, "ilike", part)] for name in names])
        # sudo: accountants need not see the orders to look for their numbers.
        orders = (
            self.env["sale.order"]
            .sudo()
            ._search(
                Domain("company_id", "=", self.company_id.id)
                & Domain.OR(
                    [[(n, "ilike", part)] for n in ("name", "channel_ref", "client_order_ref")]
                )
            )
        )
        domain |= Domain("move_id.invoice_line_ids.sale_line_ids.order_id", "in", orders)
        amount = _as_amount(text)
        if amount is not None:
            domain |= Domain("amount_residual_currency", "in", [amount, -amount])
        return domain

    @api.model
    def _get_screen_line(self, line_id):
        """:raise UserError: the line is gone, or of another company"""
        line = self.search([("id", "=", int(line_id))])
        if not line:
            raise UserError(
                self.env._("This bank line is gone: somebody deleted it. Press Refresh.")
            )
        return line

    # === ACT === #

    @api.model
    def match_line_accept(self, line_id, match_id):
        """Post a proposal. :raise UserError: it can't be posted any more"""
        line = self._get_screen_line(line_id)
        match = line.order_match_ids.filtered(lambda match: match.id == int(match_id))
        if not match:
            raise UserError(self.env._("This proposal is gone. Press Refresh."))
        match.action_accept()
        return line._prepare_screen_answer()

    @api.model
    def match_line_choose(self, line_id, item_ids, write_off=None):
        """Post chosen open items, and write the rest off if asked to.

        :param list item_ids: ids of open journal items; none to write the whole line off
        :param dict write_off: ``account_id`` and ``name``
        :raise UserError: nothing chosen, busy, settled, or over a limit
        """
        self.env["order.match"]._check_accountant()
        line = self._get_screen_line(line_id)
        items = self.env["account.move.line"].search(
            Domain("id", "in", [int(item) for item in item_ids or []])
            & Domain.AND([line._get_default_amls_matching_domain(), line._get_item_domain()])
        )
        if len(items) != len(set(item_ids or [])):
            # Also items of another company, or no items of this kind at all.
            line._lock_for_matching(items)
            raise UserError(
                self.env._("Some of these are settled or gone meanwhile. Search again.")
            )
        if not items and not write_off:
            raise UserError(self.env._("Choose at least one document, or write the line off."))
        if write_off:
            write_off = {
                "account_id": int(write_off.get("account_id") or 0),
                "name": str(write_off.get("name") or ""),
            }
        line._match_by_hand(items, write_off)
        return line._prepare_screen_answer()

    @api.model
    def match_line_reject(self, line_id, match_id):
        """Turn a proposal down: it isn't made again for this line."""
        line = self._get_screen_line(line_id)
        line.order_match_ids.filtered(lambda match: match.id == int(match_id)).action_reject()
        return line._prepare_screen_answer()

    @api.model
    def match_line_undo(self, line_id):
        """Take a line off what it pays, and unlearn what was learnt from it."""
        line = self._get_screen_line(line_id)
        line.action_undo_match()
        # Propose anew, but don't post: who undoes something wants to decide.
        line.with_context(match_suggest_only=True).action_match()
        return line._prepare_screen_answer()

    def _prepare_screen_answer(self):
        """What the screen shows after an action: the line as it is now."""
        currency = self.foreign_currency_id or self.currency_id
        return {
            **self._prepare_screen_lines()[0],
            "left_text": _money(self.env, -self.amount_residual, currency),
        }


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _prepare_match_items(self):
        """Open items as the screen *Matching* shows them."""
        today = fields.Date.context_today(self)
        return [
            {
                "id": item.id,
                "document": item.payment_id.memo or item.move_id.name or item.name or "?",
                "move_id": item.move_id.id,
                "partner": item.partner_id.display_name or "",
                "date": format_date(self.env, item.date),
                "due": format_date(self.env, item.date_maturity or item.date),
                "overdue": bool(item.date_maturity and item.date_maturity < today),
                "open": item.amount_residual_currency,
                "open_text": _money(self.env, item.amount_residual_currency, item.currency_id),
                "currency": item.currency_id.name,
                "reference": item.move_id.ref
                or (item.move_id.payment_reference or "").replace(item.move_id.name or "", ""),
                "settled": item.reconciled,
            }
            for item in self
        ]


def _money(env, amount, currency):
    return formatLang(env, amount, currency_obj=currency)


def _literal(text):
    """``text`` to look for as it is: ``%`` and ``_`` are letters like others."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _as_amount(text):
    """The amount a person typed, if it is one."""
    cleaned = text.replace(" ", "").replace("\u00a0", "")
    if cleaned.rfind(",") > cleaned.rfind("."):
        cleaned = cleaned.replace(".", "").replace(",", ".")
    cleaned = cleaned.replace(",", "")
    try:
        return abs(round(float(cleaned), 6))
    except ValueError:
        return None
