from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import hashchain
from ..flow import DUTIES, EVENT_SELECTION
from ..logs import tell

#: Columns an event is sealed over: all but the hashes.
SEALED = (
    "id",
    "order_id",
    "company_id",
    "sequence",
    "step",
    "summary",
    "date",
    "user_id",
    "source",
    "duty",
    "details",
)


class OrderEvent(models.Model):
    """What happened: appended, never changed, each row sealed by a hash of the last.

    Every order has a log of its own, so that appending locks one order only. What concerns no
    order (rules, bank data, credit limits) goes to one further log per company.
    """

    _name = "order.event"
    _description = "Order Event"
    _order = "order_id desc, sequence"
    _rec_name = "summary"
    # Who and when are sealed columns; nothing is left in a row that isn't.
    _log_access = False

    order_id = fields.Many2one(
        "sale.order",
        readonly=True,
        index=True,
        ondelete="restrict",
        help="Empty: an event of the company's own log.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    sequence = fields.Integer(
        string="No.", required=True, readonly=True, help="Place in the order's log, from 1."
    )
    step = fields.Selection(EVENT_SELECTION, required=True, readonly=True, index=True)
    summary = fields.Char(required=True, readonly=True)
    date = fields.Datetime(string="When", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True)
    actor = fields.Char(
        string="Who",
        compute="_compute_actor",
        compute_sudo=True,
        help="The person, the channel, or “Automatic” for what the suite did by itself.",
    )
    source = fields.Selection(
        [("user", "User"), ("channel", "Channel"), ("system", "System")],
        required=True,
        readonly=True,
        help="Who acted: a person, the channel, or the suite by itself.",
    )
    duty = fields.Selection(
        list(DUTIES),
        readonly=True,
        help="The duty the person carried out; see Segregation of Duties.",
    )
    details = fields.Json(string="Details (JSON)", readonly=True)
    details_text = fields.Text(
        string="Details", compute="_compute_details_text", help="What was seen and decided."
    )
    previous_hash = fields.Char(readonly=True)
    hash = fields.Char(required=True, readonly=True)

    _order_sequence_uniq = models.Constraint(
        "UNIQUE (order_id, sequence)", "Two events took the same place in an order's log."
    )
    _company_sequence_uniq = models.UniqueIndex(
        "(company_id, sequence) WHERE order_id IS NULL",
        "Two events took the same place in a company's log.",
    )
    _duty_idx = models.Index("(order_id, duty) WHERE duty IS NOT NULL")

    def init(self):
        """Have PostgreSQL refuse what the methods below refuse, whoever sends the statement."""
        result = super().init()
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION order_event_append_only() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION 'The audit log (order_event) can only be appended to.';
            END
            $$ LANGUAGE plpgsql;
            -- Columns of earlier days, and with them foreign keys that would update events.
            ALTER TABLE order_event
                DROP COLUMN IF EXISTS create_uid, DROP COLUMN IF EXISTS create_date,
                DROP COLUMN IF EXISTS write_uid, DROP COLUMN IF EXISTS write_date;
            DROP TRIGGER IF EXISTS order_event_append_only ON order_event;
            CREATE TRIGGER order_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
                ON order_event FOR EACH STATEMENT EXECUTE FUNCTION order_event_append_only();
            """
        )
        return result

    @api.depends("details")
    def _compute_details_text(self):
        for event in self:
            event.details_text = "\n".join(self._lines_of(event.details or {}))

    @api.depends("source", "user_id.name", "order_id.channel_id.name")
    @api.depends_context("lang")
    def _compute_actor(self):
        for event in self:
            if event.source == "user":
                event.actor = event.user_id.name
            elif event.source == "channel":
                event.actor = event.order_id.channel_id.name or self.env._("Channel")
            else:
                event.actor = self.env._("Automatic")

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse rows that don't come through :meth:`_append`, which seals them."""
        if not self.env.su:
            raise UserError(self.env._("Events are recorded by the flow itself, not by hand."))
        return super().create(vals_list)

    @api.model
    def _prepare_create_values(self, vals_list):
        """Keep the ids events were sealed with, which :meth:`create` else leaves to PostgreSQL."""
        ids = [vals.get("id") for vals in vals_list]
        prepared = super()._prepare_create_values(vals_list)
        return [
            {**vals, "id": event_id} if event_id else vals
            for vals, event_id in zip(prepared, ids, strict=True)
        ]

    def write(self, vals):  # pylint: disable=method-required-super
        """:raise UserError: always"""
        raise UserError(self.env._("Events can't be changed: they are the order's audit log."))

    def _write_multi(self, vals_list):
        """:raise UserError: always; the way around :meth:`write` is shut too"""
        self.write({})

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Events can't be deleted: they are the order's audit log."))

    # === ACTION === #

    def action_verify(self):
        """Verify the logs of the orders these events belong to and tell the result."""
        return self.order_id.action_verify_log()

    # === BUSINESS === #

    @api.model
    def _append(self, rows):
        """Append events and seal each onto the last one of its order.

        The order keeps the number and hash of its last event. Reading them locks the order, and
        every append changes them. So of two transactions that append to one order at the same
        time the second waits, and PostgreSQL then refuses its outdated view of the order; Odoo
        runs it again, on top of the first. No place in the log is taken twice, none is lost.

        :param rows: list of dicts with ``order`` (sale.order) or ``company`` (res.company),
            ``step``, ``summary`` and, if wanted, ``details`` (dict of JSON values), ``source``,
            ``duty`` (kept for what people do only) and ``date`` (of what happened elsewhere before)
        :return: the new events
        """
        orders = self.env["sale.order"].union(*[row["order"] for row in rows if "order" in row])
        companies = self.env["res.company"].union(
            *[row["company"] for row in rows if "company" in row]
        )
        heads, ids = self._lock_heads(orders, len(rows))
        company_heads = self.env["order.event.head"]._lock(companies) if companies else {}
        now = fields.Datetime.now()
        vals_list = []
        for row, event_id in zip(rows, ids, strict=True):
            # sudo: whoever moves an order is logged, whatever of it he may read.
            order = row.get("order", orders.browse()).sudo()
            of, key = (heads, order.id) if order else (company_heads, row["company"].id)
            sequence, previous = of[key]
            source = row.get("source") or "system"
            vals = {
                "id": event_id,
                "order_id": order.id,
                "company_id": (order.company_id or row.get("company")).id,
                "sequence": sequence + 1,
                "step": row["step"],
                # Char fields hold one line, as a hash of it must.
                "summary": " ".join(str(row["summary"]).split()),
                "date": row.get("date") or now,
                "user_id": self.env.uid,
                "source": source,
                "duty": row.get("duty") if source == "user" else False,
                "details": hashchain.canonical(row.get("details")) or None,
                "previous_hash": previous,
            }
            vals["hash"] = hashchain.seal(previous, self._sealed_part(vals))
            of[key] = (vals["sequence"], vals["hash"])
            vals_list.append(vals)
        if orders:
            self._store_heads(orders, heads)
        if companies:
            self.env["order.event.head"]._store(company_heads)
        # sudo: whoever moves an order is logged, even without rights on the log itself.
        events = self.sudo().create(vals_list)
        tell(events)
        return events

    @api.model
    def _lock_heads(self, orders, count=0):
        """Lock the orders, and reserve ids, since an event is sealed before it is inserted.

        :return: ``(dict order id → number and hash of its last event, count ids nobody else
            gets)``, in one query
        """
        orders.flush_recordset(["event_sequence", "event_hash"])
        self.env.cr.execute(
            """
            WITH reserved AS MATERIALIZED (
                 SELECT ARRAY_AGG(nextval('order_event_id_seq')) AS ids
                   FROM generate_series(1, %(count)s)
                 ), locked AS MATERIALIZED (
                 SELECT id, COALESCE(event_sequence, 0) AS sequence, event_hash
                   FROM sale_order WHERE id = ANY(%(orders)s)
               ORDER BY id FOR NO KEY UPDATE
                 )
          SELECT reserved.ids, locked.* FROM reserved LEFT JOIN locked ON TRUE
            """,
            {"count": count, "orders": orders.ids},
            log_exceptions=False,  # two appends at once: one is repeated by the framework
        )
        rows = self.env.cr.fetchall()
        heads = {
            order_id: (sequence, last or hashchain.GENESIS)
            for _ids, order_id, sequence, last in rows
            if order_id
        }
        return heads, rows[0][0] or []

    @api.model
    def _store_heads(self, orders, heads):
        """Write what :meth:`_lock_heads` read back, moved on: one query, no tracking."""
        values = SQL(", ").join(SQL("(%s, %s, %s)", order.id, *heads[order.id]) for order in orders)
        self.env.cr.execute(
            SQL(
                "UPDATE sale_order SET event_sequence = head.sequence, event_hash = head.hash"
                " FROM (VALUES %s) AS head (id, sequence, hash) WHERE sale_order.id = head.id",
                values,
            )
        )
        orders.invalidate_recordset(["event_sequence", "event_hash", "event_ids"], flush=False)

    @api.model
    def _sealed_part(self, vals):
        """The part of an event's values that its hash covers, as JSON values."""
        return {
            **{name: vals[name] or None for name in SEALED},
            "date": vals["date"].isoformat(sep=" "),
        }

    @api.model
    def _lines_of(self, value, indent=""):
        """Nested JSON values as lines of readable text."""
        items = value.items() if isinstance(value, dict) else enumerate(value, start=1)
        lines = []
        for name, item in items:
            if isinstance(item, (dict, list)) and item:
                lines.append(f"{indent}{name}:")
                lines += self._lines_of(item, indent + "    ")
            else:
                lines.append(f"{indent}{name}: {item}")
        return lines
