from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine.intake import edifact_answer, edifact_syntax, ubl_answer, x12_answer, x12_syntax
from ..engine.intake.answers import (
    ACCEPTED,
    CHANGED,
    REJECTED,
    AnswerFacts,
    AnswerLine,
    overall,
)
from ..engine.intake.canonical import Party


class Kind(NamedTuple):
    """A kind of answer: its file's ending and type, and whether it is about the order."""

    extension: str
    mimetype: str
    is_decision: bool


KINDS = {
    "order_response": Kind(".xml", "application/xml", True),
    "997": Kind(".x12", "application/edi-x12", False),
    "855": Kind(".x12", "application/edi-x12", True),
    "contrl": Kind(".edi", "application/edifact", False),
    "ordrsp": Kind(".edi", "application/edifact", True),
}
#: The answers of each format, the order's last.
ANSWERS = {"ubl": ("order_response",), "x12": ("997", "855"), "edifact": ("contrl", "ordrsp")}


class OrderIntake(models.Model):
    _inherit = "order.intake"

    answers = fields.Json(
        readonly=True,
        copy=False,
        help="Attachments with the answers that were written, by kind and decision.",
    )
    can_answer = fields.Boolean(compute="_compute_can_answer")

    @api.depends("state", "channel_id.kind")
    def _compute_can_answer(self):
        for intake in self:
            decided = intake.state in ("accepted", "rejected")
            intake.can_answer = decided and bool(intake._get_answer_kinds())

    # === ACTIONS === #

    def action_answer(self):
        """Write the answers to these documents, for the partner; once for each decision.

        :raise UserError: a document that can't be answered, or isn't decided
        """
        for intake in self:
            if not intake.can_answer:
                raise UserError(
                    self.env._(
                        "%(document)s can't be answered: only accepted and refused documents in"
                        " UBL, X12 or EDIFACT are.",
                        document=intake.display_name,
                    )
                )
            for kind in intake._get_answer_kinds():
                intake._get_answer(kind, refuse=True)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The answers are in the chatter, to download and send."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === BUSINESS === #

    @api.model
    def _find_by_reference(self, channel, reference):
        """The document of ``channel`` that counts for a reference or order number."""
        live = Domain("channel_id", "=", channel.id) & Domain(
            "state", "not in", ("duplicate", "superseded")
        )
        Intake = self.with_context(active_test=False)
        return Intake.search(live & Domain("external_ref", "=", reference), limit=1) or (
            Intake.search(live & Domain("order_number", "=", reference), limit=1)
        )

    def _get_answer_kinds(self):
        """The answers this document's format has, the order's last."""
        self.ensure_one()
        return ANSWERS.get(self.channel_id.kind, ())

    def _get_answer(self, kind, refuse=False):
        """The answer of a kind as an attachment, written once for each decision.

        What needs attention isn't refused yet: it is once somebody says so, or archives it.

        :param str kind: key of :data:`KINDS`
        :param bool refuse: answer a document that needs attention with a refusal
        :return: ``ir.attachment``; none while the document is undecided
        :raise UserError: the document doesn't say whom to answer
        """
        self.ensure_one()
        Attachment = self.env["ir.attachment"]
        decision = ""
        if KINDS[kind].is_decision:
            decision = self.state
            if self.state == "rejected" and (self.answers or {}).get(f"{kind}:rejected"):
                refuse = True
            if self.state != "accepted" and not (
                self.state == "rejected" and (refuse or not self.active)
            ):
                return Attachment
        key = f"{kind}:{decision}"
        # sudo: answers belong to the document, whoever may see it may see them.
        known = Attachment.sudo().browse((self.answers or {}).get(key)).exists()
        if known:
            return known
        name = f"{self.order_number or self.id}-{kind}{KINDS[kind].extension}".replace("/", "_")
        attachment = Attachment.sudo().create(
            {
                "name": name,
                "raw": self._write_answer(kind),
                "mimetype": KINDS[kind].mimetype,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        # Two writers at once: both change this row, so that one is repeated and finds the other's.
        self.sudo().answers = (self.answers or {}) | {key: attachment.id}
        self.sudo().message_post(
            body=self.env._("Answer written: %(kind)s", kind=kind.upper()),
            attachment_ids=attachment.ids,
        )
        return attachment

    def _write_answer(self, kind):
        """Bytes of a new answer.

        :raise UserError: the document doesn't say whom to answer
        """
        payload = self.attachment_id.raw or b""
        # sudo: the numbers of answers are nobody's to edit.
        control = int(self.env["ir.sequence"].sudo().next_by_code("order.intake.answer"))
        now = fields.Datetime.now()
        try:
            if kind == "997":
                return x12_answer.acknowledge(payload, control, now)
            if kind == "contrl":
                return edifact_answer.acknowledge(payload, str(control), now)
            facts, lines = self._gather_answer(payload, control, now)
            status = overall(lines) if lines else REJECTED
            if kind == "order_response":
                return ubl_answer.response(facts, lines, ubl_answer.CODE_OF[status])
            if kind == "855":
                return x12_answer.response(facts, lines, status, *_x12_envelope(payload, control))
            return edifact_answer.response(
                facts, lines, status, *_edifact_envelope(payload), str(control)
            )
        except ValueError as error:
            raise UserError(
                self.env._(
                    "%(document)s can't be answered here: %(detail)s. Tell the partner yourself.",
                    document=self.display_name,
                    detail=error,
                )
            )

    def _gather_answer(self, payload, control, now):
        """What the answer says: facts and lines, see ``engine.intake.answers``.

        :raise ValueError: the document has no number that could be answered to, or isn't an order
        """
        result = self.channel_id._read_document(payload)
        order, sale = result.order, self.order_id.sudo()
        if result.change:
            raise ValueError(self.env._("it changes an earlier order"))
        if not result.number:
            raise ValueError(self.env._("it has no order number"))
        company = self.company_id.sudo()
        promised = sale.commitment_date.date() if sale.commitment_date else None
        facts = AnswerFacts(
            number=str(control),
            order_number=result.number,
            issued_at=now,
            seller=order and order.seller or Party(name=company.name, vat=company.vat or ""),
            buyer=order and order.buyer or Party(name=sale.partner_id.name or "Buyer"),
            currency=order and order.currency or sale.currency_id.name or "",
            sales_number=sale.name or "",
            order_date=order.placed_at[:10] if order else "",
            note="" if sale else (self.error or ""),
            promised_from=promised,
            promised_until=promised,
        )
        if not order:
            return facts, []
        sold = self._get_sold_lines(order, sale)
        return facts, [self._prepare_answer_line(line, sold.get(line.ref)) for line in order.lines]

    @api.model
    def _get_sold_lines(self, order, sale):
        """The sales order's lines by the reference of the document's line they were made from."""
        if not sale or sale.state == "cancel":
            return {}
        lines = sale.order_line.filtered(lambda line: not line.display_type)
        if "channel_line_ref" in lines._fields:
            return lines.filtered("channel_line_ref").grouped("channel_line_ref")
        # Products come first, in the document's order; what the channel charges besides follows.
        refs = [line.ref for line in order.lines]
        return dict(zip(refs, lines.sorted("id"), strict=False))

    @api.model
    def _prepare_answer_line(self, line, sold):
        """The answer to one line of the document; ``sold`` are our lines for it, or None."""
        quantity = Decimal(str(sum(sold.mapped("product_uom_qty")))) if sold else Decimal()
        if not quantity:
            status = REJECTED
        else:
            status = ACCEPTED if quantity == line.quantity else CHANGED
        price = line.unit_price
        if price is None and sold:
            price = Decimal(str(sold[0].price_unit))
        return AnswerLine(
            ref=line.ref,
            status=status,
            quantity=quantity,
            ordered=line.quantity,
            uom=line.uom or "C62",
            unit_price=price,
            title=line.title,
            sku=line.sku,
            gtin=line.gtin,
            buyer_sku=line.buyer_sku,
        )


def _x12_envelope(payload, control):
    """Our and the partner's identification, our control number and whether it is a test."""
    found = x12_syntax.read(payload)
    if found.header is None or not found.groups:
        raise ValueError("no functional group")
    isa, group = found.header, found.groups[0].header
    ours = (isa.get(6), isa.get(7), group.get(2))
    theirs = (isa.get(4), isa.get(5), group.get(1))
    return ours, theirs, control, isa.get(14) == "T"


def _edifact_envelope(payload):
    """Our and the partner's identification."""
    found = edifact_syntax.read(payload)
    if found.header is None:
        raise ValueError("no interchange header")
    return tuple(found.header.element(2)), tuple(found.header.element(1))
