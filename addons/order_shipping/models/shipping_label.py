import hashlib
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..carriers import table
from ..carriers.base import BOUGHT, REJECTED, CarrierError, LabelRequest
from ..engine import labels

#: A parcel with a label in one of these states may not get another one.
LIVE_STATES = ("buying", "bought", "unknown")
TRANSITIONS = {
    "draft": {"buying", "bought", "rejected"},
    "buying": {"bought", "rejected", "unknown"},
    "unknown": {"bought", "rejected"},
    "bought": {"voided"},
    "rejected": set(),
    "voided": set(),
}
#: What a bought label says; changing it afterwards would part the row from the paper.
SEALED = {
    "is_return",
    "key",
    "carrier_id",
    "company_id",
    "picking_id",
    "package_id",
    "parcel_number",
    "weight",
    "tracking_number",
    "attachment_id",
    "sha256",
    "cost",
    "currency_id",
    "date_bought",
}


class ShippingLabel(models.Model):
    """One purchase of a label for one parcel: the outbox that keeps a parcel from getting two.

    Nobody may create or write rows (see the access rights): they are written by the methods below,
    for whoever may ship, so that no label says something that wasn't bought.
    See ``carriers/base.py`` for how a carrier outside this machine goes through the states.
    """

    _name = "shipping.label"
    _description = "Shipping Label"
    _order = "id desc"
    _rec_name = "tracking_number"
    _check_company_auto = True

    picking_id = fields.Many2one(
        "stock.picking",
        string="Delivery",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    package_id = fields.Many2one(
        "stock.package",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The packed box; empty where the delivery goes out as one parcel without a box.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    order_id = fields.Many2one(related="picking_id.sale_id", store=True, index="btree_not_null")
    partner_id = fields.Many2one(related="picking_id.partner_id")
    batch_id = fields.Many2one(related="picking_id.batch_id")
    carrier_id = fields.Many2one(
        "delivery.carrier", required=True, readonly=True, check_company=True
    )
    service = fields.Char(readonly=True)
    is_return = fields.Boolean(
        string="Return", readonly=True, help="The customer sends the parcel back with it."
    )
    attempt = fields.Integer(readonly=True, default=1, help="Counts the tries for this parcel.")
    key = fields.Char(
        string="Idempotency Key",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: str(uuid.uuid4()),
        help="Names this purchase towards the carrier: the same key is never charged twice.",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("buying", "Buying"),
            ("bought", "Bought"),
            ("voided", "Void"),
            ("rejected", "Rejected"),
            ("unknown", "Unknown"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
        help="Unknown: the carrier may or may not have sold it. That is asked, never bought again.",
    )
    parcel_number = fields.Integer(string="Parcel", readonly=True, default=1)
    parcel_count = fields.Integer(string="of", readonly=True, default=1)
    weight = fields.Float(string="Weight (kg)", digits="Stock Weight", readonly=True)
    tracking_number = fields.Char(readonly=True, copy=False, index="btree_not_null")
    attachment_id = fields.Many2one("ir.attachment", string="Document", readonly=True, copy=False)
    sha256 = fields.Char(
        string="SHA-256", readonly=True, copy=False, help="Fingerprint of the document as bought."
    )
    cost = fields.Monetary(readonly=True, help="What the carrier charges, without tax.")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    error = fields.Char(readonly=True)
    date_bought = fields.Datetime(string="Bought On", readonly=True)
    date_voided = fields.Datetime(string="Voided On", readonly=True)

    _key_uniq = models.Constraint("UNIQUE (key)", "Each purchase has a key of its own.")
    _tracking_uniq = models.UniqueIndex(
        "(carrier_id, tracking_number) WHERE tracking_number IS NOT NULL",
        "This carrier has given the same tracking number before.",
    )
    _live_parcel_uniq = models.UniqueIndex(
        "(picking_id, package_id) "
        "WHERE package_id IS NOT NULL AND is_return IS NOT TRUE"
        " AND state IN ('buying', 'bought', 'unknown')",
        "This package has a label already.",
    )
    _live_picking_uniq = models.UniqueIndex(
        "(picking_id) WHERE package_id IS NULL AND is_return IS NOT TRUE"
        " AND state IN ('buying', 'bought', 'unknown')",
        "This delivery has a label already.",
    )

    # === CRUD === #

    def write(self, vals):
        """Let a label only move on as an outbox row does, and keep what a bought one says."""
        if "state" in vals:
            for label in self:
                if vals["state"] != label.state and vals["state"] not in TRANSITIONS[label.state]:
                    raise UserError(
                        self.env._(
                            "Label %(label)s can't go from %(old)s to %(new)s.",
                            label=label.display_name,
                            old=label.state,
                            new=vals["state"],
                        )
                    )
        if SEALED & vals.keys() and any(label.state in ("bought", "voided") for label in self):
            raise UserError(self.env._("A label that was bought can't be changed: void it."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Labels are kept as proof of what was bought: void them."))

    # === ACTION === #

    def action_void(self):
        """Void these labels, unless their parcel has left.

        :raise AccessError: the user is no picker and packer
        :raise UserError: a delivery was shipped already
        """
        self.picking_id._check_may_ship()
        outbound = self.filtered(lambda label: not label.is_return)
        shipped = outbound._filter_live().picking_id.filtered(lambda p: p.state == "done")
        if shipped:
            raise UserError(
                self.env._(
                    "%s has been shipped: cancel the shipment on the delivery instead.",
                    ", ".join(shipped.mapped("name")),
                )
            )
        self._void()
        return True

    # === BUSINESS === #

    def _filter_live(self):
        return self.filtered(lambda label: label.state in LIVE_STATES)

    @api.model
    def _buy(self, pickings):
        """Make the labels that these deliveries still lack.

        Deliveries are locked, so that nobody buys for them at the same time; each that fails keeps
        its reason and stops no other. A delivery of several parcels gets all its labels or none.

        :return: dict of picking to the reason it has no label
        """
        outside = pickings.filtered("carrier_id.is_network")
        problems = self._buy_outside(outside) if outside else {}
        pickings -= outside
        locked = pickings.try_lock_for_update(allow_referencing=True)
        for picking in pickings - locked:
            problems[picking] = picking._get_busy_reason()
        locked.label_ids.invalidate_recordset(["state"])
        blocked = locked._get_label_problems()
        problems |= blocked
        wanted = locked.filtered(lambda picking: picking not in blocked)
        self._make_here(self._prepare_requests(wanted, problems), problems)
        return problems

    @api.model
    def _make_here(self, requests, problems, **vals):
        """Make labels of carriers that need no network, in this transaction.

        :param dict requests: of key to (picking, parcel, LabelRequest)
        :param dict problems: gets the reason of each picking without a label
        :param vals: further values of each row; ``carrier_id`` instead of the delivery's
        :return: the labels made
        """
        ports = {}
        results = {}
        for key, (picking, _parcel, request) in requests.items():
            carrier = picking.carrier_id.browse(vals.get("carrier_id")) or picking.carrier_id
            port = ports.get(carrier) or carrier._get_port()
            ports[carrier] = port
            results[key] = port.buy(request)
        bad = {requests[key][0] for key, result in results.items() if result.outcome != BOUGHT}
        bought = self.sudo().browse()
        vals_list, kept = [], []
        for key, (picking, parcel, request) in requests.items():
            if picking in bad and results[key].outcome == BOUGHT:
                continue  # made here, of no use alone, and never handed out
            carrier = picking.carrier_id.browse(vals.get("carrier_id")) or picking.carrier_id
            vals_list.append(self._prepare_vals(picking, parcel, request, carrier) | vals)
            kept.append((picking, results[key]))
        # sudo: nobody writes labels but this; callers have checked who may ship or validate.
        rows = self.sudo().create(vals_list)
        documents = self._store_documents(rows, [result for _picking, result in kept])
        for label, (picking, result), document in zip(rows, kept, documents, strict=True):
            label.write(label._prepare_result_vals(result, document))
            if result.outcome == BOUGHT:
                bought |= label
            else:
                problems.setdefault(picking, label.error)
        bought._record_bought()
        return bought

    @api.model
    def _prepare_requests(self, pickings, problems):
        """What to ask the carriers for: one request for each parcel without a live label.

        :param dict problems: gets the reason of each picking that can't be asked for
        :return: dict of key to (picking, parcel, LabelRequest)
        """
        todo = []
        all_parcels = pickings._get_parcels()
        for picking in pickings:
            live = picking.label_ids._filter_live().package_id.ids
            bare = any(not label.package_id for label in picking.label_ids._filter_live())
            parcels = all_parcels[picking]
            for number, parcel in enumerate(parcels, 1):
                if parcel.package.id in live if parcel.package else bare:
                    continue
                price = picking.carrier_id._get_table_price(
                    picking.partner_id,
                    picking._get_table_parcels([parcel]),
                    picking._get_ship_date(),
                )
                if price.problem:
                    problems[picking] = picking.carrier_id._get_price_problem(
                        price.problem, picking.partner_id
                    )
                    todo = [entry for entry in todo if entry[0] != picking]
                    break
                todo.append((picking, parcel, number, len(parcels), price))
        numbers = self._next_sscc([entry[0].company_id for entry in todo])
        requests = {}
        for (picking, parcel, number, count, price), sscc in zip(todo, numbers, strict=True):
            request = LabelRequest(
                key=str(uuid.uuid4()),
                sender=picking._get_sender()._get_label_address(),
                recipient=picking.partner_id._get_label_address(),
                weight=parcel.weight,
                weight_text=f"{float(parcel.weight):.2f} kg",
                carrier=picking.carrier_id.name,
                service=self.env["shipping.rate"]._get_service(price.days_min, price.days_max),
                references=picking._get_label_references(),
                parcel_number=number,
                parcel_count=count,
                cost=price.amount,
                currency=picking.carrier_id.rate_currency_id.name,
                tracking_number=sscc,
                needs_zip=picking.partner_id.country_id.zip_required,
            )
            requests[request.key] = (picking, parcel, request)
        return requests

    @api.model
    def _next_sscc(self, companies):
        """One new SSCC for each entry of ``companies``; numbers once taken are never given again.

        :raise UserError: a company has no GS1 prefix, or its numbers are used up
        """
        if not companies:
            return []
        sequence = self.env.ref("order_shipping.sequence_sscc").sudo()
        # The sequence's own PostgreSQL sequence, asked once for all numbers.
        rows = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                len(companies),
            )
        )
        try:
            return [
                # sudo: pickers needn't read the company's settings to print a label.
                labels.sscc(company.sudo().gs1_company_prefix or "", serial)
                for company, (serial,) in zip(companies, rows, strict=True)
            ]
        except ValueError as error:
            raise UserError(
                self.env._("Check the GS1 company prefix in the Inventory settings. %s", error)
            )

    @api.model
    def _prepare_vals(self, picking, parcel, request, carrier):
        tries = picking.label_ids.filtered(lambda label: label.package_id == parcel.package)
        currency = carrier.rate_currency_id or picking.company_id.currency_id
        return {
            "picking_id": picking.id,
            "package_id": parcel.package.id,
            "company_id": picking.company_id.id,
            "carrier_id": carrier.id,
            "service": request.service,
            "attempt": max(tries.mapped("attempt"), default=0) + 1,
            "key": request.key,
            "parcel_number": request.parcel_number,
            "parcel_count": request.parcel_count,
            "weight": float(request.weight),
            "currency_id": currency.id,
        }

    @api.model
    def _store_documents(self, rows, results):
        """Keep the bytes of each bought label, untouched, with its delivery's attachments."""
        vals_list = []
        for label, result in zip(rows, results, strict=True):
            if result.document:
                prefix = label._get_document_prefix()
                vals_list.append(
                    {
                        "name": f"{prefix}-{result.tracking_number}.pdf",
                        "raw": result.document,
                        "mimetype": result.mimetype,
                        "res_model": "stock.picking",
                        "res_id": label.picking_id.id,
                    }
                )
        documents = iter(self.env["ir.attachment"].create(vals_list))
        nothing = self.env["ir.attachment"]
        return [next(documents) if result.document else nothing for result in results]

    def _get_document_prefix(self):
        """What the document's name begins with: Odoo finds labels by that."""
        self.ensure_one()
        return self.carrier_id._get_delivery_label_prefix()

    def _prepare_result_vals(self, result, document):
        self.ensure_one()
        if result.outcome != BOUGHT:
            return {"state": result.outcome, "error": self._get_error(result)}
        return {
            "state": "bought",
            "tracking_number": result.tracking_number,
            "attachment_id": document.id,
            "sha256": hashlib.sha256(result.document).hexdigest(),
            "cost": self.currency_id.round(float(result.cost)),
            "date_bought": fields.Datetime.now(),
        }

    def _get_error(self, result):
        """A rejection in words that say what to do."""
        self.ensure_one()
        if result.outcome == REJECTED and result.code == table.INCOMPLETE:
            parts = {
                "name": self.env._("name"),
                "street": self.env._("street"),
                "city": self.env._("city"),
                "zip": self.env._("postal code"),
                "country_code": self.env._("country"),
            }
            return self.env._(
                "The address of %(partner)s lacks: %(parts)s.",
                partner=self.partner_id.display_name or "?",
                parts=", ".join(parts[part] for part in result.detail),
            )
        if result.code == table.UNPRINTABLE:
            return self.env._(
                "The label's fonts lack “%s”: write the address in Latin letters, or name a font "
                "that has them in the system parameter order_shipping.label_fonts.",
                result.detail[0],
            )
        if result.code == table.NO_WEIGHT:
            return self.env._("The weight is 0: enter the weight for shipping.")
        return " ".join(str(part) for part in result.detail) or result.code

    def _void(self):
        """Void the live labels among these; those void already stay as they are.

        :raise UserError: a label can't be voided now
        """
        live = self._filter_live().try_lock_for_update(allow_referencing=True)
        for label in self._filter_live():
            if label not in live or label.state != "bought":
                raise UserError(
                    self.env._(
                        "Label %s is being bought or voided just now: try again.",
                        label.display_name,
                    )
                )
            if not label._void_at_carrier():
                raise UserError(self.env._("The carrier didn't void label %s.", label.display_name))
        # sudo: as in _buy; whoever may cancel a delivery voids its labels.
        live.sudo().write({"state": "voided", "date_voided": fields.Datetime.now()})
        for document in live.sudo().attachment_id:
            document.name = f"VOID-{document.name}"
        for picking, voided in live.grouped("picking_id").items():
            picking.message_post(
                body=self.env._("Void: label %s", ", ".join(voided.mapped("tracking_number")))
            )

    def _void_at_carrier(self):
        """Give the label back; True once the carrier agreed.

        :raise UserError: it doesn't, and why
        """
        self.ensure_one()
        port = self.carrier_id._get_port()
        if port.is_local:
            return port.void(self.tracking_number)
        try:
            return port.void(self.shipment_ref, [self.tracking_number])
        except CarrierError as error:
            raise UserError(
                self.env._(
                    "%(carrier)s doesn't void label %(label)s: %(reason)s",
                    carrier=self.carrier_id.name,
                    label=self.display_name,
                    reason=error.message,
                )
            )

    def _record_bought(self):
        """Log the labels on their orders, one event per order, with the tracking numbers."""
        by_order = self.filtered("order_id").grouped("order_id")
        orders = self.env["sale.order"].union(*by_order)
        orders._record_event(
            "label",
            lambda order: self.env._(
                "Label %(numbers)s of %(carrier)s",
                numbers=", ".join(by_order[order].mapped("tracking_number")),
                carrier=", ".join(by_order[order].carrier_id.mapped("name")),
            ),
            lambda order: {
                "labels": [
                    {
                        "delivery": label.picking_id.name,
                        "carrier": label.carrier_id.name,
                        "tracking": label.tracking_number,
                        "cost": label.cost,
                        "currency": label.currency_id.name,
                        "sha256": label.sha256,
                    }
                    for label in by_order[order]
                ]
            },
        )
