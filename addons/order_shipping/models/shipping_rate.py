import datetime
from dataclasses import replace
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..engine import rating, rating_table

#: What packing or weighing otherwise would mend.
PARCEL_PROBLEMS = (rating_table.NO_WEIGHT, rating_table.TOO_HEAVY, rating_table.TOO_LARGE)
#: Types of core that are priced from the database alone: quoting them calls nobody.
LOCAL_TYPES = ("fixed", "base_on_rule")


def to_decimal(value):
    """A float of the database as the Decimal it stands for."""
    return Decimal(str(round(value or 0.0, 6)))


class ShippingRate(models.Model):
    """One carrier's offer for one delivery, kept with the reason it was or wasn't taken.

    Nobody may create or write rows (see the access rights): they are written by the methods below.
    """

    _name = "shipping.rate"
    _description = "Shipping Rate"
    _order = "picking_id desc, state, chosen desc, amount, id"
    _rec_name = "carrier_id"
    _check_company_auto = True

    picking_id = fields.Many2one(
        "stock.picking", string="Delivery", index=True, ondelete="cascade", readonly=True
    )
    order_id = fields.Many2one("sale.order", index="btree_not_null", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    carrier_id = fields.Many2one(
        "delivery.carrier", required=True, readonly=True, index=True, check_company=True
    )
    service = fields.Char(readonly=True)
    amount = fields.Monetary(
        readonly=True, help="What the carrier asks for the whole delivery, without tax."
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    parcel_count = fields.Integer(string="Parcels", readonly=True)
    weight = fields.Float(string="Weight (kg)", digits="Stock Weight", readonly=True)
    transit_days = fields.Integer(
        readonly=True, help="Working days the carrier promises; 0 where it promises none."
    )
    date_promised = fields.Date(
        string="Arrives By", readonly=True, help="Last day of arrival if shipped as scheduled."
    )
    chosen = fields.Boolean(readonly=True)
    reason = fields.Char(readonly=True, help="Why this rate was, or wasn't, taken.")
    state = fields.Selection(
        [("quoted", "Quoted"), ("unavailable", "Unavailable"), ("superseded", "Superseded")],
        required=True,
        readonly=True,
        default="quoted",
        index=True,
        help="Superseded: newer rates were fetched for the same delivery.",
    )
    source = fields.Selection(
        [("table", "Rate Table"), ("price", "Delivery Method's Price"), ("carrier", "Carrier")],
        required=True,
        readonly=True,
        default="table",
        help="Where the amount comes from. A delivery method's price is what customers pay for it.",
    )

    _chosen_uniq = models.UniqueIndex(
        "(picking_id) WHERE chosen AND state != 'superseded'",
        "Only one rate of a delivery can be the chosen one.",
    )

    # === ACTION === #

    def action_choose(self):
        """Take this rate instead of the one chosen before.

        :raise AccessError: the user is no picker and packer
        :raise UserError: the rate is no offer (any more), or the delivery can't change its carrier
        """
        self.ensure_one()
        picking = self.picking_id
        picking._check_may_ship()
        if self.state != "quoted":
            raise UserError(
                self.env._("This rate can't be taken: get new rates for %s.", picking.name)
            )
        picking._check_carrier_can_change(self.carrier_id)
        # sudo: checked above; nobody writes rates but this and _shop.
        rate_sudo = self.sudo()
        before = rate_sudo.picking_id.rate_ids.filtered(
            lambda rate: rate.chosen and rate.state == "quoted"
        )
        if before == self:
            return True
        user = self.env.user.name
        before.write(
            {
                "chosen": False,
                "reason": self.env._(
                    "%(user)s took %(carrier)s instead", user=user, carrier=self.carrier_id.name
                ),
            }
        )
        before.flush_recordset()  # the old choice must be gone before the index sees the new one
        rate_sudo.write({"chosen": True, "reason": self.env._("Taken by %s", user)})
        picking.carrier_id = self.carrier_id
        self._record_chosen(source="user")
        return True

    # === BUSINESS === #

    @api.model
    def _shop(self, pickings, fetched=None):
        """Quote every carrier that fits each delivery, keep all quotes and choose one.

        Earlier quotes of these deliveries become superseded. Nothing outside is called.

        :param dict fetched: what carriers on the network quoted (see ``_fetch_outside``)
        :return: dict of picking to the reason no carrier could be chosen
        """
        gathered = self._gather_quotes(pickings, fetched or {})
        policies = self.env["shipping.rule"]._get_policies(pickings)
        problems, vals_list = {}, []
        for picking in pickings:
            offers = gathered[picking]
            quotes = [replace(offer["quote"], carrier=offer["carrier"].id) for offer in offers]
            promised = picking._get_promised_date(offers)
            policy = policies[picking]
            verdicts = {v.key: v for v in rating.choose(quotes, promised, policy)}
            for offer in offers:
                vals_list.append(self._prepare_vals(picking, offer, verdicts, promised))
            if not any(verdict.chosen for verdict in verdicts.values()):
                problems[picking] = self._get_no_rate_reason(picking, vals_list, offers)
        # sudo: nobody writes rates but this; callers have checked who may ship.
        rates_sudo = self.sudo()
        old = rates_sudo.search([("picking_id", "in", pickings.ids), ("state", "!=", "superseded")])
        old.write({"state": "superseded", "chosen": False})
        old.flush_recordset()
        chosen = rates_sudo.create(vals_list).filtered("chosen")
        for carrier, taken in chosen.grouped("carrier_id").items():
            changed = taken.picking_id.filtered(lambda picking, c=carrier: picking.carrier_id != c)
            changed.with_env(self.env).write({"carrier_id": carrier.id})
        chosen._record_chosen()
        return problems

    @api.model
    def _gather_quotes(self, pickings, fetched):
        """Plain quotes of all carriers for each delivery.

        :return: dict of picking to list of dicts (``quote``: rating.Quote, and what a row needs)
        """
        Carrier = self.env["delivery.carrier"]
        gathered = {picking: [] for picking in pickings}
        all_parcels = pickings._get_parcels()
        lanes = self.env["shipping.lane"]._get_book(pickings.company_id)
        # Core matches carriers picking by picking: have what it reads at hand for all.
        pickings.move_ids.mapped("product_id.volume")
        for company, of_company in pickings.grouped("company_id").items():
            carriers = Carrier.search(Carrier._check_company_domain(company))
            cash = of_company._get_cash_amounts()
            for picking in of_company:
                parcels, hazards = all_parcels[picking], picking._get_hazards()
                for carrier in carriers.available_carriers(picking.partner_id, picking):
                    if carrier.delivery_type == "rate_table":
                        offers = [self._quote_table(carrier, picking, parcels)]
                    elif picking.sale_id and carrier.delivery_type in LOCAL_TYPES:
                        offers = [self._quote_price(carrier, picking)]
                    elif (picking, carrier) in fetched:
                        found = fetched[picking, carrier]
                        offers = self._quote_network(carrier, picking, parcels, found)
                    else:
                        continue
                    weight = float(sum(parcel.weight for parcel in parcels))
                    for offer in offers:
                        offer |= {"carrier": carrier, "parcels": len(parcels), "weight": weight}
                        problem = (
                            carrier._get_hazard_problem(hazards)
                            or picking._get_pickup_problem(carrier)
                            or picking._get_collect_problem(carrier, cash[picking])
                        )
                        if problem and not offer["quote"].problem:
                            offer["quote"] = replace(offer["quote"], problem=problem)
                        self._apply_lane(picking, offer, lanes)
                        gathered[picking].append(offer)
        return gathered

    @api.model
    def _quote_table(self, carrier, picking, parcels):
        ship_date = picking._get_ship_date()
        parcels = picking._get_table_parcels(parcels)
        price = carrier._get_table_price(picking.partner_id, parcels, ship_date)
        problem = price.problem and carrier._get_price_problem(price.problem, picking.partner_id)
        days = price.days_max
        return {
            "source": "table",
            "service": self._get_service(price.days_min, days),
            "vals": {
                "billed_weight": float(price.billed_weight),
                "charges": [
                    {
                        "code": str(charge.key),
                        "name": charge.name or self.env._("Table"),
                        "amount": f"{charge.amount:.2f} {carrier.rate_currency_id.name}",
                    }
                    for charge in price.charges
                ],
            },
            "quote": rating.Quote(
                key=carrier.id,
                amount=self._to_company_currency(picking, price.amount, carrier.rate_currency_id),
                days=days,
                arrives=carrier._get_arrival(ship_date, days),
                sequence=carrier.sequence,
                is_free=price.is_free,
                problem=problem or "",
                is_parcel_problem=price.problem in PARCEL_PROBLEMS,
            ),
        }

    @api.model
    def _quote_price(self, carrier, picking):
        """A delivery method of core: its price for the order; it promises no date, has no label."""
        try:
            result = carrier.rate_shipment(picking.sale_id)
        except UserError as error:
            result = {"success": False, "price": 0.0, "error_message": str(error)}
        problem = "" if result["success"] else result["error_message"] or self.env._("No price")
        amount = to_decimal(result.get("carrier_price") or result["price"])
        return {
            "source": "price",
            "service": "",
            "quote": rating.Quote(
                key=carrier.id,
                amount=self._to_company_currency(picking, amount, picking.sale_id.currency_id),
                sequence=carrier.sequence,
                has_label=False,
                problem=problem,
            ),
        }

    @api.model
    def _to_company_currency(self, picking, amount, currency):
        company = picking.company_id
        target = company.currency_id
        today = fields.Date.context_today(picking)
        source = currency or target
        return to_decimal(source._convert(float(amount), target, company, today))

    @api.model
    def _get_service(self, days_min, days_max):
        if not days_max:
            return ""
        if days_min in (0, days_max):
            return self.env._("%s working days", days_max)
        return self.env._("%(low)s–%(high)s working days", low=days_min, high=days_max)

    @api.model
    def _prepare_vals(self, picking, offer, verdicts, promised):
        quote = offer["quote"]
        verdict = verdicts[quote.key]
        return {
            "picking_id": picking.id,
            "order_id": picking.sale_id.id,
            "company_id": picking.company_id.id,
            "carrier_id": offer["carrier"].id,
            "service": offer["service"],
            "amount": float(quote.amount),
            "currency_id": picking.company_id.currency_id.id,
            "parcel_count": offer["parcels"],
            "weight": offer["weight"],
            "transit_days": quote.days,
            "date_promised": quote.arrives,
            "chosen": verdict.chosen,
            "reason": self._get_reason(picking, quote, verdict, promised),
            "state": "unavailable" if quote.problem else "quoted",
            "source": offer["source"],
            **offer.get("vals", {}),
        }

    @api.model
    def _get_reason(self, picking, quote, verdict, promised):
        """A verdict in words a packer understands."""
        difference = verdict.difference
        if verdict.code == rating.UNAVAILABLE:
            return quote.problem
        if verdict.code == rating.CHEAPEST and promised:
            return self.env._("Cheapest to arrive by %s", format_date(self.env, promised))
        if verdict.code == rating.DEARER:
            currency = picking.company_id.currency_id
            amount = formatLang(self.env, float(difference), currency_obj=currency)
            return self.env._("%s more than the one taken", amount)
        if verdict.code == rating.TOO_LATE:
            if not quote.arrives:
                return self.env._("Promises no day of arrival")
            return self.env._(
                "%(days)s days after the promised %(date)s",
                days=int(difference),
                date=format_date(self.env, promised),
            )
        return {
            rating.CHEAPEST: self.env._("Cheapest"),
            rating.FASTEST_LATE: self.env._("None arrives as promised: the earliest"),
            rating.NOT_POSITIVE: self.env._("A price of 0 isn't trusted unless marked free"),
            rating.NO_LABEL: self.env._("Makes no labels: take it by hand if it's meant"),
            rating.SLOWER: self.env._("Slower than the one taken"),
            rating.FASTEST: self.env._("Fastest, as the shipping rule wants it"),
            rating.PREFERRED: self.env._("The carrier the shipping rule prefers"),
            rating.NOT_PREFERRED: self.env._("The shipping rule prefers another carrier"),
            rating.EXCLUDED: self.env._("Ruled out by a shipping rule"),
            rating.UNRELIABLE: self.env._(
                "Only %s %% on time there: the shipping rule wants more", round(difference)
            ),
            rating.MOST_RELIABLE: self.env._(
                "None is as reliable as the shipping rule wants: the most reliable (%s %%)",
                round(difference),
            ),
            rating.LESS_RELIABLE: self.env._("Less reliable: %s %% on time", round(difference)),
            rating.NEXT_IN_ORDER: self.env._("Same price and time; comes after the one taken"),
        }[verdict.code]

    @api.model
    def _get_no_rate_reason(self, picking, vals_list, offers):
        if not offers:
            return self.env._(
                "No carrier delivers to this address: check the carriers' countries and weights."
            )
        reasons = [vals["reason"] for vals in vals_list[-len(offers) :]]
        return self.env._("No carrier has a price. %s", " ".join(dict.fromkeys(reasons)))

    def _record_chosen(self, source="system"):
        """Log the chosen rates on their orders, one event per order."""
        by_order = self.filtered("order_id").grouped("order_id")
        orders = self.env["sale.order"].union(*by_order)
        orders._record_event(
            "rate",
            lambda order: ", ".join(
                self.env._(
                    "%(delivery)s: %(carrier)s for %(amount)s",
                    delivery=rate.picking_id.name,
                    carrier=rate.carrier_id.name,
                    amount=formatLang(self.env, rate.amount, currency_obj=rate.currency_id),
                )
                for rate in by_order[order]
            ),
            lambda order: {"rates": [rate._get_event_details() for rate in by_order[order]]},
            source=source,
        )

    def _get_event_details(self):
        self.ensure_one()
        promised = self.date_promised
        return {
            "delivery": self.picking_id.name,
            "carrier": self.carrier_id.name,
            "amount": self.amount,
            "currency": self.currency_id.name,
            "arrives": promised.isoformat() if isinstance(promised, datetime.date) else None,
            "reason": self.reason,
        }
