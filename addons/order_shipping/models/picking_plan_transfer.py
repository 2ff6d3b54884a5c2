import json

from odoo import api, fields, models
from odoo.tools import SQL, json_default


class PickingPlanTransfer(models.TransientModel):
    _name = "picking.plan.transfer"
    _description = "Transfer in a Plan"
    _order = "id"
    _transient_max_hours = 24  # as plans

    plan_id = fields.Many2one("picking.plan", required=True, index=True, ondelete="cascade")
    proposal_id = fields.Many2one("picking.plan.batch", index=True, ondelete="cascade")
    picking_id = fields.Many2one("stock.picking", required=True, ondelete="cascade")
    zone = fields.Char()
    signature = fields.Char(help="What the transfer was when it was planned.")
    lines = fields.Integer()
    items = fields.Float()
    totes = fields.Integer()
    date_due = fields.Datetime()
    skill_ids = fields.Many2many("picking.skill")
    is_unmapped = fields.Boolean(help="None of its places is in any walk.")
    is_late = fields.Boolean()
    problem = fields.Char(help="Why it is in no batch, though its batch was made.")

    @api.model
    def _insert(self, vals_list):
        """Create rows in one query: for thousands of them ``create`` takes ten times as long, while
        somebody waits for the plan. Nothing is computed from them, so that nothing is missed.

        :param vals_list: dicts of the same stored fields, without relations to many
        """
        if not vals_list:
            return
        self.check_access("create")
        now = self.env.cr.now()
        log = {"create_uid": self.env.uid, "write_uid": self.env.uid}
        log |= {"create_date": now, "write_date": now}
        names = [*vals_list[0], *log]
        columns = SQL(", ").join(map(SQL.identifier, names))
        types = SQL(", ").join(
            SQL("%s %s", SQL.identifier(name), SQL(self._fields[name].column_type[1]))
            for name in names
        )
        rows = json.dumps([vals | log for vals in vals_list], default=json_default)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "INSERT INTO %(table)s (%(columns)s)"
                " SELECT %(columns)s FROM json_to_recordset(%(rows)s) AS given (%(types)s)",
                table=SQL.identifier(self._table),
                columns=columns,
                rows=rows,
                types=types,
            )
        )
        self.env["picking.plan"].invalidate_model(["transfer_ids"])
        self.env["picking.plan.batch"].invalidate_model(["transfer_ids"])

    @api.model
    def _get_measures(self):
        """Names of what fills a batch, for people."""
        return [
            ("orders", self.env._("transfers")),
            ("lines", self.env._("lines")),
            ("items", self.env._("items")),
            ("weight", self.env._("weight")),
            ("volume", self.env._("volume")),
            ("totes", self.env._("totes")),
        ]

    def _get_key(self):
        """(Id of the transfer, zone): what its ``batching.Order`` is called."""
        return self.picking_id.id, self.zone or ""

    def _filter_unchanged(self, pickings, parts):
        """Those that are locked now and still what they were when planned.

        :param pickings: the locked transfers
        :param dict parts: what is reserved for them, see ``picking.plan._read_parts``
        """
        by_id = dict(zip(pickings.ids, pickings, strict=True))
        sign = self.env["picking.plan"]._sign
        return self.filtered(
            lambda row: (
                (key := row._get_key()) in parts
                and row.signature == sign(by_id[key[0]], parts[key])
            )
        )

    def _note_change(self, locked):
        """Why these transfers got in no batch, given those that could be locked."""
        states = dict(self.env["stock.picking"]._fields["state"]._description_selection(self.env))
        for row in self:
            picking = row.picking_id
            if picking not in locked:
                row.problem = self.env._("Somebody is working on it at this moment.")
            elif picking.batch_id:
                row.problem = self.env._("It is in %s by now.", picking.batch_id.name)
            elif picking.state != "assigned":
                row.problem = self.env._("It is no longer ready: %s.", states[picking.state])
            else:
                row.problem = self.env._("What is reserved for it has changed.")

    def _get_problem_text(self, most=5):
        """The problems of some of these transfers, for people."""
        left = self.filtered("problem")
        lines = [f"{row.picking_id.name}: {row.problem}" for row in left[:most]]
        if len(left) > most:
            lines.append(self.env._("… and %s more.", len(left) - most))
        return "\n".join(lines)

    def _get_chip(self):
        """What the screen shows of one transfer."""
        self.ensure_one()
        picking = self.picking_id
        due = self.date_due
        return {
            "id": self.id,
            "picking_id": picking.id,
            "name": picking.name,
            "partner": picking.partner_id.display_name or "",
            "zone": self.zone or "",
            "lines": self.lines,
            "due": fields.Datetime.to_string(due) if due else False,
            "is_late": self.is_late,
            "is_urgent": picking.priority == "1",
            "is_unmapped": self.is_unmapped,
        }
