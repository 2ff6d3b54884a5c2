from odoo import api, models
from odoo.exceptions import AccessError

from ..engine import duty as engine

#: Fields that give or take groups.
GIVING = {"group_ids", "user_ids", "implied_ids", "implied_by_ids", "role"}


class ResUsers(models.Model):
    """Rights that exclude each other are refused, or told, when somebody gives them."""

    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        """Ask the duties about what new users may do."""
        users = super().create(vals_list)
        users._check_rights({})
        return users

    def write(self, vals):
        """Ask the duties when groups are given."""
        before = self._standing_clashes() if GIVING & vals.keys() else None
        res = super().write(vals)
        if before is not None:
            self._check_rights(before)
        return res

    def _standing_clashes(self):
        """Conflicts within these users' rights: dict (user id, company id) → set of Clash."""
        conflicts = self.env["order.duty.conflict"]._matrix("as_right")
        # sudo: what is asked is what the users may do, not what this one may read.
        users = self.sudo().filtered(lambda user: user.active and not user.share)
        if not conflicts or not users:
            return {}
        rights = self.env["order.duty"]._rights(users)
        excepted = self.env["order.duty.exception"]._valid(users, users.company_ids)
        found = {}
        for user in users:
            for company in user.company_ids:
                exceptions = {(u, c) for u, c, of in excepted if of == company.id}
                clashes = engine.standing_clashes(
                    {user.id: rights[user.id]}, conflicts, company.order_duty_standing, exceptions
                )
                if clashes:
                    found[user.id, company.id] = set(clashes)
        return found

    def _check_rights(self, before):
        """Refuse or tell conflicts that weren't there ``before`` (see :meth:`_standing_clashes`).

        Installing an addon and the superuser give rights as they like; they are told.

        :raise AccessError: names the users and the duties
        """
        lines, rows = [], []
        for (user_id, company_id), clashes in self._standing_clashes().items():
            known = {clash.conflict.id for clash in before.get((user_id, company_id), ())}
            for clash in sorted(clashes, key=lambda clash: clash.conflict.id):
                if clash.conflict.id in known:
                    continue
                user = self.browse(user_id).sudo()
                name = self.env["order.duty.exception"]._names([clash.conflict.id])
                if clash.effect == "prevent" and not self.env.su:
                    lines.append(f"{user.name}: {name}")
                else:
                    rows.append(
                        {
                            "company": self.env["res.company"].browse(company_id),
                            "step": "change",
                            "summary": self.env._(
                                "%(user)s was given conflicting rights: %(conflict)s",
                                user=user.name,
                                conflict=name,
                            ),
                            "details": {"user": user_id, "conflict": clash.conflict.id},
                            "source": self.env["sale.order"]._event_source(),
                        }
                    )
        if lines:
            raise AccessError(
                "\n".join(
                    [
                        self.env._("These rights exclude each other:"),
                        *dict.fromkeys(lines),
                        self.env._(
                            "Give one of them to somebody else, or have another administrator"
                            " record an exception with an end date under Order Flow ▸"
                            " Configuration ▸ Exceptions from Duties."
                        ),
                    ]
                )
            )
        if rows:
            self.env["order.event"]._append(rows)


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        """Ask the duties when users are put into a group, or a group into another."""
        if not GIVING & vals.keys():
            return super().write(vals)
        users = self.sudo().all_user_ids
        before = users._standing_clashes()
        res = super().write(vals)
        (users | self.sudo().all_user_ids).sudo(self.env.su)._check_rights(before)
        return res
