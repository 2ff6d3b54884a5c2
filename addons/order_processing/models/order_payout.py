from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import matching
from .account_bank_statement_line_facts import exact

#: Days around the bank lines in which payouts are looked for.
DAYS = 30


class OrderPayout(models.Model):
    """What a payment provider paid out in one sum, from its report: transactions less fees."""

    _name = "order.payout"
    _description = "Provider Payout"
    _order = "date desc, id desc"
    _rec_name = "reference"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    provider = fields.Selection(
        [("stripe", "Stripe"), ("paypal", "PayPal")], required=True, readonly=True
    )
    reference = fields.Char(required=True, readonly=True, help="What the provider calls it.")
    date = fields.Date(required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="What the bank should see.")
    fee = fields.Monetary(readonly=True, help="What the provider kept.")
    difference = fields.Monetary(
        readonly=True,
        help="By how much the transactions miss the amount: the report is not complete. Such a"
        " payout isn't matched.",
    )
    line_ids = fields.One2many("order.payout.line", "payout_id", string="Transactions")

    _reference_uniq = models.Constraint(
        "UNIQUE (company_id, provider, reference, currency_id)", "This payout is in already."
    )

    @api.model
    def _import_payouts(self, payouts, company):
        """Keep payouts of a report, each once; a more complete report completes one.

        :param payouts: list of ``engine.statement.payout.ProviderPayout``
        :return: the new or completed ones
        """
        currencies = {
            currency.name: currency
            for currency in self.env["res.currency"].search(
                [("name", "in", sorted({payout.currency for payout in payouts}))]
            )
        }
        known = {
            (each.provider, each.reference, each.currency_id): each
            for each in self.search(
                [
                    ("company_id", "=", company.id),
                    ("reference", "in", [payout.reference for payout in payouts]),
                ]
            )
        }
        touched, rows = self.browse(), []
        for payout in payouts:
            currency = currencies[payout.currency]
            vals = self._prepare_payout_vals(payout, company, currency)
            found = known.get((payout.provider, payout.reference, currency))
            if not found:
                rows.append(vals)
            elif found.difference and not payout.difference:
                found.line_ids.unlink()
                found.write(vals)
                touched |= found
        return touched | self.create(rows)

    @api.model
    def _prepare_payout_vals(self, payout, company, currency):
        return {
            "company_id": company.id,
            "provider": payout.provider,
            "reference": payout.reference,
            "date": payout.date,
            "currency_id": currency.id,
            "amount": float(payout.amount),
            "fee": float(payout.fee),
            "difference": float(payout.difference),
            "line_ids": [
                (
                    0,
                    0,
                    {
                        "references": "\n".join(each.references),
                        "kind": each.kind,
                        "gross": float(each.gross),
                        "fee": float(each.fee),
                    },
                )
                for each in payout.transactions
            ],
        }

    @api.model
    def _gather_payouts(self, bank_lines):
        """Complete payouts that may be among ``bank_lines`` of one company, for the engine."""
        days = bank_lines.mapped("date")
        if not days:
            return []
        payouts = self.search(
            [
                ("company_id", "=", bank_lines.company_id[:1].id),
                ("difference", "=", 0),
                ("date", ">=", fields.Date.subtract(min(days), days=DAYS)),
                ("date", "<=", fields.Date.add(max(days), days=DAYS)),
            ]
        )
        return payouts._as_facts()

    def _as_facts(self):
        """These payouts as the engine takes them."""
        return [
            matching.Payout(
                id=payout.id,
                scope=payout.company_id.id,
                date=payout.date,
                amount=exact(payout.amount, payout.currency_id),
                currency=payout.currency_id.name,
                references=(payout.reference,),
                provider=payout.provider,
                entries=tuple(
                    matching.Entry(
                        tuple((line.references or "").split("\n")),
                        exact(line.gross, payout.currency_id),
                    )
                    for line in payout.line_ids
                    if line.gross
                ),
            )
            for payout in self
        ]

    @api.model
    def _get_pending(self, company, since):
        """Complete payouts of a company, from a day on, that no bank line was matched with."""
        payouts = self.search(
            [("company_id", "=", company.id), ("difference", "=", 0), ("date", ">=", since)]
        )
        self.env["order.match"].flush_model(["state", "candidates"])
        seen = {
            payout
            for (payout,) in self.env.execute_query(
                SQL(
                    """SELECT DISTINCT (candidates->'facts'->>'payout')::int FROM order_match
                        WHERE company_id = %s AND level = 'payout' AND state = 'posted'""",
                    company.id,
                )
            )
        }
        return payouts.filtered(lambda payout: payout.id not in seen)

    def _get_settled_items(self):
        """Ids of the open items that these payouts of one company will settle."""
        if not self:
            return set()
        company = self.company_id.ensure_one()
        Line = self.env["account.bank.statement.line"].with_company(company)
        items = self.env["account.move.line"].search(
            Line._get_item_domain()
            & Domain("company_id", "=", company.id)
            & Domain("parent_state", "=", "posted")
            & Domain("account_id.reconcile", "=", True)
            & Domain("reconciled", "=", False)
        )
        facts, _documents = Line._prepare_items({item: [company.id] for item in items.ids})
        return matching.settled_by(facts, self._as_facts())


class OrderPayoutLine(models.Model):
    """One transaction of a payout."""

    _name = "order.payout.line"
    _description = "Transaction of a Payout"
    _rec_name = "references"

    payout_id = fields.Many2one("order.payout", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="payout_id.company_id", store=True)
    currency_id = fields.Many2one(related="payout_id.currency_id")
    references = fields.Text(readonly=True, help="All that the provider calls it.")
    kind = fields.Char(readonly=True)
    gross = fields.Monetary(readonly=True)
    fee = fields.Monetary(readonly=True)
