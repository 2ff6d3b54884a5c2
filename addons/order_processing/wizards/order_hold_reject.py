from odoo import api, fields, models
from odoo.exceptions import UserError


class OrderHoldReject(models.TransientModel):
    """Reject holds with a reason, and tell the customers if they should know."""

    _name = "order.hold.reject"
    _description = "Reject Holds"

    hold_ids = fields.Many2many(
        "order.hold",
        required=True,
        default=lambda self: self.env["order.hold"].browse(self.env.context.get("active_ids")),
    )
    hold_count = fields.Integer(compute="_compute_hold_count")
    reason = fields.Char(required=True, help="Kept with the hold and in the order's log.")
    tell_customer = fields.Boolean(string="Write to the Customer")
    template_id = fields.Many2one(
        "mail.template",
        domain=[("model", "=", "sale.order")],
        default=lambda self: self.env.ref(
            "order_processing.mail_template_reject", raise_if_not_found=False
        ),
    )
    customer_reason = fields.Char(
        string="Reason for the Customer", help="Put into the template. Empty: the reason above."
    )
    preview = fields.Html(compute="_compute_preview", help="What the first customer will read.")

    @api.depends("hold_ids")
    def _compute_hold_count(self):
        for wizard in self:
            wizard.hold_count = len(wizard.hold_ids)

    @api.depends("template_id", "reason", "customer_reason", "tell_customer")
    def _compute_preview(self):
        for wizard in self:
            order = wizard.hold_ids.order_id[:1]
            wizard.preview = (
                wizard._render(order)[order.id][1]
                if wizard.tell_customer and wizard.template_id and order
                else False
            )

    def _render(self, orders):
        """Subject and body for each order: dict order id → (subject, body)."""
        # sudo: the desk uses the template as it is, without the right to write templates.
        template = self.template_id.sudo().with_context(
            order_hold_reason=self.customer_reason or self.reason or ""
        )
        ids = orders._origin.ids or orders.ids
        subjects = template._render_field("subject", ids, compute_lang=True)
        bodies = template._render_field("body_html", ids, compute_lang=True)
        return {order_id: (subjects[order_id], bodies[order_id]) for order_id in ids}

    def action_reject(self):
        """Reject the holds; write to the customers if wanted. The orders stay as they are.

        :raises UserError: if a hold can't be rejected or a customer has no address
        """
        self.ensure_one()
        if self.tell_customer and not self.template_id:
            raise UserError(self.env._("Choose the template to write with."))
        self.hold_ids.action_reject(self.reason)
        if self.tell_customer:
            orders = self.hold_ids.order_id
            mute = orders.filtered(lambda order: not order.partner_id.email)
            if mute:
                raise UserError(
                    self.env._(
                        "These customers have no e-mail address: %s. Add it, or reject without"
                        " writing.",
                        ", ".join(mute.partner_id.mapped("display_name")),
                    )
                )
            for order, (subject, body) in zip(orders, self._render(orders).values(), strict=True):
                order.message_post(
                    subject=subject,
                    body=body,
                    partner_ids=order.partner_id.ids,
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                    email_layout_xmlid="mail.mail_notification_light",
                )
        return {"type": "ir.actions.act_window_close"}
