from odoo import fields, models


class OrderMessageKind(models.Model):
    """A kind of message to customers: its template, and another one for some channels."""

    _name = "order.message.kind"
    _description = "Kind of Customer Message"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True, help="Unchanging name.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="Archived: never sent.")
    is_answer = fields.Boolean(
        readonly=True,
        help="Answers what the customer asked for: sent even where customers get no other"
        " messages, and can't be declined.",
    )
    template_id = fields.Many2one(
        "mail.template", required=True, ondelete="restrict", domain="[('model', '=', 'sale.order')]"
    )
    channel_template_ids = fields.One2many(
        "order.message.template", "kind_id", string="Other Templates by Channel"
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "There is one row for each kind.")

    def _get_template(self, channel):
        """The template for an order's channel, else the default one."""
        self.ensure_one()
        own = self.channel_template_ids.filtered(lambda row: channel and row.channel_id == channel)
        return own.template_id or self.template_id


class OrderMessageTemplate(models.Model):
    """The words of one channel."""

    _name = "order.message.template"
    _description = "Customer Message by Channel"
    _rec_name = "channel_id"

    kind_id = fields.Many2one("order.message.kind", required=True, index=True, ondelete="cascade")
    channel_id = fields.Many2one("order.channel", required=True, index=True, ondelete="cascade")
    template_id = fields.Many2one(
        "mail.template", required=True, ondelete="restrict", domain="[('model', '=', 'sale.order')]"
    )

    _kind_channel_uniq = models.Constraint(
        "UNIQUE (kind_id, channel_id)", "This channel has its own template already."
    )
