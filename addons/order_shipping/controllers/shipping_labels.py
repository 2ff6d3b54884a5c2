from odoo import http
from odoo.http import content_disposition, request


class ShippingLabels(http.Controller):
    @http.route("/order_shipping/labels", type="http", auth="user", readonly=True)
    def labels(self, ids="", **_kwargs):
        """Several labels in one, in the order of ``ids`` (1,2,3): PDF, or ZPL if all are."""
        wanted = [int(part) for part in ids.split(",") if part.isdecimal() and len(part) < 10]
        labels = request.env["shipping.label"].browse(wanted).exists()
        labels.check_access("read")
        zpl = labels._get_zpl()
        content = zpl or labels._get_merged_pdf()
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
