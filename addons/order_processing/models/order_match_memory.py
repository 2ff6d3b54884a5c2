import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine.matching_suggest import plain_name
from ..engine.references import normalise

_NUMBER = re.compile(r"\S*\d\S*")


class OrderMatchMemory(models.Model):
    """What matching learnt from accountants: whose an account or a name is, where fees belong.

    A fact is kept with the matches it was learnt from. Undone, they take it with them. Only a
    confirmed fact is evidence; one that was merely learnt ranks suggestions.
    """

    _name = "order.match.memory"
    _description = "Learnt from Matching"
    _order = "write_date desc, id desc"
    _rec_name = "key"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    kind = fields.Selection(
        [
            ("account", "Bank account pays for"),
            ("name", "Name means"),
            ("fee", "Label is booked to"),
        ],
        required=True,
        readonly=True,
    )
    key = fields.Char(
        string="Bank Says",
        required=True,
        readonly=True,
        index=True,
        help="The account number, the payer's name, or the words of the label, as they compare.",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, ondelete="cascade", index=True
    )
    account_id = fields.Many2one("account.account", readonly=True, ondelete="cascade")
    state = fields.Selection(
        [
            ("learnt", "Learnt"),
            ("confirmed", "Confirmed"),
            ("forgotten", "Forgotten"),
        ],
        required=True,
        readonly=True,
        index=True,
        help="Learnt: ranks suggestions. Confirmed: a person said so, so it may decide. Forgotten:"
        " what it was learnt from was undone, or a person said it is wrong.",
    )
    match_ids = fields.Many2many(
        "order.match", string="Learnt From", readonly=True, help="Matches that people chose."
    )
    count = fields.Integer(string="Times", compute="_compute_count")
    user_id = fields.Many2one("res.users", string="Said By", readonly=True)

    _key_idx = models.UniqueIndex(
        "(company_id, kind, key, COALESCE(partner_id, 0), COALESCE(account_id, 0))",
        "This is known already.",
    )

    @api.depends("match_ids")
    def _compute_count(self):
        for fact in self:
            fact.count = len(fact.match_ids)

    # === ACTIONS === #

    def action_confirm(self):
        """Let these decide from now on.

        :raise UserError: two of them contradict each other
        """
        self.env["order.match"]._check_accountant()
        for fact in self:
            rivals = self._find(fact.company_id, fact.kind, [fact.key]) - fact
            rivals = rivals.filtered(lambda rival: rival.state == "confirmed")
            if rivals:
                raise UserError(
                    self.env._(
                        "“%(key)s” is confirmed for %(other)s already. Forget that first.",
                        key=fact.key,
                        other=rivals[0].partner_id.display_name
                        or rivals[0].account_id.display_name,
                    )
                )
            fact._become("confirmed")
        return True

    def action_forget(self):
        """Let these have no say any more; what they posted stays."""
        self.env["order.match"]._check_accountant()
        self._become("forgotten")
        return True

    # === LEARNING === #

    @api.model
    def _learn(self, match, write_off=None):
        """Learn from a match that a person chose.

        A bank account is confirmed by that choice; names and labels are not, since others may
        have the same. An account that turns out to be two customers' decides nothing any more.

        :param match: the posted row of the log
        :param write_off: dict ``account_id`` where nothing but that was booked
        """
        line, partner = match.statement_line_id, match.partner_id.commercial_partner_id
        number = sanitize_account_number(line.account_number or "")
        name = plain_name(line.partner_name)
        own = line.company_id.partner_id.bank_ids.mapped("sanitized_acc_number")
        if partner and number and number not in own:
            self._note(match, "account", number, partner=partner, state="confirmed")
        if partner and name:
            self._note(match, "name", name, partner=partner)
        if write_off and not match.item_ids and fee_key(line.payment_ref):
            account = self.env["account.account"].browse(write_off["account_id"])
            self._note(match, "fee", fee_key(line.payment_ref), account=account)

    @api.model
    def _note(self, match, kind, key, partner=None, account=None, state="learnt"):
        """Keep one fact, or that it was seen again."""
        partner = partner or self.env["res.partner"]
        account = account or self.env["account.account"]
        everything = self._find(match.company_id, kind, [key], ("learnt", "confirmed", "forgotten"))
        fact = everything.filtered(
            lambda fact: fact.partner_id == partner and fact.account_id == account
        )
        rivals = (everything - fact).filtered(lambda rival: rival.state != "forgotten")
        if rivals:
            state = "learnt"
            rivals._become("learnt")
        elif fact.state == "confirmed":
            state = "confirmed"
        vals = {"state": state, "user_id": self.env.uid}
        # sudo: facts come from matching, which checked the group; nobody writes them by hand.
        if fact:
            fact.sudo().write({**vals, "match_ids": [(4, match.id)]})
        else:
            self.sudo().create(
                {
                    **vals,
                    "company_id": match.company_id.id,
                    "kind": kind,
                    "key": key,
                    "partner_id": partner.id,
                    "account_id": account.id,
                    "match_ids": [(4, match.id)],
                }
            )

    @api.model
    def _unlearn(self, matches):
        """Forget what was only learnt from ``matches``: they were undone."""
        # sudo: whoever undoes a match need not be an accountant.
        facts = self.sudo().search([("match_ids", "in", matches.ids), ("state", "!=", "forgotten")])
        for fact in facts:
            standing = fact.match_ids.filtered(lambda match: match.state == "posted")
            if not standing:
                fact._become("forgotten")

    def _become(self, state):
        # sudo: the methods above check who may.
        self.sudo().write({"state": state, "user_id": self.env.uid})

    # === LOOKING UP === #

    @api.model
    def _find(self, company, kind, keys, states=("learnt", "confirmed")):
        """Facts of a company about any of ``keys``."""
        return self.search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", kind),
                ("key", "in", list(keys)),
                ("state", "in", states),
            ]
        )

    @api.model
    def _find_partners(self, company, kind, keys):
        """What is known about payers.

        :return: dict ``{key: (partner, certain)}``; a key with several partners is left out
        """
        found = {}
        for fact in self._find(company, kind, {key for key in keys if key}):
            found.setdefault(fact.key, self.browse())
            found[fact.key] |= fact
        result = {}
        for key, facts in found.items():
            sure = facts.filtered(lambda fact: fact.state == "confirmed")
            chosen = sure or facts
            if len(chosen.partner_id) == 1:
                partner = chosen.partner_id.commercial_partner_id
                result[key] = (partner.id, bool(sure) and len(facts.partner_id) == 1)
        return result

    @api.model
    def _find_fees(self, company, labels):
        """Accounts that labels were booked to.

        :return: dict ``{label: (account id, certain)}``; where two were, the label is left out
        """
        keys = {label: fee_key(label) for label in labels}
        accounts = {}
        for fact in self._find(company, "fee", {key for key in keys.values() if key}):
            accounts.setdefault(fact.key, []).append((fact.account_id.id, fact.state))
        return {
            label: (accounts[key][0][0], accounts[key][0][1] == "confirmed")
            for label, key in keys.items()
            if len(accounts.get(key, ())) == 1
        }

    @api.model
    def _find_fee_account(self, line):
        """The account such a line was booked to, if one was."""
        found = self._find_fees(line.company_id, [line.payment_ref or ""])
        account, _certain = found.get(line.payment_ref or "", (False, False))
        return self.env["account.account"].browse(account)


def fee_key(label):
    """The words of a label without numbers and dates: what fees of one kind have in common.

    >>> fee_key("Account fee 03/2026, No. 4711")
    'ACCOUNT FEE NO.'
    """
    words = _NUMBER.sub(" ", normalise(label)).split()
    words = [word for word in words if any(char.isalpha() for char in word)]
    return " ".join(words)[:120] if len("".join(words)) >= 4 else ""
