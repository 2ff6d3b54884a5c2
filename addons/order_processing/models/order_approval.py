from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import hash_sign, verify_hash_signed

#: Scope of the signature of links in mails.
SCOPE = "order_processing.approval"
#: How long a link in a mail works.
LINK_DAYS = 7


class OrderApproval(models.Model):
    """One decision at one level: what, who, in whose place, when. Never changed."""

    _name = "order.approval"
    _description = "Approval"
    _order = "id"
    _rec_name = "step_id"

    hold_id = fields.Many2one(
        "order.hold", required=True, readonly=True, index=True, ondelete="cascade"
    )
    order_id = fields.Many2one(related="hold_id.order_id", store=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    step_id = fields.Many2one(
        "order.approval.step", string="Level", readonly=True, ondelete="set null"
    )
    level = fields.Char(
        string="As Level", required=True, readonly=True, help="The level's name at that time."
    )
    round = fields.Integer(readonly=True, help="How often this was asked again before.")
    outcome = fields.Selection(
        [("approved", "Approved"), ("rejected", "Rejected"), ("escalated", "Time is over")],
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="Decided By", readonly=True, index=True)
    principal_id = fields.Many2one("res.users", string="In Place Of", readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    note = fields.Char(readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse decisions nobody made with the buttons of a hold."""
        if not self.env.su:
            raise UserError(self.env._("Decide with the buttons of the hold."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        """:raise UserError: always"""
        raise UserError(self.env._("What was decided can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was decided can't be deleted."))


class OrderApprovalLevel(models.Model):
    """A level that is, or was, asked about a hold: since when and until when."""

    _name = "order.approval.level"
    _description = "Level Asked"
    _order = "id"
    _rec_name = "step_id"

    hold_id = fields.Many2one(
        "order.hold", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    step_id = fields.Many2one(
        "order.approval.step", string="Level", required=True, readonly=True, ondelete="restrict"
    )
    round = fields.Integer(readonly=True)
    is_open = fields.Boolean(default=True, readonly=True, index=True)
    date_opened = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    date_due = fields.Datetime(readonly=True)
    date_closed = fields.Datetime(readonly=True)

    _once_uniq = models.UniqueIndex(
        "(hold_id, step_id, round)", "A level is asked once about a hold."
    )


class OrderApprovalRequest(models.Model):
    """That somebody was asked by mail, with a link that works once."""

    _name = "order.approval.request"
    _description = "Approval Request"
    _order = "id"
    _rec_name = "hold_id"

    hold_id = fields.Many2one(
        "order.hold", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    step_id = fields.Many2one("order.approval.step", required=True, readonly=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, index=True)
    is_reminder = fields.Boolean(readonly=True)
    date_expires = fields.Datetime(
        required=True,
        readonly=True,
        default=lambda self: fields.Datetime.now() + timedelta(days=LINK_DAYS),
    )
    date_used = fields.Datetime(readonly=True)

    def _token(self):
        """A signed text for the link of this request; until when it works is kept here."""
        self.ensure_one()
        # sudo: the signing key is the server's.
        return hash_sign(self.sudo().env, SCOPE, [self.id, self.user_id.id])

    def _link(self):
        """Address of the page where the addressee decides."""
        self.ensure_one()
        return f"{self.hold_id.get_base_url()}/order/approval/{self._token()}"

    @api.model
    def _from_token(self, token):
        """The request a token was made for, also a used or an expired one; none when forged.

        :return: ``order.approval.request`` in superuser mode
        """
        # sudo: who is asked is proven by the signature; the caller compares the user.
        requests = self.sudo()
        try:
            values = verify_hash_signed(requests.env, SCOPE, token)
        except (ValueError, UnicodeError, IndexError):
            return requests
        if not values:
            return requests
        request = requests.browse(values[0]).exists()
        return request if request.user_id.id == values[1] else requests


class OrderApprovalDelegation(models.Model):
    """Who decides in somebody's place while they are away."""

    _name = "order.approval.delegation"
    _description = "Approval Delegation"
    _inherit = ["order.audit.mixin"]
    _order = "date_from desc, id desc"
    _rec_name = "substitute_id"

    _audited = ("user_id", "substitute_id", "date_from", "date_to", "active")
    _audit_duties = {"*": "rule"}

    active = fields.Boolean(default=True)
    user_id = fields.Many2one(
        "res.users",
        string="Absent",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        ondelete="cascade",
    )
    substitute_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        domain="[('share', '=', False)]",
        ondelete="cascade",
    )
    date_from = fields.Datetime(required=True, default=fields.Datetime.now)
    date_to = fields.Datetime(required=True)
    reason = fields.Char()

    _dates_order = models.Constraint("CHECK (date_to > date_from)", "It ends before it begins.")
    _two_people = models.Constraint(
        "CHECK (user_id != substitute_id)", "Choose somebody else as the substitute."
    )

    @api.model
    def _substitutes(self):
        """Who stands in for whom now: dict absent user id → set of user ids."""
        now = fields.Datetime.now()
        found = {}
        # sudo: who decides isn't the secret of who may read delegations.
        for delegation in self.sudo().search([("date_from", "<=", now), ("date_to", ">=", now)]):
            found.setdefault(delegation.user_id.id, set()).add(delegation.substitute_id.id)
        return found
