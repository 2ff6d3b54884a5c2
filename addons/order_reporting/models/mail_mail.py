from odoo import api, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    @api.model_create_multi
    def create(self, vals_list):
        """Give the digest's mail its pictures, see ``digest_digest_chart.py``."""
        if pictures := self.env.context.get("order_pictures"):
            vals_list = [{**vals, "attachment_ids": pictures} for vals in vals_list]
        return super().create(vals_list)
