from odoo import api, fields, models
from odoo.exceptions import UserError

from ..carriers.base import CarrierError
from ..carriers.units import mimetype

EXTENSIONS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/gif": "gif",
    "text/html": "html",
}


class ShippingLabel(models.Model):
    """Papers fetched from the carrier: who took a parcel, and what customs wrote."""

    _inherit = "shipping.label"

    has_documents = fields.Boolean(compute="_compute_has_documents")

    @api.depends("carrier_id.delivery_type")
    def _compute_has_documents(self):
        for label in self:
            carrier = label.carrier_id
            label.has_documents = (
                carrier.is_network and "documents" in carrier._get_port_class().offers
            )

    # === ACTION === #

    def action_fetch_documents(self):
        """Get the papers that carriers keep of these shipments; each is kept once.

        Among them is what customs wrote, which proves that goods were exported.

        :raise UserError: none of the carriers keeps any, or why none could be had
        """
        self.picking_id._check_may_ship()
        asked = self.filtered(lambda row: row.state == "bought" and row.has_documents)
        if not asked:
            raise UserError(self.env._("These carriers keep no papers that can be fetched."))
        kept, problems = 0, []
        # One shipment has the same papers for all its parcels.
        for label in asked.grouped(lambda row: (row.carrier_id, row.shipment_ref)).values():
            try:
                kept += label[:1]._fetch_documents()
            except (CarrierError, ValueError) as error:
                reason = getattr(error, "message", str(error))
                problems.append(f"{label[:1].tracking_number}: {reason}")
        if not kept:
            raise UserError(
                "\n".join(problems[:5]) or self.env._("The carrier has no new papers of these.")
            )
        message = self.env._("Papers kept with the deliveries: %s.", kept)
        kind = "warning" if problems else "success"
        return self._notify_tracked(" ".join([message, *problems[:5]]), kind)

    def action_fetch_proof(self):
        """Get the proofs of delivery of these parcels from their carriers; each is kept once.

        :raise UserError: none of them was delivered, or why none could be had
        """
        self.picking_id._check_may_ship()
        delivered = self.filtered(lambda row: row.track_status == "delivered")
        if not delivered:
            raise UserError(self.env._("No parcel was delivered yet: ask for its tracking first."))
        kept, problems = self.browse(), []
        for label in delivered:
            if label._get_proof():
                kept |= label
            elif problem := label._fetch_proof():
                problems.append(f"{label.tracking_number}: {problem}")
            else:
                kept |= label
        if not kept:
            raise UserError("\n".join(problems[:5]))
        message = self.env._("Proofs of delivery kept with the deliveries: %s.", len(kept))
        kind = "warning" if problems else "success"
        return self._notify_tracked(" ".join([message, *problems[:5]]), kind)

    # === BUSINESS === #

    def _fetch_documents(self):
        """Keep the papers the carrier has of this parcel's shipment; how many are new.

        :raise CarrierError: it doesn't give them
        """
        self.ensure_one()
        day = (self.date_bought or fields.Datetime.now()).date()
        papers = self.carrier_id._get_port().documents(self.shipment_ref, day)
        names = {kind: f"CarrierPaper-{kind}-{self.shipment_ref}.pdf" for kind, _document in papers}
        place = [("res_model", "=", "stock.picking"), ("res_id", "=", self.picking_id.id)]
        # sudo: as in _get_proof
        attachments = self.env["ir.attachment"].sudo()
        there = attachments.search([*place, ("name", "in", list(names.values()))]).mapped("name")
        return len(
            attachments.create(
                [
                    {
                        "name": names[kind],
                        "raw": document,
                        "mimetype": "application/pdf",
                        "res_model": "stock.picking",
                        "res_id": self.picking_id.id,
                    }
                    for kind, document in papers
                    if names[kind] not in there
                ]
            )
        )

    def _get_proof(self):
        """The attachment with this parcel's proof of delivery; empty if there is none."""
        self.ensure_one()
        # sudo: callers may see the label, and its delivery's files are as much as that.
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "stock.picking"),
                    ("res_id", "=", self.picking_id.id),
                    ("name", "=like", f"ProofOfDelivery-{self.tracking_number}.%"),
                ],
                limit=1,
            )
        )

    def _fetch_proof(self):
        """Ask the carrier for the proof of this parcel, and keep it; "" or what is wrong."""
        self.ensure_one()
        carrier = self.carrier_id
        if not carrier.is_network or "proof" not in carrier._get_port_class().offers:
            return self.env._("%s gives no proofs of delivery.", carrier.name)
        try:
            document = carrier._get_port().proof(self.shipment_ref, self.tracking_number)
        except (CarrierError, ValueError) as error:
            return getattr(error, "message", str(error))
        if not document:
            return self.env._("%s has no proof of delivery yet.", carrier.name)
        kind = mimetype(document)
        self.env["ir.attachment"].sudo().create(
            {
                "name": f"ProofOfDelivery-{self.tracking_number}.{EXTENSIONS.get(kind, 'bin')}",
                "raw": document,
                # A carrier's page is kept to be downloaded, never to run in our own.
                "mimetype": "text/plain" if kind == "text/html" else kind,
                "res_model": "stock.picking",
                "res_id": self.picking_id.id,
            }
        )
        return ""
