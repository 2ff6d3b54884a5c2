from odoo import models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    """What people change on an order that is under way is told in its log, before and after."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _name = "sale.order"
    _inherit = ["sale.order", "order.audit.mixin"]

    _audited = (
        "partner_id",
        "partner_shipping_id",
        "partner_invoice_id",
        "client_order_ref",
        "pricelist_id",
        "payment_term_id",
        "commitment_date",
        "warehouse_id",
        "carrier_id",
    )
    _audit_duties = {"pricelist_id": "price", "*": "enter"}

    def write(self, vals):
        """Keep an order whose log has begun in its company: each event belongs to that too."""
        if "company_id" in vals:
            moved = self.filtered(
                lambda order: (
                    order.sudo().event_sequence and order.company_id.id != vals["company_id"]
                )
            )
            if moved:
                raise UserError(
                    self.env._(
                        "%(orders)s: what happened is recorded in its company. Cancel it and"
                        " enter it again in the other one.",
                        orders=", ".join(moved.mapped("name")),
                    )
                )
        return super().write(vals)

    def _audit_order(self):
        return self

    def _audit_wanted(self, operation):
        return operation == "write" and self._is_told()

    def _audit_title(self):
        return self.name

    def _is_told(self):
        """Whether changes of this order are told: its log has begun, or another one's hand is in.

        Who edits an own quotation that nothing happened to yet may still delete it.
        """
        # sudo: whoever changes the order is logged, also who doesn't read logs.
        order = self.sudo()
        return bool(
            order.event_sequence
            or order.state not in ("draft", "sent")
            or (
                order.create_uid != self.env.user
                and not self.env.user._is_superuser()
                and self.env.user._is_internal()
            )
        )


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "order.audit.mixin"]

    _audited = ("product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount")
    _audit_duties = {"price_unit": "price", "discount": "price", "*": "enter"}

    def _audit_order(self):
        return self.order_id

    def _audit_wanted(self, operation):
        return not self.display_type and self.order_id._is_told()

    def _audit_title(self):
        return self.product_id.display_name or (self.name or "").split("\n")[0]
