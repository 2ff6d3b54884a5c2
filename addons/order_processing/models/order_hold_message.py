from odoo import api, models


class OrderHold(models.Model):
    _inherit = "order.hold"

    def action_ask_customer(self):
        """Tell the customers that we need something from them before their order goes on."""
        self.check_access("write")
        for hold in self:
            self.env["order.message"]._queue(
                hold.order_id,
                "held",
                event=f"hold:{hold.id}",
                words=hold.what_to_do or "",
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The customer is asked, once for each hold."),
            },
        }

    @api.model_create_multi
    def create(self, vals_list):
        """Ask customers for a better address by ourselves: nobody else knows it."""
        holds = super().create(vals_list)
        if self.env.context.get("order_moving"):
            return holds  # the customer was asked in the database the order comes from
        asked = holds.filtered(
            lambda hold: hold.kind == "address" and hold.company_id.sudo().order_messages
        )
        for hold in asked:
            self.env["order.message"]._queue(hold.order_id, "held", event=f"hold:{hold.id}")
        return holds
