from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_route import RouteTableCase


@tagged("post_install", "-at_install")
class TestRouteTable(RouteTableCase):
    module = "order_processing"

    def test_strangers_get_nothing_at_any_address(self):
        with mute_logger("odoo.http"):
            self.check_routes()
