"""Transactions of their own, as several workers have them, for tests that really commit."""

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name


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


class WorkersCase(BaseCase):
    """Tests of what several workers do at once; they leave what they did in the database."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())

    def transaction(self):
        return Transaction(self.registry)
