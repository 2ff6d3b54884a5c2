from odoo import api, models
from odoo.exceptions import AccessError


class OrderPromiseMixin(models.AbstractModel):
    """Dates that were promised or are expected: recorded by the flow, edited by nobody."""

    _name = "order.promise.mixin"
    _description = "Recorded Promises"

    #: Names of the fields only the flow writes.
    _promised = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        """New records have promised nothing yet."""
        for vals in vals_list:
            self._check_promised(vals)
        return super().create(vals_list)

    def write(self, vals):
        """What was promised stays as it was."""
        self._check_promised(vals)
        return super().write(vals)

    @api.model
    def _check_promised(self, vals):
        """Raise if a person would change what was promised or is expected."""
        if not self.env.su and self._promised & vals.keys():
            raise AccessError(self.env._("Promises are recorded, not edited."))

    def _set_changed(self, **vals):
        """Write only what is new: the cron looks at many orders of which few have changed."""
        changed = {name: value for name, value in vals.items() if self[name] != (value or False)}
        if changed:
            self.write(changed)
