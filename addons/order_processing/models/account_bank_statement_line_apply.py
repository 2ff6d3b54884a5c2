from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.fields import Command


class AccountBankStatementLine(models.Model):
    """Carrying out what matching decided: post, suggest, log."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.bank.statement.line"

    def _apply_decisions(self, decisions, documents):
        """Post what was decided and log everything.

        :param decisions: dict ``{line id: matching.Decision}``
        :param documents: dict ``{item id: Document}``
        :return: the lines that were posted
        """
        chosen = {line: decisions[line.id].post for line in self if decisions[line.id].post}
        wanted = self.env["account.move.line"].browse(
            [item for candidate in chosen.values() for item in candidate.items]
        )
        free = set(wanted.try_lock_for_update(allow_referencing=True).ids)
        errors, pairs = {}, {}
        for line, candidate in chosen.items():
            if free.issuperset(candidate.items):
                pairs[line] = wanted.browse(candidate.items)
            else:
                errors[line] = self.env._("Someone else is working on that invoice. Try again.")
        before = {line: line.partner_id for line in pairs}
        failed, written_off = self._post_pairs(pairs, chosen)
        errors.update(failed)
        posted = self.browse([line.id for line in pairs if line not in errors])
        rows = []
        for line in posted:
            found = {"partner_found": bool(line.partner_id and not before[line])}
            vals = line._prepare_match_vals(decisions[line.id].post, "posted", documents, found)
            rows.append({**vals, "write_off_amount": written_off.get(line, 0.0)})
        stale = self.env["order.match"]
        for line in self - posted:
            vals_list, gone = line._prepare_suggestions(decisions[line.id], documents)
            rows += vals_list
            stale |= gone
        stale |= posted.order_match_ids.filtered(lambda match: match.state == "suggested")
        stale._become("superseded")
        # sudo: nobody writes the log by hand, see order.match.
        self.env["order.match"].sudo().create(rows)
        self._write_notes(decisions, errors)
        return posted

    def _write_notes(self, decisions, errors):
        """Keep on each line what stood in the way, and when it was tried."""
        notes = defaultdict(self.browse)
        for line in self:
            note = errors.get(line) or self.env["order.match"]._describe_note(decisions[line.id])
            notes[note or False] |= line
        now = fields.Datetime.now()
        for note, lines in notes.items():
            lines.write({"match_note": note, "match_date": now})

    def _prepare_match_vals(self, candidate, state, documents, seen=None):
        """Values of an order.match row for one candidate of this line."""
        self.ensure_one()
        items = self.env["account.move.line"].browse(candidate.items)
        orders = sorted({order for item in candidate.items for order in documents[item].orders})
        return {
            "statement_line_id": self.id,
            "company_id": self.company_id.id,
            "journal_id": self.journal_id.id,
            "partner_id": items.partner_id[:1].id if len(items.partner_id) == 1 else False,
            "label": self.payment_ref,
            "date": self.date,
            "currency_id": (self.foreign_currency_id or self.currency_id).id,
            "amount": self.amount_currency if self.foreign_currency_id else self.amount,
            "level": candidate.level,
            "score": candidate.score,
            "state": state,
            "reason": self.env["order.match"]._describe(candidate, documents),
            "write_off_account_id": self._get_candidate_account(candidate).id,
            "candidates": {
                "evidence": candidate.level,
                "why": candidate.why,
                "write_off": str(candidate.write_off),
                "score": candidate.score,
                "items": [[item, documents[item].title] for item in candidate.items],
                "facts": {key: _plain(value) for key, value in candidate.facts.items()},
                **(seen or {}),
            },
            "item_ids": [Command.set(candidate.items)],
            "move_ids": [Command.set(items.move_id.ids)],
            "order_ids": [Command.set(orders)],
            "user_id": self.env.uid,
        }

    def _get_candidate_account(self, candidate):
        """Where the difference of a candidate goes; a discount has accounts of its own."""
        if candidate.account:
            return self.env["account.account"].browse(candidate.account)
        if candidate.write_off and candidate.level in ("payout", "tolerance"):
            return self.company_id.order_fee_account_id
        return self.env["account.account"]

    def _prepare_suggestions(self, decision, documents):
        """What to add to this line's suggestions and which of them no longer hold."""
        current = {
            (frozenset(match.item_ids.ids), match.score): match
            for match in self.order_match_ids
            if match.state == "suggested"
        }
        rows = []
        for candidate in decision.suggestions:
            if not current.pop((frozenset(candidate.items), candidate.score), None):
                rows.append(self._prepare_match_vals(candidate, "suggested", documents))
        return rows, self.env["order.match"].union(*current.values())


def _plain(value):
    """A JSON value."""
    return str(value) if isinstance(value, Decimal) else value
