from odoo import Command, api, fields, models

#: The parts of an address that a carrier may know better: of the contact, of ``carriers.base``.
PARTS = {
    "street": "street",
    "street2": "street2",
    "city": "city",
    "zip": "zip",
    "state_id": "state",
}


class ShippingAddressCheck(models.TransientModel):
    """What a carrier says of an address, beside what is entered."""

    _name = "shipping.address.check"
    _description = "Address Check"

    partner_id = fields.Many2one("res.partner", required=True, readonly=True)
    carrier_id = fields.Many2one("delivery.carrier", required=True, readonly=True)
    is_deliverable = fields.Boolean(readonly=True)
    kind = fields.Selection(
        [("residential", "Residential"), ("business", "Business")], readonly=True
    )
    message = fields.Char(readonly=True)
    line_ids = fields.One2many("shipping.address.check.line", "check_id", readonly=True)

    @api.model
    def _make(self, partner, carrier, answer):
        """Keep the verdict on the contact, and the differences for somebody to decide on.

        :param AddressCheck answer: of ``carriers.base``
        """
        kind = partner._keep_address_check(answer)
        lines = []
        entered = partner._get_label_address()
        for name, part in PARTS.items() if answer.suggestion else ():
            before, after = getattr(entered, part), getattr(answer.suggestion, part)
            if (before or "") != (after or ""):
                line = {"name": name, "entered": before, "suggested": after}
                lines.append(Command.create(line))
        return self.create(
            {
                "partner_id": partner.id,
                "carrier_id": carrier.id,
                "is_deliverable": answer.is_deliverable,
                "kind": kind,
                "message": answer.message,
                "line_ids": lines,
            }
        )

    def action_use(self):
        """Write what the carrier suggests on the contact."""
        self.ensure_one()
        vals = {}
        for line in self.line_ids:
            vals[line.name] = line.suggested
        if "state_id" in vals:
            state = self.env["res.country.state"].search(
                [
                    ("country_id", "=", self.partner_id.country_id.id),
                    ("code", "=ilike", vals["state_id"]),
                ],
                limit=1,
            )
            vals["state_id"] = state.id or self.partner_id.state_id.id
        kept = {
            "address_verdict": self.partner_id.address_verdict,
            "date_address_checked": self.partner_id.date_address_checked,
        }
        self.partner_id.write(vals | kept)
        return {"type": "ir.actions.act_window_close"}


class ShippingAddressCheckLine(models.TransientModel):
    """One part of the address that the carrier writes otherwise."""

    _name = "shipping.address.check.line"
    _description = "Address Difference"

    check_id = fields.Many2one("shipping.address.check", required=True, ondelete="cascade")
    name = fields.Selection(
        [
            ("street", "Street"),
            ("street2", "Street 2"),
            ("city", "City"),
            ("zip", "ZIP"),
            ("state_id", "State"),
        ],
        string="Part",
        required=True,
        readonly=True,
    )
    entered = fields.Char(readonly=True)
    suggested = fields.Char(readonly=True)
