import datetime
import logging

from odoo import api, fields, models

from odoo.addons.order_processing.logs import log_line

from ..carriers import registry, webhooks
from ..carriers.base import CarrierError

_logger = logging.getLogger(__name__)

#: A carrier tells of a parcel for 14 days once it was asked to.
RENEW_DAYS = 13
#: Parcels named in one request.
AT_ONCE = 100
#: Who must be asked for each parcel; others tell of all parcels of an account.
ASKED_TYPES = tuple(
    code for code, kind in registry.KINDS.items() if "subscribe" in kind.make.offers
)


class ShippingLabel(models.Model):
    """Parcels whose news carriers send by themselves, where they must be asked to."""

    _inherit = "shipping.label"

    date_subscribed = fields.Datetime(
        string="Told Since",
        readonly=True,
        copy=False,
        help="Since when the carrier sends news of this parcel by itself.",
    )

    # === BUSINESS === #

    @api.model
    def _subscribe_due(self, domain):
        """Have carriers with a webhook secret tell of parcels that still are on their way.

        :param domain: parcels that are followed at all
        """
        # sudo: only whether there is a secret is asked.
        carriers = self.env["delivery.carrier"].sudo()
        carriers = carriers.search(
            [("delivery_type", "in", ASKED_TYPES), ("webhook_secret", "!=", False)]
        )
        now = fields.Datetime.now()
        for carrier in carriers:
            due = fields.Domain(domain) & fields.Domain(
                [
                    ("carrier_id", "=", carrier.id),
                    "|",
                    ("date_subscribed", "=", False),
                    ("date_subscribed", "<", now - datetime.timedelta(days=RENEW_DAYS)),
                ]
            )
            labels = self.search(due, limit=AT_ONCE, order="date_subscribed, id desc")
            if not labels:
                continue
            try:
                told = carrier._get_port().subscribe(
                    labels.mapped("tracking_number"), carrier.webhook_url, carrier.webhook_secret
                )
            except (CarrierError, ValueError) as error:
                # Nothing is lost: what nobody tells of is asked for.
                _logger.info("%s", log_line("not subscribed", carrier=carrier.id, error=error))
                continue
            accepted = labels.filtered(lambda row, told=told: row.tracking_number in told)
            # sudo: nobody writes labels but their own methods; this is a job.
            accepted.sudo().date_subscribed = now


class DeliveryCarrier(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "delivery.carrier"

    has_webhook = fields.Boolean(compute="_compute_has_webhook")

    @api.depends("delivery_type")
    def _compute_has_webhook(self):
        for carrier in self:
            carrier.has_webhook = carrier.delivery_type in webhooks.HOOKS
