import secrets
from datetime import timedelta

from odoo import api, fields, models

from ..engine import access
from ..engine.intake.registry import READERS

#: Headers with the signature, and the topics that are about orders, by way of signing.
SIGNATURES = {"shopify": "X-Shopify-Hmac-Sha256", "woocommerce": "X-WC-Webhook-Signature"}
TOPICS = {
    "shopify": (
        "X-Shopify-Topic",
        frozenset({"orders/create", "orders/updated", "orders/paid"}),
    ),
    "woocommerce": ("X-WC-Webhook-Topic", frozenset({"order.created", "order.updated"})),
}
DELIVERIES = {"shopify": "X-Shopify-Webhook-Id", "woocommerce": "X-WC-Webhook-Delivery-ID"}
#: Content types besides ``application/octet-stream``, which says nothing, by a format's extension.
CONTENT_TYPES = {
    ".json": ("application/json",),
    ".xml": ("application/xml", "text/xml"),
    ".edi": ("application/edifact", "application/edi-x12", "application/edi-consent", "text/plain"),
    ".csv": ("text/csv", "text/plain", "text/tab-separated-values"),
    ".tsv": ("text/tab-separated-values", "text/plain", "text/csv"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
}
#: How long the former secret stays valid after a change-over.
OVERLAP = timedelta(days=7)


class OrderChannel(models.Model):
    _inherit = "order.channel"

    auth = fields.Selection(
        [
            ("shopify", "Shopify signature"),
            ("woocommerce", "WooCommerce signature"),
            ("key", "API key"),
        ],
        string="Proof of Sender",
        required=True,
        compute="_compute_auth",
        store=True,
        readonly=False,
        precompute=True,
        help="How posted documents prove that they come from this channel. Signature: the shop"
        " signs each document with the secret. API key: the sender shows the secret in the header"
        " “Authorization: Bearer …”.",
    )
    former_secret = fields.Char(copy=False, groups="order_processing.group_order_manager")
    former_secret_until = fields.Datetime(
        string="Former Secret Valid Until",
        copy=False,
        readonly=True,
        groups="order_processing.group_order_manager",
        help="Until then documents may be signed with the former secret, too.",
    )

    @api.depends("kind")
    def _compute_auth(self):
        for channel in self:
            channel.auth = channel.kind if channel.kind in SIGNATURES else "key"

    # === ACTIONS === #

    def action_rotate_secret(self):
        """Give each channel a new secret, and let the present one be valid for a week more."""
        self.check_access("write")
        until = fields.Datetime.now() + OVERLAP
        for channel in self:
            channel.write(
                {
                    "former_secret": channel.secret,
                    "former_secret_until": until,
                    "secret": secrets.token_urlsafe(32),
                }
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("New secret"),
                "message": self.env._(
                    "Paste the new secret into the shop within %(days)s days; until then the"
                    " former one is valid, too.",
                    days=OVERLAP.days,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_renew_secret(self):
        """A secret that got about must not be valid any longer, not even as the former one."""
        action = super().action_renew_secret()
        self.write({"former_secret": False, "former_secret_until": False})
        return action

    # === RECEIVING === #

    def _get_secrets(self):
        """The secrets that are valid now. Only for the check of a sender, in superuser mode."""
        self.ensure_one()
        until = self.former_secret_until
        former = self.former_secret if until and until > fields.Datetime.now() else False
        return [secret for secret in (self.secret, former) if secret]

    def _is_authentic(self, payload, headers):
        """Tell whether a posted document comes from who knows this channel's secret.

        :param bytes payload: the body as it came
        :param headers: mapping of the request's headers
        """
        self.ensure_one()
        header = SIGNATURES.get(self.auth)
        if header:
            return access.is_signed(payload, headers.get(header), self._get_secrets())
        return self._is_key_holder(headers)

    def _is_key_holder(self, headers):
        """Tell whether a request bears this channel's secret as its API key."""
        self.ensure_one()
        return access.is_key(headers.get("Authorization"), self._get_secrets())

    def _get_ignored_topic(self, headers):
        """The topic of a notification that isn't about an order; nothing if it is."""
        self.ensure_one()
        header, topics = TOPICS.get(self.auth, ("", frozenset()))
        topic = headers.get(header, "") if header else ""
        return topic[:80] if topic not in topics else ""

    def _accepts_type(self, content_type):
        """Tell whether documents of this channel's format may be of a content type.

        :param str content_type: without parameters; empty when the sender didn't say
        """
        self.ensure_one()
        content_type = content_type.lower()
        if content_type in ("", "application/octet-stream"):
            return True
        reader = READERS.get(self.kind)
        allowed = {
            each
            for ext in (reader.extensions if reader else ())
            for each in CONTENT_TYPES.get(ext, ())
        }
        if "application/json" in allowed and content_type.endswith("+json"):
            return True
        return content_type in allowed

    def _get_delivery_name(self, headers):
        """A file name for a posted document, from the shop's number of its delivery."""
        self.ensure_one()
        delivery = headers.get(DELIVERIES.get(self.auth, ""), "")[:80]
        reader = READERS.get(self.kind)
        return f"{delivery}{reader.extensions[0] if reader else ''}" if delivery else None
