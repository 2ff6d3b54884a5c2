from odoo import api, fields, models


class OrderChannel(models.Model):
    _name = "order.channel"
    _inherit = ["order.channel", "mail.alias.mixin.optional"]

    alias_contact = fields.Selection(
        related="alias_id.alias_contact",
        readonly=False,
        string="Accept E-Mails From",
        help="Whose e-mails become orders. Those of others are answered that they aren't taken.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Take e-mails of known contacts only, unless somebody says otherwise."""
        for vals in vals_list:
            if vals.get("alias_name"):
                vals.setdefault("alias_contact", "partners")
        return super().create(vals_list)

    def write(self, vals):
        """Take e-mails of known contacts only, when an address is given for the first time."""
        if vals.get("alias_name") and not vals.get("alias_contact"):
            fresh = self.filtered(lambda channel: not channel.alias_id)
            if fresh:
                super(OrderChannel, fresh).write(vals | {"alias_contact": "partners"})
            if fresh == self:
                return True
        return super().write(vals)

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("order.intake")
        if self.id:
            values["alias_defaults"] = repr({"channel_id": self.id})
        return values
