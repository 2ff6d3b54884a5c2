from odoo import api, fields, models

from ..engine.intake.mapping import ADDRESS_FIELDS, ADDRESS_PREFIXES, FIELDS


class OrderChannelColumn(models.Model):
    """Which column of a channel's tables holds one of our fields."""

    _name = "order.channel.column"
    _description = "Channel Column"
    _order = "sequence, id"
    _rec_name = "column"

    channel_id = fields.Many2one("order.channel", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    field_name = fields.Selection("_selection_field_name", string="Field", required=True)
    column = fields.Char(
        required=True,
        help="Name of the column in the file's first row, or = and a value that all rows have:"
        " =EUR.",
    )

    _field_uniq = models.Constraint(
        "UNIQUE (channel_id, field_name)", "Each field has one column. Change the one it has."
    )

    @api.model
    def _selection_field_name(self):
        """Every field a table may state, in words."""
        words = {
            "ref": self.env._("Order Reference"),
            "number": self.env._("Order Number"),
            "placed_at": self.env._("Order Date"),
            "currency": self.env._("Currency"),
            "total": self.env._("Total"),
            "total_tax": self.env._("Total Tax"),
            "taxes_included": self.env._("Prices Include Tax"),
            "discount": self.env._("Order Discount"),
            "shipping_amount": self.env._("Shipping Cost"),
            "shipping_title": self.env._("Shipping Method"),
            "email": self.env._("Customer E-Mail"),
            "phone": self.env._("Customer Phone"),
            "customer_name": self.env._("Customer Name"),
            "company_name": self.env._("Company Name"),
            "po_number": self.env._("Customer's Purchase Order"),
            "note": self.env._("Note"),
            "sku": self.env._("Product (SKU or Barcode)"),
            "title": self.env._("Product Name"),
            "quantity": self.env._("Quantity"),
            "unit_price": self.env._("Unit Price"),
            "line_discount_percent": self.env._("Line Discount %%"),
            "line_discount": self.env._("Line Discount"),
            "tax_rate": self.env._("Tax Rate"),
            "line_tax": self.env._("Line Tax"),
            "line_ref": self.env._("Line Number"),
        } | self._get_address_words()
        return [(name, words.get(name, name).replace("%%", "%")) for name in FIELDS]

    @api.model
    def _get_address_words(self):
        """Words for the fields of the delivery and invoice address."""
        kinds = {"shipping": self.env._("Delivery"), "billing": self.env._("Invoice")}
        parts = {
            "name": self.env._("Name"),
            "company": self.env._("Company"),
            "street": self.env._("Street"),
            "street2": self.env._("Street 2"),
            "city": self.env._("City"),
            "zip": self.env._("ZIP"),
            "country": self.env._("Country"),
            "state": self.env._("State"),
            "phone": self.env._("Phone"),
        }
        return {
            f"{kind}_{part}": f"{kinds[kind]}: {parts[part]}"
            for kind in ADDRESS_PREFIXES
            for part in ADDRESS_FIELDS
        }
