import io
import zipfile
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.order_processing.engine.intake import archive
from odoo.addons.queue_job.job import Job

from .common_ways import WaysCase, json_order, woo_order


def make_zip(*files, compression=zipfile.ZIP_DEFLATED):
    """Bytes of an archive of ``(name, bytes)``."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return stream.getvalue()


@tagged("post_install", "-at_install")
class TestIntakeFiles(WaysCase):
    def _upload(self, *files, channel=None, env=None):
        """Upload ``(name, bytes)`` through the wizard: the notification's parameters."""
        env = env or self.env
        attachments = env["ir.attachment"].create(
            [{"name": name, "raw": content} for name, content in files]
        )
        wizard = env["order.intake.upload"].create(
            {
                "channel_id": (channel or self.channel_json).id,
                "attachment_ids": attachments.ids,
            }
        )
        return wizard.action_upload()["params"]

    def _shown(self, params):
        return self.env["order.intake"].search(params["next"]["domain"])

    def test_archive_of_documents(self):
        packed = make_zip(
            ("june/../../1.json", self.dump(json_order(1))),
            ("june\\2.json", self.dump({"orders": [json_order(2), json_order(3)]})),
            ("__MACOSX/._1.json", b"x"),
            ("june/.DS_Store", b"x"),
        )
        params = self._upload(("orders.zip", packed), ("4.json", self.dump(json_order(4))))
        intakes = self._shown(params)
        self.assertEqual(intakes.mapped("state"), ["accepted"] * 4)
        names = {"1.json", "2-1.json", "2-2.json", "4.json"}
        self.assertEqual(set(intakes.mapped("filename")), names)
        self.assertEqual(params["type"], "success")

    def test_other_format_is_named_with_its_channel(self):
        with self.assertRaisesRegex(UserError, "looks like WooCommerce.*Choose channel Shop woo"):
            self._upload(("w.json", self.dump(woo_order(1))))
        self.channel_woo.unlink()
        params = self._upload(
            ("w.json", self.dump(woo_order(1))), ("5.json", self.dump(json_order(5)))
        )
        self.assertEqual((params["type"], params["sticky"]), ("warning", True))
        self.assertIn("Create a channel of that kind", params["message"])
        self.assertEqual(self._shown(params).state, "accepted")

    def test_hostile_archives(self):
        good = ("6.json", self.dump(json_order(6)))
        bomb = make_zip(("bomb.json", b"0" * (archive.SMALL + 10)))
        nested = make_zip(("inner.zip", make_zip(good)), good)
        params = self._upload(("nested.zip", nested))
        self.assertIn("nested.zip ▸ inner.zip: it is an archive in an archive", params["message"])
        self.assertEqual(self._shown(params).state, "accepted")
        for name, content, reason in (
            ("bomb.zip", bomb, "compressed far more"),
            ("cut.zip", nested[:-30], "damaged"),
            ("none.zip", make_zip(), "archive is empty"),
            ("empty.json", b" \n", "is empty"),
        ):
            with self.assertRaisesRegex(UserError, reason):
                self._upload((name, content))
        with patch.object(archive, "MAX_ENTRIES", 1):
            with self.assertRaisesRegex(UserError, "2 files, more than 1"):
                self._upload(("many.zip", make_zip(good, ("7.json", b"{}"))))
        with patch.object(archive, "MAX_TOTAL", 100):
            with self.assertRaisesRegex(UserError, "unpacks to more than"):
                self._upload(("large.zip", make_zip(good)))

    def test_many_documents_are_worked_off_as_a_batch(self):
        """In jobs where there is a runner; here at once. One bad order stops no other."""
        orders = [json_order(100 + n) for n in range(60)]
        orders[30] = json_order(130, sku="NEVER-SEEN")
        bad = ("w.json", self.dump(woo_order(1)))
        clerk = new_test_user(
            self.env,
            "batch_clerk",
            groups="order_processing.group_order_user",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        env = self.env(user=clerk)
        params = self._upload(("all.json", self.dump({"orders": orders})), bad, env=env)
        batch = env["order.intake.batch"].browse(params["next"]["res_id"])
        self.assertEqual((batch.total, batch.done, batch.accepted, batch.failed), (60, 60, 59, 1))
        self.assertEqual((batch.progress, batch.state), (100, "done"))
        self.assertIn("w.json looks like WooCommerce", batch.problems)
        self.assertEqual(batch.name, "all.json, w.json")
        failed = env["order.intake"].search(
            batch.with_context(only_failed=True).action_view_intakes()["domain"]
            + [("state", "=", "rejected")]
        )
        self.assertIn("NEVER-SEEN", failed.error)
        with self.assertRaises(AccessError):
            batch.name = "x"
        # The same file again: nothing new, and nothing done twice.
        params = self._upload(("all.json", self.dump({"orders": orders})), env=env)
        self.assertIn("60 of them came before", params["message"])

    def test_batch_shows_what_waits(self):
        files = [(self.dump(json_order(200 + n)), f"{n}.json") for n in range(4)]
        intakes, problems = self.channel_json._take_files(files, source="upload")
        self.assertFalse(problems)
        batch = self.env["order.intake.batch"].create(
            {"name": "b", "channel_id": self.channel_json.id, "intake_ids": intakes.ids}
        )
        intakes[:1].action_process()
        self.assertEqual((batch.total, batch.done, batch.progress), (4, 1, 25))
        self.assertEqual(batch.state, "running")
        batch.action_process()
        self.assertEqual(batch.state, "done")
        self.assertEqual(intakes.mapped("state"), ["accepted"] * 4)

    def test_jobs_of_a_batch(self):
        """An upload of 60: three jobs, which two bad orders stop none of; a job may run twice."""
        orders = [json_order(300 + n) for n in range(60)]
        orders[10] = json_order(310, sku="NEVER-SEEN")
        orders[55] = json_order(355, currency="QQQ")
        before = self.env["queue.job"].search([])
        with patch("odoo.addons.order_processing.jobs.has_runner", return_value=True):
            params = self._upload(("all.json", self.dump({"orders": orders})))
            batch = self.env["order.intake.batch"].browse(params["next"]["res_id"])
            batch.action_process()  # the same chunks again have the same keys: no second job
        jobs = (self.env["queue.job"].search([]) - before).sorted("id")
        self.assertEqual([len(job.records) for job in jobs], [25, 25, 10])
        self.assertEqual((batch.total, batch.done, batch.state), (60, 0, "running"))
        expected = ((24, 1, 41), (49, 1, 83), (58, 2, 100), (58, 2, 100))
        for job, (accepted, failed, progress) in zip((*jobs, jobs[0]), expected, strict=True):
            Job.load(self.env, job.uuid).perform()
            self.assertEqual(
                (batch.accepted, batch.failed, int(batch.progress)), (accepted, failed, progress)
            )
        self.assertEqual(batch.state, "done")
        self.assertEqual(len(batch.intake_ids.order_id), 58)
        reasons = "".join(batch.intake_ids.filtered("error").mapped("error"))
        self.assertIn("NEVER-SEEN", reasons)
        self.assertIn("QQQ", reasons)
