from odoo import api, models

from odoo.addons.order_processing.engine import health
from odoo.addons.order_processing.engine.health import Figure


class OrderHealth(models.AbstractModel):
    _inherit = "order.health"

    @api.model
    def _get_outbox_figures(self, now):
        """How old the facts are that reports show."""
        sweep = self.env["order.fact.sweep"].search([], limit=1)
        return [
            *super()._get_outbox_figures(now),
            Figure("facts_age", health.age(sweep.since or None, now), health.SECONDS, health.WARN),
        ]

    @api.model
    def _get_lists(self):
        cron = self.env.ref("order_reporting.ir_cron_refresh", False)
        return super()._get_lists() | (
            {"facts_age": ("ir.cron", [("id", "=", cron.id)])} if cron else {}
        )

    @api.model
    def _get_titles(self):
        return super()._get_titles() | {"facts_age": self.env._("Facts of reports are this old")}
