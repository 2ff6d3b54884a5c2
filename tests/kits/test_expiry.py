"""Expiration Dates of Odoo: what expires first is reserved, shown and picked first."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.order_shipping.tests.test_scan import ScanCase


@tagged("post_install", "-at_install")
class TestExpiry(ScanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.products[0]
        cls.env["stock.quant"].search([("product_id", "=", cls.product.id)]).sudo().unlink()
        cls.product.write({"tracking": "lot", "use_expiration_date": True})
        fefo = cls.env.ref("product_expiry.removal_fefo")
        cls.product.categ_id = cls.env["product.category"].create(
            {"name": "Fresh", "removal_strategy_id": fefo.id}
        )
        now = fields.Datetime.now()
        cls.later, cls.soon = cls.env["stock.lot"].create(
            [
                {
                    "name": name,
                    "product_id": cls.product.id,
                    "expiration_date": now + timedelta(days=days),
                    "removal_date": now + timedelta(days=days - 5),
                }
                for name, days in (("LATER", 400), ("SOON", 40))
            ]
        )
        for lot in cls.later | cls.soon:
            cls.env["stock.quant"]._update_available_quantity(
                cls.product, cls.bins[0], 4, lot_id=lot
            )

    def test_first_expired_first_out(self):
        batch = self.start([(self.product, 3)])
        line = batch.move_line_ids
        self.assertEqual(line.lot_id, self.soon)
        task = self.Scan.get_pick_task(batch._name, batch.id)
        day = fields.Date.to_string(self.soon.removal_date)
        self.assertEqual(task["lines"][0]["expiry"], day)
        refused = self.answer(batch, self.pick(line, lot="LATER"))
        self.assertEqual(refused["reason"], "later_lot")
        self.assertTrue(self.answer(batch, self.pick(line, 3, lot="SOON"))["accepted"])
        render = self.env["ir.actions.report"]._render_qweb_html
        html = render("order_shipping.report_pick_list", batch.ids)[0].decode()
        self.assertIn(f"until {day}", html)

    def test_an_earlier_lot_may_be_taken_instead(self):
        batch = self.start([(self.product, 4)], [(self.product, 2)])
        line = batch.move_line_ids.filtered(lambda ml: ml.lot_id == self.later)
        other = batch.move_line_ids - line
        # The first order doesn't leave: what expires first is free again, and taken.
        other.picking_id.action_cancel()
        answer = self.answer(line.picking_id, self.pick(line, 2, lot="SOON"))
        self.assertTrue(answer["accepted"], answer)
        self.assertEqual(line.picking_id.move_line_ids.lot_id, self.soon)
