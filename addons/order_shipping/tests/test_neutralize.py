from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestNeutralize(TransactionCase):
    def test_a_copy_knows_no_secrets_and_goes_on_with_nothing(self):
        channel = self.env["order.channel"].create(
            {"name": "Shop", "code": "neutral", "kind": "shopify", "secret": "a", "pulls": True}
        )
        carrier = self.env["delivery.carrier"].create(
            {
                "name": "UPS",
                "delivery_type": "ups",
                "product_id": self.env["product.product"].create({"name": "Freight"}).id,
                "account_client_secret": "b",
            }
        )
        job = self.env["res.partner"].with_delay().browse()
        self.env.flush_all()
        for query in get_neutralization_queries(["order_processing", "order_shipping"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(channel.secret or channel.pulls)
        self.assertFalse(carrier.account_client_secret)
        record = self.env["queue.job"].search([("uuid", "=", job.uuid)])
        self.assertEqual(record.state, "cancelled")
