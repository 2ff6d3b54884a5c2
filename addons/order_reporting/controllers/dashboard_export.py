import json

from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: How a chart that a workbook can't have comes along: as what it looks like.
PICTURE = "data:image/png;base64,"


class DashboardExport(http.Controller):
    @http.route("/order_reporting/dashboard/xlsx", type="http", auth="user", methods=["POST"])
    def export_xlsx(self, name="dashboard", files=None, **_kwargs):
        """A workbook of the parts that the browser made of the dashboard it shows.

        The figures are the browser's own, read with the user's rights; only packed here. Only
        text and pictures that came along are, so that no path is followed on the server.
        """
        if not request.env.user.has_group("base.group_allow_export"):
            raise request.not_found()
        try:
            parts = [
                {"path": str(part["path"]), kind: str(part[kind])}
                for part in json.load(files)
                for kind in ("content", "imageSrc")
                if kind in part and (kind == "content" or part[kind].startswith(PICTURE))
            ]
        except (AttributeError, KeyError, TypeError, ValueError):
            return request.make_response("Not a workbook", status=400)
        # What a dashboard is packed with, too, when it is shared.
        content = request.env["spreadsheet.dashboard"]._zip_xslx_files(parts)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", str(len(content))),
                ("Content-Disposition", content_disposition(f"{name[:100]}.xlsx")),
            ],
        )
