import base64
import dataclasses
import uuid
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.order_processing.jobs import enqueue, has_runner

from ..carriers.base import LabelRequest
from ..engine import labels as label_engine

#: Any price will do: who sends back doesn't shop for rates, the service is that of the way there.
ANY_PRICE = Decimal("Infinity")


class ShippingLabel(models.Model):
    """Labels with which customers send goods back: bought through the same outbox, kept apart."""

    _inherit = "shipping.label"

    return_id = fields.Many2one(
        related="picking_id.shipping_return_id",
        string="For Return",
        store=True,
        index="btree_not_null",
    )

    _live_return_uniq = models.UniqueIndex(
        "(picking_id, COALESCE(package_id, 0))"
        " WHERE is_return AND state IN ('buying', 'bought', 'unknown')",
        "There is a label for this return already.",
    )

    # === BUSINESS === #

    @api.model
    def _buy_returns(self, pickings):
        """Make the return labels that these transfers lack; see ``stock.picking``'s method.

        :return: dict of picking to the reason it has none
        """
        problems = {}
        outside = pickings.filtered(lambda picking: picking._get_return_carrier().is_network)
        if outside:
            reasons = {}
            # What this very request changed is locked by it, so it is refused then.
            self.env.flush_all()
            with self._own_transaction() as env:
                rows = env[self._name].sudo()
                own = outside.with_env(env)
                purchases = rows._reserve_returns(own, reasons)
            self._purchase_all(purchases, reasons)
            self._log_later([label_id for each in purchases for label_id in each["ids"]], reasons)
            self._see_what_was_kept(outside)
            by_id = {picking.id: picking for picking in outside}
            problems |= {by_id[picking_id]: reason for picking_id, reason in reasons.items()}
        here = pickings - outside
        locked = here.try_lock_for_update(allow_referencing=True)
        for picking in here - locked:
            problems[picking] = picking._get_busy_reason()
        locked.return_parcel_ids.invalidate_recordset(["state"])
        for carrier, of_carrier in locked.grouped(lambda p: p._get_return_carrier()).items():
            requests = self._prepare_return_requests(of_carrier, carrier, problems)
            self._make_here(requests, problems, carrier_id=carrier.id, is_return=True)
        locked._keep_problems(locked, problems)
        return problems

    @api.model
    def _reserve_returns(self, pickings, problems):
        """As ``_reserve`` does for the way there: rows first, so that nobody buys a second one."""
        locked = pickings.try_lock_for_update(allow_referencing=True)
        for picking in pickings - locked:
            problems[picking.id] = picking._get_busy_reason()
        purchases, ports = [], {}
        for picking in locked:
            carrier = picking._get_return_carrier()
            if reason := picking._get_return_problem(carrier):
                problems[picking.id] = reason
                continue
            try:
                ports[carrier] = ports.get(carrier) or carrier._get_port()
            except ValueError as error:
                problems[picking.id] = str(error)
                continue
            parcels, count = picking._get_parcels_to_return()
            groups = [parcels] if ports[carrier].buys_all_boxes else [[each] for each in parcels]
            purchases += [
                self._reserve_return(picking, carrier, ports[carrier], group, count)
                for group in groups
                if group
            ]
        return purchases

    @api.model
    def _reserve_return(self, picking, carrier, port, group, count):
        shipment = picking._prepare_return_shipment(carrier, [parcel for _number, parcel in group])
        shipment = dataclasses.replace(shipment, box_number=group[0][0], box_count=count)
        rows = self.create(
            [
                self._prepare_network_vals(picking, parcel, shipment, number)
                | {
                    "carrier_id": carrier.id,
                    "service": self.env._("Return"),
                    "is_return": True,
                    "attempt": max(picking.return_parcel_ids.mapped("attempt"), default=0) + 1,
                }
                for number, parcel in group
            ]
        )
        return {
            "ids": rows.ids,
            "picking_id": picking.id,
            "port": port,
            "shipment": shipment,
            "limit": None if shipment.service else (ANY_PRICE, shipment.currency),
        }

    @api.model
    def _prepare_return_requests(self, pickings, carrier, problems):
        """What to ask a carrier for that prints here: dict as ``_make_here`` takes it."""
        todo = []
        for picking in pickings:
            reason = picking._get_return_problem(carrier)
            parcels, count = ([], 0) if reason else picking._get_parcels_to_return()
            found = []
            for number, parcel in parcels:
                # The way back costs what the way there does: tables know the customer's zone.
                price = carrier._get_table_price(
                    picking._get_recipient(),
                    picking._get_table_parcels([parcel]),
                    fields.Date.context_today(picking),
                )
                reason = reason or (
                    price.problem
                    and carrier._get_price_problem(price.problem, picking._get_recipient())
                )
                found.append((picking, parcel, number, count, price))
            if reason:
                problems[picking] = reason
            else:
                todo += found
        numbers = self._next_sscc([entry[0].company_id for entry in todo])
        requests = {}
        for (picking, parcel, number, count, price), sscc in zip(todo, numbers, strict=True):
            request = LabelRequest(
                key=str(uuid.uuid4()),
                sender=picking._get_recipient()._get_label_address(),
                recipient=picking._get_sender()._get_label_address(),
                weight=parcel.weight,
                weight_text=f"{float(parcel.weight):.2f} kg",
                carrier=carrier.name,
                service=self.env._("Return"),
                references=picking._get_label_references(),
                parcel_number=number,
                parcel_count=count,
                cost=price.amount,
                currency=carrier.rate_currency_id.name,
                tracking_number=sscc,
                needs_zip=picking._get_sender().country_id.zip_required,
            )
            requests[request.key] = (picking, parcel, request)
        return requests

    def _get_document_prefix(self):
        """Extend: Odoo's portal finds return labels by the delivery's carrier and this name."""
        if not self.is_return:
            return super()._get_document_prefix()
        return (self.picking_id.carrier_id or self.carrier_id).get_return_label_prefix()

    def _record_bought(self):
        """Extend: a return label is no step of the order; its delivery tells of it."""
        returns = self.filtered("is_return")
        result = super(ShippingLabel, self - returns)._record_bought()
        for picking, rows in returns.grouped("picking_id").items():
            if rows.carrier_id.filtered("get_return_label_from_portal"):
                rows.attachment_id.generate_access_token()
            picking.message_post(
                body=self.env._(
                    "Return label %(numbers)s of %(carrier)s",
                    numbers=", ".join(filter(None, rows.mapped("tracking_number"))),
                    carrier=", ".join(rows.carrier_id.mapped("name")),
                )
            )
        return result


