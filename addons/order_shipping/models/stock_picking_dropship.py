from odoo import fields, models


class StockPicking(models.Model):
    """What vendors send to our customers, which may come back by a label of ours.

    Only with Odoo's dropshipping; without it there are no such transfers.
    """

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    reaches_customer = fields.Boolean(compute="_compute_reaches_customer")

    def _compute_reaches_customer(self):
        for picking in self:
            goes = picking._is_dropshipped() and picking.location_dest_id.usage == "customer"
            picking.reaches_customer = picking.picking_type_code == "outgoing" or goes

    # === BUSINESS === #

    def _is_dropshipped(self):
        """Whether this goes from a vendor to a customer, or back, past our warehouses."""
        self.ensure_one()
        return self.picking_type_code == "dropship"

    def _get_sender(self):
        """Extend: the vendor, of what it sends itself."""
        if self._is_dropshipped():
            # sudo: packers may not read purchases; who sent it is no secret to them.
            moves = self.sudo().move_ids
            lines = (moves | moves.origin_returned_move_id).purchase_line_id
            vendor = lines.order_id.partner_id[:1].sudo(self.env.su) or self.partner_id
            if vendor:
                return vendor
        return super()._get_sender()

    def _get_recipient(self):
        """Extend: the customer, also where the transfer names the vendor."""
        if self._is_dropshipped():
            return self.sale_id.partner_shipping_id
        return super()._get_recipient()

    def _get_return_carrier(self):
        """Extend: vendors don't tell who brought it, so the order's carrier brings it back."""
        carrier = super()._get_return_carrier()
        if carrier or not self._is_dropshipped() or self.is_return_receipt:
            return carrier
        carrier = self.sale_id.carrier_id
        return carrier.return_carrier_id or carrier
