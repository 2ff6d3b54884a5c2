import base64
import io
import zipfile

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.pdf import PdfReadError, merge_pdf, to_pdf_stream

KINDS = [
    ("source", "Source Document"),
    ("confirmation", "Confirmation"),
    ("delivery", "Delivery Note"),
    ("label", "Label"),
    ("customs", "Customs Paper"),
    ("proof", "Proof of Delivery"),
    ("invoice", "Invoice"),
    ("credit", "Credit Note"),
    ("receipt", "Receipt"),
    ("other", "Other"),
]
#: The most papers in one list or download: more is a job for an archive.
MOST = 500


class OrderDocument(models.TransientModel):
    """One paper of an order, as a row of the list somebody opened.

    Rows are made for the user who asks, of what that user may read, and nobody else sees them.
    A paper is a file that is kept, or a report that is made when it is downloaded.
    """

    _name = "order.document"
    _description = "Paper of an Order"
    _order = "date desc, id desc"

    name = fields.Char(readonly=True)
    kind = fields.Selection(KINDS, string="Type", readonly=True)
    date = fields.Datetime(readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    attachment_id = fields.Many2one("ir.attachment", readonly=True, ondelete="cascade")
    report = fields.Char(readonly=True, help="The report that makes this paper.")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    source = fields.Char(string="Of", readonly=True, help="What the paper belongs to.")
    mimetype = fields.Char(string="File Type", readonly=True)

    # === ACTION === #

    def action_download_pdf(self):
        """These papers as one PDF, in the order they were made.

        :raises UserError: if one of them is no PDF or picture, with its name
        """
        papers = self.sorted(lambda paper: (paper.date or fields.Datetime.now(), paper.id))
        if not papers:
            raise UserError(self.env._("Choose papers first."))
        parts, wrong = [], []
        for paper in papers:
            content = paper._as_pdf()
            if content:
                parts.append(content)
            else:
                wrong.append(paper.name)
        if wrong:
            raise UserError(
                self.env._(
                    "These can't be part of a PDF: %s. Leave them out, or download a zip.",
                    ", ".join(wrong),
                )
            )
        return self._download(merge_pdf(parts), "pdf", "application/pdf")

    def action_download_zip(self):
        """These papers as they are, in one zip."""
        if not self:
            raise UserError(self.env._("Choose papers first."))
        stream, names = io.BytesIO(), set()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for paper in self:
                name = paper._file_name()
                while name in names:
                    name = f"{paper.id}-{name}"
                names.add(name)
                archive.writestr(name, paper._get_content())
        return self._download(stream.getvalue(), "zip", "application/zip")

    def action_open(self):
        """Open what the paper belongs to."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    def _download(self, content, extension, mimetype):
        """A download that goes with these rows when they are cleaned up."""
        orders = self.order_id
        title = orders.name if len(orders) == 1 else self.env._("documents")
        # sudo: files may be added to what one may write; these rows are only read.
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": f"{title}.{extension}".replace("/", "-"),
                    "datas": base64.b64encode(content),
                    "mimetype": mimetype,
                    "res_model": self._name,
                    "res_id": self[:1].id,
                }
            )
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }

    # === BUSINESS === #

    def _file_name(self):
        """The name of this paper in an archive: nothing that leads out of it."""
        name = "".join("-" if char in '/\\:*?"<>|' else char for char in self.name).strip(". ")
        return name or f"document-{self.id}"

    def _get_content(self):
        """The paper's bytes, with the rights of who asks.

        :raises AccessError: if the user may not read it any more
        """
        self.ensure_one()
        if self.attachment_id:
            self.attachment_id.check_access("read")
            return self.attachment_id.raw or b""
        record = self.env[self.res_model].browse(self.res_id)
        record.check_access("read")
        # sudo: reports read more than a salesperson may; the record's own rights were checked.
        report = self.env["ir.actions.report"].sudo()
        return report._render_qweb_pdf(self.report, res_ids=record.ids)[0]

    def _as_pdf(self):
        """The paper as PDF; nothing if it is neither PDF nor picture."""
        if not self.attachment_id:
            return self._get_content()
        self.attachment_id.check_access("read")
        if not self.mimetype or not self.mimetype.startswith(("application/pdf", "image/")):
            return None
        try:
            stream = to_pdf_stream(self.attachment_id)
        except PdfReadError:
            return None
        return stream.getvalue() if stream else None

    @api.model
    def _make_rows(self, orders):
        """Rows for the papers of these orders that the user may read.

        :param orders: ``sale.order``
        :return: the rows
        """
        orders.check_access("read")
        values = []
        for kind, records in orders._get_document_records():
            values += self._rows_of_files(kind, self._readable(records), orders)
        for kind, report, records in orders._get_document_reports():
            values += self._rows_of_report(kind, report, self._readable(records), orders)
        # sudo: rows are made here only, for the user who asks: nobody writes one of his own.
        return self.sudo().create(values[:MOST]).sudo(self.env.su)

    @api.model
    def _readable(self, records):
        """Those of these records the user may read."""
        mine = records.sudo(False)
        try:
            return mine._filtered_access("read")
        except AccessError:
            return mine.browse()

    @api.model
    def _rows_of_files(self, kind, records, orders):
        """Files kept on records; what the user may not read isn't found."""
        if not records:
            return []
        attachments = self.env["ir.attachment"].search(
            [
                ("res_model", "=", records._name),
                ("res_id", "in", records.ids),
                ("res_field", "in", (False, "invoice_pdf_report_file", "ubl_cii_xml_file")),
                ("type", "=", "binary"),
            ]
        )
        by_id = {record.id: record for record in records}
        rows = []
        for attachment in attachments:
            record = by_id[attachment.res_id]
            rows.append(
                {
                    "name": attachment.name,
                    "kind": orders._document_kind(kind, record, attachment),
                    "date": attachment.create_date,
                    "attachment_id": attachment.id,
                    "mimetype": attachment.mimetype,
                    **self._row_of(record, orders),
                }
            )
        return rows

    @api.model
    def _rows_of_report(self, kind, report, records, orders):
        """Papers that are made when they are downloaded."""
        action = self.env["ir.actions.report"].sudo()._get_report(report)
        return [
            {
                "name": f"{action.name} {record.display_name}.pdf",
                "kind": kind,
                "date": orders._document_date(record),
                "report": report,
                "mimetype": "application/pdf",
                **self._row_of(record, orders),
            }
            for record in records
        ]

    @api.model
    def _row_of(self, record, orders):
        """What a paper belongs to."""
        order = orders._document_order(record)
        return {
            "res_model": record._name,
            "res_id": record.id,
            "source": record.display_name,
            "order_id": order.id,
            "partner_id": order.partner_id.id,
        }
