from types import SimpleNamespace
from unittest.mock import patch

from psycopg2 import InterfaceError, OperationalError
from psycopg2.errors import SerializationFailure

from odoo.tests import BaseCase, tagged

from odoo.addons.queue_job.controllers.main import PG_RETRY, RunJobController
from odoo.addons.queue_job.exception import RetryableJobError

from ..controllers.queue_job import OrderRunJobController
from ..models.ir_attachment import FilestoreFull


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

    def test_one_that_met_another_is_tried_again_soon(self):
        with self.assertRaises(RetryableJobError) as caught:
            self._perform(SerializationFailure("could not serialize access"), closed=False)
        self.assertLess(caught.exception.seconds, PG_RETRY)
        self.assertFalse(caught.exception.ignore_retry, "not for ever")

    def test_one_without_room_waits_for_it(self):
        with self.assertRaises(RetryableJobError) as caught:
            self._perform(FilestoreFull("no room"), closed=False)
        self.assertTrue(caught.exception.ignore_retry)

    def test_other_errors_stay(self):
        with self.assertRaises(OperationalError):
            self._perform(OperationalError("out of memory"), closed=False)
