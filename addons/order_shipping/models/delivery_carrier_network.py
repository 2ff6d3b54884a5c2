from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..carriers import registry, transport
from ..carriers.base import Account, CarrierError

NETWORK_TYPES = tuple(registry.KINDS)
SECRET_GROUP = "order_shipping.group_shipping_manager"


class DeliveryCarrier(models.Model):
    """Carriers that are asked over the network: their accounts, and Odoo's provider methods."""

    _inherit = "delivery.carrier"

    delivery_type = fields.Selection(
        selection_add=[(code, kind.label) for code, kind in registry.KINDS.items()],
        ondelete=dict.fromkeys(NETWORK_TYPES, "set default"),
    )
    is_network = fields.Boolean(compute="_compute_is_network")
    account_client_id = fields.Char(
        string="Client ID",
        groups=SECRET_GROUP,
        copy=False,
        help="As the carrier's portal shows it.",
    )
    account_client_secret = fields.Char(
        string="Client Secret",
        groups=SECRET_GROUP,
        copy=False,
        help="The secret of the client ID, or the API key. Only administrators can read it.",
    )
    account_number = fields.Char(groups=SECRET_GROUP, copy=False, help="Who is billed.")
    account_options = fields.Char(
        string="Further Settings",
        groups=SECRET_GROUP,
        copy=False,
        help="What only this carrier needs, as name=value, separated by commas. USPS: "
        "crid=12345678, mid=123456789.",
    )
    account_url = fields.Char(
        string="Interface Address",
        groups=SECRET_GROUP,
        copy=False,
        help="Leave empty for the carrier's own address: the one for tests until the carrier is "
        "switched to Production.",
    )
    webhook_secret = fields.Char(
        groups=SECRET_GROUP,
        copy=False,
        help="News of parcels without this secret are refused. EasyPost, FedEx (security token) "
        "and USPS: enter the same at the webhook or subscription there. UPS: it is told with each "
        "parcel, so any long random text does.",
    )
    webhook_url = fields.Char(string="Webhook Address", compute="_compute_webhook_url")
    service_code = fields.Char(
        string="Only Service",
        help="The carrier's code of the one service to offer; empty: all it quotes.",
    )
    label_format = fields.Selection(
        [("pdf", "PDF"), ("zpl", "ZPL (thermal printer)")], default="pdf", required=True
    )
    signature = fields.Selection(
        [("direct", "Signature"), ("adult", "Adult Signature")],
        string="Signature on Delivery",
        help="Asked for with every parcel of this delivery method.",
    )

    @api.depends("delivery_type")
    def _compute_is_network(self):
        for carrier in self:
            carrier.is_network = carrier.delivery_type in NETWORK_TYPES

    def _compute_webhook_url(self):
        for carrier in self:
            carrier.webhook_url = f"{carrier.get_base_url()}/order_shipping/track/{carrier.id}"

    def _compute_supports_shipping_insurance(self):
        result = super()._compute_supports_shipping_insurance()
        self.filtered("is_network").supports_shipping_insurance = True
        return result

    @api.constrains("account_url")
    def _check_account_url(self):
        for carrier in self.sudo():  # sudo: the address is readable by administrators only
            if carrier.account_url:
                try:
                    transport.check_url(carrier.account_url)
                except ValueError as error:
                    raise ValidationError(
                        self.env._(
                            "The interface address of %(carrier)s isn't safe. %(reason)s",
                            carrier=carrier.name,
                            reason=error,
                        )
                    )

    # === ACTION === #

    def action_check_connection(self):
        """Prove the credentials at the carrier; say what it answers.

        :raise UserError: the carrier refuses them, or can't be reached
        """
        self.ensure_one()
        self.check_access("write")
        try:
            self._get_port().check()
        except CarrierError as error:
            raise UserError(
                self.env._(
                    "%(carrier)s doesn't accept the connection: %(reason)s",
                    carrier=self.name,
                    reason=error.message,
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.name,
                "message": self.env._("The carrier accepts these credentials."),
                "type": "success",
            },
        }

    # === BUSINESS === #

    def _get_account(self):
        """This carrier's account as plain values."""
        self.ensure_one()
        carrier = self.sudo()  # sudo: packers buy with the account without seeing its secrets
        kind = registry.KINDS[self.delivery_type]
        options = [
            tuple(part.strip() for part in pair.split("=", 1))
            for pair in (carrier.account_options or "").split(",")
            if "=" in pair
        ]
        is_test = not carrier.prod_environment
        return Account(
            base_url=carrier.account_url or (kind.test_url if is_test else kind.url),
            client_id=carrier.account_client_id or "",
            client_secret=carrier.account_client_secret or "",
            number=carrier.account_number or "",
            options=tuple(options),
            is_test=is_test,
        )

    def _get_port(self):
        self.ensure_one()
        if self.is_network:
            return registry.make(self.delivery_type, self._get_account())
        return super()._get_port()

    def _get_port_class(self):
        """The class of this carrier's port, to see what it offers without an account."""
        self.ensure_one()
        return registry.KINDS[self.delivery_type].make

    def _makes_labels(self):
        """Whether labels of this carrier can be bought here."""
        self.ensure_one()
        return self.is_network or self.delivery_type == "rate_table"

    def _network_rate_shipment(self, order):
        """Price of an order: the cheapest of the carrier's services, or its only one.

        Where the carrier doesn't answer in time its fallback table does, so that no customer waits
        at a checkout for a carrier that is down.
        """
        self.ensure_one()
        fetched = self.env["shipping.rate"]._fetch_order(order, self)
        offers = fetched.get(self, "")
        if not isinstance(offers, str):
            refused = [offer.problem for offer in offers]
            offers = [offer for offer in offers if not offer.problem] or refused[0]
        if isinstance(offers, str):
            return self._rate_by_fallback(order, offers)
        best = min(offers, key=lambda offer: offer.amount)
        currency = self.env["res.currency"].search([("name", "=", best.currency)], limit=1)
        date = order.date_order or fields.Date.context_today(self)
        arrives = best.arrives or self._get_arrival(order._get_ship_date(), best.days)
        return {
            "success": True,
            "price": (currency or order.currency_id)._convert(
                float(best.amount), order.currency_id, order.company_id, date
            ),
            "error_message": False,
            "warning_message": False,
            "promise": self._get_order_promise(order, best.service, arrives),
        }

    def _rate_by_fallback(self, order, reason):
        """The fallback table's price, or why there is none in words for whom it is said to."""
        self.ensure_one()
        if self.rate_line_ids:
            result = self.rate_table_rate_shipment(order)
            if result["success"]:
                return result | {
                    "warning_message": self.env._(
                        "By its fallback table, since the carrier gives no price: %s", reason
                    )
                }
        if order._is_shopped():
            reason = self.env._("Not available just now: please choose another.")
        return {
            "success": False,
            "price": 0.0,
            "error_message": reason,
            "warning_message": False,
        }

    def _network_send_shipping(self, pickings):
        """Hand over the labels that are there. Missing ones are bought after the transfer's
        transaction, never within it: what was paid for must not be rolled back.
        """
        result = []
        for picking in pickings:
            live = picking.label_ids.filtered(lambda label: label.state == "bought")
            currency = picking.sale_id.currency_id or picking.company_id.currency_id
            numbers = ",".join(filter(None, live.mapped("tracking_number")))
            cost = live._get_cost_in(currency, picking.company_id)
            result.append({"exact_price": cost, "tracking_number": numbers or False})
        self.env["shipping.label"]._buy_later(pickings.filtered(lambda p: not p.is_labelled))
        return result

    def _network_cancel_shipment(self, pickings):
        """Void the labels of these deliveries; again is as good as once."""
        self.ensure_one()
        pickings.filtered(lambda picking: picking.carrier_id == self).label_ids._void()


def _provider(method):
    """A method that Odoo calls by the carrier's type, for all types alike."""

    def call(self, *args, **kwargs):
        return getattr(self, method)(*args, **kwargs)

    call.__doc__ = getattr(DeliveryCarrier, method, call).__doc__
    return call


for _code in NETWORK_TYPES:
    for _name, _method in (
        ("rate_shipment", "_network_rate_shipment"),
        ("send_shipping", "_network_send_shipping"),
        ("cancel_shipment", "_network_cancel_shipment"),
        ("get_tracking_link", "rate_table_get_tracking_link"),
        ("get_return_label", "rate_table_get_return_label"),
    ):
        setattr(DeliveryCarrier, f"{_code}_{_name}", _provider(_method))
