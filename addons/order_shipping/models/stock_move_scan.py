from odoo import models
from odoo.fields import Domain


class StockMove(models.Model):
    _inherit = "stock.move"

    def _get_other_quants(self, home, avoided, owner):
        """Free stock of one move's product elsewhere in ``home``, by name of its place.

        Earliest removal date first where products expire.

        :param home: location that the transfer picks from
        :param avoided: locations left out
        :param owner: whose stock it must be; empty for the company's own
        """
        self.ensure_one()
        quants = self.env["stock.quant"].search(
            Domain("product_id", "=", self.product_id.id)
            & Domain("location_id", "child_of", home.ids)
            & Domain("location_id", "not in", avoided.ids)
            & Domain("location_id.usage", "=", "internal")
            & Domain("owner_id", "=", owner.id)
            & Domain("quantity", ">", 0)
        )

        def by_removal(quant):
            removal = quant.removal_date if "removal_date" in quant._fields else None
            return (not removal, str(removal or ""), quant.location_id.complete_name, quant.id)

        uom = self.product_id.uom_id
        return quants.filtered(lambda q: uom.compare(q.available_quantity, 0) > 0).sorted(
            by_removal
        )
