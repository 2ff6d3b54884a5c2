import dataclasses
import datetime
import hashlib
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal

from psycopg2 import OperationalError

from odoo import api, fields, models

from ..carriers.base import CarrierError, Charge, Offer
from ..engine import rating
from .delivery_carrier_network import NETWORK_TYPES
from .shipping_rate import to_decimal

_logger = logging.getLogger(__name__)

#: Seconds all carriers together may take; a hung one costs no more.
RATE_SECONDS = 6.0
#: The same where a customer of a website waits for it.
CHECKOUT_SECONDS = 3.0
CACHE_MINUTES = 30
MOST_THREADS = 32


class ShippingRate(models.Model):
    """Quotes that are asked for over the network: all at once, with a deadline, kept a while."""

    _inherit = "shipping.rate"

    service_code = fields.Char(readonly=True, help="The carrier's own code of the service.")
    list_amount = fields.Monetary(
        string="List Price",
        readonly=True,
        help="What the carrier asks of those without a contract.",
    )
    billed_weight = fields.Float(
        string="Billed (kg)",
        digits="Stock Weight",
        readonly=True,
        help="The weight that is charged: the real one, or that of the space it takes.",
    )
    charges = fields.Json(readonly=True)
    charges_text = fields.Text(string="Made up of", compute="_compute_charges_text")
    source = fields.Selection(
        selection_add=[("fallback", "Fallback Table")], ondelete={"fallback": "set default"}
    )

    @api.depends("charges")
    def _compute_charges_text(self):
        for rate in self:
            rate.charges_text = "\n".join(
                f"{entry['name'] or entry['code']}: {entry['amount']}"
                for entry in rate.charges or []
            )

    # === BUSINESS: ASKING === #

    @api.model
    def _fetch_outside(self, pickings):
        """Ask all carriers on the network for all these deliveries, at once and with a deadline.

        Nothing is locked meanwhile, and nothing of Odoo is touched in the threads.

        :return: dict of (picking, carrier) to a list of ``Offer``, or to what is wrong as text
        """
        Carrier = self.env["delivery.carrier"]
        wanted = {}
        parcels = pickings._get_parcels()
        for company, of_company in pickings.grouped("company_id").items():
            carriers = Carrier.search(Carrier._check_company_domain(company) & _of_network())
            if not carriers:
                continue
            for picking in of_company:
                for carrier in carriers.available_carriers(picking.partner_id, picking):
                    wanted[picking, carrier] = picking._prepare_shipment(
                        carrier, parcels[picking], service=carrier.service_code or ""
                    )
        return self._fetch(wanted)

    @api.model
    def _fetch_order(self, order, carriers):
        """The same for an order that has no delivery yet, as one parcel.

        :return: dict of carrier to offers or text
        """
        wanted = {
            (order, carrier): order._prepare_shipment(carrier)
            for carrier in carriers.filtered("is_network")
        }
        most = CHECKOUT_SECONDS if order._is_shopped() else None
        return {carrier: found for (_order, carrier), found in self._fetch(wanted, most).items()}

    @api.model
    def _fetch(self, wanted, most_seconds=None):
        """Ask for shipments, those asked before from the cache.

        :param dict wanted: of (anything, carrier) to Shipment
        :param float most_seconds: deadline, if less than the one that is set
        """
        names = {pair: _cache_key(pair[1], shipment) for pair, shipment in wanted.items()}
        found = self.env["shipping.rate.cache"]._get(set(names.values()))
        carriers = self.env["delivery.carrier"].union(*(carrier for _any, carrier in wanted))
        closed = self.env["shipping.carrier.health"]._get_closed(carriers)
        todo, ports, broken = {}, {}, {}
        for (any_, carrier), shipment in wanted.items():
            name = names[any_, carrier]
            if name in found or name in todo or carrier in closed:
                continue
            try:
                ports[carrier] = ports.get(carrier) or carrier._get_port()
            except ValueError as error:
                broken[carrier] = str(error)
                continue
            todo[name] = (carrier, ports[carrier], shipment)
        seconds = self._get_rate_seconds()
        fresh, errors = _ask_all(todo, min(seconds, most_seconds or seconds))
        self.env["shipping.rate.cache"]._keep(fresh)
        self._note_health(todo, fresh, errors)
        found |= fresh
        results = {}
        for (any_, carrier), name in names.items():
            if name in found:
                results[any_, carrier] = found[name] or self.env._("It has no service for this.")
            elif carrier in closed:
                results[any_, carrier] = self.env._("It doesn't answer: asked again in a minute.")
            else:
                error = errors.get(name)
                results[any_, carrier] = (
                    error.message if error else broken.get(carrier)
                ) or self.env._("It didn't answer in time.")
        return results

    @api.model
    def _get_rate_seconds(self):
        parameter = self.env["ir.config_parameter"].sudo()  # sudo: one number, no secret
        value = parameter.get_param("order_shipping.rate_seconds")
        try:
            return float(value or RATE_SECONDS)
        except ValueError:
            return RATE_SECONDS

    @api.model
    def _note_health(self, todo, fresh, errors):
        """A refusal is an answer; silence and breakdowns are not."""
        results = {}
        for name, (carrier, _port, _shipment) in todo.items():
            error = errors.get(name)
            if name in fresh or (error and error.outcome == "rejected"):
                results[carrier] = ""
            else:
                results.setdefault(carrier, error.message if error else "No answer in time.")
        self.env["shipping.carrier.health"]._note(results)

    # === BUSINESS: OFFERS === #

    @api.model
    def _quote_network(self, carrier, picking, parcels, found):
        """The carrier's offers for a delivery, or those of its fallback table.

        :param found: list of ``Offer``, or what is wrong
        :return: list of dicts as ``_gather_quotes`` wants them
        """
        if not isinstance(found, str):
            return [self._quote_offer(carrier, picking, offer) for offer in found]
        if carrier.rate_line_ids:
            offer = self._quote_table(carrier, picking, parcels)
            offer["source"] = "fallback"
            offer["quote"] = dataclasses.replace(offer["quote"], key=(carrier.id, "fallback"))
            if not offer["quote"].problem:
                return [offer]
        return [
            {
                "source": "carrier",
                "service": "",
                "quote": rating.Quote(
                    key=(carrier.id, ""),
                    amount=Decimal(0),
                    sequence=carrier.sequence,
                    problem=found,
                ),
            }
        ]

    @api.model
    def _quote_offer(self, carrier, picking, offer):
        currency = self._get_currency(offer.currency)
        arrives = offer.arrives
        if not arrives and offer.days:
            arrives = carrier._get_arrival(picking._get_ship_date(), offer.days)
        problem = offer.problem
        if not currency:
            problem = self.env._("Quotes in %s: activate that currency.", offer.currency)
        return {
            "source": "carrier",
            "service": offer.name,
            "vals": {
                "service_code": offer.service,
                "billed_weight": float(offer.billed_weight),
                "list_amount": float(
                    self._to_company_currency(picking, offer.list_amount, currency)
                ),
                "charges": [
                    {
                        "code": charge.code,
                        "name": charge.name,
                        "amount": f"{charge.amount:.2f} {offer.currency}",
                    }
                    for charge in offer.charges
                ],
            },
            "quote": rating.Quote(
                key=(carrier.id, offer.service),
                amount=self._to_company_currency(picking, offer.amount, currency),
                days=offer.days,
                arrives=arrives,
                sequence=carrier.sequence,
                problem=problem,
            ),
        }

    @api.model
    def _get_currency(self, code):
        return self.env["res.currency"].search([("name", "=", code)], limit=1)


