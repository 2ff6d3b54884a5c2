from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..engine import returning
from .shipping_rate import to_decimal


class ShippingReturn(models.Model):
    """Money and replacement: credit notes on the very invoices, back to the original payment."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "shipping.return"

    amount_credited = fields.Monetary(compute="_compute_amount_credited", string="Credited")

    @api.depends("refund_ids.amount_total", "refund_ids.state")
    def _compute_amount_credited(self):
        for each in self:
            # sudo: whoever handles the return sees what was credited.
            posted = each.sudo().refund_ids.filtered(lambda move: move.state == "posted")
            each.amount_credited = sum(posted.mapped("amount_total"))

    # === ACTION === #

    def action_refund(self):
        """Credit what was accepted, and pay it back, keep it as credit or order the exchange.

        The gate "refund" and the duties are kept where the credit notes are posted.

        :raise UserError: it isn't inspected, or a hold keeps it back
        :raise AccessError: the user may not make credit notes
        """
        self.check_access("write")
        self._check_state("inspected")
        self.env["account.move"].check_access("create")
        # Of two clicks at once, the second meets a return that is refunded already.
        self.order_id._lock_for_return()
        self.lock_for_update()
        for each in self:
            each._refund()
        return True

    # === BUSINESS === #

    def _refund(self):
        self.ensure_one()
        order = self.order_id.sudo()  # sudo: who may refund needn't read every order
        order.with_user(self.env.user)._check_gate("refund")
        notes, unbilled = self._create_credit_notes()
        notes.action_post()
        self._match(notes)
        words = [self._describe_credit(notes)] if notes else []
        if unbilled:
            words.append(self.env._("not billed yet: %s", ", ".join(unbilled)))
        state = "refunded"
        if self.settlement == "exchange":
            state = "exchanged"
            self._order_exchange()
            words.append(self.env._("exchange %s", self.exchange_order_id.name))
        self._move_on(state, "; ".join(words) or self.env._("nothing to refund"))
        # What is billed as ordered isn't billed again, now that it came back.
        lines = self.sudo().line_ids.sale_line_id
        lines.env.add_to_compute(lines._fields["qty_to_invoice"], lines)
        lines.env.add_to_compute(lines._fields["invoice_status"], lines)
        if notes and self.settlement == "refund":
            notes._pay_back()

    def _describe_credit(self, notes):
        total = formatLang(
            self.env, sum(notes.mapped("amount_total")), currency_obj=notes.currency_id
        )
        return self.env._(
            "%(total)s credited (%(notes)s)", total=total, notes=", ".join(notes.mapped("name"))
        )

    def _create_credit_notes(self):
        """Draft credit notes, one for each invoice concerned, and what nobody was billed for.

        :return: (account.move, list of words)
        """
        by_invoice, unbilled = {}, []
        for line in self.line_ids.filtered("sale_line_id"):
            parts, rest = line._spread_over_invoices()
            for invoice_line, quantity in parts:
                by_invoice.setdefault(invoice_line.move_id, []).append(
                    (line, invoice_line, quantity)
                )
            if rest > 0:
                unbilled.append(f"{rest.normalize():f} × {line.product_id.display_name}")
        notes = self.env["account.move"]
        way = to_decimal(self._get_way_cost())
        for invoice, parts in by_invoice.items():
            vals, way = self._prepare_credit_note(invoice, parts, way)
            notes |= notes.with_company(invoice.company_id).create(vals)
        return notes, unbilled

    def _prepare_credit_note(self, invoice, parts, way):
        """Values of the credit note of one invoice.

        :param parts: list of (return line, invoice line, Decimal quantity)
        :param way: what is still to be charged for the way back
        :return: (vals, what of ``way`` is left)
        """
        money = to_decimal(invoice.currency_id.rounding or 0.01)
        commands, charges, worth = [], {}, returning.ZERO
        for line, billed, quantity in parts:
            commands.append(Command.create(self._prepare_credit_line(billed, quantity)))
            price, discount = to_decimal(billed.price_unit), to_decimal(billed.discount)
            percent = to_decimal(line.fee_percent)
            fee = returning.fee(price, discount, quantity, percent, money)
            taxes = billed.tax_ids
            charges[taxes] = charges.get(taxes, returning.ZERO) + fee
            worth += (
                returning.to_rounding(price * quantity * (100 - discount) / Decimal(100), money)
                - fee
            )
        for taxes, fee in charges.items():
            if fee:
                words = self.env._("Restocking fee, return %s", self.name)
                commands.append(Command.create(self._prepare_charge(words, fee, taxes)))
        charged = returning.way_charge(way, worth, money)
        if charged:
            words = self.env._("Return shipping, return %s", self.name)
            commands.append(Command.create(self._prepare_charge(words, charged, None)))
        return {
            "move_type": "out_refund",
            "reversed_entry_id": invoice.id,
            "shipping_return_id": self.id,
            "partner_id": invoice.partner_id.id,
            "partner_shipping_id": invoice.partner_shipping_id.id,
            "currency_id": invoice.currency_id.id,
            "journal_id": invoice.journal_id.id,
            "fiscal_position_id": invoice.fiscal_position_id.id,
            "invoice_date": fields.Date.context_today(self),
            "invoice_origin": self.order_id.name,
            "ref": self.env._(
                "Return %(name)s of %(invoice)s", name=self.name, invoice=invoice.name
            ),
            "invoice_line_ids": commands,
        }, way - charged

    @api.model
    def _prepare_credit_line(self, billed, quantity):
        """What was billed, given back as it was billed."""
        return {
            "product_id": billed.product_id.id,
            "name": billed.name,
            "quantity": float(quantity),
            "product_uom_id": billed.product_uom_id.id,
            "price_unit": billed.price_unit,
            "discount": billed.discount,
            "tax_ids": [Command.set(billed.tax_ids.ids)],
            "account_id": billed.account_id.id,
            "analytic_distribution": billed.analytic_distribution,
            "sale_line_ids": [Command.set(billed.sale_line_ids.ids)],
        }

    def _prepare_charge(self, words, amount, taxes):
        """A charge that lessens the credit note."""
        product = self.env.ref("order_shipping.product_return_charge")
        vals = {
            "product_id": product.id,
            "name": words,
            "quantity": 1.0,
            "price_unit": -float(amount),
            "tax_ids": [Command.set(taxes.ids if taxes else [])],
        }
        return vals

    def _match(self, notes):
        """Reconcile each credit note with what is still unpaid of its invoice."""
        for note in notes:
            open_lines = (note | note.reversed_entry_id).line_ids.filtered(
                lambda line: line.account_type == "asset_receivable" and not line.reconciled
            )
            for lines in open_lines.grouped("account_id").values():
                if len(lines.move_id) > 1:
                    lines.reconcile()

    # === BUSINESS: exchange === #

    def _order_exchange(self):
        """A linked order of what the customer gets instead, at the price paid before."""
        self.ensure_one()
        # sudo: who may refund needn't be a salesperson.
        order = self.order_id.sudo()
        lines = []
        for line in self.line_ids.sudo().filtered(lambda each: each.sale_line_id):
            if not line.quantity_refund:
                continue
            product = line.exchange_product_id or line.product_id
            vals = {
                "product_id": product.id,
                "product_uom_qty": line.quantity_refund,
                "product_uom_id": line.uom_id.id,
            }
            if product == line.product_id:
                same = line.sale_line_id
                vals |= {"price_unit": same.price_unit, "discount": same.discount}
                vals["tax_ids"] = [Command.set(same.tax_ids.ids)]
            lines.append(Command.create(vals))
        if not lines:
            raise UserError(self.env._("Nothing was accepted: there is nothing to exchange."))
        exchange = order.create(
            {
                "partner_id": order.partner_id.id,
                "partner_invoice_id": order.partner_invoice_id.id,
                "partner_shipping_id": order.partner_shipping_id.id,
                "company_id": order.company_id.id,
                "warehouse_id": order.warehouse_id.id,
                "pricelist_id": order.pricelist_id.id,
                "team_id": order.team_id.id,
                "user_id": order.user_id.id,
                "channel_id": order.channel_id.id,
                "origin": f"{order.name} ({self.name})",
                "client_order_ref": order.client_order_ref
                and f"{order.client_order_ref} ({self.name})",
                "order_line": lines,
            }
        )
        self.sudo().exchange_order_id = exchange
        exchange._confirm_each()

    def _match_exchange(self, invoices):
        """Pay the exchange's invoice with what was credited for the goods that came back."""
        for each in self:
            mine = invoices.filtered(
                lambda move, e=each: e.exchange_order_id in move.line_ids.sale_line_ids.order_id
            )
            notes = each.refund_ids.filtered(lambda move: move.state == "posted")
            open_lines = (mine | notes).line_ids.filtered(
                lambda line: line.account_type == "asset_receivable" and not line.reconciled
            )
            for lines in open_lines.grouped("account_id").values():
                if len(lines.move_id) > 1:
                    lines.reconcile()


