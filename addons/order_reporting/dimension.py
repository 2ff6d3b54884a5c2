"""A fact's link to what it is counted by."""

from odoo import fields
from odoo.tools import sql


class Dimension(fields.Many2one):
    """A link without a foreign key, for rows that are derived by the thousand.

    PostgreSQL looks up and locks the other row for each link of each new row: with some 25 links a
    fact, that was half of what writing facts took. Links of a fact are copied from an order whose
    own links are checked; what is deleted later is taken out by ``order.fact.dimension``.
    """

    def update_db_foreign_key(self, model, column):
        comodel = model.env[self.comodel_name]
        for name in model.env.execute_query(
            sql.SQL(
                """
                SELECT con.conname
                  FROM pg_constraint con
                  JOIN pg_attribute col
                    ON col.attrelid = con.conrelid AND con.conkey = ARRAY[col.attnum]
                 WHERE con.contype = 'f' AND col.attname = %s
                   AND con.conrelid = %s::regclass AND con.confrelid = %s::regclass
                """,
                *(self.name, model._table, comodel._table),
            )
        ):
            sql.drop_constraint(model.env.cr, model._table, *name)
