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

    def test_no_workbook_of_what_is_none(self):
        """Answered with a sentence, not with Odoo's page for errors."""
        groups = "order_reporting.group_reporting_user,base.group_allow_export"
        new_test_user(self.env, "exporter", groups)
        self.authenticate("exporter", "exporter")
        picture = {"path": "a.png", "imageSrc": "data:image/png;base64,"}
        text = {"path": "a.xml", "content": "<a/>"}
        for files in (
            "",
            "nonsense",
            "5",
            "[5]",
            '["path"]',
            "[" * 100_000,
            b"\xff\xfe",
            json.dumps([{"content": "no path"}]),
            json.dumps([picture | {"imageSrc": 5}]),
            json.dumps([picture | {"imageSrc": f"{picture['imageSrc']}abcde"}]),
            json.dumps([picture | {"imageSrc": f"{picture['imageSrc']}!!!!"}]),
            json.dumps([text | {"path": ""}]),
            json.dumps([text | {"path": "a" * 70_000}]),
            json.dumps([text | {"content": "\ud800"}]),
        ):
            answer = self.ask(files)
            self.assertEqual(answer.status_code, 400, files[:80])
            self.assertIn("not the parts of a workbook", answer.text)
        # Also without a file at all.
        token = http.Request.csrf_token(self)
        for files in ({}, {"files": "text in place of a file"}):
            answer = self.url_open(
                "/order_reporting/dashboard/xlsx", data={"csrf_token": token, **files}
            )
            self.assertEqual(answer.status_code, 400)