class ShippingRateCache(models.Model):
    """What a carrier quoted for exactly this, for half an hour and not past midnight."""

    _name = "shipping.rate.cache"
    _description = "Quotes Asked Before"

    name = fields.Char(required=True, index=True)
    offers = fields.Json(required=True)
    date_end = fields.Datetime(required=True)

    _name_uniq = models.Constraint("UNIQUE (name)", "One quote for each question.")

    @api.model
    def _get(self, names):
        """dict of name to offers, of those still good."""
        rows = self.sudo().search(  # sudo: prices without names of customers; written below only
            [("name", "in", list(names)), ("date_end", ">", fields.Datetime.now())]
        )
        return {row.name: [_read_offer(offer) for offer in row.offers] for row in rows}

    @api.model
    def _keep(self, fresh):
        """Keep offers, whatever becomes of the caller's transaction."""
        vals = {name: [_write_offer(offer) for offer in offers] for name, offers in fresh.items()}
        vals = {name: offers for name, offers in vals.items() if offers}
        if not vals:
            return
        end = _end_of_cache()
        try:
            with self.env["shipping.label"]._own_transaction() as env:
                rows = [(name, json.dumps(offers), end) for name, offers in sorted(vals.items())]
                env.cr.execute_values(
                    "INSERT INTO shipping_rate_cache (name, offers, date_end)"
                    " VALUES %s ON CONFLICT (name)"
                    " DO UPDATE SET offers = EXCLUDED.offers, date_end = EXCLUDED.date_end",
                    rows,
                )
        except OperationalError as error:
            # Somebody else keeps the same: whoever asked has the offers all the same.
            _logger.info("Quotes not kept: %s", type(error).__name__)

    @api.autovacuum
    def _gc_cache(self):
        self.search([("date_end", "<", fields.Datetime.now())]).unlink()


