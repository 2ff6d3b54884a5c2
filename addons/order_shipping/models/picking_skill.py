from odoo import api, fields, models


class PickingSkill(models.Model):
    """What a picker must be able to do or have: a forklift licence, a cold store coat, a ladder."""

    _name = "picking.skill"
    _description = "Skill or Equipment"
    _order = "name, id"

    name = fields.Char(required=True)
    color = fields.Integer()
    active = fields.Boolean(default=True)
    user_ids = fields.Many2many(
        "res.users",
        string="Who Has It",
        domain="[('share', '=', False)]",
        help="Batches that need it are only given to these people.",
    )

    _name_unique = models.Constraint("UNIQUE (name)", "There is such a skill already.")

    @api.model
    def _is_used(self):
        """Whether there is any: most warehouses need none, and nothing is looked up then."""
        return bool(self.search_count([], limit=1))

    def _get_missing(self, user):
        """Those of these skills that a user lacks; none if there is no user."""
        return self.filtered(lambda skill: user and user not in skill.user_ids)

    @api.model
    def _get_by_user(self, users):
        """Ids of the skills that each of these users has, by user."""
        found = {user: set() for user in users}
        for skill in self.search([("user_ids", "in", users.ids)]):
            for user in skill.user_ids & users:
                found[user].add(skill.id)
        return found
