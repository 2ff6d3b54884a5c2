from odoo import api, fields, models

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
            for payout in payouts
        ]


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
