from odoo import Command, fields, models

from ..engine.intake.canonical import WARNING, Finding


class OrderChannel(models.Model):
    """The values of a sales order, from what a document was resolved to."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.channel"

    def _prepare_order_vals(self, order, resolution, partners):
        """Values of the sales order for a document.

        :param order: :class:`..engine.intake.canonical.Order`
        :param resolution: :class:`..engine.intake.resolve.Resolution`
        :param partners: ``(customer, invoice address, delivery address)``
        """
        customer, invoice, delivery = partners
        vals = {
            "company_id": self.company_id.id,
            "partner_id": customer.id,
            "partner_invoice_id": invoice.id,
            "partner_shipping_id": delivery.id,
            "pricelist_id": resolution.pricelist_id or False,
            "channel_id": self.id,
            "channel_ref": order.number,
            "channel_total": float(order.total or 0),
            "channel_total_stated": order.total is not None,
            "client_order_ref": order.po_number or order.number,
            "origin": f"{self.name} {order.number}",
            "order_line": [Command.create(self._prepare_line_vals(r)) for r in resolution.lines],
        }
        # sudo: who takes orders in needn't read agreements.
        blanket = (
            self.env["order.blanket"]
            .sudo()
            ._find_for(
                customer,
                self.company_id,
                order.po_number,
                *(value for _name, value in order.attributes),
            )
        )
        optional = {
            "blanket_id": blanket.id,
            "team_id": self.team_id.id,
            "warehouse_id": self.warehouse_id.id,
            "payment_term_id": self.payment_term_id.id,
            "commitment_date": self._get_commitment_date(order),
        }
        return vals | {name: value for name, value in optional.items() if value}

    def _get_commitment_date(self, order):
        """When the goods shall be there, UTC: noon, which is that day in all of the world's zones.

        A day that is past is none to promise; see the finding about it.
        """
        day = fields.Date.to_date(order.wanted_date or False)
        if not day or day < fields.Date.context_today(self):
            return False
        return fields.Datetime.to_datetime(day).replace(hour=12)

    def _check_dates(self, order):
        """Findings about the day by which the goods were asked for."""
        if order.wanted_date and not self._get_commitment_date(order):
            args = {"date": order.wanted_date}
            return [Finding("past_date", "requested_date", args, WARNING)]
        return []

    def _prepare_line_vals(self, resolved):
        """Values of one sales order line; ``resolved`` is an engine's ``ResolvedLine``.

        What isn't in them, Odoo computes: the pricelist's price, the product's unit and taxes.
        """
        plan = resolved.plan
        vals = {
            "product_id": resolved.product_id,
            "product_uom_qty": float(plan.quantity),
            "channel_line_ref": plan.ref or False,
        }
        if plan.price_unit is not None:
            vals |= {"price_unit": float(plan.price_unit), "discount": float(plan.discount)}
        if resolved.uom_id:
            vals["product_uom_id"] = resolved.uom_id
        if resolved.tax_ids is not None:
            vals["tax_ids"] = [Command.set(resolved.tax_ids)]
        name = self._get_line_name(plan)
        return vals | {"name": name} if name else vals

    def _get_line_name(self, plan):
        """The text of a line where the channel says more than the product's own name."""
        if plan.kind == "product":
            more = [f"{name}: {value}" for name, value in plan.properties]
            if plan.note:
                more.append(plan.note)
            if plan.requested_date:
                more.append(self.env._("Asked for by %(date)s", date=plan.requested_date))
            return "\n".join([plan.title, *more]).strip() if more else False
        titles = {
            "shipping": plan.title or self.env._("Shipping"),
            "fee": plan.title or self.env._("Fee"),
            "tip": self.env._("Tip"),
            "duty": self.env._("Customs duties"),
            "tax": plan.title or self.env._("Tax"),
            "discount": self.env._("Discount %(code)s", code=plan.title).strip(),
        }
        return titles[plan.kind]
