from odoo.tests import tagged

from odoo.addons.order_processing.tests.common_access import AccessTable


@tagged("post_install", "-at_install")
class TestAccessTable(AccessTable):
    module = "order_reporting"

    def test_rights_are_those_of_the_table(self):
        self.check_table()

    def test_companies_are_kept_apart_in_every_model(self):
        self.check_companies()

    def test_methods_ask_for_rights(self):
        self.check_methods()
