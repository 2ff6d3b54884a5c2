from odoo import http
from odoo.http import content_disposition, request
from odoo.tools.pdf import merge_pdf


class PackPapers(http.Controller):
    @http.route("/order_shipping/pack_papers/<int:picking_id>", type="http", auth="user")
    def pack_papers(self, picking_id, **_kwargs):
        """What goes with one packed transfer, as one PDF: packing slip, then its labels."""
        picking = request.env["stock.picking"].browse(picking_id).exists()
        if not picking or not request.env.user.has_group("order_shipping.group_shipping_user"):
            raise request.not_found()
        picking.check_access("read")
        slip, _kind = request.env["ir.actions.report"]._render_qweb_pdf(
            "order_shipping.report_packing_slip", picking.ids
        )
        labels = picking.label_ids.sorted("parcel_number")._get_merged_pdf()
        pdf = merge_pdf([slip, labels]) if labels else slip
        name = f"{picking.name.replace('/', '-')}.pdf"
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Length", str(len(pdf))),
            ("Content-Disposition", content_disposition(name, disposition_type="inline")),
        ]
        return request.make_response(pdf, headers=headers)
