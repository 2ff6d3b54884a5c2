from dataclasses import replace

from odoo import api, fields, models
from odoo.tools import format_date

from ..engine import billing
from .sale_order import INTERNAL


class SaleOrder(models.Model):
    """When an order is billed, by whose wish, and why it isn't yet."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    delivered_at = fields.Datetime(
        string="Delivered On",
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="When the carrier said that all parcels sent so far have arrived.",
    )
    proforma_sent = fields.Boolean(
        string="Pro-Forma Sent", readonly=True, copy=False, groups=INTERNAL
    )
    invoice_error = fields.Char(
        string="Invoicing Failed",
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="Why the last attempt to invoice this order by itself failed.",
    )
    invoice_wait = fields.Char(
        string="Why Not Billed Yet",
        compute="_compute_invoice_wait",
        compute_sudo=True,
        groups=INTERNAL,
        help="What this order waits for before it is invoiced.",
    )
    billing_policy = fields.Selection(
        list(billing.POLICIES),
        string="Invoiced",
        compute="_compute_billing_policy",
        compute_sudo=True,
        groups=INTERNAL,
        help="The customer's wish, else the channel's, else the company's.",
    )

    @api.depends("partner_invoice_id", "channel_id", "company_id")
    def _compute_billing_policy(self):
        policies = self._get_invoice_policies()
        for order in self:
            order.billing_policy = policies[order].code

    @api.depends("hold_ids.state", "invoice_status", "state", "delivered_at", "invoice_error")
    @api.depends_context("lang", "tz")
    def _compute_invoice_wait(self):
        policies = self._get_invoice_policies()
        blocked = self._blocked_by("invoice")
        for order in self:
            order.invoice_wait = order._why_not_billed(policies[order], blocked.get(order))

    # === BUSINESS === #

    def _get_invoice_policies(self):
        """How each of these orders is billed: the customer first, then the channel, the company.

        :return: dict order → ``engine.billing.Policy``
        """
        policies = {}
        for company, orders in self.sudo().grouped("company_id").items():
            base = billing.Policy(
                company.order_invoice_policy,
                company.order_invoice_cadence,
                int(company.order_invoice_weekday or 0),
                company.order_invoice_monthday,
                company.order_invoice_grouping,
            )
            for order in orders.with_company(company):
                policy, channel = base, order.channel_id
                if channel:
                    policy = replace(policy, code=channel.invoice_policy, **channel._own_rhythm())
                payer = order.partner_invoice_id.commercial_partner_id
                if payer.order_invoice_policy:
                    policy = replace(policy, code=payer.order_invoice_policy)
                policies[order.sudo(False).browse(order.id)] = replace(
                    policy, **payer._own_rhythm()
                )
        empty = billing.Policy()
        return {order: policies.get(order.browse(order.id), empty) for order in self}

    def _get_deposit_percent(self):
        """Percentage of this order to be billed when it is confirmed."""
        self.ensure_one()
        order = self.sudo().with_company(self.company_id)
        return (
            order.partner_invoice_id.commercial_partner_id.order_deposit_percent
            or order.channel_id.deposit_percent
            or order.company_id.order_deposit_percent
        )

    def _wants_proforma(self):
        """Whether this customer gets a pro-forma invoice by itself."""
        self.ensure_one()
        order = self.sudo().with_company(self.company_id)
        return (
            order.company_id.order_proforma
            or order.partner_invoice_id.commercial_partner_id.order_proforma
        )

    def _billing_tz(self):
        """This order in the time zone its company's days are counted in."""
        self.ensure_one()
        company = self.sudo().company_id
        zone = company.resource_calendar_id.tz or company.partner_id.tz or "UTC"
        return self.with_context(tz=zone)

    def _why_not_billed(self, policy, holds):
        """What an order waits for before it is invoiced, in words; nothing where it is billed.

        :param policy: ``engine.billing.Policy``
        :param holds: open holds at the gate "invoice", or nothing
        """
        self.ensure_one()
        if self.state != "sale":
            return self.env._("Not confirmed") if self.state in ("draft", "sent") else False
        if self.invoice_status not in ("to invoice", "no"):
            return False
        if holds:
            return self.env._("On hold: %s", "; ".join(holds.mapped("reason")))
        if self.invoice_status == "no":
            return self.env._("Nothing has shipped that could be billed")
        if self.invoice_error:
            return self.env._("Failed: %s", self.invoice_error)
        if policy.code == "periodic":
            day = fields.Date.context_today(self._billing_tz())
            return self.env._(
                "Waits for the invoice of %s", format_date(self.env, billing.next_run(policy, day))
            )
        if policy.code == "delivery" and not self._is_delivered():
            return self.env._("Not delivered yet, says the carrier")
        if policy.code == "manual":
            return self.env._("Invoiced by hand")
        return self.env._("Its turn comes with the next run")

    def _record_event(self, step, summary, details=None, source="system", duty=None):
        """Whatever logs that orders arrived, those billed at delivery are billed then."""
        events = super()._record_event(step, summary, details, source, duty)
        if step == "deliver":
            self._mark_delivered()
        return events

    def _is_delivered(self):
        """Whether all that has left this order so far has arrived.

        Addons that know of parcels look closer.
        """
        self.ensure_one()
        arrived = self.delivered_at
        return bool(arrived) and not self.picking_ids.filtered(
            lambda picking: (
                picking.state == "done"
                and picking.location_dest_id._is_outgoing()
                and picking.date_done
                and picking.date_done > arrived
            )
        )

    def _mark_delivered(self, moment=None):
        """The carrier says that these orders arrived: bill those that are billed at delivery.

        Calling it twice changes nothing.

        :param moment: when, in UTC; now if not given
        """
        # sudo: tracking knows nothing of rights on orders.
        orders = self.sudo()
        orders.write({"delivered_at": moment or fields.Datetime.now()})
        orders._enqueue_invoicing()
