import contextlib
import dataclasses
import datetime
import hashlib
import logging
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor, as_completed
from decimal import Decimal

from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models

from odoo.addons.order_processing.jobs import enqueue, has_runner
from odoo.addons.order_processing.logs import log_line

from ..carriers.base import (
    REJECTED,
    RETRYABLE,
    UNKNOWN,
    CarrierError,
)
from .shipping_rate import to_decimal

_logger = logging.getLogger(__name__)

#: A quote older than this is asked again before a label is bought on it.
QUOTE_MINUTES = 30
#: What a price may rise by between quote and purchase, in share and in money.
RISE_SHARE, RISE_AMOUNT = Decimal("0.05"), Decimal(1)
MOST_THREADS = 16
EXTENSIONS = {
    "application/pdf": "pdf",
    "image/gif": "gif",
    "image/png": "png",
    "text/plain": "zpl",
}


class ShippingLabel(models.Model):
    """Labels bought over the network: each step in a transaction of its own.

    See ``carriers/base.py``. No lock is held and nothing is written elsewhere while a carrier is
    called, so a purchase can neither be rolled back nor block anybody.
    """

    _inherit = "shipping.label"

    purchase_key = fields.Char(
        readonly=True, index="btree_not_null", help="Names the purchase that covers this parcel."
    )
    service_code = fields.Char(readonly=True)
    shipment_ref = fields.Char(string="Carrier's Shipment", readonly=True)
    draft_ref = fields.Char(readonly=True, help="What the carrier named it before it was paid.")
    quoted_cost = fields.Monetary(readonly=True, help="What the rate taken promised.")
    billed_weight = fields.Float(string="Billed (kg)", digits="Stock Weight", readonly=True)
    charges = fields.Json(readonly=True)
    tries = fields.Integer(readonly=True, help="Times the carrier was asked what became of it.")
    date_asked = fields.Datetime(string="Asked Last", readonly=True)
    is_logged = fields.Boolean(readonly=True)

    # === BUSINESS: BUYING === #

    @contextlib.contextmanager
    def _own_transaction(self):
        """An environment with a transaction of its own, committed at the end of the block.

        It never waits long for anybody's lock, since whoever called may hold it.
        """
        with self.env.registry.cursor() as cr:
            cr.execute("SET LOCAL lock_timeout = '5s'")
            env = api.Environment(cr, self.env.uid, dict(self.env.context), self.env.su)
            yield env
            env.flush_all()

    @api.model
    def _buy_outside(self, pickings):
        """Buy the labels that deliveries of carriers on the network still lack.

        :return: dict of picking to the reason it has no label
        """
        problems = {}
        # What this very request changed is locked by it then, so it is refused, not bought stale.
        self.env.flush_all()
        with self._own_transaction() as env:
            own = pickings.with_env(env)
            purchases = env[self._name].sudo()._reserve(own, problems)
        self._purchase_all(purchases, problems)
        labels = self.browse([label_id for each in purchases for label_id in each["ids"]])
        self._log_later(labels.ids, problems)
        self._see_what_was_kept(pickings)
        by_id = {picking.id: picking for picking in pickings}
        return {by_id[picking_id]: reason for picking_id, reason in problems.items()}

    @api.model
    def _see_what_was_kept(self, pickings):
        """Forget what is cached of what other transactions wrote meanwhile."""
        self.invalidate_model()
        pickings.invalidate_recordset()

    @api.model
    def _reserve(self, pickings, problems):
        """Write the rows of what is about to be bought; the unique index keeps others out.

        :param dict problems: gets the reason of each picking id that can't be bought for
        :return: list of dicts: ``ids`` of rows, ``picking_id``, ``port``, ``shipment``, ``quoted``
        """
        locked = pickings.try_lock_for_update(allow_referencing=True)
        for picking in pickings - locked:
            problems[picking.id] = picking._get_busy_reason()
        blocked = locked._get_label_problems()
        problems |= {picking.id: reason for picking, reason in blocked.items()}
        wanted = locked.filtered(lambda picking: picking not in blocked)
        all_parcels = wanted._get_parcels()
        purchases, ports = [], {}
        for picking in wanted:
            carrier = picking.carrier_id
            live = picking.label_ids._filter_live()
            taken = {label.package_id.id for label in live}
            parcels = [
                (number, parcel)
                for number, parcel in enumerate(all_parcels[picking], 1)
                if (parcel.package.id if parcel.package else False) not in taken
            ]
            try:
                ports[carrier] = ports.get(carrier) or carrier._get_port()
            except ValueError as error:
                problems[picking.id] = str(error)
                continue
            if parcels:
                purchases += self._reserve_picking(
                    picking, parcels, len(all_parcels[picking]), ports[carrier]
                )
        return purchases

    @api.model
    def _reserve_picking(self, picking, parcels, count, port):
        """One purchase for all parcels, or one for each where the carrier sells them singly."""
        carrier = picking.carrier_id
        rate = picking.rate_ids.filtered(lambda r: r.chosen and r.state == "quoted")
        rate = rate.filtered(lambda r: r.carrier_id == carrier)
        service = rate.service_code or carrier.service_code or ""
        groups = [parcels] if port.buys_all_boxes else [[parcel] for parcel in parcels]
        purchases = []
        for group in groups:
            key = str(uuid.uuid4())
            shipment = picking._prepare_shipment(
                carrier, [parcel for _number, parcel in group], key=key, service=service
            )
            # What is sold box by box collects with the first one.
            collect = shipment.collect if group[0][0] == 1 or len(group) > 1 else Decimal(0)
            shipment = dataclasses.replace(
                shipment, box_number=group[0][0], box_count=count, collect=collect
            )
            tries = picking.label_ids.mapped("attempt")
            rows = self.create(
                [
                    self._prepare_network_vals(picking, parcel, shipment, number)
                    | {
                        "carrier_id": carrier.id,
                        "service": rate.service or service,
                        "attempt": max(tries, default=0) + 1,
                        "quoted_cost": rate.amount / count if rate else 0.0,
                        "billed_weight": rate.billed_weight / count if rate else 0.0,
                    }
                    for number, parcel in group
                ]
            )
            old = fields.Datetime.now() - datetime.timedelta(minutes=QUOTE_MINUTES)
            is_firm = rate and rate.source == "carrier" and rate.create_date > old
            purchases.append(
                {
                    "ids": rows.ids,
                    "picking_id": picking.id,
                    "port": port,
                    "shipment": shipment,
                    "limit": None
                    if is_firm or not rate
                    else (to_decimal(rate.amount) * len(group) / count, rate.currency_id.name),
                }
            )
        return purchases

    @api.model
    def _prepare_network_vals(self, picking, parcel, shipment, number):
        return {
            "picking_id": picking.id,
            "package_id": parcel.package.id,
            "company_id": picking.company_id.id,
            "service_code": shipment.service,
            "key": f"{shipment.key}/{number}",
            "purchase_key": shipment.key,
            "state": "buying",
            "parcel_number": number,
            "parcel_count": shipment.box_count,
            "weight": float(parcel.weight),
            "currency_id": picking.company_id.currency_id.id,
        }

    @api.model
    def _purchase_all(self, purchases, problems):
        """Call the carriers, as many at once as each stands, and keep each outcome at once."""
        if not purchases:
            return
        gates = {
            id(each["port"]): threading.Semaphore(each["port"].concurrency) for each in purchases
        }
        registry, uid = self.env.registry, self.env.uid
        pool = ThreadPoolExecutor(min(MOST_THREADS, len(purchases)), thread_name_prefix="labels")
        with pool:
            futures = {
                pool.submit(_purchase, each, gates[id(each["port"])], registry, uid): each
                for each in purchases
            }
            for future in as_completed(futures):
                each, outcome = futures[future], future.result()
                try:
                    with self._own_transaction() as env:
                        rows = env[self._name].sudo().browse(each["ids"])
                        rows._keep_outcome(outcome)
                        error = next((row.error for row in rows if row.error), "")
                except (OperationalError, IntegrityError) as error_:
                    # The row stays "buying", so nobody buys again; it is resolved by key later.
                    ids = ",".join(str(label_id) for label_id in each["ids"])
                    _logger.info("%s", log_line("label not kept", label=ids, error=error_))
                    error = self.env._("Bought or not: the carrier is asked again in a while.")
                if error:
                    problems.setdefault(each["picking_id"], error)

    def _keep_outcome(self, outcome):
        """Write what became of one purchase of these parcels.

        :param outcome: :class:`Purchase` or :class:`CarrierError`
        """
        if isinstance(outcome, CarrierError):
            state = UNKNOWN if outcome.outcome == UNKNOWN else REJECTED
            words = outcome.message
            if outcome.outcome == RETRYABLE:
                words = self.env._("%s Nothing was bought: try again.", outcome.message)
            if state == UNKNOWN:
                words = self.env._(
                    "%s Nobody knows whether it was bought: the carrier is asked, and nothing is "
                    "bought again until that is known.",
                    outcome.message,
                )
            self.write({"state": state, "error": words})
            return
        currency = self.env["res.currency"].search([("name", "=", outcome.currency)], limit=1)
        currency = currency or self.currency_id[:1]
        rows = self.sorted("parcel_number")
        share = currency.round(float(outcome.amount) / len(rows))
        for rank, row in enumerate(rows):
            if rank >= len(outcome.labels):
                row.write({"state": UNKNOWN, "error": self.env._("The carrier sent fewer labels.")})
                continue
            first = float(outcome.amount) - share * (len(rows) - 1)
            row._keep_label(outcome, outcome.labels[rank], currency, share if rank else first)

    def _keep_label(self, outcome, label, currency, cost):
        self.ensure_one()
        number = label.tracking_number
        document = self.env["ir.attachment"]
        if label.document:
            extension = EXTENSIONS.get(label.mimetype, "bin")
            prefix = self._get_document_prefix()
            document = document.create(self._prepare_paper(f"{prefix}-{number}.{extension}", label))
        papers = [
            self._prepare_paper(f"ShippingDoc-{self.carrier_id.delivery_type}-{name}", data)
            for name, data in outcome.papers
            if data and self.parcel_number == 1
        ]
        self.env["ir.attachment"].create(papers)
        vals = {
            "tracking_number": number,
            "shipment_ref": outcome.shipment_id,
            "attachment_id": document.id,
            "sha256": hashlib.sha256(label.document).hexdigest() if label.document else False,
            "cost": currency.round(cost),
            "currency_id": currency.id,
            "charges": [[c.code, str(c.amount), c.name] for c in outcome.charges],
            "date_bought": fields.Datetime.now(),
            "error": False
            if label.document
            else self.env._("Bought, but the carrier sent no paper: print it at the carrier's."),
        }
        self.write(vals | {"state": "bought"})

    def _prepare_paper(self, name, label):
        data = label if isinstance(label, bytes) else label.document
        mimetype = "application/pdf" if isinstance(label, bytes) else label.mimetype
        return {
            "name": name,
            "raw": data,
            "mimetype": mimetype,
            "res_model": "stock.picking",
            "res_id": self.picking_id.id,
        }

    @api.model
    def _log_later(self, label_ids, problems=None):
        """Log bought labels on their orders, and reasons on deliveries, once nobody waits for it.

        Left for the next time where somebody holds the order: the labels are safe already.
        """
        try:
            with self._own_transaction() as env:
                labels = env[self._name].sudo().browse(label_ids)
                pickings = labels.picking_id | env["stock.picking"].sudo().browse(problems or {})
                reasons = {env["stock.picking"].browse(i): r for i, r in (problems or {}).items()}
                # Whoever holds a delivery keeps what became of it: waiting would only cost time.
                mine = pickings.try_lock_for_update(allow_referencing=True)
                mine._keep_problems(mine, reasons)
                bought = labels.filtered(lambda row: row.state == "bought" and not row.is_logged)
                bought._record_bought()
                bought.write({"is_logged": True})
                bought.picking_id._keep_tracking_numbers()
        except OperationalError as error:
            ids = ",".join(str(label_id) for label_id in label_ids)
            _logger.info("%s", log_line("label logged later", label=ids, error=error))

    @api.model
    def _buy_later(self, pickings):
        """Buy once the current transaction is through: a job, or right after its commit."""
        if not pickings:
            return
        if has_runner():
            enqueue(pickings, "_buy_label_job", description=self.env._("Buy labels"))
            return
        registry, uid, ids = self.env.registry, self.env.uid, pickings.ids

        @self.env.cr.postcommit.add
        def buy():
            with registry.cursor() as cr:
                env = api.Environment(cr, uid, {})
                env["stock.picking"].browse(ids)._buy_label_job()

    def _get_cost_in(self, currency, company):
        """What these labels cost, in ``currency``."""
        return sum(
            label.currency_id._convert(
                label.cost, currency, company, label.date_bought or fields.Date.today()
            )
            for label in self
        )


