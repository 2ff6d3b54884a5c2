from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from ..models.order_health import PARAMETER
from .common_flow import FlowCommon

TOKEN = "a-token-of-a-monitor"


class HealthCase(FlowCommon):
    def _look(self):
        """{code: (value, state)} of the figures that stand alone."""
        _state, judged = self.env["order.health"]._read()
        return {figure.code: (figure.value, state) for figure, state in judged}

    def _job(self, **vals):
        """A job as the runner keeps it."""
        job = self.env["res.partner"].with_delay().browse()
        record = self.env["queue.job"].search([("uuid", "=", job.uuid)])
        record.with_context(_job_edit_sentinel=record.EDIT_SENTINEL).write(vals)
        self.env.flush_all()
        return record


@tagged("post_install", "-at_install")
class TestHealth(HealthCase):
    def test_jobs_by_state_and_age(self):
        before = self._look()["jobs_failed"][0]
        long_ago = fields.Datetime.now() - timedelta(hours=2)
        self._job(state="pending", date_created=long_ago, channel="root.order_invoice")
        self._job(state="failed")
        later = fields.Datetime.now() + timedelta(hours=1)
        self._job(state="pending", date_created=long_ago - timedelta(days=1), eta=later)
        seen = self._look()
        self.assertEqual(seen["jobs_failed"][0], before + 1)
        value, state = seen["jobs_waiting_age"]
        self.assertAlmostEqual(value, 7200, delta=120)  # what is due later doesn't wait
        self.assertEqual(state, "fail")
        _state, judged = self.env["order.health"]._read()
        counts = {figure.labels: figure.value for figure, _one in judged if figure.code == "jobs"}
        self.assertEqual(counts[(("channel", "root.order_invoice"), ("state", "pending"))], 1)

    def test_a_late_cron_and_one_that_fails(self):
        self.env["ir.cron"].search([]).nextcall = fields.Datetime.now() + timedelta(hours=1)
        self.assertEqual(self._look()["cron_late"], (0.0, "ok"))
        cron = self.env.ref("base.autovacuum_job")
        cron.write({"nextcall": fields.Datetime.now() - timedelta(minutes=30), "failure_count": 2})
        seen = self._look()
        self.assertEqual((seen["cron_late"][1], seen["cron_failing"]), ("warn", (1, "warn")))

    def test_what_waits_to_come_in_or_go_out(self):
        before = self._look()
        intake = self.channel._receive_documents([(b"{}", "x.json")], source="api")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE order_intake SET create_date = %s, state = 'received' WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=900), intake.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self._look()["intake_waiting_age"][1], "fail")
        intake.sudo().state = "rejected"
        seen = self._look()
        self.assertEqual(seen["intake_rejected"], (before["intake_rejected"][0] + 1, "warn"))
        model, domain = self.env["order.health"]._get_lists()["intake_rejected"]
        self.assertIn(intake, self.env[model].search(domain))

    def test_a_log_that_was_tampered_with(self):
        self._order().action_validate_order()
        Verification = self.env["order.event.verification"].sudo()
        verification = Verification.create({"company_id": self.company.id, "state": "whole"})
        verification.date_end = fields.Datetime.now() - timedelta(days=9)
        others = Verification.search([("company_id", "!=", self.company.id)])
        others.date_end = fields.Datetime.now()
        self.assertEqual(self._look()["log_verified_age"][1], "warn")
        Verification.create({"company_id": self.company.id, "state": "broken"})
        self.assertEqual(self._look()["log_broken"][1], "fail")

    def test_bounds_can_be_set(self):
        self.assertEqual(self._look()["disk_free"][1] in ("ok", "warn", "fail"), True)
        self.env["ir.config_parameter"].set_param(f"{PARAMETER}.disk_free", "1.1 -")
        self.assertEqual(self._look()["disk_free"][1], "warn")
        self.env["ir.config_parameter"].set_param(f"{PARAMETER}.disk_free", "1.1 1.1")
        self.assertEqual(self._look()["disk_free"][1], "fail")

    def test_figures_cost_the_same_however_many_jobs(self):
        self._look()
        with self.assertQueryCount(40):
            self._look()

    def test_the_screen_opens_each_list(self):
        self._job(state="failed")
        Check = self.env["order.health.check"].with_user(self.manager)
        check = Check.browse(Check.action_check()["res_id"])
        self.assertTrue(check.line_ids)
        titles = self.env["order.health"]._get_titles()
        for line in check.line_ids:
            self.assertIn(line.code, titles)
            if line.has_list and not line.code.startswith(("jobs", "cron", "payment", "facts")):
                action = line.action_open()
                self.env[action["res_model"]].with_user(self.manager).search(action["domain"])
        admin = check.with_user(self.env.ref("base.user_admin"))
        with self.assertRaises(AccessError):
            admin.line_ids.read(["name"])  # somebody else's screen
        for user in (self.desk, self.salesman):
            with self.assertRaises(AccessError):
                self.env["order.health.check"].with_user(user).action_check()
            with self.assertRaises(AccessError):
                self.env["order.health"].with_user(user)._read()


@tagged("post_install", "-at_install")
class TestHealthPage(HealthCase, HttpCase):
    def _get(self, path="health", token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.url_open(f"/order_processing/{path}", headers=headers)

    def test_a_sign_of_life_for_everybody_and_figures_for_the_monitor(self):
        answer = self._get()
        self.assertEqual((answer.status_code, answer.json()), (200, {"status": "ok"}))
        self.assertEqual(self._get(token=TOKEN).status_code, 401)  # none was made yet
        self.env["ir.config_parameter"].set_param(f"{PARAMETER}_token", TOKEN)
        self.assertEqual(self._get(token="wrong").status_code, 401)
        answer = self._get(token=TOKEN)
        body = answer.json()
        codes = {figure["code"] for figure in body["figures"]}
        self.assertLessEqual({"jobs_failed", "cron_late", "database_bytes", "version"}, codes)
        self.assertEqual(answer.status_code, 503 if body["status"] == "fail" else 200)
        self.env["ir.config_parameter"].set_param(f"{PARAMETER}.disk_free", "1.1 1.1")
        self.assertEqual(self._get(token=TOKEN).status_code, 503)

    def test_metrics_as_prometheus_reads_them(self):
        from prometheus_client.parser import text_string_to_metric_families

        self.assertEqual(self._get("metrics").status_code, 401)
        self.env["ir.config_parameter"].set_param(f"{PARAMETER}_token", TOKEN)
        self._job(state="failed")
        answer = self._get("metrics", TOKEN)
        self.assertEqual(answer.status_code, 200, answer.text[:500])
        found = {
            family.name: family.samples for family in text_string_to_metric_families(answer.text)
        }
        self.assertGreaterEqual(found["order_suite_jobs_failed"][0].value, 1)
        self.assertIn("order_suite_jobs_waiting_age_seconds", found)
        checks = {sample.labels["check"]: sample.value for sample in found["order_suite_status"]}
        self.assertGreaterEqual(checks["jobs_failed"], 1)
        parts = {sample.labels["part"] for sample in found["order_suite_version_info"]}
        self.assertLessEqual({"odoo", "postgresql", "order_processing"}, parts)

    def test_administrators_need_no_token(self):
        self.authenticate("flow_manager", "flow_manager")
        self.assertIn("figures", self._get().json())
        new_test_user(self.env, "health_clerk", "order_processing.group_order_user")
        self.authenticate("health_clerk", "health_clerk")
        self.assertEqual(self._get().json(), {"status": "ok"})
        self.assertEqual(self._get("metrics").status_code, 401)
