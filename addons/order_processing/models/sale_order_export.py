from decimal import Decimal

from odoo import models
from odoo.exceptions import AccessError

from ..engine import moving
from ..engine.intake import canonical, canonical_json, ubl_order
from ..engine.intake.units import UNITS
from ..flow import HOLD_BLOCKING
from .sale_order_status import _iso

#: Texts of a partner that are exported under their own names.
PARTNER_TEXTS = (
    "name",
    "company_name",
    "ref",
    "vat",
    "email",
    "phone",
    "street",
    "street2",
    "city",
    "zip",
    "lang",
)


def text_of(value):
    """A float as the shortest decimal text that reads back as the same number."""
    number = Decimal(repr(value or 0.0))
    plain = format(number.normalize() if number else Decimal(), "f")
    return plain


def _day(value):
    return value.isoformat() if value else None


class SaleOrder(models.Model):
    """An order as a record that another database can take, and in open formats."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    # === the whole record === #

    def _prepare_moved(self):
        """This order as ``static/openapi/moved_order.schema.json`` has it, without its files.

        Only what the user may read is in it.
        """
        self.ensure_one()
        partners = self._get_moved_partners()
        former = self.moved_record or {}
        invoices = self.env["order.document"]._readable(self.sudo().invoice_ids)
        pickings = self.env["order.document"]._readable(self.sudo().picking_ids)
        # sudo: of a delivery that the user may read, what its channel may know is told.
        deliveries = self.sudo()._prepare_moved_deliveries(pickings.sudo())
        return {
            "format": moving.FORMAT,
            "version": moving.VERSION,
            "key": self._get_moved_key(),
            "order": self._prepare_moved_head(partners),
            "partners": [self._prepare_moved_partner(partner, partners) for partner in partners],
            "lines": [self._prepare_moved_line(line) for line in self.order_line],
            "events": [
                self._prepare_moved_event(event) for event in self.event_ids.sorted("sequence")
            ],
            "holds": [*former.get("holds", []), *map(self._prepare_moved_hold, self.hold_ids)],
            "deliveries": [*former.get("deliveries", []), *deliveries],
            "invoices": [
                *former.get("invoices", []),
                *map(self._prepare_moved_invoice, invoices.sudo()),
            ],
            "payments": [*former.get("payments", []), *self._prepare_moved_payments()],
        }

    def _get_moved_key(self):
        """The key this order had first, wherever that was."""
        if self.moved_key:
            return self.moved_key
        # sudo: the database's own id is no secret to who may read its orders.
        own = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return f"{own}/{self.id}"

    def _get_moved_partners(self):
        """Partners of the order, each company before its people."""
        # sudo: who may read an order may read whom it is for.
        named = (self.partner_id | self.partner_invoice_id | self.partner_shipping_id).sudo()
        levels, level = [], named
        while level:
            levels.append(level)
            level = level.parent_id
        # The topmost first: of each its company was made before it.
        chain = self.env["res.partner"].sudo()
        for level in reversed(levels):
            chain |= level
        return chain.sudo(self.env.su)

    def _prepare_moved_head(self, partners):
        # sudo: names of the order's surroundings, such as its team, aren't secret to its reader.
        order, places = self.sudo(), {partner.id: place for place, partner in enumerate(partners)}
        # What this database has no record for is still told by its name.
        names = (self.moved_record or {}).get("names", {})
        place = order.warehouse_id.code
        return {
            "name": self.name,
            "state": self.state,
            "locked": self.locked,
            "step": self.flow_step or None,
            "ordered_at": _iso(self.date_order),
            "promised_at": _iso(self.commitment_date),
            "valid_until": _day(self.validity_date),
            "currency": self.currency_id.name,
            "untaxed": self._moved_amount(self.amount_untaxed),
            "tax": self._moved_amount(self.amount_tax),
            "total": self._moved_amount(self.amount_total),
            "customer": places[self.partner_id.id],
            "invoice_to": places[self.partner_invoice_id.id],
            "deliver_to": places[self.partner_shipping_id.id],
            "channel": order.channel_id.code or names.get("channel"),
            "channel_ref": self.channel_ref or None,
            "channel_total": self._moved_amount(self.channel_total) if self.channel_ref else None,
            "customer_ref": self.client_order_ref or None,
            "origin": self.origin or None,
            "note": str(self.note) if self.note else None,
            "salesperson": order.user_id.login or names.get("salesperson"),
            "team": order.team_id.name or names.get("team"),
            "warehouse": names.get("warehouse") if names.get("instead") == place else place or None,
            "pricelist": order.pricelist_id.name or names.get("pricelist"),
            "payment_terms": order.payment_term_id.name or names.get("payment_terms"),
            "fiscal_position": order.fiscal_position_id.name or names.get("fiscal_position"),
        }

    def _moved_amount(self, value):
        return f"{value:.{self.currency_id.decimal_places}f}"

    def _prepare_moved_partner(self, partner, partners):
        # sudo: see ``_get_moved_partners``.
        partner = partner.sudo()
        places = {each.id: place for place, each in enumerate(partners)}
        return {
            **{name: partner[name] or None for name in PARTNER_TEXTS},
            "name": partner.name or "",
            "type": partner.type,
            "is_company": partner.is_company,
            "parent": places.get(partner.parent_id.id),
            "state": partner.state_id.code or None,
            "country": partner.country_id.code or None,
        }

    def _prepare_moved_line(self, line):
        product = line.product_id
        about = {
            "name": product.name,
            "sku": product.default_code or None,
            "barcode": product.barcode or None,
            "type": product.type,
            "stored": product.is_storable,
            "unit": product.uom_id.name,
            "invoice_policy": product.invoice_policy or "order",
        }
        return {
            "kind": line.display_type or "product",
            "title": line.name or "",
            "product": about if product else None,
            "quantity": text_of(line.product_uom_qty),
            "unit": line.product_uom_id.name or None,
            "unit_price": text_of(line.price_unit),
            "discount": text_of(line.discount),
            "taxes": [
                {
                    "name": tax.name,
                    "amount": text_of(tax.amount),
                    "kind": tax.amount_type,
                    "included": tax.price_include,
                }
                # sudo: who may read a line may read what is charged on it.
                for tax in line.sudo().tax_ids
            ],
            "delivered": text_of(line.qty_delivered),
            "invoiced": text_of(line.qty_invoiced),
            "subtotal": self._moved_amount(line.price_subtotal),
            "total": self._moved_amount(line.price_total),
            "lead_days": text_of(line.customer_lead),
            "is_delivery": line.is_delivery,
            "is_downpayment": line.is_downpayment,
        }

    def _prepare_moved_event(self, event):
        """One event; of one that was imported, as it was first."""
        details = event.details
        former = details.get("moved") if isinstance(details, dict) else None
        if isinstance(former, dict):
            details = former.get("details")
        return {
            "number": event.sequence,
            "step": event.step,
            "summary": event.summary,
            "at": f"{event.date.isoformat()}Z",
            "user": former["user"] if former else event.user_id.sudo().login,
            "source": event.source,
            "duty": (former["duty"] if former else event.duty) or None,
            "details": details or None,
            "hash": former["hash"] if former else event.hash,
        }

    def _prepare_moved_hold(self, hold):
        return {
            "kind": hold.kind,
            "gate": hold.gate,
            "state": hold.state,
            "reason": hold.reason,
            "open": hold.state in HOLD_BLOCKING,
            "placed_at": _iso(hold.create_date),
        }

    def _prepare_moved_deliveries(self, pickings):
        """Deliveries and returns that the user may read, but cancelled ones."""
        return [
            {"kind": picking.picking_type_code, **self._prepare_delivery_status(picking)}
            for picking in pickings.filtered(lambda each: each.state != "cancel").sorted("id")
        ]

    def _prepare_moved_invoice(self, move):
        return {
            "number": move.name or None,
            "kind": move.move_type,
            "state": move.state,
            "payment_state": move.payment_state,
            "date": _day(move.invoice_date),
            "due": _day(move.invoice_date_due),
            "currency": move.currency_id.name,
            "untaxed": f"{move.amount_untaxed:.{move.currency_id.decimal_places}f}",
            "tax": f"{move.amount_tax:.{move.currency_id.decimal_places}f}",
            "total": f"{move.amount_total:.{move.currency_id.decimal_places}f}",
            "open": f"{move.amount_residual:.{move.currency_id.decimal_places}f}",
        }

    def _prepare_moved_payments(self):
        """Payments that the user may read."""
        # sudo: filtered by what the user may read right after.
        payments = self.env["order.document"]._readable(self.sudo()._document_payments())
        return [
            {
                "number": payment.name or None,
                "date": _day(payment.date),
                "amount": f"{payment.amount:.{payment.currency_id.decimal_places}f}",
                "currency": payment.currency_id.name,
                "method": payment.payment_method_line_id.name or None,
                "state": payment.state,
                "memo": payment.memo or None,
            }
            for payment in payments.sudo()
        ]

    # === files === #

    def _get_moved_files(self, made=False):
        """Papers of this order that the user may read, as pairs of description and bytes.

        :param bool made: those, too, that are made when they are downloaded
        """
        for paper in self.env["order.document"]._make_rows(self):
            if not paper.attachment_id and not made:
                continue
            try:
                content = paper._get_content()
            except AccessError:
                continue
            about = {
                "name": paper.name[:500],
                "kind": paper.kind,
                "mimetype": paper.mimetype or None,
            }
            yield about, content

    # === open formats === #

    def _get_renditions(self, kind):
        """This order in an open format: pairs of name and bytes.

        :param str kind: ``json`` or ``ubl``; ``csv`` has one file for all orders
        """
        if kind == "json":
            return [("order.json", canonical_json.dump(self._prepare_canonical()))]
        if kind == "ubl":
            return [("order.xml", ubl_order.dump(self._prepare_canonical(net=True)))]
        return []

    def _prepare_canonical(self, net=False):
        """This order as the formats of the intake have orders.

        :param bool net: prices before taxes, even where Odoo's include them
        :return: ``engine.intake.canonical.Order``
        """
        self.ensure_one()
        # sudo: who may read an order may read whom and what it is for.
        order = self.sudo()
        items = order.order_line.filtered(
            lambda line: not line.display_type and line.product_uom_qty
        )
        taxes = items.tax_ids
        included = bool(taxes) and not net and all(tax.price_include for tax in taxes)
        lines, charges, discount = [], [], Decimal()
        for line in items:
            amount = self._decimal(line.price_total if included else line.price_subtotal)
            if amount < 0 or line.product_uom_qty < 0 or line.price_unit < 0:
                discount -= amount
            elif line.is_delivery:
                charges.append(
                    canonical.Charge(
                        "shipping", line.name or "", amount, taxes=self._canonical_taxes(line)
                    )
                )
            else:
                lines.append(self._canonical_line(line, amount, included))
        partner, address = order.partner_id, self._canonical_address
        company = order.partner_id.commercial_partner_id
        seller = order.company_id.partner_id
        tax = self._decimal(order.amount_tax)
        return canonical.Order(
            ref=(order.channel_ref or order.name)[:64],
            number=order.name[:64],
            currency=order.currency_id.name,
            total=self._decimal(order.amount_total),
            total_tax=tax,
            taxes_included=included,
            lines=tuple(lines),
            charges=tuple(charges),
            taxes=(canonical.Tax("Tax", None, tax),) if tax else (),
            discount=discount,
            email=partner.email or "",
            phone=partner.phone or "",
            customer_name=partner.name or "",
            company_name=company.name or "" if company.is_company else "",
            billing=address(order.partner_invoice_id),
            shipping=address(order.partner_shipping_id),
            po_number=(order.client_order_ref or "")[:120],
            placed_at=_iso(order.date_order) or "",
            net_total=self._decimal(order.amount_untaxed),
            buyer=self._canonical_party(partner),
            seller=self._canonical_party(seller),
            requested_date=_day(order.commitment_date and order.commitment_date.date()) or "",
            payment_terms=order.payment_term_id.name or "",
        )

    def _decimal(self, amount):
        return Decimal(self._moved_amount(amount))

    def _canonical_taxes(self, line):
        total = self._decimal(line.price_total) - self._decimal(line.price_subtotal)
        taxes = line.tax_ids
        rate = None
        if len(taxes) == 1 and taxes.amount_type == "percent":
            rate = Decimal(text_of(taxes.amount)) / 100
        return (canonical.Tax(", ".join(taxes.mapped("name"))[:120], rate, total),) if taxes else ()

    def _canonical_line(self, line, amount, included):
        quantity, price = Decimal(text_of(line.product_uom_qty)), Decimal(text_of(line.price_unit))
        if not included and any(tax.price_include for tax in line.tax_ids):
            price = Decimal(text_of(line.price_reduce_taxexcl))
        product, discount = line.product_id, quantity * price - amount
        if discount < 0:  # a fixed tax in the price, or rounding upwards: a price can't say it
            price, discount = amount / quantity, Decimal()
        code = {ref: code for code, ref in reversed(UNITS.items())}
        unit = line.product_uom_id.get_external_id().get(line.product_uom_id.id, "")
        barcode = product.barcode or ""
        return canonical.Line(
            ref=str(line.id),
            sku=product.default_code or barcode,
            title=" ".join((line.name or "").split())[:500],
            quantity=quantity,
            unit_price=price,
            discount=discount,
            taxes=self._canonical_taxes(line),
            requires_shipping=product.type == "consu",
            gtin=barcode if barcode.isdigit() and len(barcode) in (8, 12, 13, 14) else "",
            uom=code.get(unit.partition(".")[2], ""),
        )

    def _canonical_address(self, partner):
        return canonical.Address(
            name=partner.name or partner.parent_id.name or "",
            company=partner.commercial_company_name or "",
            street=partner.street or "",
            street2=partner.street2 or "",
            city=partner.city or "",
            zip=partner.zip or "",
            country_code=partner.country_id.code or "",
            country_name=partner.country_id.name or "",
            state_code=partner.state_id.code or "",
            state_name=partner.state_id.name or "",
            phone=partner.phone or "",
        )

    def _canonical_party(self, partner):
        company = partner.commercial_partner_id
        return canonical.Party(
            name=company.name or partner.name or "",
            vat=company.vat or "",
            registry=company.company_registry or "",
            contact="" if partner == company else partner.name or "",
            email=partner.email or "",
            phone=partner.phone or "",
        )
