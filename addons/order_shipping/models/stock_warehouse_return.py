from odoo import fields, models


class StockWarehouse(models.Model):
    """Where returned goods wait: no stock of the warehouse, so nobody is promised them."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.warehouse"

    return_location_id = fields.Many2one(
        "stock.location",
        string="Returns to Inspect",
        check_company=True,
        help="Where returned goods arrive. Made when the first goods come back.",
    )
    quarantine_location_id = fields.Many2one(
        "stock.location",
        string="Quarantine",
        check_company=True,
        help="Where goods go that can't be sold, or are to be repaired.",
    )

    def _get_return_location(self, kind):
        """The place of returned goods: ``inspection`` or ``quarantine``.

        It isn't below the warehouse's own locations, since what is there would count as stock.
        """
        self.ensure_one()
        name = "return_location_id" if kind == "inspection" else "quarantine_location_id"
        # sudo: made for whoever receives the first return.
        mine = self.sudo()
        if not mine[name]:
            words = {
                "inspection": self.env._("Returns to Inspect"),
                "quarantine": self.env._("Quarantine"),
            }
            mine[name] = mine.env["stock.location"].create(
                {
                    "name": f"{mine.code} {words[kind]}",
                    "usage": "internal",
                    "company_id": mine.company_id.id,
                    "location_id": mine.view_location_id.location_id.id,
                }
            )
        return mine[name]
