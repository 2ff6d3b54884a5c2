from odoo import models


class OrderSourceMixin(models.AbstractModel):
    """Rows that were derived from a document open it."""

    _name = "order.source.mixin"
    _description = "Rows of Documents"

    def action_open_source(self):
        """Open the document behind this row, the one it is named after."""
        self.check_access("read")
        self.ensure_one()
        source = self[self._rec_name]
        return {
            "type": "ir.actions.act_window",
            "res_model": source._name,
            "res_id": source.id,
            "views": [(False, "form")],
        }
