from odoo import http
from odoo.http import content_disposition, request


class ShippingLabels(http.Controller):
    @http.route("/order_shipping/labels", type="http", auth="user", readonly=True)
    def labels(self, ids="", **_kwargs):
        """Several labels as one PDF, in the order of ``ids`` (comma-separated)."""
        wanted = [int(part) for part in ids.split(",") if part.isdecimal() and len(part) < 10]
        labels = request.env["shipping.label"].browse(wanted).exists()
        labels.check_access("read")
        pdf = labels._get_merged_pdf()
        if not pdf:
            raise request.not_found()
        disposition = content_disposition("labels.pdf", disposition_type="inline")
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Length", str(len(pdf))),
            ("Content-Disposition", disposition),
        ]
        return request.make_response(pdf, headers=headers)
