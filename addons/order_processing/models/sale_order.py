from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import validation
from ..flow import HOLD_BLOCKING, STEP_SELECTION, further

#: Written by the flow itself: readings of the audit log.
LOGGED = {"flow_step", "event_sequence", "event_hash"}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    channel_id = fields.Many2one(
        "order.channel", index="btree_not_null", copy=False, tracking=True, check_company=True
    )
    channel_ref = fields.Char(
        string="Channel Reference",
        copy=False,
        index="btree_not_null",
        help="The order's number at its channel, as the customer knows it.",
    )
    channel_total = fields.Monetary(
        copy=False,
        help="Total the channel stated; the order's own total agreed with it to the cent.",
    )
    intake_ids = fields.One2many("order.intake", "order_id")
    event_ids = fields.One2many("order.event", "order_id", string="Timeline")
    event_sequence = fields.Integer(
        readonly=True, copy=False, help="Number of the last event in the order's log."
    )
    event_hash = fields.Char(
        readonly=True, copy=False, help="Hash of the last event: shows when events were cut off."
    )
    hold_ids = fields.One2many("order.hold", "order_id", string="Holds")
    allocation_ids = fields.One2many("order.allocation", "order_id", string="Allocations")
    match_ids = fields.Many2many("order.match", string="Payment Matches")
    flow_step = fields.Selection(
        STEP_SELECTION,
        string="Step",
        readonly=True,
        copy=False,
        index=True,
        help="The furthest step this order has reached.",
    )

    # === CRUD === #

    def write(self, vals):
        """Guard what the log says, and the gate to a confirmed order however it is passed."""
        if not self.env.su and LOGGED & vals.keys():
            raise AccessError(self.env._("The flow of an order is recorded, not edited."))
        if vals.get("state") == "sale":
            self.filtered(lambda order: order.state != "sale")._check_gate("release")
        return super().write(vals)

    # === ACTION === #

    def action_validate_order(self):
        """Check the orders, place holds for what is wrong and lift those that no longer apply.

        Orders of channels that release by themselves go on when their last hold was lifted.
        """
        findings = self._find_problems()
        lifted = self._apply_findings(findings)
        self._record_event(
            "validate",
            lambda order: (
                self.env._("Checked: %s", "; ".join(self._finding_text(f) for f in findings[order]))
                if findings[order]
                else self.env._("Checked: nothing to complain about")
            ),
            details=lambda order: {
                "findings": [
                    {"code": f.code, "kind": f.kind, "gate": f.gate, **f.params}
                    for f in findings[order]
                ]
            },
            source=self._event_source(),
        )
        lifted.order_id._confirm_if_automatic()
        return True

    def action_confirm(self):
        """Release to the warehouse, unless a hold keeps an order back.

        Orders of channels are checked once more: an address or a total may have changed since.
        Orders typed in by hand are checked when somebody asks for it; they pass unless held.
        """
        from_channels = self.filtered(
            lambda order: order.channel_id and order.state in ("draft", "sent")
        )
        from_channels._apply_findings(from_channels._find_problems())
        self._check_gate("release")
        res = super().action_confirm()
        self._record_event(
            "release", self.env._("Released to the warehouse"), source=self._event_source()
        )
        return res

    # === BUSINESS: log === #

    def _event_source(self):
        """Who acts now: ``channel`` or ``system`` where the caller says so, else a person."""
        return self.env.context.get("order_event_source") or (
            "system" if self.env.user._is_system() and self.env.uid == api.SUPERUSER_ID else "user"
        )

    def _record_event(self, step, summary, details=None, source="system"):
        """Append one event per order to the audit log and move ``flow_step`` forward.

        :param str step: a code of ``flow.STEPS``
        :param summary: text, or a function of the order that gives it
        :param details: dict of JSON values, or a function of the order that gives it
        :param str source: ``user``, ``channel`` or ``system``
        :return: the events
        """
        if not self:
            return self.env["order.event"]
        events = self.env["order.event"]._append(
            [
                {
                    "order": order,
                    "step": step,
                    "summary": summary(order) if callable(summary) else summary,
                    "details": details(order) if callable(details) else details,
                    "source": source,
                }
                for order in self
            ]
        )
        behind = self.filtered(lambda order: further(order.flow_step, step) != order.flow_step)
        if behind:
            # sudo: the step is a reading of the log, not something a user edits.
            behind.sudo().write({"flow_step": step})
        return events

    # === BUSINESS: holds and gates === #

    def _place_hold(self, kind, gate, reason, **vals):
        """Hold the orders back at a gate, each unless it has an open hold of that kind there.

        :param str kind: kind of the hold, see ``order.hold``
        :param str gate: a code of ``flow.GATES``
        :param reason: text, or a function of the order that gives it
        :param vals: other values of the hold
        :return: ``order.hold``, one per order, new or found
        """
        return self.env["order.hold"]._place(
            self,
            [
                {
                    "order": order,
                    "kind": kind,
                    "gate": gate,
                    "reason": reason(order) if callable(reason) else reason,
                    **vals,
                }
                for order in self
            ],
        )

    def _blocked_by(self, gate):
        """Holds that keep these orders from passing ``gate``: dict order → open holds."""
        if not self.ids:
            return {}
        # sudo: a gate is shut for everybody, also for users who don't see holds.
        holds = (
            self.env["order.hold"]
            .sudo()
            .search(
                [
                    ("order_id", "in", self.ids),
                    ("gate", "=", gate),
                    ("state", "in", list(HOLD_BLOCKING)),
                ]
            )
        )
        by_order = holds.grouped("order_id")
        return {
            order: by_order[order.sudo()].sudo(self.env.su)
            for order in self
            if order.sudo() in by_order
        }

    def _check_gate(self, gate):
        """Raise a UserError that names orders and reasons if a hold shuts ``gate`` for any."""
        blocked = self._blocked_by(gate)
        if blocked:
            raise UserError(self._gate_message(gate, blocked))

    def _gate_message(self, gate, blocked):
        """What keeps orders from passing a gate and what to do about it, for people."""
        lines = [
            f"{order.name}: " + "; ".join(hold.reason for hold in holds.sudo())
            for order, holds in blocked.items()
        ]
        messages = {
            "release": self.env._("These orders are on hold and can't be confirmed:"),
            "ship": self.env._("These orders are on hold and can't be shipped:"),
            "invoice": self.env._("These orders are on hold and can't be invoiced:"),
            "refund": self.env._("These orders are on hold and can't be refunded:"),
        }
        advice = self.env._(
            "Put it right, then release the hold: open the order, or Order Flow ▸ Orders ▸ Holds."
        )
        return "\n".join([messages[gate], *lines, advice])

    def _confirm_if_automatic(self):
        """Confirm those orders of self-releasing channels that nothing keeps back any more."""
        waiting = self.filtered(
            lambda order: order.state in ("draft", "sent") and order.channel_id.sudo().auto_confirm
        )
        ready = waiting - self.browse([order.id for order in waiting._blocked_by("release")])
        ready.action_confirm()

    # === BUSINESS: validation === #

    def _find_problems(self):
        """Findings of ``engine.validation`` for these orders: dict order → list."""
        return {order: validation.find(order._validation_facts()) for order in self}

    def _validation_facts(self):
        """What validation looks at, of one order."""
        self.ensure_one()
        # sudo: contacts and products a salesperson may not read count too.
        order = self.sudo()
        lines = order.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        addresses = [("delivery", order.partner_shipping_id)]
        if order.partner_invoice_id != order.partner_shipping_id:
            addresses.append(("invoice", order.partner_invoice_id))
        return validation.OrderFacts(
            lines=tuple(
                validation.LineFacts(
                    name=line.product_id.display_name or line.name or "",
                    quantity=line.product_uom_qty,
                    has_product=bool(line.product_id),
                    product_active=line.product_id.active,
                )
                for line in lines
            ),
            addresses=tuple(
                validation.AddressFacts(
                    role=role,
                    name=partner.name or partner.parent_id.name or "",
                    street=partner.street or "",
                    city=partner.city or "",
                    zip=partner.zip or "",
                    state=partner.state_id.name or "",
                    country=partner.country_id.code or "",
                    zip_required=partner.country_id.zip_required,
                    state_required=partner.country_id.state_required,
                )
                for role, partner in addresses
            ),
            needs_delivery=any(line.product_id.type == "consu" for line in lines),
            amount_total=order.amount_total,
            channel_total=order.channel_total if order.channel_id and order.channel_ref else None,
            tolerance=order.currency_id.rounding / 2,
            customer_active=order.partner_id.active,
        )

    def _finding_text(self, finding):
        """A finding in words the order desk acts on."""
        params = dict(finding.params)
        if finding.code == "address_incomplete":
            words = {
                "name": self.env._("name"),
                "street": self.env._("street"),
                "city": self.env._("city"),
                "state": self.env._("state"),
                "zip": self.env._("ZIP code"),
                "country": self.env._("country"),
            }
            params["missing"] = ", ".join(words[part] for part in params["missing"])
            if params.pop("role") == "invoice":
                return self.env._("The invoice address lacks: %(missing)s", **params)
            return self.env._("The delivery address lacks: %(missing)s", **params)
        texts = {
            "no_lines": self.env._("The order has no lines"),
            "line_without_product": self.env._("The line “%(line)s” has no product"),
            "product_archived": self.env._("%(line)s is no longer sold (archived)"),
            "quantity_not_positive": self.env._("The quantity of %(line)s is not above zero"),
            "total_differs": self.env._(
                "The order comes to %(order)s, the channel said %(channel)s"
            ),
            "customer_archived": self.env._("The customer is archived"),
        }
        return texts[finding.code] % params

    def _apply_findings(self, findings):
        """Make the validation holds of these orders agree with what was found.

        :param findings: dict order → list of findings
        :return: the holds lifted
        """
        # sudo: validation works the same whoever starts it.
        existing = (
            self.env["order.hold"]
            .sudo()
            .search([("order_id", "in", self.ids), ("finding_key", "!=", False)])
        )
        by_key = {}
        for hold in existing:
            by_key.setdefault((hold.order_id.id, hold.kind, hold.gate), []).append(hold)
        rows, stale = [], self.env["order.hold"]
        for order in self:
            for (kind, gate), found in validation.group(findings[order]).items():
                key = ";".join(finding.key for finding in found)
                known = by_key.pop((order.id, kind, gate), [])
                accepted = any(
                    hold.finding_key == key
                    and hold.resolved_by_id
                    and hold.state in ("approved", "released")
                    for hold in known
                )
                changed = [h for h in known if h.state in HOLD_BLOCKING and h.finding_key != key]
                stale = stale.union(*changed)
                if not accepted and not any(
                    h.state in HOLD_BLOCKING and h.finding_key == key for h in known
                ):
                    rows.append(
                        {
                            "order": order,
                            "kind": kind,
                            "gate": gate,
                            "reason": "; ".join(self._finding_text(f) for f in found),
                            "finding_key": key,
                        }
                    )
        for holds in by_key.values():
            stale = stale.union(*[hold for hold in holds if hold.state in HOLD_BLOCKING])
        stale._lift(self.env._("No longer applies"))
        self.env["order.hold"]._place(self, rows)
        return stale.sudo(self.env.su)
