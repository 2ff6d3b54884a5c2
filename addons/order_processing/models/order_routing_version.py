import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError

#: What a version says: nobody changes it, whatever their rights.
FROZEN = {"plan_id", "number", "definition", "hash", "comment"}


class OrderRoutingVersion(models.Model):
    """The rules of a plan as they were when somebody activated them: never changed again."""

    _name = "order.routing.version"
    _description = "Routing Version"
    _order = "plan_id, number desc"
    _rec_name = "number"

    plan_id = fields.Many2one("order.routing.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id", store=True)
    number = fields.Integer(required=True, readonly=True)
    definition = fields.Json(required=True, readonly=True)
    hash = fields.Char(readonly=True, help="SHA-256 of the definition.")
    comment = fields.Char(readonly=True, help="Why the rules were changed.")
    is_active_version = fields.Boolean(compute="_compute_is_active_version", string="Active")
    decision_count = fields.Integer(compute="_compute_figures", string="Orders")
    split_rate = fields.Float(compute="_compute_figures", help="Orders from several warehouses.")
    parcel_mean = fields.Float(compute="_compute_figures", string="Shipments per Order")
    cost_mean = fields.Float(compute="_compute_figures", string="Cost per Order")
    unfilled_rate = fields.Float(compute="_compute_figures", help="Orders with something short.")
    text = fields.Text(compute="_compute_text", string="Rules")

    _number_uniq = models.UniqueIndex("(plan_id, number)", "A version has a number of its own.")

    @api.depends("plan_id.version_id")
    def _compute_is_active_version(self):
        for version in self:
            version.is_active_version = version.plan_id.version_id == version

    def _compute_figures(self):
        rows = {
            version: figures
            for version, *figures in self.env["order.routing.decision"]._read_group(
                [("version_id", "in", self.ids)],
                ["version_id"],
                ["__count", "is_split:sum", "parcels:avg", "cost:avg", "is_short:sum"],
            )
        }
        for version in self:
            count, split, parcels, cost, short = rows.get(version, (0, 0, 0, 0, 0))
            version.decision_count = count
            version.split_rate = (split or 0) / count if count else 0.0
            version.parcel_mean, version.cost_mean = parcels or 0.0, cost or 0.0
            version.unfilled_rate = (short or 0) / count if count else 0.0

    @api.depends("definition")
    def _compute_text(self):
        for version in self:
            version.text = json.dumps(version.definition, indent=2, ensure_ascii=False)

    @api.depends("number", "plan_id")
    def _compute_display_name(self):
        for version in self:
            version.display_name = f"{version.plan_id.name} v{version.number}"

    def write(self, vals):  # pylint: disable=method-required-super
        """A version says what was in force: nothing of it changes."""
        raise UserError(
            self.env._("A version is never changed. Change the rules and activate them.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if self.plan_id.filtered("version_id") or self.env["order.routing.decision"].search_count(
            [("version_id", "in", self.ids)], limit=1
        ):
            raise UserError(self.env._("Versions are kept: decisions were made by them."))

    def action_roll_back(self):
        """Put these rules in force again, as a new version."""
        self.ensure_one()
        self.plan_id.check_access("write")
        comment = self.env._("Back to version %(number)s", number=self.number)
        self._freeze(self.plan_id, self.definition, comment)
        return True

    @api.model
    def _freeze(self, plan, definition, comment):
        """Make the next version of a plan, and put it in force."""
        last = max(plan.version_ids.mapped("number"), default=0)
        # sudo: versions are made by activating only; whoever may change the plan may do that.
        version = self.sudo().create(
            {
                "plan_id": plan.id,
                "number": last + 1,
                "definition": definition,
                "hash": self._hash(definition),
                "comment": comment,
            }
        )
        plan.version_id = version
        plan.message_post(
            body=self.env._(
                "Version %(number)s activated: %(comment)s", number=last + 1, comment=comment
            )
        )
        return version

    @api.model
    def _hash(self, definition):
        """SHA-256 of a definition in its only spelling."""
        text = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _verify(self):
        """Whether these versions are as they were frozen."""
        return all(version.hash == self._hash(version.definition) for version in self)
