import hashlib
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError

from ..engine import billing
from ..flow import BY_ITSELF
from ..jobs import enqueue

#: Orders billed in one transaction.
CHUNK = 100


class SaleOrder(models.Model):
    """Invoices that aren't made at shipment: at the order, periodically, and for many orders."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    # === ACTION === #

    def action_invoice_now(self):
        """Invoice and post what may be billed of these orders, whenever their turn would be.

        Held orders and failures keep their reason; the others go on.

        :return: notification for the web client
        """
        self.check_access("write")
        if not self.env["account.move"].has_access("create"):
            raise UserError(self.env._("Ask somebody with rights on invoicing to do this."))
        waiting = self.filtered(
            lambda order: order.state == "sale" and order.invoice_status == "to invoice"
        )
        if not waiting:
            raise UserError(self.env._("Nothing of these orders can be billed now."))
        if len(waiting) > CHUNK:
            waiting._enqueue_invoice_run()
            message = self.env._("%s orders are being invoiced in the background.", len(waiting))
            return self._prepare_notification(message, is_warning=False)
        invoices = waiting._invoice_shipped()
        rest = waiting.filtered(lambda order: order.invoice_status == "to invoice")
        message = self.env._("%s invoices posted.", len(invoices))
        if rest:
            names = "; ".join(f"{order.name}: {order.invoice_wait}" for order in rest[:8])
            message += " " + self.env._("Not billed: %s", names)
        return self._prepare_notification(message, is_warning=bool(rest))

    def action_confirm(self):
        """Bill at the order, and the deposit, where that is agreed."""
        before = self.filtered(lambda order: order.state != "sale")
        result = super().action_confirm()
        confirmed = before.filtered(lambda order: order.state == "sale")
        if confirmed:
            confirmed._bill_at_order()
        return result

    # === BUSINESS === #

    def _bill_at_order(self):
        """Have deposits billed, and orders that are billed when they are placed."""
        deposits = self.filtered(lambda order: order._get_deposit_percent() > 0)
        if deposits:
            enqueue(
                deposits,
                "_invoice_deposit",
                description=self.env._("Bill deposits: %s", ", ".join(deposits[:5].mapped("name"))),
                identity_key="order_processing.deposit:" + "-".join(map(str, sorted(deposits.ids))),
            )
        proforma = self.filtered(lambda order: order._wants_proforma())
        if proforma:
            enqueue(
                proforma,
                "_send_proforma",
                description=self.env._("Send %s pro-forma invoices", len(proforma)),
            )
        policies = self._get_invoice_policies()
        at_once = (self - deposits).filtered(lambda order: policies[order].code == "order")
        at_once._enqueue_invoicing()

    def _send_proforma(self):
        """Mail these customers the pro-forma invoice of their order, once."""
        template = self.env.ref("sale.email_template_proforma", raise_if_not_found=False)
        # sudo: the agreement sends, not the rights of who confirms.
        for order in self.sudo().exists():
            if order.state != "sale" or order.proforma_sent or not template:
                continue
            if not order.partner_id.email:
                order._warn_responsible(
                    self.env._("Pro-forma invoice not sent"),
                    self.env._("The customer has no e-mail address."),
                )
                continue
            order.proforma_sent = True
            order.with_context(proforma=True)._send_order_notification_mail(template)

    def _invoice_deposit(self):
        """Bill and post the deposit of these orders, once each."""
        # sudo: the agreement bills, not the rights of who confirms.
        orders = self.sudo().exists().with_context(order_event_source=BY_ITSELF)
        self.env["order.event"]._lock_heads(orders)
        moves = self.env["account.move"].sudo()
        for order in orders:
            percent = order._get_deposit_percent()
            if order.state != "sale" or percent <= 0:
                continue
            if order.order_line.filtered("is_downpayment"):
                continue  # billed already, by this or by hand
            if order._blocked_by("invoice"):
                order._record_event("hold", self.env._("Deposit not billed yet: on hold"))
                continue
            try:
                with self.env.cr.savepoint():
                    wizard = (
                        self.env["sale.advance.payment.inv"]
                        .sudo()
                        .create(
                            {
                                "sale_order_ids": order.ids,
                                "advance_payment_method": "percentage",
                                "amount": min(percent, 100.0),
                            }
                        )
                    )
                    move = wizard._create_invoices(order)
                    move._post(soft=False)
                    moves |= move
            except (UserError, RedirectWarning) as error:
                order._tell_not_invoiced(str(error.args[0]))
        moves._enqueue_sending()
        return moves

    @api.model
    def _cron_invoice_periodic(self):
        """Bill what periodic invoices are due, and what was left: goods out, nothing billed.

        Orders that are billed at shipment or delivery are looked at too: if the job of their
        shipment was lost, or its error was put right since, they are billed now.
        """
        waiting = self.search([("state", "=", "sale"), ("invoice_status", "=", "to invoice")])
        for company, orders in waiting.grouped("company_id").items():
            orders.with_company(company)._get_due_for_run()._enqueue_invoice_run()

    def _get_due_for_run(self):
        """Those of these orders that a run should bill today."""
        policies = self._get_invoice_policies()
        oldest = self._oldest_unbilled()
        due = self.browse()
        for order in self:
            policy = policies[order]
            if policy.code != "order" and not order._has_left_unbilled():
                continue
            if policy.code == "periodic":
                zone = order._billing_tz()
                today = fields.Date.context_today(zone)
                since = fields.Datetime.context_timestamp(zone, oldest[order]).date()
                if billing.is_due(policy, today, since, None):
                    due |= order
            elif policy.by_itself and order._is_invoiced_now(policy):
                due |= order
        return due

    def _has_left_unbilled(self):
        """Whether goods left that aren't billed; fees alone wait for the goods they are for."""
        self.ensure_one()
        goods = self.order_line.filtered(
            lambda line: line.product_id.type == "consu" and not line.display_type
        )
        return self._is_shipped() or bool(
            goods.filtered(lambda line: line.qty_delivered and line.qty_to_invoice)
        )

    def _oldest_unbilled(self):
        """When goods last left each order, else when it was placed: dict order → datetime."""
        rows = (
            self.env["stock.move"]
            .sudo()
            ._read_group(
                [
                    ("sale_line_id.order_id", "in", self.ids),
                    ("state", "=", "done"),
                    ("location_dest_id.usage", "=", "customer"),
                ],
                ["sale_line_id"],
                ["date:max"],
            )
        )
        shipped = defaultdict(list)
        for line, moment in rows:
            if line.qty_to_invoice:
                shipped[line.order_id.id].append(moment)
        return {order: min(shipped[order.id], default=order.date_order) for order in self}

    def _enqueue_invoice_run(self):
        """Bill these orders in jobs; those that share an invoice stay together."""
        policies = self._get_invoice_policies()
        joined = defaultdict(lambda: self.browse())
        for order in self:
            joined[order._invoice_key(policies[order])] |= order
        chunk = self.browse()
        for orders in joined.values():
            if chunk and len(chunk) + len(orders) > CHUNK:
                chunk._enqueue_one_run()
                chunk = self.browse()
            chunk |= orders
        if chunk:
            chunk._enqueue_one_run()

    def _enqueue_one_run(self):
        """One job; asked for twice before it ran, it stays one."""
        ids = ",".join(map(str, sorted(self.ids)))
        enqueue(
            self,
            "_invoice_run",
            description=self.env._("Invoice %s orders", len(self)),
            identity_key=f"order_processing.invoice_run:{hashlib.sha256(ids.encode()).hexdigest()}",
        )

    def _invoice_key(self, policy):
        """What orders have in common that share one periodic invoice.

        :param policy: ``engine.billing.Policy``
        """
        self.ensure_one()
        if policy.code != "periodic" or policy.grouping == "order":
            return ("order", self.id)
        key = (
            self.company_id.id,
            self.partner_invoice_id.id,
            self.currency_id.id,
            self.fiscal_position_id.id,
            self.payment_term_id.id,
        )
        if policy.grouping == "address":
            return (*key, self.partner_shipping_id.id)
        if policy.grouping == "reference":
            return (*key, self.client_order_ref or f"order {self.id}")
        return key

    def _invoice_run(self):
        """Invoice and post these orders, those together that share an invoice.

        :return: the posted invoices
        """
        # sudo: the policy decides, not the rights of who started the run.
        orders = self.sudo().exists().with_context(order_event_source=BY_ITSELF)
        policies = orders._get_invoice_policies()
        groups = orders.grouped(lambda order: order._invoice_key(policies[order]))
        single = orders.browse().union(*[group for group in groups.values() if len(group) == 1])
        invoices = single._invoice_shipped()
        for group in groups.values():
            if len(group) > 1:
                invoices |= group.with_context(order_join_invoices=True)._invoice_shipped()
        return invoices

    def _get_invoice_grouping_keys(self):
        """A run that joins orders has grouped them itself: of other addresses too."""
        keys = super()._get_invoice_grouping_keys()
        if self.env.context.get("order_join_invoices"):
            return [key for key in keys if key != "partner_shipping_id"]
        return keys
