import base64
import binascii

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..engine.intake import csv_mapped
from ..models.order_intake_messages import finding_message, finding_templates

#: Rows and findings shown before a table is imported.
SHOWN_ROWS = 20
SHOWN_FINDINGS = 30


class OrderChannelMapping(models.TransientModel):
    """Learns a table's columns from a sample, and shows what would be read from it."""

    _name = "order.channel.mapping"
    _description = "Map Columns"

    channel_id = fields.Many2one(
        "order.channel", required=True, ondelete="cascade", domain="[('kind', '=', 'csv')]"
    )
    sample = fields.Binary(string="Sample File", help="A CSV or XLSX file as it will come.")
    filename = fields.Char()
    line_ids = fields.One2many("order.channel.mapping.line", "wizard_id", string="Columns")
    headers = fields.Text(compute="_compute_preview", string="Columns in the File")
    unused = fields.Text(compute="_compute_preview", string="Not Used")
    order_count = fields.Integer(compute="_compute_preview", string="Orders")
    # sanitize=False: every value in it is escaped by Markup.
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.model
    def default_get(self, fields_list):
        """Start with the mapping that the channel has."""
        vals = super().default_get(fields_list)
        channel = self.env["order.channel"].browse(vals.get("channel_id"))
        if channel:
            vals["line_ids"] = self._prepare_lines(channel._get_column_mapping())
        return vals

    @api.model
    def _prepare_lines(self, mapping):
        return [Command.clear()] + [
            Command.create({"field_name": name, "column": column})
            for name, column in mapping.items()
        ]

    @api.depends("sample", "line_ids.field_name", "line_ids.column")
    def _compute_preview(self):
        for wizard in self:
            payload = wizard._get_payload()
            mapping = wizard._get_mapping()
            seen = csv_mapped.preview(payload, mapping or None, SHOWN_ROWS) if payload else None
            wizard.headers = ", ".join(seen.headers) if seen else False
            wizard.unused = ", ".join(seen.unused) if seen else False
            wizard.order_count = seen.count if seen else 0
            wizard.preview = wizard._render(seen) if seen else False

    @api.onchange("sample")
    def _onchange_sample(self):
        payload = self._get_payload()
        if payload and not self.line_ids:
            self.line_ids = self._prepare_lines(csv_mapped.preview(payload).mapping)

    def action_guess(self):
        """Guess the columns anew from the names in the sample."""
        self.ensure_one()
        payload = self._get_payload()
        if not payload:
            raise UserError(self.env._("Choose a sample file first."))
        self.line_ids = self._prepare_lines(csv_mapped.preview(payload).mapping)
        return self._reopen()

    def action_save(self):
        """Keep the mapping on the channel."""
        self.ensure_one()
        self.channel_id._set_column_mapping(self._get_mapping())
        return {"type": "ir.actions.act_window_close"}

    def action_import(self):
        """Keep the mapping, and take the sample in as the channel's first file."""
        self.ensure_one()
        payload = self._get_payload()
        if not payload:
            raise UserError(self.env._("Choose the file to import first."))
        self.action_save()
        intakes = self.channel_id._receive(payload, self.filename, source="upload")
        batch = intakes._work_off(self.filename or self.channel_id.name)
        if batch:
            return batch._open()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_action"
        )
        return action | {"domain": [("id", "in", intakes.ids)], "context": {}}

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _get_payload(self):
        """The bytes of the sample; none when there is no file."""
        data = self.with_context(bin_size=False).sample or b""
        try:
            return base64.b64decode(data)
        except (binascii.Error, ValueError):
            return b""

    def _get_mapping(self):
        return {line.field_name: line.column for line in self.line_ids if line.field_name}

    def _render(self, seen):
        """The first rows as they are understood, and what is wrong, as HTML."""
        templates = finding_templates(self.env)
        words = dict(self.env["order.channel.column"]._selection_field_name())
        findings = Markup().join(
            Markup('<li class="%s">%s <span class="text-muted">%s</span></li>')
            % (
                "text-danger" if finding.severity == "error" else "text-warning",
                finding_message(self.env, finding.code, finding.args, templates),
                finding.field,
            )
            for finding in seen.findings[:SHOWN_FINDINGS]
        )
        shown = [name for name in seen.mapping if any(row.get(name) for row in seen.rows)]
        head = Markup().join(Markup("<th>%s</th>") % words.get(name, name) for name in shown)
        rows = Markup().join(
            Markup("<tr>%s</tr>")
            % Markup().join(Markup("<td>%s</td>") % row.get(name, "") for name in shown)
            for row in seen.rows
        )
        table = Markup(
            '<div class="table-responsive"><table class="table table-sm table-striped">'
            "<thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>"
        ) % (head, rows)
        return (Markup("<ul>%s</ul>") % findings if findings else Markup()) + table


class OrderChannelMappingLine(models.TransientModel):
    """One field and its column."""

    _name = "order.channel.mapping.line"
    _description = "Mapped Column"

    wizard_id = fields.Many2one("order.channel.mapping", required=True, ondelete="cascade")
    field_name = fields.Selection(
        selection=lambda self: self.env["order.channel.column"]._selection_field_name(),
        string="Field",
        required=True,
    )
    column = fields.Char(required=True)
