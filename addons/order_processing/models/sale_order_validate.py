from odoo import models

from ..engine import validation, validation_kinds
from ..flow import HOLD_BLOCKING


class SaleOrder(models.Model):
    """Step "validate": what rules find in an order becomes a hold, and stops being one."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    # === ACTION === #

    def action_validate_order(self):
        """Check the orders, place holds for what is wrong and lift those that no longer apply.

        Orders of channels that release by themselves go on when their last hold was lifted.
        """
        self.check_access("write")
        findings = self._find_problems(asked=True)
        lifted = self._apply_findings(findings)
        self._record_event(
            "validate",
            lambda order: (
                self.env._("Checked: %s", order._findings_text(findings[order]))
                if findings[order]
                else self.env._("Checked: nothing to complain about")
            ),
            details=lambda order: {
                "findings": [
                    {
                        "code": f.code,
                        "kind": f.kind,
                        "gate": f.gate,
                        "rule": f.rule_id,
                        "severity": f.severity,
                        **order._finding_details(f),
                    }
                    for f in findings[order]
                ]
            },
            source=self._event_source(),
        )
        lifted.order_id._confirm_if_automatic()
        return True

    # === BUSINESS === #

    def _find_problems(self, rules=None, asked=False, confirming=False, changed=frozenset()):
        """What the rules find in these orders, with a handful of queries for all of them.

        :param rules: pairs of ``order.rule._get_active``; all active ones by default
        :param bool asked: somebody pressed Check
        :param bool confirming: orders that pass are confirmed next, so they use credit
        :param changed: ids of confirmed orders that changed since
        :return: dict order → list of ``validation.Finding``
        """
        if rules is None:
            rules = self.env["order.rule"]._get_active()
        if not self or not rules:
            return {order: [] for order in self}
        matched = self.env["order.rule"]._match(rules, self)
        locking = confirming or bool(changed)
        facts, standings = self._gather_facts(matched, asked, changed, locking)
        found = validation_kinds.evaluate(matched, facts, standings, confirming)
        return {order: found[order.id] for order in self}

    def _findings_text(self, findings):
        """Findings of this order in one line."""
        return "; ".join(self._finding_text(finding) for finding in findings)

    def _apply_findings(self, findings, rules=None):
        """Make the validation holds of these orders agree with what was found.

        :param findings: dict order → list of findings
        :param rules: the rules that were looked at; all active ones by default
        :return: the holds lifted
        """
        if not self:
            return self.env["order.hold"]
        # sudo: validation works the same whoever starts it.
        existing = (
            self.env["order.hold"]
            .sudo()
            .search([("order_id", "in", self.ids), ("finding_key", "!=", False)])
        )
        if rules is not None:
            looked_at = {facts.rule_id for facts, _domain in rules}
            existing = existing.filtered(lambda hold: hold.rule_id.id in looked_at)
        known = existing.grouped(lambda hold: (hold.order_id.id, hold.rule_id.id))
        rows, stale = [], self.env["order.hold"].sudo()
        for order in self:
            for (rule_id, kind, gate), found in validation.group(findings[order]).items():
                holds = known.pop((order.id, rule_id), self.env["order.hold"].sudo())
                vals = order._prepare_found_vals(rule_id, kind, gate, found)
                ends, goes_on = order._compare_holds(holds, vals, found)
                stale |= ends
                if not goes_on:
                    rows.append(vals)
        for holds in known.values():
            stale |= holds.filtered(lambda hold: hold.state in HOLD_BLOCKING)
        stale._lift(self.env._("No longer applies"))
        held = self.browse([row["order_id"] for row in rows])
        self.env["order.hold"]._place_found(held, rows)
        self._apply_notices(findings, rules)
        return stale.sudo(self.env.su)

    def _prepare_found_vals(self, rule_id, kind, gate, found):
        """Values of the hold that findings of one rule ask for."""
        self.ensure_one()
        return {
            "order_id": self.id,
            "rule_id": rule_id,
            "kind": kind,
            "gate": gate,
            "reason": self._findings_text(found),
            "what_to_do": self._findings_advice(found),
            "is_refusal": any(finding.severity == "refuse" for finding in found),
            "finding_key": validation.joint_key(found),
            "finding_measure": validation.joint_measure(found) or 0.0,
        }

    def _compare_holds(self, holds, vals, found):
        """Which holds of a rule on this order end, and whether one covers what was found.

        :param holds: all holds of the rule on this order, resolved ones too
        :param vals: values of the hold that would be placed now
        :param found: its findings
        :return: ``(holds that end, whether a hold or an approval covers it)``
        """
        opened = holds.filtered(lambda hold: hold.state in HOLD_BLOCKING)
        same = opened.filtered(
            lambda hold: all(hold[name] == vals[name] for name in ("finding_key", "gate", "kind"))
        )[:1]
        update = {
            name: vals[name]
            for name in ("reason", "what_to_do", "finding_measure", "is_refusal")
            if same and same[name] != vals[name]
        }
        if update:
            # the amounts of a finding move while it waits; that is no news for the chatter
            same.with_context(tracking_disable=True).write(update)
        accepted = any(
            hold.resolved_by_id
            and hold.state in ("approved", "released")
            and not hold.is_refusal
            and validation.is_accepted(
                found, hold.finding_key, hold.approve_up_to or hold.finding_measure
            )
            for hold in holds
        )
        if accepted:
            return opened, True
        return opened - same, bool(same)
