import io
import json
import zipfile

from odoo import http
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.order_processing.tests.common_route import RouteTableCase


@tagged("post_install", "-at_install")
class TestRouteTable(RouteTableCase):
    module = "order_reporting"

    def test_strangers_get_nothing_at_any_address(self):
        with mute_logger("odoo.http"):
            self.check_routes()

    def ask(self, files):
        token = http.Request.csrf_token(self)
        return self.url_open(
            "/order_reporting/dashboard/xlsx",
            data={"name": "Executive/1", "csrf_token": token},
            files={"files": ("files", files, "application/json")},
        )

    def test_a_workbook_of_the_parts(self):
        groups = "order_reporting.group_reporting_user,base.group_allow_export"
        new_test_user(self.env, "exporter", groups)
        self.authenticate("exporter", "exporter")
        parts = [
            {"path": "xl/workbook.xml", "content": "<workbook/>"},
            {"path": "xl/media/image1.png", "imageSrc": "/web/image/1"},
        ]
        answer = self.ask(json.dumps(parts))
        self.assertEqual(answer.status_code, 200)
        self.assertIn("spreadsheetml", answer.headers["Content-Type"])
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            self.assertEqual(book.namelist(), ["xl/workbook.xml"])
            self.assertEqual(book.read("xl/workbook.xml"), b"<workbook/>")
        self.assertEqual(self.ask("nonsense").status_code, 400)
        self.assertEqual(self.ask("5").status_code, 400)
