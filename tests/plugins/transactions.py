"""Transactions of their own, as several workers have them, for tests that really commit."""

from odoo import SUPERUSER_ID
from odoo.api import Environment


class Transaction:
    """An environment of the system on a cursor of its own, committed unless it fails."""

    def __init__(self, registry):
        self.cursor = registry.cursor()

    def __enter__(self):
        return Environment(self.cursor, SUPERUSER_ID, {})

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                self.cursor.commit()
        finally:
            self.cursor.close()
