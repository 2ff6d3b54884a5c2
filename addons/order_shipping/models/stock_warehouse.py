from odoo import fields, models

from ..engine import layout, picking


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    aisle_pitch = fields.Float(
        string="Aisle to Aisle (m)",
        default=layout.AISLE_PITCH,
        help="Metres from the middle of one aisle to the middle of the next.",
    )
    bay_pitch = fields.Float(
        string="Bay to Bay (m)",
        default=layout.BAY_PITCH,
        help="Metres from one bay to the next along an aisle.",
    )
    aisle_length = fields.Float(
        string="Aisle Length (m)",
        help="Metres from the front to the back cross aisle. Leave 0 to take the last bay's place.",
    )
    depot_x = fields.Float(
        string="Picks Start at (m)",
        help="Where walks start and end: metres along the front cross aisle, 0 at the first aisle.",
    )

    _layout_not_negative = models.Constraint(
        "CHECK (aisle_pitch > 0 AND bay_pitch > 0 AND aisle_length >= 0)",
        "Distances between aisles and between bays must be more than 0 metres.",
    )

    # === BUSINESS === #

    def _get_layouts(self):
        """The floor plans of these warehouses, in one query.

        :return: dict of warehouse to (``picking.Block``, dict of aisle to its x in metres)
        """
        groups = self.env["stock.location"]._read_group(
            [("warehouse_id", "in", self.ids), ("aisle", "!=", False)],
            ["warehouse_id", "aisle"],
            ["pos_x:avg", "pos_y:max"],
        )
        aisles, deepest = {}, {}
        for warehouse, aisle, pos_x, pos_y in groups:
            aisles.setdefault(warehouse, {})[aisle] = pos_x
            deepest[warehouse] = max(deepest.get(warehouse, 0.0), pos_y)
        return {
            warehouse: (
                picking.Block(
                    length=max(warehouse.aisle_length, deepest[warehouse] + warehouse.bay_pitch),
                    depot_x=warehouse.depot_x,
                ),
                aisles[warehouse],
            )
            for warehouse in self
            if warehouse in aisles
        }
