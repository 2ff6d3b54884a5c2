from odoo import api, models


class OrderMatch(models.Model):
    """Why a match was made or proposed, in words."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.match"

    @api.model
    def _describe(self, candidate, documents):
        """Say in words why ``candidate`` (matching.Candidate) was chosen or proposed.

        :param documents: dict ``{journal item id: its Document, with a title}``
        """
        facts = {
            "documents": ", ".join(
                dict.fromkeys(documents[item].title or "?" for item in candidate.items)
            ),
            **candidate.facts,
            "names": ", ".join(candidate.facts.get("names", ())),
        }
        texts = {
            "reference_exact": lambda: self.env._(
                "%(documents)s: named in the label (%(names)s), and the amount is exact", **facts
            ),
            "partner_exact": lambda: self.env._(
                "%(documents)s: the customer's only open document of this amount", **facts
            ),
            "other_amount": lambda: self.env._(
                "%(documents)s: named in the label, but %(open)s is open and %(amount)s was paid",
                **facts,
            ),
            "other_partner": lambda: self.env._(
                "%(documents)s: named in the label, but it is another customer's", **facts
            ),
            "other_currency": lambda: self.env._(
                "%(documents)s: named in the label, but in another currency", **facts
            ),
            "reference_short": lambda: self.env._(
                "%(documents)s: the amount is exact, but %(names)s is too short to prove it",
                **facts,
            ),
            "reference_unclear": lambda: self.env._(
                "%(documents)s: named in the label and the amount is exact, but the label names"
                " more, or several documents fit",
                **facts,
            ),
            "several_partners": lambda: self.env._(
                "%(documents)s: all named and the sum is exact, but of several customers", **facts
            ),
            "partner_tie": lambda: self.env._(
                "%(documents)s: one of the customer's %(count)s documents of this amount", **facts
            ),
            "partner_other_name": lambda: self.env._(
                "%(documents)s: the customer's and exact, but the label names %(names)s", **facts
            ),
            "whole_balance": lambda: self.env._(
                "%(documents)s: everything the customer has open, and exact", **facts
            ),
            "sum_of_items": lambda: self.env._(
                "%(documents)s: the only %(count)s open documents that add up to the amount",
                **facts,
            ),
            "amount_name": lambda: self.env._(
                "%(documents)s: the amount is exact, and %(partner)s is like the payer"
                " (%(alike)s %%)",
                **facts,
            ),
            "amount_only": lambda: self.env._(
                "%(documents)s: one of %(count)s documents of this amount, no other sign", **facts
            ),
            "amount_other_partner": lambda: self.env._(
                "%(documents)s: the amount is exact, but it is another customer's", **facts
            ),
        }
        texts.update(self._describe_levels(facts))
        return texts[candidate.why]()

    @api.model
    def _describe_levels(self, facts):
        """Sentences about the less usual evidence."""
        return {
            "end_to_end_exact": lambda: self.env._(
                "%(documents)s: ordered under the end-to-end id %(names)s, and exact", **facts
            ),
            "payment_memo": lambda: self.env._(
                "%(documents)s: a registered payment with this text and amount", **facts
            ),
            "payout_whole": lambda: self.env._(
                "Payout %(names)s: all its %(count)s transactions, less the provider's fee",
                **facts,
            ),
            "payout_part": lambda: self.env._(
                "Payout %(names)s: %(count)s of its transactions; %(missing)s are not open here",
                **facts,
            ),
            "batch_whole": lambda: self.env._(
                "Payment file %(names)s: named in the label, and its %(count)s open payments are"
                " exactly the amount",
                **facts,
            ),
            "batch_amount": lambda: self.env._(
                "Payment file %(names)s: its %(count)s open payments are exactly the amount, but"
                " the label doesn't name it",
                **facts,
            ),
            "batch_rest": lambda: self.env._(
                "Payment file %(names)s: %(count)s of its payments are exactly the amount; of"
                " %(missing)s something else is open than the bank was told",
                **facts,
            ),
            "batch_less": lambda: self.env._(
                "Payment file %(names)s: exact without %(missing)s of its payments. Did the bank"
                " give back what is missing? These %(count)s would be settled",
                **facts,
            ),
            "batch_other_amount": lambda: self.env._(
                "Payment file %(names)s: named in the label, but %(open)s is open in it and"
                " %(amount)s was booked",
                **facts,
            ),
            "chargeback": lambda: self.env._(
                "Taken back: the payment of %(names)s; what it paid is open again", **facts
            ),
            "discount": lambda: self.env._(
                "%(documents)s: named in the label, and paid early enough for the discount of"
                " %(discount)s",
                **facts,
            ),
            "fee_tolerance": lambda: self.env._(
                "%(documents)s: named in the label, and only %(missing)s is missing, as a bank's"
                " fee would",
                **facts,
            ),
            "lines_together": lambda: self.env._(
                "%(documents)s: named in the label, and %(count)s bank lines together pay it"
                " exactly",
                **facts,
            ),
            "fee_learnt": lambda: self.env._(
                "Lines with such a label were booked to %(account)s before",
                account=self.env["account.account"].browse(facts["account"]).display_name,
            ),
            "reference_old": lambda: self.env._(
                "%(documents)s: named in the label and exact, but older than matching looks",
                **facts,
            ),
            "reference_swapped": lambda: self.env._(
                "%(documents)s: the amount is exact, and the label names it but for two digits"
                " that changed places",
                **facts,
            ),
            "amount_swapped": lambda: self.env._(
                "%(documents)s: named in the label; %(open)s is open and %(amount)s was paid: two"
                " digits changed places?",
                **facts,
            ),
            "amount_learnt": lambda: self.env._(
                "%(documents)s: the amount is exact, and %(partner)s was chosen for this payer"
                " before",
                **facts,
            ),
            "chosen": lambda: self.env._("%(documents)s: chosen by hand", **facts),
            "chosen_and_rest": lambda: self.env._(
                "%(documents)s: chosen by hand, the rest booked to %(names)s", **facts
            ),
            "written_off": lambda: self.env._("Booked to %(names)s by hand", **facts),
        }

    @api.model
    def _describe_note(self, decision):
        """Say in words what a line without a match has met (matching.Decision), if anything."""
        if decision.note == "named_closed":
            return self.env._(
                "The label names %(names)s, which is paid already: paid twice?",
                names=", ".join(decision.facts["names"]),
            )
        if decision.note == "returned":
            return self.env._("The bank returns a payment, but the label names no document.")
        if decision.note == "locked":
            return self.env._(
                "The line lies in a locked period. Open the period, or book it by hand."
            )
        return ""
