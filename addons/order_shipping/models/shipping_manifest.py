from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..carriers.base import Box, CarrierError
from ..engine import manifest
from .shipping_rate import to_decimal

#: What closing out and booking write; not entered by hand.
GUARDED = {"name", "state", "attachment_id", "pickup_number", "label_ids"}


class ShippingManifest(models.Model):
    """What a carrier's driver takes along at the end of a day, and the paper that is signed."""

    _name = "shipping.manifest"
    _description = "Manifest"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", readonly=True, copy=False, default="/")
    carrier_id = fields.Many2one("delivery.carrier", required=True, check_company=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        check_company=True,
        default=lambda self: self.env["stock.warehouse"].search(
            self.env["stock.warehouse"]._check_company_domain(self.env.company), limit=1
        ),
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    state = fields.Selection(
        [("draft", "Open"), ("closed", "Closed Out")], default="draft", required=True, tracking=True
    )
    label_ids = fields.One2many("shipping.label", "manifest_id", string="Labels", readonly=True)
    parcel_count = fields.Integer(string="Parcels", compute="_compute_parcels")
    weight = fields.Float(string="Weight (kg)", compute="_compute_parcels", digits="Stock Weight")
    attachment_id = fields.Many2one("ir.attachment", string="Document", readonly=True, copy=False)
    pickup_from = fields.Float(string="Ready From", default=14.0)
    pickup_until = fields.Float(string="Ready Until", default=17.0)
    pickup_number = fields.Char(readonly=True, copy=False, help="The carrier's confirmation.")
    can_book_pickup = fields.Boolean(compute="_compute_can_book_pickup")
    unshipped_count = fields.Integer(
        string="Not Shipped",
        compute="_compute_unshipped_count",
        help="Labels of this carrier that were bought here, and whose delivery isn't validated.",
    )

    @api.depends("label_ids.weight")
    def _compute_parcels(self):
        for record in self:
            record.parcel_count = len(record.label_ids)
            record.weight = sum(record.label_ids.mapped("weight"))

    @api.depends("carrier_id")
    def _compute_can_book_pickup(self):
        for record in self:
            record.can_book_pickup = (
                record.carrier_id.is_network
                and "book_pickup" in record.carrier_id._get_port_class().offers
            )

    @api.depends("carrier_id", "warehouse_id", "state")
    def _compute_unshipped_count(self):
        for record in self:
            record.unshipped_count = (
                self.env["shipping.label"].search_count(record._get_unshipped_domain())
                if record.carrier_id and record.state == "draft"
                else 0
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse manifests that say to be closed out."""
        self._check_by_button(set().union(*vals_list))
        return super().create(vals_list)

    def write(self, vals):
        """Keep what the driver signed."""
        self._check_by_button(vals.keys())
        mail = {name for name in vals if name.startswith(("activity_", "message_"))}
        if not self.env.su and vals.keys() - mail - {"pickup_from", "pickup_until"}:
            for manifest_ in self.filtered(lambda each: each.state == "closed"):
                raise UserError(self.env._("%s is closed out.", manifest_.name))
        return super().write(vals)

    def _check_by_button(self, names):
        if not self.env.su and GUARDED & set(names):
            raise AccessError(self.env._("A manifest goes on by its buttons."))

    # === ACTION === #

    def action_view_unshipped(self):
        """The labels that were bought and whose parcels haven't left."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_shipping.shipping_label_action"
        )
        return action | {"domain": self._get_unshipped_domain(), "context": {}}

    def action_collect(self):
        """Take up every parcel of this carrier that was shipped and is on no manifest yet.

        :raise UserError: it is closed, or there is none
        """
        self.ensure_one()
        self._check_open()
        labels = self.env["shipping.label"].search(self._get_label_domain())
        # sudo: nobody writes labels but shipping's own methods; the user may edit this manifest.
        labels.sudo().manifest_id = self
        if not self.label_ids:
            raise UserError(
                self.env._(
                    "No parcel of %s was shipped and waits to be handed over.",
                    self.carrier_id.name,
                )
            )
        return True

    def action_close(self):
        """Close out: the carrier's own form where it has one, else a list of ours.

        :raise UserError: the carrier refuses, or there are no parcels
        """
        self.ensure_one()
        self._check_open()
        self._lock()
        if not self.label_ids:
            self.action_collect()
        number, document = self._ask_carrier() or (None, None)
        number = number or f"{self.warehouse_id.code}-{self.date:%Y%m%d}-{self.id}"
        document = document or self._draw(number)
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"Manifest-{number}.pdf",
                "raw": document,
                "mimetype": "application/pdf",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        # sudo: only this method closes it out; the user may edit it.
        self.sudo().write({"name": number, "attachment_id": attachment.id, "state": "closed"})
        return True

    def action_print(self):
        """Open the manifest's document."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}",
            "target": "new",
        }

    def action_book_pickup(self):
        """Have the carrier collect these parcels between the two times.

        :raise UserError: the carrier refuses, or it was booked before
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        if self.pickup_number:
            raise UserError(self.env._("Booked before: %s", self.pickup_number))
        boxes = [Box(to_decimal(label.weight)) for label in self.label_ids]
        if not boxes:
            raise UserError(self.env._("Collect the parcels first."))
        try:
            # sudo: the carrier's answer; the user may edit this manifest.
            self.sudo().pickup_number = self.carrier_id._get_port().book_pickup(
                self._get_sender(), boxes, self._at(self.pickup_from), self._at(self.pickup_until)
            )
        except CarrierError as error:
            raise UserError(self._refused(error))
        return True

    # === BUSINESS === #

    def _check_open(self):
        self.check_access("write")
        if self.state == "closed":
            raise UserError(self.env._("%s is closed out.", self.name))

    def _lock(self):
        """Keep others from closing or booking the same while the carrier is called.

        :raise UserError: somebody does already
        """
        if not self.try_lock_for_update():
            raise UserError(self.env._("Somebody else is working on %s: try again.", self.name))
        self.invalidate_recordset(["state", "pickup_number"])

    def _get_label_domain(self):
        return [
            ("carrier_id", "=", self.carrier_id.id),
            ("company_id", "=", self.company_id.id),
            ("state", "=", "bought"),
            ("is_return", "=", False),
            ("manifest_id", "=", False),
            ("picking_id.state", "=", "done"),
            ("picking_id.picking_type_id.warehouse_id", "=", self.warehouse_id.id),
        ]

    def _get_unshipped_domain(self):
        self.ensure_one()
        return [
            ("carrier_id", "=", self.carrier_id.id),
            ("company_id", "=", self.company_id.id),
            ("state", "=", "bought"),
            ("is_return", "=", False),
            ("picking_id.state", "!=", "done"),
            ("picking_id.picking_type_id.warehouse_id", "=", self.warehouse_id.id),
        ]

    def _get_sender(self):
        partner = self.warehouse_id.partner_id or self.company_id.partner_id
        return partner._get_label_address()

    def _at(self, hours):
        return fields.Datetime.to_datetime(self.date).replace(
            hour=int(hours), minute=round(hours % 1 * 60)
        )

    def _refused(self, error):
        return self.env._(
            "%(carrier)s refuses: %(reason)s", carrier=self.carrier_id.name, reason=error.message
        )

    def _ask_carrier(self):
        """Number and document of the carrier's own form; None where it has none."""
        if not self.carrier_id.is_network:
            return None
        port = self.carrier_id._get_port()
        if "close_out" not in port.offers:
            return None
        names = self.label_ids.mapped(
            "shipment_ref" if self.carrier_id.delivery_type == "easypost" else "tracking_number"
        )
        try:
            found = port.close_out(self._get_sender(), names, self.date)
        except CarrierError as error:
            raise UserError(self._refused(error))
        is_pdf = found.document.startswith(b"%PDF")
        return found.number, found.document if is_pdf else None

    def _draw(self, number):
        rows = [
            manifest.Row(
                label.tracking_number,
                label.picking_id.name,
                label.partner_id.name or "",
                f"{label.partner_id.country_id.code or ''} {label.partner_id.zip or ''}".strip(),
                f"{label.weight:.2f}",
            )
            for label in self.label_ids.sorted("tracking_number")
        ]
        words = {
            "title": self.env._("Manifest"),
            "parcel": self.env._("Parcel"),
            "delivery": self.env._("Delivery"),
            "recipient": self.env._("Recipient"),
            "place": self.env._("Place"),
            "weight": self.env._("kg"),
            "signature": self.env._("Driver's signature"),
            "total": self.env._("%s parcels", len(rows)),
        }
        head = f"{self.carrier_id.name} · {number} · {self.date}"
        return manifest.render(head, rows, self.carrier_id._get_label_fonts(), words)


class ShippingLabel(models.Model):
    _inherit = "shipping.label"

    manifest_id = fields.Many2one(
        "shipping.manifest", readonly=True, index="btree_not_null", copy=False
    )