class ShippingReturnLine(models.Model):
    _inherit = "shipping.return.line"

    def _spread_over_invoices(self):
        """Which invoice lines this return is credited from, oldest first.

        :return: (list of (invoice line, Decimal quantity in its unit), rest nobody was billed for)
        """
        self.ensure_one()
        # sudo: who may refund needn't read every order.
        sale_line = self.sudo().sale_line_id
        lines = sale_line.invoice_lines.filtered(lambda each: each.parent_state == "posted")
        billed = lines.filtered(lambda each: each.move_id.move_type == "out_invoice")
        credited = lines.filtered(lambda each: each.move_id.move_type == "out_refund")
        loose = sum(
            each.product_uom_id._compute_quantity(each.quantity, self.uom_id)
            for each in credited
            if each.move_id.reversed_entry_id not in billed.move_id
        )
        facts = []
        for each in billed.sorted(lambda row: (row.date, row.id)):
            of_invoice = credited.filtered(
                lambda row, each=each: row.move_id.reversed_entry_id == each.move_id
            )
            back = sum(
                row.product_uom_id._compute_quantity(row.quantity, self.uom_id)
                for row in of_invoice
            )
            many = each.product_uom_id._compute_quantity(each.quantity, self.uom_id)
            use = min(loose, max(many - back, 0.0))
            loose -= use
            facts.append(returning.Billed(each, to_decimal(many), to_decimal(back + use)))
        rounding = to_decimal(self.uom_id.rounding or 0.01)
        parts, rest = returning.spread(to_decimal(self.quantity_refund), facts, rounding)
        in_unit = [
            (
                each,
                to_decimal(self.uom_id._compute_quantity(float(quantity), each.product_uom_id)),
            )
            for each, quantity in parts
        ]
        return in_unit, rest


class AccountMove(models.Model):
    _inherit = "account.move"

    shipping_return_id = fields.Many2one(
        "shipping.return", string="Return", readonly=True, copy=False, index="btree_not_null"
    )

    def _goes_back_to_payment(self):
        """What comes back for an exchange or for store credit stays the customer's here."""
        # sudo: who bills needn't read returns.
        settlement = self.sudo().shipping_return_id.settlement or "refund"
        return super()._goes_back_to_payment() and settlement == "refund"

    def _post(self, soft=True):
        """An exchange is paid by what came back."""
        posted = super()._post(soft)
        # sudo: who bills needn't read returns.
        orders = posted._invoiced_orders("out_invoice")
        if orders:
            returns = (
                self.env["shipping.return"].sudo().search([("exchange_order_id", "in", orders.ids)])
            )
            returns._match_exchange(posted.sudo())
        return posted
