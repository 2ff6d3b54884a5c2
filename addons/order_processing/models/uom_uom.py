from odoo import models

from ..engine.intake.resolve import UnitFact


class UomUom(models.Model):
    _inherit = "uom.uom"

    def _get_intake_fact(self):
        """This unit, with the one that all units it converts to share."""
        self.ensure_one()
        return UnitFact(self.id, int((self.parent_path or f"{self.id}/").split("/")[0]))
