from odoo import api, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    @api.model_create_multi
    def create(self, vals_list):
        """Give the digest's mail its pictures and files, see ``digest_digest_chart.py``."""
        if files := self.env.context.get("order_files"):
            vals_list = [{**vals, "attachment_ids": files} for vals in vals_list]
        return super().create(vals_list)
