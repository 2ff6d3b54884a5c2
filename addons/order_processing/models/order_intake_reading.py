from markupsafe import Markup

from odoo import api, fields, models

from ..engine.intake.canonical import ERROR, HOLD

#: Lines of an order that its document's form shows.
SHOWN_LINES = 100
TABLE = Markup(
    '<table class="table table-sm mb-2"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>'
)
ROW = Markup("<tr>%s</tr>")
CELL, HEAD = Markup("<td>%s</td>"), Markup("<th>%s</th>")
BADGE = Markup('<span class="badge text-bg-%s">%s</span> ')
WHERE = Markup('<div class="text-muted small">%s</div>')


def _table(heads, rows):
    """A table of texts; every value is escaped."""
    return TABLE % (
        Markup().join(HEAD % head for head in heads),
        Markup().join(ROW % Markup().join(CELL % cell for cell in row) for row in rows),
    )


def _amount(value):
    return "" if value is None else f"{value.normalize() + 0:f}"


class OrderIntake(models.Model):
    """What was understood of a document, beside the document and what is to be said of it."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.intake"

    # sanitize=False: every value in them is escaped by Markup.
    understood_table = fields.Html(
        compute="_compute_understood_table", sanitize=False, string="Understood"
    )
    finding_table = fields.Html(
        compute="_compute_finding_table", sanitize=False, string="What Was Found"
    )

    @api.depends("attachment_id", "channel_id")
    def _compute_understood_table(self):
        for intake in self:
            result = intake.channel_id._read_document(
                intake.attachment_id.with_context(bin_size=False).raw or b""
            )
            order = result.order or (result.change and result.change.order)
            lines = order.lines if order else ()
            if result.change and not order:
                lines = [each.line for each in result.change.lines]
            parts = [intake._render_header(order)] if order else []
            if lines:
                parts.append(intake._render_lines(lines))
            if order:
                parts.append(intake._render_totals(order))
            intake.understood_table = Markup().join(parts) or False

    def _render_header(self, order):
        rows = {
            self.env._("Number"): order.number,
            self.env._("Customer"): order.company_name or order.customer_name,
            self.env._("E-mail"): order.email,
            self.env._("Ship to"): self._render_place(order.shipping),
            self.env._("Invoice to"): self._render_place(order.billing),
            self.env._("Asked for by"): order.requested_date or order.ship_date,
            self.env._("Not before"): order.not_before,
            self.env._("Payment terms"): order.payment_terms,
            self.env._("Note"): order.note,
        }
        return _table((), [(name, value) for name, value in rows.items() if value])

    @staticmethod
    def _render_place(place):
        if place is None:
            return ""
        town = f"{place.zip} {place.city}".strip()
        country = place.country_code or place.country_name
        return ", ".join(filter(None, (place.name, place.street, town, country)))

    def _render_lines(self, lines):
        heads = (
            self.env._("Product"),
            self.env._("Quantity"),
            self.env._("Price"),
            self.env._("Discount"),
        )
        rows = [
            (
                " ".join(filter(None, (line.sku or line.gtin or line.buyer_sku, line.title))),
                f"{_amount(line.quantity)} {line.uom}".strip(),
                _amount(line.unit_price),
                _amount(line.discount) if line.discount else "",
            )
            for line in lines[:SHOWN_LINES]
        ]
        if len(lines) > SHOWN_LINES:
            rows.append((self.env._("… and %(count)s more", count=len(lines) - SHOWN_LINES),))
        return _table(heads, rows)

    def _render_totals(self, order):
        rows = [(charge.title or charge.kind, _amount(charge.net)) for charge in order.charges]
        if order.discount:
            rows.append((self.env._("Discount"), _amount(-order.discount)))
        rows += [(tax.title or self.env._("Tax"), _amount(tax.amount)) for tax in order.taxes]
        if order.total is not None:
            rows.append((self.env._("Total"), f"{_amount(order.total)} {order.currency}"))
        rows += [
            (f"{payment.method or payment.kind} ({payment.status})", _amount(payment.amount))
            for payment in order.payments
        ]
        return _table((), rows)

    @api.depends("findings")
    @api.depends_context("lang")
    def _compute_finding_table(self):
        words = {
            ERROR: ("danger", self.env._("Refused")),
            HOLD: ("warning", self.env._("Held")),
        }
        for intake in self:
            rows = [
                (
                    BADGE % words.get(each["severity"], ("info", self.env._("To know")))
                    + each["message"]
                    + WHERE % each["field"],
                )
                for each in intake.findings or []
            ]
            intake.finding_table = _table((), rows) if rows else False

    # === ACTIONS === #

    @api.model
    def action_retry_all(self):
        """Process everything again that needs attention: few at once, many in the background.

        :return: notification, or the batch
        """
        waiting = self.search([("state", "=", "rejected")])
        batches = waiting._work_off(self.env._("Tried again"), again=True)
        if len(batches) == 1:
            return batches._open()
        accepted = waiting.filtered(lambda intake: intake.state == "accepted")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if accepted else "info",
                "message": self.env._(
                    "%(accepted)s of %(count)s documents became orders.",
                    accepted=len(accepted),
                    count=len(waiting),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
