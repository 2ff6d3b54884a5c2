from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request
from odoo.tools.pdf import merge_pdf


class ShippingLabels(http.Controller):
    @http.route("/order_shipping/labels", type="http", auth="user")
    def labels(self, ids="", **_kwargs):
        """Several labels in one, in the order of ``ids`` (1,2,3): PDF, or ZPL if all are.

        Behind the last label of a delivery that passes customs comes its commercial invoice.
        """
        wanted = [int(part) for part in ids.split(",") if part.isdecimal() and len(part) < 10]
        labels = request.env["shipping.label"].browse(wanted).exists()
        labels.check_access("read")
        zpl = labels._get_zpl()
        try:
            content = zpl or _with_customs_papers(labels)
        except UserError as error:
            return request.make_response(
                str(error), [("Content-Type", "text/plain; charset=utf-8")]
            )
        if not content:
            raise request.not_found()
        disposition = content_disposition(
            "labels.zpl" if zpl else "labels.pdf",
            disposition_type="attachment" if zpl else "inline",
        )
        headers = [
            ("Content-Type", "text/plain" if zpl else "application/pdf"),
            ("Content-Length", str(len(content))),
            ("Content-Disposition", disposition),
        ]
        return request.make_response(content, headers=headers)


def _with_customs_papers(labels):
    """All labels, and behind each delivery's last one what customs wants with it."""
    bought = labels.filtered(lambda label: label.state == "bought")
    last = {label.picking_id: label for label in bought if not label.is_return}
    pages = []
    for label in bought:
        pages.append(label._get_merged_pdf())
        if last.get(label.picking_id) == label:
            pages += label.picking_id._get_customs_papers()
    pages = [page for page in pages if page]
    return merge_pdf(pages) if pages else b""
