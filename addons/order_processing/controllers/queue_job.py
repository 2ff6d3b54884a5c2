from psycopg2 import InterfaceError, OperationalError

from odoo.addons.queue_job.controllers.main import PG_RETRY, RunJobController
from odoo.addons.queue_job.exception import RetryableJobError

from ..models.ir_attachment import FilestoreFull

#: Seconds until a job that found the disk full tries again.
NO_ROOM_RETRY = 60


class OrderRunJobController(RunJobController):
    """Jobs survive the loss of their connection to the database, and a disk that is full.

    queue_job repeats what two transactions did at once, and what a killed worker left. A job whose
    connection PostgreSQL ended (it was restarted, or failed over) would be a failed job that waits
    for a person, though nothing of it was done.
    """

    @classmethod
    def _try_perform_job(cls, env, job):
        try:
            return super()._try_perform_job(env, job)
        except FilestoreFull as error:
            message = str(error)
            raise RetryableJobError(message, seconds=NO_ROOM_RETRY, ignore_retry=True) from error
        except (InterfaceError, OperationalError) as error:
            if not env.cr.closed:
                raise
            message = f"Lost the connection to the database: {error}"
            raise RetryableJobError(message, seconds=PG_RETRY, ignore_retry=True) from error
