from markupsafe import Markup

from odoo import api, fields, models

from .sale_order import INTERNAL


class SaleOrder(models.Model):
    """What rules only inform about: shown on the order, while nothing waits."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    rule_notices = fields.Json(readonly=True, copy=False, groups=INTERNAL)
    notice_alert = fields.Html(compute="_compute_notice_alert", sanitize=False, groups=INTERNAL)

    @api.depends("rule_notices")
    def _compute_notice_alert(self):
        for order in self:
            # sanitize=False on the field: every value below is escaped by Markup.
            order.notice_alert = Markup().join(
                Markup("<div><b>%s</b> %s</div>") % (notice["reason"], notice["advice"])
                for notice in order.rule_notices or []
            )

    # === BUSINESS === #

    def _apply_notices(self, findings, rules=None):
        """Keep what rules inform about; a note on the order for what is new.

        :param findings: dict order → list of findings
        :param rules: the rules that were looked at; all active ones by default
        """
        looked_at = None if rules is None else {facts.rule_id for facts, _domain in rules}
        notes = {}
        # sudo: checks leave their notices whoever starts them.
        for order in self.sudo():
            before = order.rule_notices or []
            kept = [n for n in before if looked_at is not None and n["rule"] not in looked_at]
            now = kept + [
                {
                    "rule": finding.rule_id,
                    "key": finding.key,
                    "reason": order._finding_text(finding),
                    "advice": order._findings_advice([finding]),
                }
                for finding in findings[order]
                if finding.severity == "inform"
            ]
            if now == before:
                continue
            order.rule_notices = now or False
            known = {(notice["rule"], notice["key"]) for notice in before}
            new = [
                notice["reason"] for notice in now if (notice["rule"], notice["key"]) not in known
            ]
            if new:
                notes[order.id] = "; ".join(new)
        if notes:
            self.browse(notes).sudo()._message_log_batch(notes)
