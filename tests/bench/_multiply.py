"""Ever more orders from before: the rows of orders that were copied are copied again, in SQL.

The demo year makes each copy in Python, which takes hours for a million. Here all rows of a range
of them are inserted again, with ids of their own; what points within it points to the copies.
"""

from psycopg2.sql import SQL, Identifier, Literal

#: Numbers of copied entries: so far apart that none is given twice.
APART = 1_000_000


class Multiplier:
    """Copies the rows that were made since it was.

    :param tables: names of the tables that hold orders with all that belongs to them
    """

    def __init__(self, cr, tables):
        self.cr, self.number = cr, 0
        self.columns = self._read_columns(tables)
        self.targets = self._read_targets()
        self.uniques = self._read_uniques()
        self.low, self.high = self._tops(), {}

    def end(self):
        """End the range: what is made from now on isn't copied."""
        self.high = self._tops()

    def count(self, table):
        """Rows of the range in a table."""
        return self.high[table] - self.low[table]

    def copy(self):
        """Copy the range once.

        :return: by table, how much higher the ids of the copies are
        """
        self.number += 1
        tops = self._tops()
        moved = {table: top - self.low[table] for table, top in tops.items()}
        # Whatever is pointed to is there at the end, as it is for what is copied.
        self.cr.execute("SET LOCAL session_replication_role = replica")
        for table in self.columns:
            self._copy_table(table, moved)
        self.cr.execute("SET LOCAL session_replication_role = DEFAULT")
        for table in moved:
            self.cr.execute(
                SQL("SELECT setval({}, (SELECT MAX(id) FROM {}))").format(
                    Literal(f"{table}_id_seq"), Identifier(table)
                )
            )
        return moved

    def _copy_table(self, table, moved):
        columns = self.columns[table]
        key = "id"
        if key not in columns:
            # A relation: its rows go with the first record of the range they name.
            keys = [name for name in columns if self.targets.get((table, name)) in moved]
            if not keys:
                return
            key = keys[0]
        owner = self.targets.get((table, key), table)
        values = [self._value(table, name, moved) for name in columns]
        self.cr.execute(
            SQL("INSERT INTO {table} ({names}) SELECT {values} FROM {table} {where}").format(
                table=Identifier(table),
                names=SQL(", ").join(map(Identifier, columns)),
                values=SQL(", ").join(values),
                where=SQL("WHERE {} > {} AND {} <= {}").format(
                    Identifier(key),
                    Literal(self.low[owner]),
                    Identifier(key),
                    Literal(self.high[owner]),
                ),
            )
        )

    def _value(self, table, name, moved):
        column = Identifier(name)
        target = table if name == "id" else self.targets.get((table, name))
        if target in moved:
            return SQL(
                "CASE WHEN {c} > {low} AND {c} <= {high} THEN {c} + {by} ELSE {c} END"
            ).format(
                c=column,
                low=Literal(self.low[target]),
                high=Literal(self.high[target]),
                by=Literal(moved[target]),
            )
        step = Literal(self.number * APART)
        if (table, name) == ("account_move", "sequence_number"):
            return SQL("{} + {}").format(column, step)
        if (table, name) == ("account_move", "name"):
            return SQL(
                "CASE WHEN sequence_number > 0 THEN sequence_prefix || (sequence_number + {})"
                " ELSE name END"
            ).format(step)
        kind = self.uniques.get((table, name))
        if kind == "text":
            return SQL("{} || {}").format(column, Literal(f"~{self.number}"))
        return SQL("{} + {}").format(column, step) if kind == "number" else column

    # === WHAT THE DATABASE SAYS OF ITS TABLES === #

    def _read_columns(self, tables):
        self.cr.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
            " WHERE table_name = ANY(%s) AND table_schema = 'public' AND is_generated = 'NEVER'"
            " GROUP BY table_name",
            [list(tables)],
        )
        return dict(self.cr.fetchall())

    def _read_targets(self):
        """(table, column) → the table it points to."""
        self.cr.execute(
            "SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text"
            " FROM pg_constraint c JOIN pg_attribute a"
            " ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1"
        )
        return {(table, name): target for table, name, target in self.cr.fetchall()}

    def _read_uniques(self):
        """(table, column) that must differ in each copy → whether it is text or a number."""
        self.cr.execute(
            "SELECT i.indrelid::regclass::text,"
            " array_agg(a.attname::text ORDER BY a.attnum),"
            " array_agg(format_type(a.atttypid, NULL) ORDER BY a.attnum)"
            " FROM pg_index i JOIN pg_attribute a"
            " ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
            " WHERE i.indisunique AND NOT i.indisprimary GROUP BY i.indexrelid, i.indrelid"
        )
        found = {}
        for table, names, types in self.cr.fetchall():
            if any(self.targets.get((table, name)) in self.columns for name in names):
                continue  # it differs by what it belongs to
            own = {
                name: "text" if "char" in kind or kind == "text" else "number"
                for name, kind in zip(names, types, strict=True)
                if (table, name) not in self.targets and kind not in ("boolean", "date")
            }
            for name in sorted(own, key=lambda name: own[name] != "text")[:1]:
                found[table, name] = own[name]
        return found

    def _tops(self):
        tops = {}
        for table, columns in self.columns.items():
            if "id" in columns:
                self.cr.execute(
                    SQL("SELECT COALESCE(MAX(id), 0) FROM {}").format(Identifier(table))
                )
                (tops[table],) = self.cr.fetchone()
        return tops
