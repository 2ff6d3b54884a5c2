from types import SimpleNamespace
from unittest.mock import patch

from psycopg2 import InterfaceError, OperationalError

from odoo.tests import BaseCase, tagged

from odoo.addons.queue_job.controllers.main import RunJobController
from odoo.addons.queue_job.exception import RetryableJobError

from ..controllers.queue_job import OrderRunJobController


@tagged("post_install", "-at_install")
class TestQueueJob(BaseCase):
    def _perform(self, error, closed):
        env = SimpleNamespace(cr=SimpleNamespace(closed=closed))
        with patch.object(RunJobController, "_try_perform_job", side_effect=error):
            OrderRunJobController._try_perform_job(env, None)

    def test_a_lost_connection_is_tried_again(self):
        for error in (InterfaceError("cursor already closed"), OperationalError("terminating")):
            with self.assertRaises(RetryableJobError) as caught:
                self._perform(error, closed=True)
            self.assertTrue(caught.exception.ignore_retry)

    def test_other_errors_stay(self):
        with self.assertRaises(OperationalError):
            self._perform(OperationalError("could not serialize access"), closed=False)
