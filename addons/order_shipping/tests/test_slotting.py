from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestSlotting(ShippingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # C-09 is farthest, and picked most.
        cls.far = cls.products[8]
        for _pick in range(3):
            cls.make_picking(cls.far).button_validate()
        cls.make_picking(cls.products[0]).button_validate()

    def make_wizard(self, **vals):
        return self.env["warehouse.slotting"].create({"warehouse_id": self.warehouse.id} | vals)

    def test_often_picked_goods_come_near_in_exchange_for_others(self):
        wizard = self.make_wizard()
        line = wizard.line_ids.sorted("metres_saved", reverse=True)[0]
        self.assertEqual(line.product_id, self.far)
        # What lies at A-02 was picked too, what lies at A-05 was not.
        self.assertEqual(line.location_dest_id.name, "A-05")
        self.assertEqual(line.other_product_id, self.products[1])
        self.assertEqual((line.picks, line.class_picks), (3, "A"))
        # There and back: C-09 is 8 + 10.8 m away, A-05 6 m.
        self.assertAlmostEqual(line.metres_saved, 2 * (18.8 - 6) * 3)
        (wizard.line_ids - line).is_chosen = False
        transfer = self.env["stock.picking"].search(wizard.action_create_transfers()["domain"])
        self.assertEqual(transfer.state, "draft")
        there, back = transfer.move_ids.sorted("id")
        self.assertEqual((there.product_id, there.product_uom_qty), (self.far, 997))
        self.assertEqual(there.location_dest_id, back.location_id)
        transfer.action_confirm()
        transfer.action_assign()
        transfer.move_ids.picked = True
        transfer.button_validate()
        quant = self.env["stock.quant"]._gather(self.far, self.warehouse.lot_stock_id)
        places = quant.filtered(lambda q: q.quantity > 0).location_id
        self.assertEqual(places.name, "A-05")

    def test_reserved_goods_and_free_places(self):
        self.make_picking(self.far)
        self.assertNotIn(self.far, self.make_wizard().line_ids.product_id)
        free = self.env["stock.location"].create(
            {"name": "A-01", "location_id": self.warehouse.lot_stock_id.id, "usage": "internal"}
        )
        line = self.make_wizard().line_ids.filtered(lambda row: row.location_dest_id == free)
        self.assertEqual(line.product_id, self.products[0])
        self.assertFalse(line.other_product_id)

    def test_goods_with_lots_stay(self):
        lot = self.env["stock.lot"].create({"product_id": self.far.id, "name": "L1"})
        self.far.tracking = "lot"
        quants = self.env["stock.quant"]._gather(self.far, self.warehouse.lot_stock_id)
        quants.filtered(lambda quant: quant.quantity > 0).lot_id = lot
        self.assertNotIn(self.far, self.make_wizard().line_ids.product_id)

    def test_nothing_to_suggest(self):
        wizard = self.make_wizard(days=0)
        self.assertFalse(wizard.line_ids)
        with self.assertRaises(UserError):
            wizard.action_create_transfers()
        self.bins.aisle = False
        self.assertFalse(self.make_wizard().line_ids)

    def test_only_administrators_move_goods(self):
        packer = self.make_user("packer", "order_shipping.group_shipping_user")
        with self.assertRaises(AccessError):
            self.env["warehouse.slotting"].with_user(packer).create(
                {"warehouse_id": self.warehouse.id}
            )
