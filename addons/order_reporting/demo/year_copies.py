"""Copies of whole orders with all their documents, in bulk: from rows to rows, by ``COPY``.

An order's rows in every table are read once as text, and written again under new ids, numbers,
days and names for each copy. Nothing is computed anew but what must differ: so a copy is what the
ORM wrote, moved in time and to another customer. The seals of its log are made again.
"""

import csv
import io
import json
import re
import uuid
from collections import defaultdict
from datetime import date, datetime, timedelta

from odoo.addons.order_processing.engine import hashchain
from odoo.addons.order_processing.models.order_event import SEALED

#: Tables in the order of writing → how to find an order's own rows (``%(order)s`` is its id).
TABLES = {
    "sale_order": "SELECT %(order)s",
    "stock_reference": "SELECT reference_id FROM stock_reference_sale_rel"
    " WHERE sale_id = %(order)s",
    "sale_order_line": "SELECT id FROM sale_order_line WHERE order_id = %(order)s",
    "stock_picking": "SELECT id FROM stock_picking WHERE sale_id = %(order)s",
    "stock_move": "SELECT id FROM stock_move WHERE sale_line_id IN (SELECT id FROM sale_order_line"
    " WHERE order_id = %(order)s)",
    "stock_move_line": "SELECT id FROM stock_move_line WHERE picking_id IN (SELECT id FROM"
    " stock_picking WHERE sale_id = %(order)s)",
    "account_move": """
        WITH bills AS (
            SELECT DISTINCT a.move_id AS id FROM sale_order_line l
              JOIN sale_order_line_invoice_rel r ON r.order_line_id = l.id
              JOIN account_move_line a ON a.id = r.invoice_line_id WHERE l.order_id = %(order)s)
        SELECT id FROM bills UNION
        SELECT p.move_id FROM account_move__account_payment r
          JOIN account_payment p ON p.id = r.payment_id
         WHERE r.invoice_id IN (SELECT id FROM bills)
           AND p.move_id IS NOT NULL""",
    "account_payment": "SELECT id FROM account_payment WHERE move_id = ANY(%(account_move)s)",
    "account_full_reconcile": "SELECT DISTINCT full_reconcile_id FROM account_move_line"
    " WHERE move_id = ANY(%(account_move)s) AND full_reconcile_id IS NOT NULL",
    "account_move_line": "SELECT id FROM account_move_line WHERE move_id = ANY(%(account_move)s)",
    "account_partial_reconcile": "SELECT id FROM account_partial_reconcile"
    " WHERE debit_move_id = ANY(%(account_move_line)s)",
    "order_hold": "SELECT id FROM order_hold WHERE order_id = %(order)s",
    "order_allocation": "SELECT id FROM order_allocation WHERE order_id = %(order)s",
    "shipping_label": "SELECT id FROM shipping_label WHERE order_id = %(order)s",
    "shipping_track_event": "SELECT id FROM shipping_track_event"
    " WHERE label_id = ANY(%(shipping_label)s)",
    "order_event": "SELECT id FROM order_event WHERE order_id = %(order)s ORDER BY sequence",
}
#: The column that says when a row came to be; its create and write dates become the same.
MAIN_DATE = {
    "sale_order": "date_order",
    "order_hold": "create_date",
    "shipping_label": "date_bought",
    "shipping_track_event": "time",
    "account_move": "date",
    "account_payment": "date",
    "account_move_line": "date",
    "account_partial_reconcile": "max_date",
}
#: The part of the journey a step belongs to: each part of a copy is moved in time by itself.
PART_OF_STEP = dict.fromkeys(("batch", "pick", "pack"), "pick") | {
    "rate": "ship",
    "label": "ship",
    "ship": "ship",
    "deliver": "deliver",
    "return": "ship",
    "invoice": "ship",
    "pay": "pay",
    "close": "pay",
}
DATE_TYPES = ("date", "timestamp without time zone")
#: Keys of events' details that hold ids → the table they are of.
DETAIL_IDS = {"invoice_id": "account_move", "hold": "order_hold"}
MOMENT = "%Y-%m-%d %H:%M:%S"


def read_pattern(cr, order_id):
    """All rows of one order, by table, as dicts of column → text; and its ids by table."""
    ids, rows = {"order": order_id}, {}
    for table, query in TABLES.items():
        cr.execute(query, ids)
        ids[table] = [row[0] for row in cr.fetchall()]
        cr.execute(
            f'SELECT * FROM "{table}" WHERE id = ANY(%s) ORDER BY id'  # noqa: S608 (our names)
            if table != "order_event"
            else "SELECT * FROM order_event WHERE id = ANY(%s) ORDER BY sequence",
            [ids[table]],
        )
        rows[table] = cr.dictfetchall()
    return rows