class StockPicking(models.Model):
    """The way back of what was delivered: on the delivery, or on the receipt of a return."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    return_parcel_ids = fields.One2many(
        "shipping.label",
        "picking_id",
        string="Return Parcels",
        domain=[("is_return", "=", True)],
        readonly=True,
    )
    has_return_label = fields.Boolean(compute="_compute_has_return_label")

    @api.depends("return_parcel_ids.state")
    def _compute_has_return_label(self):
        for picking in self:
            picking.has_return_label = bool(picking.return_parcel_ids._filter_live())

    # === ACTION === #

    def action_buy_return_label(self):
        """Buy return labels for these deliveries or returns; those that have theirs keep it.

        :return: a notification that sums up
        :raise AccessError: the user is no picker and packer
        """
        self._check_may_ship()
        problems = self.env["shipping.label"]._buy_returns(self)
        return self._notify_outcome(self.env._("Return Labels"), problems)

    def action_print_return_label(self):
        """Open the return labels of these deliveries as one PDF.

        :raise UserError: none of them has one
        """
        rank = {picking_id: rank for rank, picking_id in enumerate(self.ids)}
        return self.return_parcel_ids.sorted(
            lambda label: (rank[label.picking_id.id], label.parcel_number)
        )._get_print_action()

    def action_send_return_label(self):
        """Write the customer a mail with the return label attached.

        :return: the window to write it in
        :raise UserError: there is no return label, or no paper of it
        """
        self.ensure_one()
        self._check_may_ship()
        attachment = self._get_return_label_pdf()
        if not attachment:
            raise UserError(self.env._("There is no return label to send: buy one first."))
        template = self.env.ref("order_shipping.mail_template_return_label")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Return Label"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template.id,
                "default_composition_mode": "comment",
                "default_attachment_ids": attachment.ids,
                "force_email": True,
            },
        }

    def print_return_label(self):
        """Extend: Odoo's own button on a return buys the label and also opens it."""
        super().print_return_label()
        return self.action_print_return_label() if self.return_parcel_ids else None

    # === BUSINESS === #

    def buy_return_label(self):
        """Buy the labels with which customers send goods back; never a second one for the same.

        The one way to a return label: of a delivery it brings back what went out, box by box; of
        the receipt of a return what is to come with that. Carriers on the network are called in
        transactions of their own: call it where this transaction hasn't changed the transfers, or
        use ``_buy_return_label_later``. Why one has no label is kept in its ``shipping_error``.

        :return: the live return labels of these transfers, new ones and earlier ones
        :raise AccessError: the user is no picker and packer (``sudo`` for portals, after a check)
        """
        self._check_may_ship()
        self.env["shipping.label"]._buy_returns(self)
        return self.return_parcel_ids._filter_live()

    def _buy_return_label_later(self):
        """The same, once the current transaction is through: a job, or right after its commit."""
        if not self:
            return
        if has_runner():
            enqueue(self, "_buy_return_label_job", description=self.env._("Buy return labels"))
            return
        registry, uid, ids = self.env.registry, self.env.uid, self.ids

        @self.env.cr.postcommit.add
        def buy():
            with registry.cursor() as cr:
                env = api.Environment(cr, uid, {})
                env[self._name].browse(ids)._buy_return_label_job()

    def _buy_return_label_job(self):
        """Buy the return labels these transfers lack (a job: it may run twice)."""
        # sudo: a job; whoever asked for it was checked.
        todo = self.sudo().exists().filtered(lambda picking: picking.state != "cancel")
        problems = self.env["shipping.label"].sudo()._buy_returns(todo)
        for picking, reason in problems.items():
            if picking.shipping_return_id:
                picking.shipping_return_id._ask_staff(self.env._("No return label"), reason)

    def _get_return_carrier(self):
        """Who brings these goods back; whoever authorised a return has chosen."""
        self.ensure_one()
        if self.is_return_receipt:
            return self.shipping_return_id.carrier_id
        return self.carrier_id.return_carrier_id or self.carrier_id

    def _get_return_problem(self, carrier):
        """Why this transfer can't get a return label; False if it can."""
        self.ensure_one()
        if self.reaches_customer:
            if self.state != "done":
                return self.env._("It isn't shipped yet: return labels are for what has left.")
        elif not self._get_deliveries_to_return():
            return self.env._("Return labels are for deliveries, and for returns of them.")
        elif self.state in ("done", "cancel"):
            return self.env._("It has come back already, or is cancelled.")
        if not carrier:
            return self.env._("It has no carrier: choose one.")
        if not carrier._makes_labels():
            return self.env._(
                "%s makes no labels: choose who brings returns on the delivery method.",
                carrier.name,
            )
        if not self._get_recipient():
            return self.env._("It has no delivery address.")
        # sudo: pickers needn't read the company's settings to print a label.
        prefix = self.company_id.sudo().gs1_company_prefix
        if not carrier.is_network and not label_engine.is_company_prefix(prefix):
            return self.env._("Enter the GS1 company prefix in the Inventory settings.")
        return carrier._get_hazard_problem(self._get_hazards()) or False

    def _get_parcels_to_return(self):
        """The parcels that still lack a return label, each with its number; and how many there are.

        Of a delivery all boxes as they were shipped; of a return one parcel of what comes back.
        """
        self.ensure_one()
        parcels = self._get_parcels()[self]
        taken = {label.package_id.id for label in self.return_parcel_ids._filter_live()}
        numbered = enumerate(parcels, 1)
        return [
            (number, parcel) for number, parcel in numbered if parcel.package.id not in taken
        ], len(parcels)

    def _prepare_return_shipment(self, carrier, parcels):
        """These goods the other way round, as a carrier is asked to bring them back."""
        there = self._prepare_shipment(carrier, parcels, key=str(uuid.uuid4()))
        bought = self._get_deliveries_to_return().label_ids.filtered(
            lambda row: row.state == "bought" and row.carrier_id == carrier
        )
        return dataclasses.replace(
            there,
            sender=there.recipient,
            recipient=there.sender,
            service=bought[:1].service_code or carrier.service_code or "",
            reference=self.shipping_return_id.name or there.reference,
            ship_date=max(there.ship_date, fields.Date.context_today(self)),
            residential=None,
            insurance=Decimal(0),
            signature="",
            customs=there.customs and dataclasses.replace(there.customs, reason="RETURN"),
            label_format="pdf",  # customers have no thermal printer
            is_return=True,
            point=None,
            collect=Decimal(0),
        )

    def _get_return_label_pdf(self):
        """All return labels of this transfer as one attachment; none if there is no paper."""
        self.ensure_one()
        bought = self.return_parcel_ids.filtered(lambda label: label.state == "bought")
        pdf = bought.sorted("parcel_number")._get_merged_pdf()
        if not pdf:
            return self.env["ir.attachment"]
        return self.env["ir.attachment"].create(
            {
                "name": self.env._("Return label %s.pdf", self.name.replace("/", "-")),
                "datas": base64.b64encode(pdf),
                "mimetype": "application/pdf",
                "res_model": "mail.compose.message",
                "res_id": 0,
            }
        )

    def _get_deliveries_to_return(self):
        """The deliveries whose goods these transfers bring back; deliveries are their own."""
        sent = self.filtered("reaches_customer")
        back = (self - sent).move_ids.origin_returned_move_id.picking_id
        return sent | back.filtered("reaches_customer")

    def _send_confirmation_email(self):
        """Extend: carriers whose parcels go with a return label get it bought, after the commit."""
        result = super()._send_confirmation_email()
        self.filtered(
            lambda picking: (
                picking.state == "done"
                and picking.picking_type_code == "outgoing"
                and picking.carrier_id.return_label_on_delivery
                and picking.carrier_id.can_generate_return
            )
        )._buy_return_label_later()
        return result


class DeliveryCarrier(models.Model):
    _inherit = "delivery.carrier"

    return_carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Returns With",
        check_company=True,
        help="Who brings goods back that went with this one; empty: the same.",
    )

    def _compute_can_generate_return(self):
        """Extend: carriers whose labels are bought here bring back, too."""
        result = super()._compute_can_generate_return()
        self.filtered(lambda carrier: carrier._makes_labels()).can_generate_return = True
        return result

    def rate_table_get_return_label(self, pickings, _tracking_number=None, _origin_date=None):
        """Odoo's own hook: the label of deliveries, or of returns."""
        self.ensure_one()
        return pickings.buy_return_label()
