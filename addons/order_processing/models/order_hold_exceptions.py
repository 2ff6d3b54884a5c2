from odoo import api, fields, models

from ..flow import HOLD_BLOCKING

#: The bus channel that says "something changed", and nothing else: anybody may listen.
BUS = "order_exceptions"
#: Cards shown in a column; the others are in its list.
CARDS = 20


class OrderHold(models.Model):
    """The Exceptions cockpit: everything that waits for somebody, in one board."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.hold"

    def _tell(self, state, text):
        """Whoever looks at the board sees the change at once."""
        res = super()._tell(state, text)
        if self:
            self.env["bus.bus"]._sendone(BUS, BUS, {})
        return res

    @api.model
    def get_exceptions(self):
        """The board: columns, each with its number, its worst cards and the action of its list.

        :return: list of dicts of JSON values
        :raise AccessError: for who may not read holds
        """
        self.check_access("read")
        now = fields.Datetime.now()
        blocking = [("state", "in", list(HOLD_BLOCKING))]
        columns = [
            self._exception_column(
                "mine", self.env._("Waits for Me"), "order.hold", [("awaits_me", "=", True)]
            ),
            self._exception_column(
                "late",
                self.env._("Overdue or Escalated"),
                "order.hold",
                [*blocking, "|", ("date_due", "<", now), ("date_escalated", "!=", False)],
            ),
            self._exception_column(
                "holds",
                self.env._("On Hold, in Time"),
                "order.hold",
                [
                    *blocking,
                    ("date_escalated", "=", False),
                    "|",
                    ("date_due", "=", False),
                    ("date_due", ">=", now),
                ],
            ),
        ]
        if self.env["order.intake"].has_access("read"):
            columns.append(
                self._exception_column(
                    "intake",
                    self.env._("Documents That Failed"),
                    "order.intake",
                    [("state", "=", "rejected")],
                )
            )
        return columns

    @api.model
    def _exception_column(self, key, title, model, domain):
        """One column of the board."""
        records = self.env[model].search(domain, limit=CARDS, order="create_date")
        return {
            "key": key,
            "title": title,
            "model": model,
            "domain": [
                list(term) if isinstance(term, tuple) else term for term in fields.Domain(domain)
            ],
            "count": self.env[model].search_count(domain),
            "cards": [
                record._exception_card() if model == self._name else self._intake_card(record)
                for record in records
            ],
        }

    def _exception_card(self):
        """This hold as a card."""
        return {
            "id": self.id,
            "title": self.order_id.name,
            "subtitle": self.partner_id.display_name or "",
            "text": self.reason,
            "badge": self._label("kind"),
            "amount": self.currency_id.format(self.amount_total),
            "since": fields.Datetime.to_string(self.create_date),
            "due": fields.Datetime.to_string(self.date_due) if self.date_due else False,
            "late": self.is_overdue or bool(self.date_escalated),
            "owner": self.waiting_for or self.user_id.sudo().name or "",
        }

    @api.model
    def _intake_card(self, intake):
        """A document that failed as a card."""
        return {
            "id": intake.id,
            "title": intake.display_name,
            "subtitle": intake.channel_id.name,
            "text": intake.error or "",
            "badge": "",
            "amount": "",
            "since": fields.Datetime.to_string(intake.create_date),
            "due": False,
            "late": False,
            "owner": intake.channel_id.user_id.sudo().name or "",
        }