class Copier:
    """Writes copies of patterns.

    ``cr`` is the cursor, ``patterns`` a dict of key → rows from :func:`read_pattern`.
    """

    def __init__(self, cr, patterns):
        self.cr = cr
        self.patterns = patterns
        self.types, self.references, self.links = {}, {}, {}
        for table in TABLES:
            cr.execute(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_name = %s ORDER BY ordinal_position",
                [table],
            )
            self.types[table] = dict(cr.fetchall())
        cr.execute(
            """
            SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text
              FROM pg_constraint c
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1
            """
        )
        references = defaultdict(dict)
        for table, column, target in cr.fetchall():
            references[table.strip('"')][column] = target.strip('"')
        self.references = {table: references[table] for table in TABLES}
        # Two-column tables that link rows of ours to others, or to each other.
        self.links = {
            table: columns
            for table, columns in references.items()
            if len(columns) == 2
            and set(columns.values()) & set(TABLES)
            and table not in TABLES
            and self._is_link(table)
        }
        self.link_rows = {
            key: {table: self._read_link(table, rows) for table in self.links}
            for key, rows in patterns.items()
        }
        self.out = {table: [] for table in [*TABLES, *self.links]}
        self._ids = {}

    def _is_link(self, table):
        self.cr.execute(
            "SELECT COUNT(*), BOOL_OR(column_name = 'id') FROM information_schema.columns"
            " WHERE table_name = %s",
            [table],
        )
        return self.cr.fetchone() == (2, False)

    def _read_link(self, table, rows):
        ours = [(c, t) for c, t in self.links[table].items() if t in TABLES]
        column, target = ours[0]
        first, second = self.links[table]
        self.cr.execute(
            f'SELECT "{first}", "{second}" FROM "{table}" WHERE "{column}" = ANY(%s)',  # noqa: S608
            [[row["id"] for row in rows[target]]],
        )
        return self.cr.fetchall()

    def reserve(self, counts):
        """Reserve ids: ``counts`` is a dict of table → how many."""
        for table, count in counts.items():
            self.cr.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            self._ids[table] = iter([row[0] for row in self.cr.fetchall()])

    def take(self, key, shifts, swaps, texts, channel_id=None):
        """Take one copy of pattern ``key``.

        :param dict shifts: part of the journey → timedelta; ``order`` in whole days
        :param dict swaps: table of a foreign key → {old id: new id}
        :param dict texts: old → new words, for every text
        :return: dict of table → list of new rows; those may still be changed
        """
        rows = self.patterns[key]
        ids = {
            table: {row["id"]: next(self._ids[table]) for row in rows[table]} for table in TABLES
        }
        pattern = re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))))

        def renamed(text):
            return pattern.sub(lambda found: texts[found[0]], text)

        parts = self._parts(rows)
        made = {}
        for table in TABLES:
            made[table] = [
                self._row(table, row, ids, parts[table][row["id"]], shifts, swaps, renamed)
                for row in rows[table]
            ]
            self.out[table] += made[table]
        for row in made["sale_order"] + made["order_hold"]:
            row["channel_id"] = channel_id
        for row in made["shipping_label"]:
            row["key"] = str(uuid.uuid5(uuid.NAMESPACE_OID, f"demo year {row['id']}"))
            row["attachment_id"] = None
        for table, columns in self.links.items():
            targets = list(columns.values())
            for pair in self.link_rows[key][table]:
                self.out[table].append(
                    dict(
                        zip(
                            columns,
                            (
                                ids[t].get(v, v) if t in TABLES else v
                                for t, v in zip(targets, pair, strict=True)
                            ),
                            strict=True,
                        )
                    )
                )
        return made

    def _parts(self, rows):
        """table → id → the part of the journey that a row's dates move with."""
        payments = {row["move_id"] for row in rows["account_payment"]}
        items = {row["id"]: row["move_id"] for row in rows["account_move_line"]}

        def move_part(move_id):
            return "pay" if move_id in payments else "ship"

        parts = {
            table: {row["id"]: "order" for row in rows[table]}
            for table in ("sale_order", "stock_reference", "sale_order_line", "order_hold")
        }
        parts["order_allocation"] = {row["id"]: "order" for row in rows["order_allocation"]}
        for table in ("stock_picking", "shipping_label"):
            parts[table] = {row["id"]: "ship" for row in rows[table]}
        # What is still to leave is dated by its plan, like its transfer's schedule.
        for table in ("stock_move", "stock_move_line"):
            parts[table] = {
                row["id"]: "ship" if row["state"] in ("done", "cancel") else "order"
                for row in rows[table]
            }
        parts["account_move"] = {row["id"]: move_part(row["id"]) for row in rows["account_move"]}
        parts["account_payment"] = {row["id"]: "pay" for row in rows["account_payment"]}
        parts["account_move_line"] = {key: move_part(move) for key, move in items.items()}
        for table in ("account_full_reconcile", "account_partial_reconcile"):
            parts[table] = {row["id"]: "pay" for row in rows[table]}
        parts["shipping_track_event"] = {
            row["id"]: "deliver" if row["status"] == "delivered" else "ship"
            for row in rows["shipping_track_event"]
        }
        parts["order_event"] = {
            row["id"]: PART_OF_STEP.get(row["step"], "order") for row in rows["order_event"]
        }
        return parts

    def _row(self, table, row, ids, part, shifts, swaps, renamed):
        new = {}
        for column, value in row.items():
            kind = self.types[table][column]
            target = self.references[table].get(column)
            if value is None:
                pass
            elif column == "id":
                value = ids[table][value]
            elif target in ids:
                value = ids[target].get(value, value)
            elif target in swaps:
                value = swaps[target].get(value, value)
            elif kind in DATE_TYPES:
                value = self._moved(table, column, value, part, shifts)
            elif kind in ("character varying", "text"):
                value = renamed(value)
            elif kind == "jsonb":
                value = self._details(value, ids, renamed)
            new[column] = value
        main = MAIN_DATE.get(table)
        if main and new.get(main) and "create_date" in new:
            moment = new[main]
            new["create_date"] = new["write_date"] = (
                moment if isinstance(moment, datetime) else datetime(*moment.timetuple()[:3], 12)
            )
        if table == "account_move_line" and new["full_reconcile_id"]:
            new["matching_number"] = str(new["full_reconcile_id"])
        return new

    @staticmethod
    def _moved(table, column, value, part, shifts):
        if column in ("scheduled_date", "date_deadline", "create_date") and part == "ship":
            part = "order"
        if table == "sale_order" and column == "effective_date":
            part = "ship"
        if table == "order_hold" and column == "date_resolved":
            part = "order"
        if table == "shipping_label" and column == "date_track":
            part = "deliver"
        shift = shifts[part]
        if isinstance(value, datetime):
            return value + shift
        if isinstance(value, date):
            return value + timedelta(days=shift.days)
        return value

    def _details(self, value, ids, renamed):
        if isinstance(value, dict):
            return {
                key: ids[DETAIL_IDS[key]].get(item, item)
                if key in DETAIL_IDS and isinstance(item, int)
                else self._details(item, ids, renamed)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._details(item, ids, renamed) for item in value]
        return renamed(value) if isinstance(value, str) else value

    def seal(self):
        """Seal the logs of all copies, once their words are final, and note each log's end."""
        orders = {row["id"]: row for row in self.out["sale_order"]}
        ends = {}
        for row in self.out["order_event"]:
            previous = ends.get(row["order_id"], (0, hashchain.GENESIS))[1]
            entry = {name: row[name] or None for name in SEALED}
            entry["date"] = row["date"].isoformat(sep=" ")
            row["previous_hash"], row["hash"] = previous, hashchain.seal(previous, entry)
            ends[row["order_id"]] = (row["sequence"], row["hash"])
        for order_id, (sequence, last) in ends.items():
            orders[order_id].update(event_sequence=sequence, event_hash=last)

    def store(self):
        """Write all rows; invoices' payments only once those are there."""
        payments = [
            (row["id"], row["origin_payment_id"])
            for row in self.out["account_move"]
            if row["origin_payment_id"]
        ]
        for table, rows in self.out.items():
            if not rows:
                continue
            columns = [column for column in rows[0] if column != "origin_payment_id"]
            text = io.StringIO()
            writer = csv.writer(text)
            for row in rows:
                writer.writerow(_plain(row[column]) for column in columns)
            text.seek(0)
            names = ", ".join(f'"{column}"' for column in columns)
            self.cr.copy_expert(f'COPY "{table}" ({names}) FROM STDIN WITH (FORMAT csv)', text)
        self.cr.execute(
            "UPDATE account_move SET origin_payment_id = given.payment"
            " FROM unnest(%s, %s) AS given (id, payment) WHERE account_move.id = given.id",
            [[move for move, _payment in payments], [payment for _move, payment in payments]],
        )


def _plain(value):
    """A value as CSV; empty without quotes is NULL, so that empty texts become NULL as well."""
    if value is None or value == "":
        return None
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value
