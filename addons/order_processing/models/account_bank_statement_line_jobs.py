import hashlib

from odoo import api, models

from ..engine import matching_parts
from ..jobs import count_open, delays, enqueue

#: Lines decided at once that are posted right away; more are posted in jobs of so many.
JOB_LINES = 500
#: Names the jobs of a company's lines, see ``jobs.count_open``.
TOPIC = "order.match.apply"


class AccountBankStatementLine(models.Model):
    """Carrying out many decisions in jobs, several at once.

    All are decided together, so that no document is chosen for two lines. The jobs look again at
    what they were told before they post: a document may have been paid in the meantime.
    """

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.bank.statement.line"

    def _is_for_jobs(self):
        """Whether these lines are so many that jobs post them."""
        return len(self) > JOB_LINES and delays(self.env)

    def _match_in_jobs(self):
        """Decide about these lines now and have jobs carry it out.

        :return: number of jobs
        """
        count = 0
        for company, lines in self.grouped("company_id").items():
            if count_open(self.env, TOPIC)[company.id]:
                continue  # what those jobs post must not be decided about once more
            mine = lines.with_company(company)
            for part in mine._prepare_parts():
                chunk = mine.browse([each["line"] for each in part["decisions"]])
                digest = hashlib.sha256(repr(chunk.ids).encode()).hexdigest()
                enqueue(
                    chunk,
                    "_apply_part",
                    part,
                    description=self.env._("Match %s bank lines", len(chunk)),
                    identity_key=f"{TOPIC}:{company.id}:{digest}",
                )
                count += 1
        return count

    def _prepare_parts(self):
        """What jobs need to carry out the decisions about these lines of one company.

        :return: list of JSON values for :meth:`_apply_part`
        """
        decisions, _documents = self._decide()
        Item = self.env["account.move.line"]
        items = Item.browse(sorted({item for each in decisions.values() for item in _items(each)}))
        owners = {item.id: item.partner_id.commercial_partner_id.id for item in items}
        residuals = {item.id: item.amount_residual_currency for item in items}
        left = {line.id: line.amount_residual for line in self}
        return [
            {
                "decisions": [matching_parts.dump(decisions[line]) for line in part],
                "left": [left[line] for line in part],
                # Pairs: JSON has no numbers as keys.
                "residuals": [
                    [item, residuals[item]]
                    for item in sorted({item for line in part for item in _items(decisions[line])})
                ],
            }
            for part in matching_parts.split(decisions.values(), owners, JOB_LINES)
        ]

    def _apply_part(self, part):
        """Carry out decisions made before about these lines of one company, a job.

        Lines that others match now, or have matched, are left alone. Those whose documents changed
        since, or that may not post any more, are decided about anew.

        :param dict part: as :meth:`_prepare_parts` gives it
        :return: the lines that were posted
        """
        self.env["order.match"]._check_accountant()
        lines = self.exists()
        lines = lines.with_company(lines.company_id)
        free = lines.try_lock_for_update(allow_referencing=True)._get_matchable()
        decisions = {each["line"]: matching_parts.load(each) for each in part["decisions"]}
        fresh = free._get_unchanged(decisions, part)
        documents = self._get_documents(
            self.env["account.move.line"].browse(
                sorted({item for line in fresh.ids for item in _items(decisions[line])})
            )
        )
        posted = fresh._apply_decisions(decisions, documents)
        changed = free - fresh
        if changed:
            enqueue(
                changed,
                "action_match",
                description=self.env._("Match %s bank lines again", len(changed)),
            )
        return posted

    def _get_unchanged(self, decisions, part):
        """Those of these lines of which all is as it was when it was decided.

        What they pay is locked first: what is read here stays true until the end.
        """
        ids = [item for item, _residual in part["residuals"]]
        items = self.env["account.move.line"].browse(ids).exists()
        paid = {item for line in self.ids for item in _paid(decisions[line])}
        (items & items.browse(paid)).try_lock_for_update(allow_referencing=True)
        items.invalidate_recordset(["amount_residual_currency"])
        told = dict(part["residuals"])
        same = {
            item.id
            for item in items
            if item.parent_state == "posted"
            and not item.currency_id.compare_amounts(item.amount_residual_currency, told[item.id])
        }
        left = {
            each["line"]: left for each, left in zip(part["decisions"], part["left"], strict=True)
        }
        locked = self._get_locked()

        def is_unchanged(line):
            decision = decisions[line.id]
            currency = line.foreign_currency_id or line.currency_id
            if not same.issuperset(_items(decision)) or currency.compare_amounts(
                line.amount_residual, left[line.id]
            ):
                return False
            if not decision.post:
                return True
            refused = line.order_match_ids.filtered("is_refusal")
            return (
                line._may_post_alone()
                and line.id not in locked
                and frozenset(decision.post.items)
                not in {frozenset(match.item_ids.ids) for match in refused}
            )

        return self.filtered(is_unchanged)

    @api.model
    def _get_jobs_message(self, count):
        """What the user is told who had ``count`` lines matched in jobs."""
        return self.env._(
            "%s bank lines are being matched in the background. Press Refresh to see how far they"
            " are.",
            count,
        )


def _paid(decision):
    """Ids of the items a decision posts."""
    return decision.post.items if decision.post else ()


def _items(decision):
    """Ids of all items a decision is about."""
    candidates = [*filter(None, [decision.post]), *decision.suggestions]
    return {item for candidate in candidates for item in candidate.items}
