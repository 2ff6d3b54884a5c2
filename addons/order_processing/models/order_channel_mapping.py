from odoo import Command, fields, models


class OrderChannel(models.Model):
    """The columns of a channel's tables."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.channel"

    column_ids = fields.One2many(
        "order.channel.column",
        "channel_id",
        string="Columns",
        copy=True,
        help="Which column of the tables holds what. Empty: guessed from the names of the columns.",
    )

    def action_map_columns(self):
        """Open the dialog that learns the columns from a sample file."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_channel_mapping_action"
        )
        return action | {"context": {"default_channel_id": self.id}}

    def _get_column_mapping(self):
        """The saved mapping: dict field → column; empty when none is saved."""
        self.ensure_one()
        # sudo: whoever takes documents in has them read as the channel says.
        return {column.field_name: column.column for column in self.sudo().column_ids}

    def _set_column_mapping(self, mapping):
        """Save a mapping in place of the present one."""
        self.ensure_one()
        self.column_ids = [Command.clear()] + [
            Command.create({"field_name": name, "column": column, "sequence": position})
            for position, (name, column) in enumerate(mapping.items(), start=1)
        ]
