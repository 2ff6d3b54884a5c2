from odoo import models


class SaleOrder(models.Model):
    """Labels, customs papers and proofs of delivery among an order's papers."""

    _inherit = "sale.order"

    def _document_kind(self, kind, record, attachment):
        """Files of deliveries by what they are: carriers keep all of them there."""
        if record._name != "stock.picking":
            return super()._document_kind(kind, record, attachment)
        # sudo: which file is a label, not what is in it.
        if attachment in record.sudo().label_ids.attachment_id or attachment.name.startswith(
            ("LabelShipping", "LabelReturn")
        ):
            return "label"
        if attachment.name.startswith("ShippingDoc"):
            return "customs"
        if attachment.name.startswith(("ProofOfDelivery", "POD")):
            return "proof"
        return super()._document_kind(kind, record, attachment)
