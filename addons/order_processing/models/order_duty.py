from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_list

from ..engine import duty as engine
from ..flow import DUTIES


class OrderDuty(models.Model):
    """Something people do in the flow of an order, and the groups that may."""

    _name = "order.duty"
    _description = "Duty"
    _inherit = ["order.audit.mixin"]
    _order = "sequence, id"

    _audited = ("group_ids",)
    _audit_duties = {"*": "rule"}

    name = fields.Char(required=True, translate=True)
    code = fields.Selection(list(DUTIES), required=True, readonly=True)
    sequence = fields.Integer(default=10)
    group_ids = fields.Many2many(
        "res.groups",
        string="Given By",
        help="Whoever is in one of these groups has the duty as a standing right.",
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "This duty is there already.")

    @api.model
    def _rights(self, users):
        """Standing rights: dict user id → set of codes of duties."""
        duties = self.sudo().search([("group_ids", "!=", False)])
        return {
            user.id: {duty.code for duty in duties if duty.group_ids & user.all_group_ids}
            for user in users.sudo()
        }


class OrderDutyConflict(models.Model):
    """Two duties one person shouldn't have: on the same order, as standing rights, or both."""

    _name = "order.duty.conflict"
    _description = "Conflict of Duties"
    _inherit = ["order.audit.mixin"]
    _order = "id"

    _audited = ("first_id", "second_id", "on_document", "as_right", "severity", "active")
    _audit_duties = {"*": "rule"}

    active = fields.Boolean(default=True)
    first_id = fields.Many2one("order.duty", string="Duty", required=True, ondelete="cascade")
    second_id = fields.Many2one("order.duty", string="Excludes", required=True, ondelete="cascade")
    on_document = fields.Boolean(
        string="On the Same Order", default=True, help="Nobody does both on one order."
    )
    as_right = fields.Boolean(
        string="As Standing Rights", help="Nobody is given the rights to do both."
    )
    severity = fields.Selection(
        [("warn", "Tell"), ("prevent", "Refuse")],
        required=True,
        default="warn",
        help="What it leads to at most; the company's settings may soften it.",
    )
    risk = fields.Char(translate=True, help="What could happen if one person did both.")

    _pair_uniq = models.UniqueIndex(
        "(LEAST(first_id, second_id), GREATEST(first_id, second_id))",
        "There is a conflict of these two duties already.",
    )

    @api.depends("first_id.name", "second_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for conflict in self:
            conflict.display_name = f"{conflict.first_id.name} × {conflict.second_id.name}"

    @api.constrains("first_id", "second_id")
    def _check_two(self):
        if any(conflict.first_id == conflict.second_id for conflict in self):
            raise ValidationError(self.env._("A conflict is between two different duties."))

    @api.model_create_multi
    def create(self, vals_list):
        """Forget the matrix kept in memory."""
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """Forget the matrix kept in memory."""
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        """Forget the matrix kept in memory."""
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @tools.ormcache("scope")
    def _matrix(self, scope):
        """The conflicts of a scope, ``on_document`` or ``as_right``, as engine values."""
        return tuple(
            engine.Conflict(
                conflict.id, conflict.first_id.code, conflict.second_id.code, conflict.severity
            )
            for conflict in self.sudo().search([(scope, "=", True)])
        )


class OrderDutyException(models.Model):
    """A conflict somebody is allowed for a while: who says so, why, and until when."""

    _name = "order.duty.exception"
    _description = "Exception from a Conflict of Duties"
    _inherit = ["order.audit.mixin"]
    _order = "date_to desc, id desc"
    _rec_name = "user_id"

    _audited = ("user_id", "conflict_id", "reason", "approver_id", "date_from", "date_to")
    _audit_duties = {"*": "rule"}

    user_id = fields.Many2one("res.users", required=True, index=True, ondelete="restrict")
    conflict_id = fields.Many2one(
        "order.duty.conflict", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    reason = fields.Char(required=True, help="Why there is no other way, and who checks instead.")
    approver_id = fields.Many2one(
        "res.users",
        string="Allowed By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
    )
    date_from = fields.Date(required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Until", required=True)
    is_valid = fields.Boolean(compute="_compute_is_valid", search="_search_is_valid")

    _dates_order = models.Constraint("CHECK (date_to >= date_from)", "It ends before it begins.")

    @api.depends("date_from", "date_to")
    def _compute_is_valid(self):
        today = fields.Date.context_today(self)
        for exception in self:
            exception.is_valid = bool(
                exception.date_from
                and exception.date_to
                and exception.date_from <= today <= exception.date_to
            )

    @api.model
    def _search_is_valid(self, operator, value):
        if operator not in ("=", "in"):
            return NotImplemented
        today = fields.Date.context_today(self)
        valid = [("date_from", "<=", today), ("date_to", ">=", today)]
        return valid if value in (True, [True], {True}) else ["!", "&", *valid]

    @api.constrains("user_id", "approver_id")
    def _check_not_for_oneself(self):
        for exception in self:
            if exception.user_id == exception.approver_id:
                raise ValidationError(
                    self.env._("Nobody allows themselves an exception: ask another administrator.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Whoever records an exception answers for it."""
        if not self.env.su and any(
            vals.get("approver_id", self.env.uid) != self.env.uid for vals in vals_list
        ):
            raise UserError(self.env._("You record exceptions in your own name."))
        return super().create(vals_list)

    def write(self, vals):
        """An exception may be ended early; anything else is a new one."""
        if not self.env.su and vals.keys() - {"date_to"}:
            raise UserError(
                self.env._("End this exception and record a new one: what was allowed stays.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Exceptions are kept: end it by its date instead."))

    @api.model
    def _valid(self, users, companies):
        """Exceptions valid today: set of (user id, conflict id, company id)."""
        # sudo: whether somebody is excepted isn't the secret of who may read the list.
        return {
            (exception.user_id.id, exception.conflict_id.id, exception.company_id.id)
            for exception in self.sudo().search(
                [
                    ("user_id", "in", users.ids),
                    ("company_id", "in", companies.ids),
                    ("is_valid", "=", True),
                ]
            )
        }

    @api.model
    def _names(self, conflicts):
        """Conflicts (ids) in words."""
        records = self.env["order.duty.conflict"].sudo().browse(conflicts)
        return format_list(self.env, records.mapped("display_name"))
