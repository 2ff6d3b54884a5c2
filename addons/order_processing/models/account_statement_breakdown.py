from odoo import models
from odoo.tools import SQL, formatLang


class AccountStatementImport(models.TransientModel):
    """Bookings of many payments as one, which some banks break down in another file.

    A camt.053 may book a day's card payments in one sum, and a camt.054 tell them one by one.
    Whichever comes second adds nothing: the money came once.
    """

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.statement.import"

    def _drop_breakdowns(self, stmts_vals, result):
        """Leave out parts of bookings that are in already, and sums whose parts are."""
        for vals in stmts_vals:
            known, broken_down = self._find_bookings(vals)
            kept, parts = [], {}
            for line in vals["transactions"]:
                details = line.get("transaction_details") or {}
                if details.get("entry") in known:
                    parts.setdefault(details["entry"], []).append(line["payment_ref"])
                elif not details.get("entry") and details.get("fitid") in broken_down:
                    parts.setdefault(details["fitid"], [])
                else:
                    kept.append(line)
            if not parts:
                continue
            vals["transactions"] = kept
            # What is left doesn't add up to the stated balances any more.
            vals.pop("balance_start", None)
            vals.pop("balance_end_real", None)
            for entry, labels in parts.items():
                if labels:
                    known[entry].narration = "\n".join(labels)
            result["notifications"].append(
                self.env._(
                    "%(count)s bookings are imported already, as a sum or in parts, and were"
                    " ignored: %(bookings)s.",
                    count=len(parts),
                    bookings=", ".join(list(parts)[:10]),
                )
            )

    def _describe_gaps(self, statements):
        """Say where these statements don't begin with what the ones before ended with.

        :return: list of texts
        """
        texts = []
        for statement in statements.sorted("first_line_index"):
            if statement._get_statement_validity():
                continue
            before = statement.search(
                [
                    ("journal_id", "=", statement.journal_id.id),
                    ("first_line_index", "<", statement.first_line_index),
                ],
                order="first_line_index desc",
                limit=1,
            )
            currency = statement.currency_id
            texts.append(
                self.env._(
                    "%(name)s begins with %(start)s, but the statement before, of %(date)s, ends"
                    " with %(end)s: movements of %(difference)s are missing between them. Import"
                    " the file of those days.",
                    name=statement.name,
                    start=formatLang(self.env, statement.balance_start, currency_obj=currency),
                    date=before.date,
                    end=formatLang(self.env, before.balance_end_real, currency_obj=currency),
                    difference=formatLang(
                        self.env,
                        statement.balance_start - before.balance_end_real,
                        currency_obj=currency,
                    ),
                )
            )
        return texts

    def _find_bookings(self, vals):
        """Bookings of the journal named in ``vals``: imported as sums, and imported in parts.

        :return: dict id of booking → its bank line; set of ids of bookings
        """
        details = [line.get("transaction_details") or {} for line in vals["transactions"]]
        entries = sorted({each["entry"] for each in details if each.get("entry")})
        sums = sorted({each["fitid"] for each in details if each.get("fitid")} - set(entries))
        lines = self.env["account.bank.statement.line"]
        if not entries and not sums:
            return {}, set()
        rows = self.env.execute_query(
            SQL(
                """SELECT id, transaction_details->>'fitid', transaction_details->>'entry'
                     FROM account_bank_statement_line
                    WHERE journal_id = %s
                      AND (transaction_details->>'entry' = ANY(%s)
                           OR transaction_details->>'fitid' = ANY(%s)
                              AND transaction_details->>'entry' IS NULL)""",
                vals["journal_id"],
                sums,
                entries,
            )
        )
        known = {fitid: lines.browse(line_id) for line_id, fitid, entry in rows if not entry}
        return known, {entry for _id, _fitid, entry in rows if entry}
