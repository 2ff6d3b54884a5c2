from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    """What customers do on their page besides changing: order again, name another address."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _order_again(self):
        """A quotation of the same goods, at today's prices; empty if none are sold any more."""
        self.ensure_one()
        lines = self.order_line.filtered(
            lambda line: (
                line._may_be_changed()
                and line.product_uom_qty > 0
                and line.product_id.active
                and line.product_id.sale_ok
            )
        )
        if not lines:
            return self.browse()
        again = self.create(
            {
                "partner_id": self.partner_id.id,
                "partner_invoice_id": self.partner_invoice_id.id,
                "partner_shipping_id": self.partner_shipping_id.id,
                "company_id": self.company_id.id,
                "team_id": self.team_id.id,
                "user_id": self.user_id.id,
                "origin": self.name,
                "order_line": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "product_uom_qty": line.product_uom_qty,
                            "product_uom_id": line.product_uom_id.id,
                        }
                    )
                    for line in lines
                ],
            }
        )
        # Odoo's own page of a quotation lets the customer accept and pay it.
        again.action_quotation_sent()
        return again

    def _get_new_address(self, vals):
        """The delivery address a customer typed: one of theirs, or a new one of theirs.

        :param dict vals: ``name``, ``street``, ``street2``, ``zip``, ``city``
        :raise UserError: it isn't complete
        """
        self.ensure_one()
        now = self.partner_shipping_id
        if (
            not vals["street"]
            or not vals["city"]
            or (now.country_id.zip_required and not vals["zip"])
        ):
            raise UserError(self.env._("Enter street, city and postal code."))
        owner = self.partner_id.commercial_partner_id
        wanted = vals | {"name": vals["name"] or now.name}
        known = owner.child_ids.filtered(
            lambda each: (
                each.type == "delivery"
                and all((each[name] or "") == value for name, value in wanted.items())
            )
        )
        if known:
            return known[:1]
        return self.env["res.partner"].create(
            wanted
            | {
                "parent_id": owner.id,
                "type": "delivery",
                "country_id": now.country_id.id,
                "state_id": now.state_id.id,
                "phone": now.phone,
                "email": now.email,
            }
        )

    @api.model
    def _read_day(self, text):
        """A day as the browser's date field sends it.

        :raise ValueError: it isn't one
        """
        return fields.Date.from_string(text[:10])