def _of_network():
    return fields.Domain("delivery_type", "in", NETWORK_TYPES)


def _end_of_cache():
    now = fields.Datetime.now()
    midnight = datetime.datetime.combine(now.date(), datetime.time.max)
    return min(now + datetime.timedelta(minutes=CACHE_MINUTES), midnight)


def _cache_key(carrier, shipment):
    """What a price depends on, and nothing about who gets the parcel."""
    places = [
        (place.country_code, place.state, place.zip, place.city.casefold())
        for place in (shipment.sender, shipment.recipient)
    ]
    boxes = [(str(b.weight), str(b.length), str(b.width), str(b.height)) for b in shipment.boxes]
    facts = [
        carrier.id,
        carrier.write_date.isoformat() if carrier.write_date else "",
        shipment.service,
        places,
        shipment.residential,
        boxes,
        shipment.ship_date.isoformat(),
        str(shipment.insurance),
        shipment.signature,
        [dataclasses.astuple(goods) for box in shipment.boxes for goods in box.hazards],
        bool(shipment.point) and shipment.point.code,
        str(shipment.collect),
        shipment.is_return,
        shipment.in_union,
        shipment.customs and [str(shipment.customs.total), shipment.customs.incoterm],
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _ask_all(todo, seconds):
    """Ask ports at once; who hasn't answered by the deadline has no offer.

    :return: dict of name to offers, dict of name to CarrierError
    """
    fresh, errors = {}, {}
    if not todo:
        return fresh, errors
    pool = ThreadPoolExecutor(min(MOST_THREADS, len(todo)), thread_name_prefix="rates")
    futures = {
        pool.submit(port.rates, shipment): name for name, (_carrier, port, shipment) in todo.items()
    }
    deadline = time.monotonic() + seconds
    wait(futures, timeout=max(deadline - time.monotonic(), 0))
    pool.shutdown(wait=False, cancel_futures=True)
    for future, name in futures.items():
        if not future.done() or future.cancelled():
            continue
        error = future.exception()
        if error is None:
            fresh[name] = [offer for offer in future.result() if offer.amount > 0]
        elif isinstance(error, CarrierError):
            errors[name] = error
        else:
            # An answer in a shape nobody foresaw must not stop the other carriers.
            errors[name] = CarrierError(
                "unknown", f"Its answer can't be read ({type(error).__name__})."
            )
    return fresh, errors


def _write_offer(offer):
    vals = dict(vars(offer))
    vals["charges"] = [[c.code, str(c.amount), c.name] for c in offer.charges]
    vals["arrives"] = offer.arrives.isoformat() if offer.arrives else None
    for name in ("amount", "list_amount", "billed_weight"):
        vals[name] = str(vals[name])
    return vals


def _read_offer(vals):
    arrives = vals["arrives"]
    return Offer(
        **{
            **vals,
            "amount": Decimal(vals["amount"]),
            "list_amount": Decimal(vals["list_amount"]),
            "billed_weight": to_decimal(float(vals["billed_weight"])),
            "arrives": datetime.date.fromisoformat(arrives) if arrives else None,
            "charges": tuple(
                Charge(code, Decimal(amount), name) for code, amount, name in vals["charges"]
            ),
        }
    )
