import secrets

from odoo import api, fields, models

from ..engine import health
from ..models.order_health import PARAMETER

STATES = [("ok", "Well"), ("warn", "Worth a Look"), ("fail", "Wrong")]


class OrderHealthCheck(models.TransientModel):
    """The health of the system on a screen."""

    _name = "order.health.check"
    _description = "System Health"

    state = fields.Selection(STATES, readonly=True)
    date = fields.Datetime(string="Looked At", readonly=True, default=fields.Datetime.now)
    line_ids = fields.One2many("order.health.check.line", "check_id", readonly=True)
    has_token = fields.Boolean(compute="_compute_has_token")
    new_token = fields.Char(
        readonly=True,
        help="Copy it now: it isn't shown again. A monitor sends it in the header “Authorization:"
        " Bearer …” to /order_processing/health and /order_processing/metrics.",
    )

    def _compute_display_name(self):
        for check in self:
            check.display_name = self.env._("System Health")

    def _compute_has_token(self):
        # sudo: whether there is one, not which.
        token = self.env["ir.config_parameter"].sudo().get_param(f"{PARAMETER}_token")
        self.has_token = bool(token)

    # === ACTION === #

    @api.model
    def action_check(self):
        """Look now, and show it.

        :raise AccessError: for who is no administrator
        """
        state, judged = self.env["order.health"]._read()
        check = self.create({"state": state, "line_ids": self._prepare_lines(judged)})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("System Health"),
            "res_model": self._name,
            "res_id": check.id,
            "view_mode": "form",
            "target": "main",
        }

    def action_new_token(self):
        """Make the token a monitor shows; a former one is no good any more.

        :raise AccessError: for who is no administrator
        """
        self.ensure_one()
        self.env["order.health"]._check_may_look()
        token = secrets.token_urlsafe(32)
        # sudo: only this parameter, after the check above.
        self.env["ir.config_parameter"].sudo().set_param(f"{PARAMETER}_token", token)
        action = self.action_check()
        self.browse(action["res_id"]).new_token = token
        return action

    # === HELPERS === #

    @api.model
    def _prepare_lines(self, judged):
        ours = self.env["order.health"]
        titles, lists = ours._get_titles(), ours._get_lists()
        bounds = ours._get_bounds({figure.code for figure, _state in judged})
        lines = []
        for figure, state in judged:
            labels = ", ".join(value for _key, value in figure.labels)
            title = titles.get(figure.code, figure.code)
            graded = figure.code in health.BOUNDS
            lines.append(
                fields.Command.create(
                    {
                        "code": figure.code,
                        "name": f"{title}: {labels}" if labels else title,
                        "value": health.show(figure),
                        "state": state if graded else False,
                        "bounds": self._describe(figure, bounds.get(figure.code)),
                        "detail": figure.detail,
                        "has_list": figure.code in lists,
                    }
                )
            )
        return lines

    @api.model
    def _describe(self, figure, bound):
        if not bound:
            return ""
        limits = [
            health.show(health.Figure(figure.code, limit, figure.unit))
            for limit in (bound.warn, bound.fail)
        ]
        return " / ".join(limits)


class OrderHealthCheckLine(models.TransientModel):
    _name = "order.health.check.line"
    _description = "Figure of the System's Health"
    _order = "id"

    check_id = fields.Many2one("order.health.check", required=True, ondelete="cascade")
    code = fields.Char(readonly=True)
    name = fields.Char(string="What", readonly=True)
    value = fields.Char(readonly=True)
    state = fields.Selection(STATES, readonly=True)
    bounds = fields.Char(
        string="Look / Wrong From",
        readonly=True,
        help="From where on it is worth a look, and from where on it is wrong. A system parameter"
        " order_processing.health. and the code sets others, such as “600 3600”.",
    )
    detail = fields.Char(readonly=True)
    has_list = fields.Boolean(readonly=True)

    # === ACTION === #

    def action_open(self):
        """Open the records behind this figure.

        :raise AccessError: for who may not read them
        """
        self.ensure_one()
        model, domain = self.env["order.health"]._get_lists()[self.code]
        self.env[model].check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": domain,
        }
