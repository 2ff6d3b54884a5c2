from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.order_processing.tests.common_route import RouteTableCase

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestRouteTable(RouteTableCase, ShippingCase):
    module = "order_shipping"

    def test_strangers_get_nothing_at_any_address(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        self.order = picking.sale_id
        self.values |= {
            "order_id": self.order.id,
            "picking_id": picking.id,
            "label_id": picking.label_ids.id,
            "carrier_id": picking.carrier_id.id,
            "return_id": 1,
        }
        with mute_logger("odoo.http"):
            self.check_routes()
