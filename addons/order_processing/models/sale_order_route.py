from odoo import models


class SaleOrder(models.Model):
    """Step "route": which warehouse each line leaves from."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    # === ACTION === #

    def action_route(self):
        """Plan which warehouse each line leaves from, by stock; confirming releases the plan.

        What somebody allocated by hand stays as it is. Orders without a channel are routed only
        when asked to here; otherwise they leave from their own warehouse.
        """
        self.check_access("write")
        self.filtered(lambda order: order.state in ("draft", "sent"))._plan_routes(asked=True)
        return True

    # === BUSINESS === #

    def _plan_routes(self, asked=False):
        """Allocate the lines of these orders anew, except what was allocated by hand.

        :param bool asked: also orders that neither come from a channel nor were routed before
        """
        # sudo: routing sees all warehouses' stock whoever sells.
        orders = self.sudo().filtered(
            lambda order: asked or order.channel_id or order.allocation_ids
        )
        if not orders:
            return
        planned = orders.allocation_ids.filtered(lambda a: a.state in ("planned", "queued"))
        chosen = planned.filtered("is_manual")
        (planned - chosen).unlink()
        lines = orders.order_line._to_route()
        if chosen:
            chosen._shrink(chosen.line_id)
        plans = self.env["order.allocation"]._route(lines, asked)
        self.union(*plans, chosen.order_id.sudo(False))._record_routes(plans)

    def _record_routes(self, plans):
        """Log where these orders leave from.

        :param plans: dict order → ``engine.routing.Plan``; without one a person decided
        """
        allocations = {
            order: order.sudo().allocation_ids.filtered(lambda a: a.state != "cancelled")
            for order in self
        }
        self._record_event(
            "route",
            lambda order: allocations[order]._summary(),
            details=lambda order: {
                "allocations": [
                    {
                        "line": a.line_id.id,
                        "product": a.product_id.display_name,
                        "warehouse": a.warehouse_id.name,
                        "quantity": a.quantity,
                        "back-order": a.short_quantity,
                        "by hand": a.is_manual,
                    }
                    for a in allocations[order]
                ],
                "decision": allocations[order]._explanation(plans[order])
                if order in plans
                else None,
            },
            source=self._event_source(),
        )
