from odoo import models
from odoo.tools import formatLang

from ..engine import validation
from ..flow import HOLD_BLOCKING


class SaleOrder(models.Model):
    """Step "validate": what is wrong with an order becomes a hold, and stops being one."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    # === ACTION === #

    def action_validate_order(self):
        """Check the orders, place holds for what is wrong and lift those that no longer apply.

        Orders of channels that release by themselves go on when their last hold was lifted.
        """
        self.check_access("write")
        findings = self._find_problems()
        lifted = self._apply_findings(findings)
        self._record_event(
            "validate",
            lambda order: (
                self.env._(
                    "Checked: %s", "; ".join(order._finding_text(f) for f in findings[order])
                )
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

    # === BUSINESS === #

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
            channel_total=order.channel_total
            if order.channel_id and order.channel_ref and order.channel_total_stated
            else None,
            tolerance=order.currency_id.rounding / 2,
            customer_active=order.partner_id.active,
        )

    def _findings_text(self, findings):
        """Findings of this order in one line."""
        return "; ".join(self._finding_text(finding) for finding in findings)

    def _finding_text(self, finding):
        """A finding of this order in words the order desk acts on."""
        self.ensure_one()
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
        if finding.code == "total_differs":
            params = {
                name: formatLang(self.env, amount, currency_obj=self.currency_id)
                for name, amount in params.items()
            }
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
                            "reason": order._findings_text(found),
                            "finding_key": key,
                        }
                    )
        for holds in by_key.values():
            stale = stale.union(*[hold for hold in holds if hold.state in HOLD_BLOCKING])
        stale._lift(self.env._("No longer applies"))
        self.env["order.hold"]._place(self, rows)
        return stale.sudo(self.env.su)
