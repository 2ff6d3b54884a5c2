from markupsafe import Markup

from odoo import api, fields, models

from .order_channel import OWN_KINDS
from .order_intake_messages import finding_message

STEP = Markup('<li><i class="fa %s me-2" title="%s"></i>%s</li>')


class OrderChannel(models.Model):
    """What is left to do until a channel's orders come in: shown on its form, until they do."""

    _inherit = "order.channel"

    # sanitize=False: every value in it is escaped by Markup.
    setup_guide = fields.Html(compute="_compute_setup_guide", sanitize=False)

    @api.depends("kind", "user_id", "company_id", "active", "tax_policy", "column_ids", "pulls")
    @api.depends("shipping_product_id", "discount_product_id", "tax_product_id", "adopts_orders")
    @api.depends_context("lang")
    def _compute_setup_guide(self):
        marks = {
            True: ("fa-check-circle text-success", self.env._("Done")),
            False: ("fa-circle-o text-muted", self.env._("To do")),
        }
        for channel in self:
            steps = channel._get_setup_steps() if channel._origin else []
            rows = Markup().join(STEP % (*marks[bool(done)], text) for done, text in steps)
            is_ready = all(done for done, _text in steps)
            channel.setup_guide = (
                False if is_ready else Markup('<ol class="list-unstyled mb-0">%s</ol>') % rows
            )

    def _get_setup_steps(self):
        """What it takes to have orders from this channel, as pairs of whether and what."""
        self.ensure_one()
        problems = self._origin._check_ready()
        reasons = [finding_message(self.env, each.code, each.args) for each in problems]
        steps = [(not problems, self.env._("Choose a user it acts as, who may sell."))]
        steps += [(False, reason) for reason in reasons]
        if self.kind in OWN_KINDS:
            if self.kind != "manual":
                steps.append((self.adopts_orders, self.env._("Let it adopt the orders.")))
                steps.append(
                    (self.order_count, self.env._("The first order: place one, and look at it."))
                )
            return steps
        products = self.shipping_product_id and self.discount_product_id
        charged = self.tax_policy == "odoo" or self.tax_product_id
        steps.append(
            (products and charged, self.env._("Prices and Taxes: choose the service products."))
        )
        if self.kind == "csv":
            steps.append((self.column_ids, self.env._("Map the columns of a file.")))
        connect = {
            "shopify": self.env._(
                "Connection: paste address and secret into a webhook of the shop, or let its"
                " orders be fetched."
            ),
            "woocommerce": self.env._(
                "Connection: paste address and secret into webhooks of the shop, or let its"
                " orders be fetched."
            ),
        }
        fallback = self.env._(
            "Connection: give the sender the address and the key – or upload files."
        )
        connected = self.intake_count or self.pulls
        steps.append((connected, connect.get(self.kind, fallback)))
        steps.append(
            (
                self.intake_count,
                self.env._("Send a test order, of which nothing is kept; then await the first."),
            )
        )
        return steps
