import base64
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.order_processing.engine.intake import (
    numerals,
    spreadsheets,
    x12_syntax,
)

from ..engine import edi210, freight_audit
from .shipping_rate import to_decimal

FINDINGS = [
    ("ok", "As Bought"),
    ("cheaper", "Cheaper"),
    ("unknown", "Unknown Parcel"),
    ("duplicate", "Billed Twice"),
    ("voided", "Label Was Void"),
    ("never_shipped", "Never Shipped"),
    ("weight", "Heavier than Weighed"),
    ("surcharge", "Surcharge"),
    ("price", "Dearer than Quoted"),
    ("late", "Late: Refund"),
]


class ShippingInvoice(models.Model):
    """A carrier's bill, held against the labels that were bought from it."""

    _name = "shipping.invoice"
    _description = "Carrier Invoice"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, tracking=True)
    carrier_id = fields.Many2one("delivery.carrier", required=True, check_company=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    file = fields.Binary(
        string="Carrier's File",
        attachment=True,
        help="CSV or XLSX with a column for the tracking number and one for the amount; further "
        "columns (weight, service, description, date) are recognised by their names. Or X12 (EDI "
        "210).",
    )
    filename = fields.Char()
    weight_unit = fields.Selection([("kg", "kg"), ("lb", "lb")], default="kg", required=True)
    tolerance = fields.Monetary(default=0.5, help="Money a parcel may differ by unnoticed.")
    tolerance_percent = fields.Float(
        string="Tolerance (%)", default=2.0, help="Or this share of its cost, whichever is more."
    )
    state = fields.Selection(
        [("draft", "Draft"), ("audited", "Audited"), ("closed", "Closed")],
        default="draft",
        required=True,
        tracking=True,
    )
    line_ids = fields.One2many("shipping.invoice.line", "invoice_id", copy=False)
    line_count = fields.Integer(compute="_compute_totals")
    claim_count = fields.Integer(compute="_compute_totals", string="Claims")
    amount_total = fields.Monetary(string="Billed", compute="_compute_totals")
    amount_expected = fields.Monetary(string="Bought For", compute="_compute_totals")
    amount_claim = fields.Monetary(string="To Claim", compute="_compute_totals")

    _number_uniq = models.UniqueIndex(
        "(carrier_id, company_id, name)", "This bill of the carrier was entered before."
    )

    @api.depends("line_ids.amount", "line_ids.expected", "line_ids.difference", "line_ids.finding")
    def _compute_totals(self):
        for invoice in self:
            lines = invoice.line_ids
            claims = lines.filtered("is_claim")
            invoice.line_count = len(lines)
            invoice.claim_count = len(claims)
            invoice.amount_total = sum(lines.mapped("amount"))
            invoice.amount_expected = sum(lines.mapped("expected"))
            invoice.amount_claim = sum(claims.mapped("difference"))

    # === ACTION === #

    def action_audit(self):
        """Read the file, if it wasn't, and compare every line with what was bought.

        :raise UserError: the file can't be read, or lacks a column
        """
        self.ensure_one()
        if self.state == "closed":
            raise UserError(self.env._("This bill is closed."))
        if not self.line_ids:
            self._read_file()
        self._audit()
        self.state = "audited"
        return True

    def action_read_again(self):
        """Throw the lines away and read the file again."""
        self.ensure_one()
        if self.state == "closed":
            raise UserError(self.env._("This bill is closed."))
        self.line_ids.unlink()
        return self.action_audit()

    def action_close(self):
        """Nothing more is to be said about these bills."""
        for invoice in self:
            if invoice.state != "audited":
                raise UserError(self.env._("Audit %s first.", invoice.name))
        self.state = "closed"
        return True

    def action_view_claims(self):
        """The lines worth a claim, to be exported and sent to the carrier."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_shipping.shipping_invoice_line_action"
        )
        return action | {"domain": [("invoice_id", "=", self.id), ("is_claim", "=", True)]}

    # === BUSINESS === #

    def _read_file(self):
        payload = self.with_context(bin_size=False).file
        if not payload:
            raise UserError(self.env._("Choose the carrier's file first (CSV, XLSX or EDI 210)."))
        content = base64.b64decode(payload)
        if content.lstrip()[:3] == b"ISA":
            self.env["shipping.invoice.line"].create(self._prepare_edi_lines(content))
            return
        table = spreadsheets.read_table(content)
        if table.failed:
            raise UserError(
                self.env._("The file can't be read: save it as CSV or XLSX and choose it again.")
            )
        columns = freight_audit.guess_columns(table.headers)
        missing = {"tracking_number", "amount"} - columns.keys()
        if missing:
            names = {
                "tracking_number": self.env._("tracking number"),
                "amount": self.env._("net amount"),
            }
            raise UserError(
                self.env._(
                    "The file has no column for: %(missing)s. Its columns are: %(columns)s. Rename "
                    "the right one to “Tracking Number” or “Net Amount”.",
                    missing=", ".join(names[name] for name in sorted(missing)),
                    columns=", ".join(table.headers),
                )
            )
        self.env["shipping.invoice.line"].create(self._prepare_lines(table, columns))

    def _prepare_edi_lines(self, content):
        """One dict a charge of an X12 interchange with transactions 210.

        :raise UserError: it isn't whole, has no 210, or is wrong in itself
        """
        interchange = x12_syntax.read(content)
        if not interchange.sound:
            codes = ", ".join(dict.fromkeys(finding.code for finding in interchange.findings))
            raise UserError(
                self.env._(
                    "The X12 file isn't whole (%s): ask the carrier to send it again.", codes
                )
            )
        lines, problems, currencies = edi210.read(
            transaction for _group, transaction in interchange.transactions
        )
        if problems:
            words = [self._describe_edi(problem) for problem in problems[:20]]
            raise UserError("\n".join(words))
        if not lines:
            raise UserError(self.env._("The X12 file has no invoice (transaction 210)."))
        foreign = currencies - {self.currency_id.name, ""}
        if foreign:
            raise UserError(
                self.env._("The file is in %s: choose that currency.", ", ".join(sorted(foreign)))
            )
        return [
            {
                "invoice_id": self.id,
                "sequence": number,
                "tracking_number": line.tracking_number,
                "amount": float(line.amount),
                "weight": float(line.weight),
                "description": line.description,
            }
            for number, line in enumerate(lines, 1)
        ]

    def _describe_edi(self, problem):
        words = {
            edi210.NO_INVOICE: self.env._("it has no invoice segment (B3)"),
            edi210.NO_TRACKING: self.env._("it names no parcel (N9 with 2I, CN or AW)"),
            edi210.NO_AMOUNT: self.env._("it has no amount that can be read"),
            edi210.TOTAL: self.env._("its charges don't add up to its total"),
        }
        return self.env._(
            "Transaction %(number)s, invoice %(invoice)s: %(words)s. Ask the carrier for it again.",
            number=problem.transaction,
            invoice=problem.detail or "?",
            words=words[problem.code],
        )

    def _prepare_lines(self, table, columns):
        """One dict a row; rows whose amount is no number are named and stop the import."""

        def cell(row, name):
            return row[columns[name]].strip() if name in columns else ""

        mark, _proven = numerals.decimal_mark(
            [cell(row, "amount") for row in table.rows], table.delimiter
        )
        factor = Decimal("0.45359237") if self.weight_unit == "lb" else Decimal(1)
        vals_list, bad = [], []
        for number, row in enumerate(table.rows, 2):
            if not any(text.strip() for text in row):
                continue
            amount = numerals.to_decimal(cell(row, "amount"), mark)
            if amount is None or not cell(row, "tracking_number"):
                bad.append(number)
                continue
            weight = numerals.to_decimal(cell(row, "weight"), mark) or Decimal(0)
            vals_list.append(
                {
                    "invoice_id": self.id,
                    "sequence": number,
                    "tracking_number": cell(row, "tracking_number"),
                    "amount": float(amount),
                    "weight": float(weight * factor),
                    "service": cell(row, "service"),
                    "description": cell(row, "description"),
                }
            )
        if bad:
            raise UserError(
                self.env._(
                    "These rows have no tracking number or no amount: %(rows)s. Correct them in "
                    "the file (totals don't belong in it) and choose it again.",
                    rows=", ".join(map(str, bad[:20])),
                )
            )
        return vals_list

    def _audit(self):
        """Gather labels, let the engine compare, write each line once."""
        labels = self._find_labels()
        earlier = self.env["shipping.invoice.line"]._read_group(
            [("label_id", "in", labels.ids), ("invoice_id", "!=", self.id)], ["label_id"]
        )
        billed_before = {label.id for (label,) in earlier}
        bought = {
            freight_audit.normal(label.tracking_number): self._prepare_bought(
                label, label.id in billed_before
            )
            for label in labels
        }
        lines = [
            freight_audit.Billed(
                line.id,
                line.tracking_number,
                to_decimal(line.amount),
                to_decimal(line.weight),
                line.description or "",
            )
            for line in self.line_ids
        ]
        findings = freight_audit.audit(
            lines,
            bought,
            to_decimal(self.tolerance),
            to_decimal(self.tolerance_percent) / 100,
        )
        told = set()
        for line, finding in zip(self.line_ids, findings, strict=True):
            known = bought.get(freight_audit.normal(line.tracking_number))
            is_owed = finding.code not in ("duplicate", "voided", "never_shipped")
            is_first = finding.label and finding.label not in told and is_owed
            told.add(finding.label)
            line.write(
                {
                    "label_id": finding.label,
                    "finding": finding.code,
                    "difference": float(finding.difference),
                    "expected": float(known.amount) if known and is_first else 0.0,
                    "is_claim": finding.code in freight_audit.CLAIMS,
                }
            )

    def _find_labels(self):
        numbers = {freight_audit.normal(line.tracking_number) for line in self.line_ids}
        # sudo: the whole company's labels, whoever of shipping looks at the bill.
        labels = self.env["shipping.label"].sudo()
        return labels.search(
            [
                ("company_id", "=", self.company_id.id),
                ("carrier_id", "=", self.carrier_id.id),
                ("tracking_number", "in", list(numbers)),
            ]
        )

    def _prepare_bought(self, label, billed_before):
        delivered = label.date_track if label.track_status == "delivered" else None
        return freight_audit.Bought(
            key=label.id,
            amount=to_decimal(
                label.currency_id._convert(label.cost, self.currency_id, self.company_id, self.date)
            ),
            weight=to_decimal(label.billed_weight or label.weight),
            is_voided=label.state == "voided",
            is_shipped=label.picking_id.state == "done",
            promised=label.date_promised or None,
            delivered=delivered.date() if delivered else None,
            is_guaranteed=bool(label.date_promised),
            billed_before=billed_before,
        )


class ShippingInvoiceLine(models.Model):
    """One line of a carrier's bill, with what was found about it."""

    _name = "shipping.invoice.line"
    _description = "Carrier Invoice Line"
    _order = "invoice_id desc, is_claim desc, sequence, id"
    _rec_name = "tracking_number"

    invoice_id = fields.Many2one("shipping.invoice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="invoice_id.company_id", store=True)
    carrier_id = fields.Many2one(related="invoice_id.carrier_id", store=True)
    currency_id = fields.Many2one(related="invoice_id.currency_id")
    sequence = fields.Integer(string="Row")
    tracking_number = fields.Char(required=True)
    service = fields.Char()
    description = fields.Char()
    amount = fields.Monetary(string="Billed")
    weight = fields.Float(string="Billed (kg)", digits="Stock Weight")
    label_id = fields.Many2one("shipping.label", readonly=True, index="btree_not_null")
    picking_id = fields.Many2one(related="label_id.picking_id")
    expected = fields.Monetary(string="Bought For", readonly=True)
    difference = fields.Monetary(string="Too Much", readonly=True)
    finding = fields.Selection(FINDINGS, readonly=True, index=True)
    is_claim = fields.Boolean(string="Claim", help="To be claimed back from the carrier.")
    note = fields.Char(help="What became of the claim.")
