import json

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import sheets
from ..tools.blocks import BLOCKS, CHART, DASHBOARD_OF, Choice, compose, names_of
from .order_dashboard_block import MODULE

GAP = 10
#: Behind our own dashboards.
LAST = 100


class SpreadsheetDashboard(models.Model):
    """Copies of our dashboards, made of parts that people choose.

    A copy has no document of its own: it is drawn from its parts whenever it is opened. So an
    update of the addon changes no choice, and betters what the parts look like.
    """

    _inherit = "spreadsheet.dashboard"

    order_code = fields.Selection(
        lambda self: [(code, dashboard.name) for code, dashboard in DASHBOARD_OF.items()],
        string="Made From",
        copy=True,
        help="The dashboard of the order flow that it is, or that it was copied from.",
    )
    is_order_copy = fields.Boolean(string="Own Dashboard", readonly=True, copy=True)
    order_block_ids = fields.One2many(
        "order.dashboard.block", "dashboard_id", string="Figures, Charts and Lists", copy=True
    )
    order_period = fields.Selection(
        lambda self: self._list_order_periods(),
        string="Period at First",
        help="The period it shows when it is opened; readers may choose another one.",
    )
    order_channel_ids = fields.Many2many(
        "order.channel",
        string="Channels at First",
        help="What it shows when it is opened; readers may choose others. Empty: all.",
    )
    order_warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Warehouses at First",
        help="What it shows when it is opened; readers may choose others. Empty: all.",
    )

    @api.model
    def _list_order_periods(self):
        return [
            ("today", self.env._("Today")),
            ("yesterday", self.env._("Yesterday")),
            ("last_7_days", self.env._("Last 7 Days")),
            ("last_30_days", self.env._("Last 30 Days")),
            ("last_90_days", self.env._("Last 90 Days")),
            ("month_to_date", self.env._("Month to Date")),
            ("last_month", self.env._("Last Month")),
            ("last_12_months", self.env._("Last 12 Months")),
            ("year_to_date", self.env._("Year to Date")),
        ]

    # === CRUD === #

    @api.constrains("is_order_copy", "order_code", "order_block_ids")
    def _check_order_copy(self):
        for dashboard in self.filtered("is_order_copy"):
            if not dashboard.order_code:
                raise ValidationError(
                    self.env._("Choose the dashboard that %s is made from.", dashboard.name)
                )
            if not dashboard.order_block_ids:
                raise ValidationError(
                    self.env._("Choose at least one figure, chart or list for %s.", dashboard.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("is_order_copy"):
                code = vals.get("order_code")
                vals.update(self._prepare_order_copy(code) | vals)
                vals["order_block_ids"] = vals.get("order_block_ids") or self._prepare_blocks(code)
        return super().create(vals_list)

    def write(self, vals):
        if "is_order_copy" in vals and any(
            dashboard.is_order_copy != vals["is_order_copy"] for dashboard in self
        ):
            raise UserError(
                self.env._("A dashboard can't become an own one or stop being one. Copy it.")
            )
        return super().write(vals)

    def copy_data(self, default=None):
        """Odoo's own *Duplicate*: of one of our dashboards, it makes a copy to change."""
        vals_list = super().copy_data(default)
        for dashboard, vals in zip(self, vals_list, strict=True):
            if dashboard.order_code and not dashboard.is_order_copy:
                vals |= {
                    "is_order_copy": True,
                    "order_period": DASHBOARD_OF[dashboard.order_code].period,
                }
        return vals_list

    @api.onchange("order_code")
    def _onchange_order_code(self):
        """A new copy begins with everything its dashboard has."""
        if not self.is_order_copy or self._origin or not self.order_code:
            return
        translate = self.env["order.dashboard.block"]._translate_titles()
        self.name = self.env._("%s (copy)", translate(DASHBOARD_OF[self.order_code].name))
        self.update(self._prepare_order_copy(self.order_code))
        self.order_block_ids = [
            Command.clear(),
            *self._prepare_blocks(self.order_code),
        ]

    @api.model
    def _prepare_order_copy(self, code):
        """What a copy has at first: as its dashboard, for those who may see figures."""
        viewers = self.env.ref("order_reporting.group_reporting_user")
        dashboard = DASHBOARD_OF.get(code)
        return {
            "dashboard_group_id": self.env.ref("order_reporting.dashboard_group_order").id,
            "group_ids": [Command.set(viewers.ids)],
            "sequence": LAST,
            **({"order_period": dashboard.period} if dashboard else {}),
        }

    @api.model
    def _prepare_blocks(self, code):
        return [
            Command.create(
                {
                    "code": name,
                    "sequence": place * GAP,
                    "is_wide": BLOCKS[name].kind == CHART and BLOCKS[name].part.wide,
                }
            )
            for place, name in enumerate(names_of(code), 1)
        ]

    # === DRAWING === #

    @api.depends(
        "is_order_copy",
        "order_period",
        "order_channel_ids",
        "order_warehouse_ids",
        "order_block_ids.code",
        "order_block_ids.title",
        "order_block_ids.is_wide",
        "order_block_ids.sequence",
    )
    def _compute_spreadsheet_data(self):
        result = super()._compute_spreadsheet_data()
        # sudo: whoever may read a dashboard sees its parts, without rights on those themselves.
        for copy in self.sudo().filtered("is_order_copy"):
            copy.spreadsheet_data = json.dumps(sheets.document(copy._compose_order_copy()))
        return result

    def _compose_order_copy(self):
        self.ensure_one()
        choices = [
            Choice(block.code, block.title or "", block.is_wide)
            for block in self.order_block_ids.sorted(lambda block: (block.sequence, block.id))
        ]
        return compose(
            f"copy_{self.id}",
            self.name,
            choices,
            self.order_period or DASHBOARD_OF[self.order_code].period,
            self.order_channel_ids.ids,
            self.order_warehouse_ids.ids,
        )

    def _get_dashboard_translation_namespace(self):
        """Copies have the titles of our dashboards, and so their translations."""
        if self.is_order_copy:
            return MODULE
        return super()._get_dashboard_translation_namespace()

    # === ACTIONS === #

    def action_open_order_dashboard(self):
        """Show this dashboard in Odoo's Dashboards app."""
        self.check_access("read")
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "action_spreadsheet_dashboard",
            "name": self.name,
            "params": {"dashboard_id": self.id},
        }

    def action_change_order_dashboard(self):
        """Open the form of a copy; of one of our own dashboards, that of a new copy.

        :raise UserError: it is another addon's dashboard
        """
        self.ensure_one()
        if not self.order_code:
            raise UserError(
                self.env._("Only dashboards of the order flow can be copied and changed here.")
            )
        self.check_access("write" if self.is_order_copy else "read")
        self.browse().check_access("create")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_reporting.order_dashboard_copy_action"
        )
        view = self.env.ref("order_reporting.order_dashboard_copy_view_form")
        action["views"] = [(view.id, "form")]
        if self.is_order_copy:
            return action | {"res_id": self.id}
        return action | {
            "context": {"default_is_order_copy": True, "default_order_code": self.order_code}
        }
