import io

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.pdf import PdfFileReader, PdfReadError, merge_pdf

from ..engine import labels


class ShippingLabel(models.Model):
    """Labels as papers: several in one, for a page printer or a thermal one."""

    _inherit = "shipping.label"

    is_thermal = fields.Boolean(compute="_compute_is_thermal")

    @api.depends("attachment_id.mimetype")
    def _compute_is_thermal(self):
        for label in self:
            label.is_thermal = label.attachment_id.mimetype == "text/plain"

    # === ACTION === #

    def action_print(self):
        """Open these labels as one PDF."""
        return self._get_print_action()

    # === BUSINESS === #

    def _get_merged_pdf(self):
        """All bought labels among these as one PDF, in the order given; b"" if there is none.

        Labels in a thermal printer's own language can't be pages: see ``_get_zpl``.

        :raise UserError: a carrier's document can't be read
        """
        pages = []
        for document in self._get_documents():
            if document.mimetype == "application/pdf":
                self._check_readable(document)
                pages.append(document.raw)
            elif (document.mimetype or "").startswith("image/"):
                pages.append(labels.picture_page(document.raw))
        return merge_pdf(pages) if pages else b""

    def _check_readable(self, document):
        """:raise UserError: this PDF of a carrier's is broken, and would break all others'"""
        try:
            PdfFileReader(io.BytesIO(document.raw), strict=False)
        except (PdfReadError, ValueError, OSError):
            raise UserError(
                self.env._(
                    "%s can't be read as a PDF: open it by itself, or void that label.",
                    document.name,
                )
            )

    def _get_zpl(self):
        """All bought labels among these as one stream for a thermal printer; b"" if one isn't."""
        documents = self._get_documents()
        if any(not document.raw.lstrip().startswith(b"^XA") for document in documents):
            return b""
        return b"\n".join(document.raw for document in documents)

    def _get_documents(self):
        return self.filtered(lambda label: label.state == "bought").mapped("attachment_id")

    def _get_print_action(self):
        bought = self.filtered(lambda label: label.state == "bought")
        if not bought:
            raise UserError(self.env._("There is no label to print: buy one first."))
        thermal = bought.filtered("is_thermal")
        pages = bought - thermal
        action = (pages or thermal)._get_print_url()
        if not (pages and thermal):
            return action
        # One printer can't take both: say so, rather than leave some out.
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Labels"),
                "message": self.env._(
                    "%(count)s labels are for a thermal printer and not among these: select and "
                    "print them by themselves. %(numbers)s",
                    count=len(thermal),
                    numbers=", ".join(thermal[:5].mapped("tracking_number")),
                ),
                "type": "warning",
                "sticky": True,
                "next": action,
            },
        }

    def _get_print_url(self):
        ids = ",".join(str(label_id) for label_id in self.ids)
        return {
            "type": "ir.actions.act_url",
            "url": f"/order_shipping/labels?ids={ids}",
            "target": "new",
        }
