from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..engine import rating, rating_table
from ..models.shipping_rate import LOCAL_TYPES, to_decimal


class ShippingQuote(models.TransientModel):
    """Every carrier's price for an order side by side: what it costs us, what the customer pays."""

    _name = "shipping.quote"
    _description = "Compare Shipping Rates"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade", readonly=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    date_wanted = fields.Date(readonly=True)
    line_ids = fields.One2many("shipping.quote.line", "quote_id", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        """Ask all carriers at once as the window opens."""
        quotes = super().create(vals_list)
        for quote in quotes:
            quote._ask()
        return quotes

    def _ask(self):
        """Ask every carrier that delivers there, and say of each why it's first or not."""
        self.ensure_one()
        order = self.order_id
        order.check_access("read")
        Carrier = self.env["delivery.carrier"]
        carriers = Carrier.search(Carrier._check_company_domain(order.company_id))
        carriers = carriers.available_carriers(order.partner_shipping_id, order)
        fetched = self.env["shipping.rate"]._fetch_order(order, carriers)
        wanted = order.commitment_date and fields.Datetime.context_timestamp(
            order, order.commitment_date
        )
        self.date_wanted = wanted and wanted.date()
        offers = []
        for carrier in carriers:
            if carrier.is_network:
                offers += self._offers_of(carrier, fetched[carrier])
            elif carrier.delivery_type == "rate_table":
                offers.append(self._offer_of_table(carrier))
            elif carrier.delivery_type in LOCAL_TYPES:
                offers.append(self._offer_of_price(carrier))
        hazards = order._get_hazards()
        for offer in offers:
            carrier = Carrier.browse(offer["carrier_id"])
            offer["problem"] = offer["problem"] or carrier._get_hazard_problem(hazards)
        quotes = [
            rating.Quote(
                key=rank,
                amount=to_decimal(offer["amount"]),
                days=offer["days"],
                arrives=offer["date_promised"] or None,
                sequence=rank,
                is_free=offer["is_free"],
                has_label=Carrier.browse(offer["carrier_id"])._makes_labels(),
                problem=offer["problem"],
            )
            for rank, offer in enumerate(offers)
        ]
        verdicts = {v.key: v for v in rating.choose(quotes, self.date_wanted or None)}
        self.line_ids = [
            fields.Command.create(self._prepare_line(offer, verdicts[rank]))
            for rank, offer in enumerate(offers)
        ]

    def _offers_of(self, carrier, found):
        if isinstance(found, str):
            return [self._blank(carrier, problem=found)]
        ship_date = self.order_id._get_ship_date()
        offers = []
        for offer in found:
            arrives = offer.arrives
            if not arrives and offer.days:
                arrives = carrier._get_arrival(ship_date, offer.days)
            arrives = carrier._get_order_arrival(self.order_id, offer.service, arrives)
            offers.append(
                self._blank(
                    carrier,
                    service=offer.name,
                    service_code=offer.service,
                    amount=self._in_order_currency(offer.amount, offer.currency),
                    list_amount=self._in_order_currency(offer.list_amount, offer.currency),
                    days=offer.days,
                    date_promised=arrives,
                    problem=offer.problem,
                )
            )
        return offers

    def _offer_of_table(self, carrier):
        order = self.order_id
        parcel = rating_table.Parcel(carrier._get_kg_converter()(order._get_estimated_weight()))
        partner = order.partner_shipping_id
        ship_date = order._get_ship_date()
        price = carrier._get_table_price(partner, [parcel], ship_date)
        if price.problem:
            return self._blank(carrier, problem=carrier._get_price_problem(price.problem, partner))
        days = price.days_max
        return self._blank(
            carrier,
            service=self.env["shipping.rate"]._get_service(price.days_min, days),
            amount=self._in_order_currency(price.amount, carrier.rate_currency_id.name),
            days=days,
            date_promised=carrier._get_order_arrival(
                order, "", carrier._get_arrival(ship_date, days)
            )
            or False,
            is_free=price.is_free,
        )

    def _offer_of_price(self, carrier):
        try:
            result = carrier.rate_shipment(self.order_id)
        except UserError as error:
            result = {"success": False, "error_message": str(error)}
        if not result["success"]:
            return self._blank(carrier, problem=result["error_message"] or self.env._("No price"))
        return self._blank(carrier, amount=result.get("carrier_price") or result["price"])

    def _blank(self, carrier, **values):
        return {
            "carrier_id": carrier.id,
            "service": "",
            "service_code": "",
            "amount": 0.0,
            "list_amount": 0.0,
            "days": 0,
            "date_promised": False,
            "is_free": False,
            "problem": "",
        } | values

    def _in_order_currency(self, amount, code):
        order = self.order_id
        currency = self.env["shipping.rate"]._get_currency(code) or order.currency_id
        date = order.date_order or fields.Date.context_today(self)
        return currency._convert(float(amount), order.currency_id, order.company_id, date)

    def _prepare_line(self, offer, verdict):
        """What a row shows; the customer's price by Odoo's own margins and free-over."""
        carrier = self.env["delivery.carrier"].browse(offer["carrier_id"])
        order = self.order_id
        price = carrier._apply_margins(offer["amount"], order)
        if carrier.free_over and not offer["problem"]:
            total = order._compute_amount_total_without_delivery()
            if carrier._compute_currency(order, total, "pricelist_to_company") >= carrier.amount:
                price = 0.0
        return {
            "sequence": 0 if verdict.chosen else 2 if offer["problem"] else 1,
            "carrier_id": carrier.id,
            "service": offer["service"],
            "service_code": offer["service_code"],
            "amount": offer["amount"],
            "list_amount": offer["list_amount"],
            "price": 0.0 if offer["problem"] else price,
            "date_promised": offer["date_promised"],
            "is_best": verdict.chosen,
            "is_available": not offer["problem"],
            "reason": self._get_reason(offer, verdict),
        }

    def _get_reason(self, offer, verdict):
        difference = verdict.difference
        if verdict.code == rating.TOO_LATE and not offer["date_promised"]:
            return self.env._("Promises no day of arrival")
        words = {
            rating.UNAVAILABLE: offer["problem"],
            rating.CHEAPEST: self.env._("Cheapest")
            if not self.date_wanted
            else self.env._("Cheapest by %s", format_date(self.env, self.date_wanted)),
            rating.FASTEST_LATE: self.env._("None arrives in time: the earliest"),
            rating.DEARER: self.env._("%s more", self.currency_id.format(float(difference))),
            rating.TOO_LATE: self.env._("%s days too late", int(difference)),
            rating.SLOWER: self.env._("Slower"),
            rating.NO_LABEL: self.env._("Makes no labels: take it by hand if it's meant"),
            rating.NEXT_IN_ORDER: self.env._("Same price and time"),
            rating.NOT_POSITIVE: self.env._("A price of 0 isn't trusted unless marked free"),
        }
        return words.get(verdict.code, "")


class ShippingQuoteLine(models.TransientModel):
    _name = "shipping.quote.line"
    _description = "Shipping Rate to Compare"
    _order = "sequence, amount, id"

    quote_id = fields.Many2one("shipping.quote", required=True, ondelete="cascade")
    sequence = fields.Integer()
    currency_id = fields.Many2one(related="quote_id.currency_id")
    carrier_id = fields.Many2one("delivery.carrier", readonly=True)
    service = fields.Char(readonly=True)
    service_code = fields.Char(readonly=True)
    amount = fields.Monetary(string="Our Cost", readonly=True)
    list_amount = fields.Monetary(string="List Price", readonly=True)
    price = fields.Monetary(
        string="Customer Pays", readonly=True, help="By the margin and free-over of the method."
    )
    date_promised = fields.Date(string="Arrives By", readonly=True)
    is_best = fields.Boolean(readonly=True)
    is_available = fields.Boolean(readonly=True)
    reason = fields.Char(string="Why", readonly=True)

    def action_take(self):
        """Put this carrier and its price on the order.

        :raise UserError: it has no price
        """
        self.ensure_one()
        if not self.is_available:
            raise UserError(self.env._("It has no price: %s", self.reason))
        order = self.quote_id.order_id
        order.check_access("write")
        order.set_delivery_line(self.carrier_id, self.price)
        order.recompute_delivery_price = False
        return {"type": "ir.actions.act_window_close"}
