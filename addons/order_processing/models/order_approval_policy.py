from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import approval as engine
from ..flow import GATES


class OrderApprovalPolicy(models.Model):
    """Who has to approve what: the holds it is for, and the levels that decide about them."""

    _name = "order.approval.policy"
    _description = "Approval Policy"
    _inherit = ["order.audit.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    _audited = (
        "active",
        "sequence",
        "kind",
        "gate",
        "channel_ids",
        "is_parallel",
        "amount_from",
        "amount_to",
        "discount_from",
        "discount_to",
        "has_margin",
        "margin_from",
        "margin_to",
        "step_ids",
    )
    _audit_duties = {"*": "rule"}

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="The first policy that fits a hold decides.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        selection=lambda self: (
            self.env["order.hold"]._fields["kind"]._description_selection(self.env)
        ),
        string="Kind of Hold",
        help="Empty: holds of any kind.",
    )
    gate = fields.Selection(list(GATES), help="Empty: any gate.")
    channel_ids = fields.Many2many(
        "order.channel", string="Channels", check_company=True, help="Empty: all, also none."
    )
    amount_from = fields.Monetary(help="Order total, in the company's currency.")
    amount_to = fields.Monetary(help="0: no end.")
    discount_from = fields.Float(string="Discount From (%)", help="The highest of any line.")
    discount_to = fields.Float(string="Discount To (%)", help="0: no end.")
    has_margin = fields.Boolean(string="By Margin", help="Only orders with a margin in a range.")
    margin_from = fields.Float(string="Margin From (%)")
    margin_to = fields.Float(string="Margin To (%)")
    is_parallel = fields.Boolean(
        string="All Levels at Once",
        help="Else each level is asked when the one before has approved.",
    )
    step_ids = fields.One2many("order.approval.step", "policy_id", string="Levels", copy=True)

    @api.constrains("step_ids", "active", "name")
    def _check_steps(self):
        for policy in self.filtered("active"):
            if not policy.step_ids:
                raise ValidationError(self.env._("%s needs a level that decides.", policy.name))
            if (
                not policy.step_ids.sorted()[-1]
                ._level()
                .covers(engine.Case(float("inf"), float("inf"), float("-inf")))
            ):
                raise ValidationError(
                    self.env._(
                        "%s: the last level has no limits, so that somebody can always decide.",
                        policy.name,
                    )
                )

    def _fits(self, hold, case):
        """Whether this policy is for ``hold`` with its ``case``."""
        self.ensure_one()
        return (
            self.company_id == hold.company_id
            and self.kind in (False, hold.kind)
            and self.gate in (False, hold.gate)
            and (not self.channel_ids or hold.channel_id in self.channel_ids)
            and case.amount >= self.amount_from
            and (not self.amount_to or case.amount <= self.amount_to)
            and case.discount >= self.discount_from
            and (not self.discount_to or case.discount <= self.discount_to)
            and (not self.has_margin or self.margin_from <= case.margin <= self.margin_to)
        )


class OrderApprovalStep(models.Model):
    """One level of a policy: who decides, up to what, and within which time."""

    _name = "order.approval.step"
    _description = "Approval Level"
    _inherit = ["order.audit.mixin"]
    _order = "policy_id, sequence, id"

    _audited = (
        "sequence",
        "group_id",
        "user_ids",
        "minimum",
        "max_amount",
        "max_discount",
        "has_min_margin",
        "min_margin",
        "hours",
        "escalates",
    )
    _audit_duties = {"*": "rule"}

    policy_id = fields.Many2one(
        "order.approval.policy", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="policy_id.company_id")
    currency_id = fields.Many2one(related="policy_id.currency_id")
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    group_id = fields.Many2one("res.groups", ondelete="restrict")
    user_ids = fields.Many2many(
        "res.users",
        string="Users",
        help="Besides the group's. Who decides belongs to the order desk.",
    )
    minimum = fields.Integer(
        string="Approvals", required=True, default=1, help="How many different people approve."
    )
    max_amount = fields.Monetary(
        string="Up to Amount",
        help="Order total in the company's currency up to which this level is the last one asked."
        " 0: no limit.",
    )
    max_discount = fields.Float(string="Up to Discount (%)", help="0: no limit.")
    has_min_margin = fields.Boolean(string="Margin Limit")
    min_margin = fields.Float(string="Down to Margin (%)")
    hours = fields.Float(
        string="Within (hours)",
        help="Working hours within which the level decides. 0: no clock.",
    )
    escalates = fields.Boolean(
        string="Then Next Level",
        default=True,
        help="When the time is over the next level decides instead.",
    )

    _minimum_positive = models.Constraint("CHECK (minimum > 0)", "Somebody has to approve.")

    @api.constrains("group_id", "user_ids", "name")
    def _check_somebody(self):
        for step in self:
            if not step.group_id and not step.user_ids:
                raise ValidationError(self.env._("%s: choose a group or users.", step.name))

    def _level(self):
        """This level as the engine sees it."""
        self.ensure_one()
        return engine.Level(
            self.id,
            self.minimum,
            self.max_amount or None,
            self.max_discount or None,
            self.min_margin if self.has_min_margin else None,
        )

    def _members(self):
        """Users who belong to this level, to the order desk, and to the company."""
        # sudo: who decides isn't the secret of who may read groups.
        step = self.sudo()
        desk = self.env.ref("order_processing.group_order_user").sudo().all_user_ids
        users = (step.user_ids | step.group_id.all_user_ids) & desk
        return users.filtered(lambda user: user.active and step.company_id in user.company_ids)

    def _audit_company(self):
        return self.policy_id.company_id
