"""Expected conflicts in the database, kept out of the log: of this thread, and of no other.

``odoo.tools.mute_logger`` swaps the logger's handlers, so that of two threads the first to leave
unmutes the second. A filter that asks the thread itself has no such race.
"""

import contextlib
import logging
import threading

_thread = threading.local()


class _Filter(logging.Filter):
    def filter(self, record):
        """Drop what this thread logs while it expects a conflict."""
        return not getattr(_thread, "expecting", 0)


logging.getLogger("odoo.sql_db").addFilter(_Filter())


@contextlib.contextmanager
def expected_conflict():
    """Don't log failing statements of this thread in the block: their failure is handled."""
    _thread.expecting = getattr(_thread, "expecting", 0) + 1
    try:
        yield
    finally:
        _thread.expecting -= 1
