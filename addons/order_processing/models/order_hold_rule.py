from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: Passed by code only, see ``flow.EventSource``: a hold ends because its cause did.
LIFTING = object()
#: Set by the rules themselves.
FOUND = {"rule_id", "is_refusal", "what_to_do", "finding_measure"}


class OrderHold(models.Model):
    """A hold that a rule placed: why, what to do, and what it would take to be approved."""

    _inherit = "order.hold"

    kind = fields.Selection(
        selection_add=[
            ("value", "Order Value"),
            ("price", "Price"),
            ("tax", "Taxes"),
            ("payment", "Payment"),
            ("promise", "Promised Date"),
            ("fraud", "Fraud"),
            ("export", "Export"),
            ("rule", "Own Condition"),
        ],
        ondelete={
            kind: "cascade"
            for kind in (
                "value",
                "price",
                "tax",
                "payment",
                "promise",
                "fraud",
                "export",
                "rule",
            )
        },
    )
    rule_id = fields.Many2one(
        "order.rule", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    is_refusal = fields.Boolean(
        readonly=True,
        copy=False,
        help="Nobody can let the order pass as it is: it has to be changed.",
    )
    what_to_do = fields.Char(readonly=True, copy=False)
    finding_measure = fields.Float(
        readonly=True,
        copy=False,
        help="How bad it is: exposure, order value, percent or days, whatever the rule measures.",
    )
    approve_up_to = fields.Float(
        copy=False,
        help="Approve a credit hold up to this exposure of the customer: the order isn't held"
        " again until it is passed. Empty: up to what was found.",
    )

    _blocking_uniq = models.UniqueIndex(
        "(order_id, kind, gate, COALESCE(rule_id, 0)) WHERE state IN ('pending', 'rejected')",
        "This order already has an open hold of this kind. Add your reason to that one.",
    )

    @api.constrains("approve_up_to")
    def _check_approve_up_to(self):
        if self.filtered(lambda hold: hold.approve_up_to < 0):
            raise UserError(self.env._("Approve up to an amount above zero."))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """What a rule says is the rule's to say; how much is approved is decided later."""
        if not self.env.su and any((FOUND | {"approve_up_to"}) & vals.keys() for vals in vals_list):
            raise AccessError(self.env._("What a rule found is recorded, not edited."))
        return super().create(vals_list)

    def write(self, vals):
        """Only who may approve a hold says up to which amount, and only while it is open."""
        if not self.env.su:
            if FOUND & vals.keys():
                raise AccessError(self.env._("What a rule found is recorded, not edited."))
            if "approve_up_to" in vals:
                self._check_may_resolve("approved")
        return super().write(vals)

    # === BUSINESS === #

    def _lift(self, resolution, state="released"):
        """Let holds end with their cause, refusals too."""
        return super(OrderHold, self.with_context(order_hold_lifting=LIFTING))._lift(
            resolution, state
        )

    def _check_may_resolve(self, state):
        """Nobody lets an order pass that a rule refuses, whatever his rights."""
        lifting = self.env.context.get("order_hold_lifting") is LIFTING
        refused = self.filtered("is_refusal")
        if refused and state != "rejected" and not lifting:
            raise UserError(
                self.env._(
                    "These orders can't pass as they are. Change them, or cancel them:\n%(holds)s",
                    holds="\n".join(f"{hold.order_id.name}: {hold.reason}" for hold in refused),
                )
            )
        return super()._check_may_resolve(state)

    @api.model
    def _place_found(self, orders, rows):
        """Place holds for findings, of which there are none yet.

        The orders are locked first: of two checks of an order at the same moment the second is
        run again by Odoo, and finds the holds of the first.

        :param orders: ``sale.order`` concerned
        :param rows: list of values of ``order.hold``
        :return: the holds
        """
        if not rows:
            return self.browse()
        self.env["order.event"]._lock_heads(orders)
        # Holds that ended make place in the index for those that follow them.
        self.flush_model(["state"])
        # sudo: checks place holds for users who only read them.
        return self.sudo().create(rows)
