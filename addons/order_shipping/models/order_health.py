from odoo import api, models

from odoo.addons.order_processing.engine.health import Figure


class OrderHealth(models.AbstractModel):
    _inherit = "order.health"

    @api.model
    def _get_outbox_figures(self, now):
        """Labels that are being bought, or of which nobody knows whether they were."""
        return [
            *super()._get_outbox_figures(now),
            self._get_age("label_buying_age", now, "write_date"),
            Figure("label_unknown", self._count("label_unknown")),
        ]

    @api.model
    def _get_lists(self):
        return super()._get_lists() | {
            "label_buying_age": ("shipping.label", [("state", "=", "buying")]),
            "label_unknown": ("shipping.label", [("state", "=", "unknown")]),
        }

    @api.model
    def _get_titles(self):
        return super()._get_titles() | {
            "label_buying_age": self.env._("Longest purchase of a label"),
            "label_unknown": self.env._("Labels of unknown outcome"),
        }
