from odoo.tests import Form, tagged

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestViews(ShippingCase):
    def test_every_view_of_ours_validates_and_renders(self):
        views = self.env["ir.model.data"].search(
            [("module", "=", "order_shipping"), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(views.mapped("res_id"))
        # Papers are templates without a model: test_pack_scan renders them.
        views = views.filtered("model")
        self.assertTrue(views)
        for view in views:
            with self.subTest(view=view.xml_id):
                view._check_xml()
                kind = view.type
                self.assertTrue(self.env[view.model].get_view(view.id, kind)["arch"])

    def test_actions_open(self):
        for name in (
            "stock_picking_action_to_ship",
            "shipping_rate_action",
            "shipping_label_action",
            "picking_scan_action_history",
        ):
            action = self.env.ref(f"order_shipping.{name}")
            self.env[action.res_model].get_views(
                [(view_id, kind) for view_id, kind in action.views]
            )
        action = self.env.ref("order_shipping.stock_picking_action_to_ship")
        view = dict((kind, view_id) for view_id, kind in action.views)["list"]
        self.assertEqual(view, self.env.ref("order_shipping.stock_picking_view_list_to_ship").id)

    def test_forms_open_on_real_records(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        batch = self.make_batch(self.make_picking())
        batch.action_confirm()
        for record in (picking, batch, picking.label_ids, picking.rate_ids[0], self.ground):
            with self.subTest(record=record):
                Form(record)
        self.assertEqual(picking.action_view_rates()["domain"], [("picking_id", "in", picking.ids)])
        self.assertTrue(picking.action_view_labels())
        self.assertTrue(batch.action_batch_detailed_operations()["views"])
