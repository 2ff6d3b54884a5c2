"""Real Odoo, real Chromium: a server on a copy of the template and a browser that drives it.

Used by the browser tests and by `make screenshots`.
"""

import contextlib
import os
import re

import suite
from playwright.sync_api import expect, sync_playwright

#: Console messages that Odoo's own web client gives on every machine.
HARMLESS_CONSOLE = (
    "selfie_segmentation",
    "Failed to load resource: net::ERR_INTERNET_DISCONNECTED",
    # Of a page that has no head, such as a document: Chromium asks for it now and then.
    "/favicon.ico)",
)
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=20_000)


@contextlib.contextmanager
def suite_server(name, more="", has_year=False):
    """Serve a fresh copy of the demo database with the job runner.

    :param more: further addons of Odoo to install in it first
    :param bool has_year: with the demo year's orders, as `make run` has it (some minutes)
    :return: (address, log, environment of its PostgreSQL, database)
    """
    env = suite.pg_env("test")
    config = suite.write_config(env, "test")
    database = suite.copy(env, config, f"suite_{name}")
    if more:
        suite.odoo(env, config, "-d", database, "-i", more, "--no-http", "--stop-after-init")
    if has_year:
        suite.demo_year(env, config, database)
    # The server keeps its files beside those of the other test databases.
    data_dir = suite.LOCAL / "data" / "test"
    try:
        # No cron: Odoo's stock scheduler and a click at the same moment make one of them be
        # repeated, which Odoo logs as an error.
        overrides = {"data_dir": data_dir, "max_cron_threads": 0}
        with suite.serving(env, f"serve-{name}", database, **overrides) as (address, log):
            yield address, log, env, database
    finally:
        suite.drop(env, config, database)


@contextlib.contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or suite.chromium(), args=CHROMIUM_ARGS
        )
        try:
            yield browser
        finally:
            browser.close()


def console_problem(message):
    """What a message of the console says went wrong and where, if it does."""
    text = f"console: {message.text} ({message.location.get('url')})"
    if message.type == "error" and not any(known in text for known in HARMLESS_CONSOLE):
        return text
    return None


class WebClient:
    """A logged-in browser window: the few things people do in every screen of Odoo."""

    def __init__(self, browser, address, login="admin", password=None, size=(1366, 900)):
        self.address = address
        self.problems = []
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="en-US", timezone_id="UTC"
        )
        context.set_default_timeout(20_000)
        self.page = context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("response", self._on_response)
        self.page.goto(f"{address}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", password or login)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".o_main_navbar", timeout=120_000)

    def _on_console(self, message):
        if problem := console_problem(message):
            self.problems.append(problem)

    def _on_response(self, response):
        if response.status >= 500:
            self.problems.append(f"{response.status} {response.url}")

    def close(self):
        self.page.context.close()

    def action(self, xml_id, record_id=None):
        """Open a window action by its external id (and one of its records)."""
        suffix = f"/{record_id}" if record_id else ""
        # Else the client takes up the last state of the same action instead of opening it anew.
        self.page.evaluate("sessionStorage.clear()")
        self.page.goto(f"{self.address}/odoo/action-{xml_id}{suffix}")
        return self.ready()

    def plan_picking(self, template):
        """Open Plan Picking with a wave template; its plan is shown when this returns."""
        self.action("order_shipping.picking_plan_action")
        screen = self.page.locator(".o_picking_plan[data-plan]")
        before = screen.get_attribute("data-plan")
        self.page.select_option("select[name=template]", label=template)
        # A new plan, not the one that was shown before: that one is about to go.
        expect(screen).not_to_have_attribute("data-plan", before)
        # The first plan is shown at once; what is clicked on meanwhile would stop a better one.
        expect(screen).to_have_attribute("data-stage", "best", timeout=30_000)
        return self

    def record(self, model, record_id):
        self.page.goto(f"{self.address}/odoo/{model}/{record_id}")
        return self.ready()

    def ready(self):
        self.page.wait_for_selector(
            ".o_action_manager .o_view_controller, .o_client_action, .o_action, .modal .o_form_view"
        )
        expect(self.page.locator(".o_blockUI")).to_have_count(0)
        return self

    def button(self, label):
        """Press a visible button by its label, in a dialog if one is open."""
        scope = self.page.locator(".modal:visible .modal-content").last
        if not scope.count():
            scope = self.page.locator(".o_action_manager")
        scope.get_by_role("button", name=re.compile(rf"^\s*{re.escape(label)}\s*$")).first.click()
        return self.settle()

    def settle(self):
        """Wait until the client has no request under way."""
        self.page.wait_for_function("() => !document.querySelector('.o_blockUI')")
        self.page.wait_for_timeout(400)
        return self

    def row(self, text):
        return self.page.locator(".o_data_row", has_text=text).first

    def no_dialog_error(self):
        errors = self.page.locator(".o_error_dialog")
        if errors.count():
            self.problems.append(f"error dialog: {errors.first.inner_text()[:800]}")
