from odoo import models
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
    """The paper that says who took a parcel, fetched from its carrier."""

    _inherit = "shipping.label"

    # === ACTION === #

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
