"""pytest plugin: a test fails when one of our addons logs a warning or an error during it.

Odoo's own runner fails on logged errors; pytest-odoo doesn't. A test that expects a log line says
so with ``assertLogs``, which keeps the line away from here.
"""

import logging

import pytest

OURS = ("odoo.addons.order_processing", "odoo.addons.order_shipping", "odoo.addons.order_reporting")


class _Collector(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        from_us = record.name.startswith(OURS)
        # Odoo's own loggers speak of a view, a model or a test of ours in the message.
        about_us = record.levelno >= logging.ERROR and "order_" in record.getMessage()
        if from_us or about_us:
            self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    collector = _Collector()
    logging.getLogger().addHandler(collector)
    try:
        outcome = yield
    finally:
        logging.getLogger().removeHandler(collector)
    if collector.lines and outcome.excinfo is None:
        outcome.force_exception(AssertionError("logged: " + "\n".join(collector.lines)))