def _purchase(each, gate, registry, uid):
    """In a thread: check an old price again, buy, and raise nothing.

    :return: :class:`Purchase` or :class:`CarrierError`
    """
    port, shipment = each["port"], each["shipment"]

    def remember(reference):
        with registry.cursor() as cr:
            cr.execute(
                "UPDATE shipping_label SET draft_ref = %s WHERE id IN %s",
                (reference, tuple(each["ids"])),
            )

    with gate:
        try:
            if each["limit"]:
                shipment = _quote_again(port, shipment, *each["limit"])
        except CarrierError as error:
            return CarrierError(REJECTED, error.message, error.code)
        try:
            return port.buy(shipment, remember)
        except CarrierError as error:
            return error
        except Exception as error:
            # Whatever it was, it came after the carrier was called: nobody knows.
            ids = ",".join(str(label_id) for label_id in each["ids"])
            _logger.warning("%s", log_line("label unknown", label=ids, error=error))
            return CarrierError(UNKNOWN, "The answer can't be read.", "unreadable")


def _quote_again(port, shipment, limit, currency):
    """Ask for the price again before buying on an old or made-up one.

    :raise CarrierError: it isn't offered any more, or costs noticeably more
    """
    offers = [o for o in port.rates(shipment) if o.amount > 0 and not o.problem]
    if not offers:
        raise CarrierError(REJECTED, "This service isn't offered any more: get new rates.")
    best = min(offers, key=lambda offer: offer.amount)
    rise = best.amount - limit
    if best.currency == currency and rise > max(limit * RISE_SHARE, RISE_AMOUNT):
        raise CarrierError(
            REJECTED,
            f"The price rose from {limit:.2f} to {best.amount:.2f} {currency}: get new rates.",
        )
    return dataclasses.replace(shipment, service=best.service)
