import random

from psycopg2 import InterfaceError, OperationalError

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.queue_job.controllers.main import PG_RETRY, RunJobController
from odoo.addons.queue_job.exception import RetryableJobError

from ..models.ir_attachment import FilestoreFull

#: Seconds until a job that found the disk full tries again.
NO_ROOM_RETRY = 60
#: The most seconds until a job that met another on one row does. Of two, not both at once again.
CONFLICT_RETRY = 2


class OrderRunJobController(RunJobController):
    """Jobs survive the loss of their connection to the database, and a disk that is full.

    One that met another on a row is repeated soon: what the other wrote is committed by then.

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
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
            seconds = random.randint(1, CONFLICT_RETRY)
            raise RetryableJobError(str(error), seconds=seconds) from error
        except (InterfaceError, OperationalError) as error:
            if not env.cr.closed:
                raise
            message = f"Lost the connection to the database: {error}"
            raise RetryableJobError(message, seconds=PG_RETRY, ignore_retry=True) from error
