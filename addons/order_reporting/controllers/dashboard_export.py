import base64
import json

from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: How a chart that a workbook can't have comes along: as what it looks like.
PICTURE = "data:image/png;base64,"
LONGEST_PATH = 255


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
            parts = self._read_parts(files)
            # What a dashboard is packed with, too, when it is shared.
            content = request.env["spreadsheet.dashboard"]._zip_xslx_files(parts)
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
            message = request.env._(
                "These are not the parts of a workbook. Reload the dashboard and press the button"
                " for the workbook again."
            )
            return request.make_response(
                message, headers=[("Content-Type", "text/plain; charset=utf-8")], status=400
            )
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", str(len(content))),
                ("Content-Disposition", content_disposition(f"{str(name)[:100]}.xlsx")),
            ],
        )

    def _read_parts(self, files):
        """The parts in the uploaded JSON document.

        :raise ValueError: and other errors of reading, if they are none
        """
        parts = []
        for part in json.load(files):
            path = str(part["path"])
            if len(path) > LONGEST_PATH:
                raise ValueError(path[:LONGEST_PATH])
            if "content" in part:
                parts.append({"path": path, "content": str(part["content"])})
            elif part.get("imageSrc", "").startswith(PICTURE):
                # Decoded when it is packed; here only refused if it can't be.
                base64.b64decode(part["imageSrc"].removeprefix(PICTURE), validate=True)
                parts.append({"path": path, "imageSrc": part["imageSrc"]})
        return parts
