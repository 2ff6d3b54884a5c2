"""Who may do what with each model, from a table that lives beside the tests of each addon.

``access.csv`` has one row for each model the addon defines and one column for each kind of user.
A cell has the letters of what that user may do: **r**\\ ead, **w**\\ rite, **c**\\ reate,
**d**\\ elete, or ``-``. ``company`` is the path to the record's company, ``own`` where everybody
only sees their own records, or ``shared`` where the ``why`` says what is in it for everybody.
"""

import csv
import inspect
from fnmatch import fnmatch
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL, file_open, mute_logger

OPERATIONS = (("r", "read"), ("w", "write"), ("c", "create"), ("d", "unlink"))
#: Columns of the table, and the groups of each kind of user.
PEOPLE = {
    "public": "base.group_public",
    "portal": "base.group_portal",
    "employee": "base.group_user",
    "settings": "base.group_system",
    "salesman": "sales_team.group_sale_salesman",
    "stock": "stock.group_stock_user",
    "stock_manager": "stock.group_stock_manager",
    "billing": "account.group_account_invoice",
    "desk": "order_processing.group_order_user",
    "manager": "order_processing.group_order_manager",
    "accountant": "order_processing.group_order_accountant",
    "picker": "order_shipping.group_shipping_user",
    "shipping_manager": "order_shipping.group_shipping_manager",
    "viewer": "order_reporting.group_reporting_user",
}
#: What every model has: guarded by Odoo with the rights of the table.
ORM = {"create", "write", "unlink", "copy", "copy_data", "default_get", "init", "message_new"}
#: What every model with a chatter has: Odoo asks who may post, we only gather notes.
CHATTER = {"message_post", "message_post_with_source"}
SUITE = ("order_processing", "order_shipping", "order_reporting")


def read_table(module, name):
    """Rows of a table beside the tests of ``module``, as dicts."""
    with file_open(f"{module}/tests/{name}") as table:
        return list(csv.DictReader(table))


def public_methods(model, module):
    """Names of the methods that an addon of ours adds to a model and anybody may call by name."""
    names = set()
    for cls in type(model).mro():
        if cls.__module__.split(".")[:3] == ["odoo", "addons", module]:
            for name, method in vars(cls).items():
                called = inspect.isfunction(method) and not name.startswith("_")
                if called and not getattr(method, "_api_private", False):
                    names.add(name)
    return names


class AccessTableCase(TransactionCase):
    """Base of the generated tests of an addon; those say which one in ``module``."""

    module = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.models = {
            name: cls.env[name]
            for name in sorted(cls.env.registry)
            if cls.env.registry[name]._original_module == cls.module
        }

    @classmethod
    def _people(cls):
        """{column: a user with that group only}, of the groups that exist here."""
        groups = {
            column: group
            for column, xml_id in PEOPLE.items()
            if (group := cls.env.ref(xml_id, raise_if_not_found=False))
        }
        users = cls.env["res.users"].create(
            [
                {"name": column, "login": f"table_{column}", "group_ids": [Command.set(group.ids)]}
                for column, group in groups.items()
            ]
        )
        return dict(zip(groups, users, strict=True))

    def _insert(self, model, company_path=None, **vals):
        """A row of ``model`` that belongs to company B, with nothing else than that in it.

        By SQL, without what is required: what a record needs is the business of other tests.
        """
        if company_path and (there := model.search([(company_path, "=", self.company_b.id)])):
            return there[0]
        vals |= {"create_uid": self.user_b.id} if model._log_access else {}
        if "active" in model._fields and model._fields["active"].store:
            vals["active"] = True
        head, _dot, rest = (company_path or "").partition(".")
        if rest:
            vals[head] = self._insert(self.env[model._fields[head].comodel_name], rest).id
        elif head:
            vals[head] = self.company_b.id
        self._loosen(model)
        columns = SQL(", ").join(SQL.identifier(name) for name in vals)
        values = SQL(", ").join(SQL("%s", value) for value in vals.values())
        table = SQL.identifier(self._table(model))
        query = SQL("INSERT INTO %s (%s) VALUES (%s) RETURNING id", table, columns, values)
        if not vals:
            query = SQL("INSERT INTO %s DEFAULT VALUES RETURNING id", table)
        return model.browse(self.env.execute_query(query)[0][0])

    def _table(self, model):
        return model._table if model._auto else f"table_of_{model._table}"

    def _loosen(self, model):
        """Let a row of ``model`` be as empty as may be; gone again after the test."""
        if model._auto:
            query = """
                SELECT format('ALTER COLUMN %%I DROP NOT NULL', attname)
                  FROM pg_attribute
                 WHERE attrelid = %(table)s::regclass AND attnum > 0
                   AND attnotnull AND NOT attisdropped AND attname <> 'id'
                 UNION ALL
                SELECT format('DROP CONSTRAINT %%I', conname)
                  FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype = 'c'
            """
            self.env.cr.execute(SQL(query, table=model._table))
            changes = ", ".join(change for [change] in self.env.cr.fetchall())
            if changes:
                self.env.cr.execute(f'ALTER TABLE "{model._table}" {changes}')
            return
        # A query in place of a table: a table of the same columns stands in for it.
        table = SQL.identifier(self._table(model))
        query = model._table_query
        query = query if isinstance(query, SQL) else SQL(query)
        self.env.cr.execute(
            SQL("CREATE TABLE %s AS SELECT * FROM (%s) AS made WITH NO DATA", table, query)
        )
        self.env.cr.execute(SQL("ALTER TABLE %s ALTER id SET DEFAULT 1", table))
        stand_in = property(lambda _self, name=table: SQL("SELECT * FROM %s", name))
        patcher = patch.object(self.env.registry[model._name], "_table_query", stand_in)
        patcher.start()
        self.addCleanup(patcher.stop)


class AccessTable(AccessTableCase):
    """The generated tests; not collected here, since the class isn't named for a module."""

    def _current_row(self, name, people):
        model = self.env[name]
        row = {"model": name}
        for column, user in people.items():
            able = model.with_user(user)
            row[column] = "".join(letter for letter, op in OPERATIONS if able.has_access(op)) or "-"
        return row

    def check_table(self):
        """Every model × kind of user × operation is as the table says."""
        people = self._people()
        table = {row["model"]: row for row in read_table(self.module, "access.csv")}
        for name in self.models:
            row = self._current_row(name, people)
            with self.subTest(model=name):
                self.assertIn(
                    name,
                    table,
                    f"{name} has no row in {self.module}/tests/access.csv. Today's rights are"
                    f" below: check that nobody has more than their work needs, then add them as"
                    f" a row, with the path to its company.\n{row}",
                )
                # Columns of groups that addons further on define are in their tables.
                expected = {key: table[name][key] for key in row if key in table[name]}
                self.assertEqual(
                    {key: row[key] for key in expected},
                    expected,
                    f"The rights on {name} aren't those of {self.module}/tests/access.csv. Mend"
                    " security/ir.model.access.csv, or the table if the change is meant.",
                )
        gone = set(table) - set(self.models)
        self.assertFalse(gone, f"Take these rows out of {self.module}/tests/access.csv")

    def check_companies(self):
        """No record of company B is read by a user of company A, whatever that user's groups."""
        groups = ",".join(
            group
            for column, group in PEOPLE.items()
            if column not in ("public", "portal") and self.env.ref(group, raise_if_not_found=False)
        )
        user_a = new_test_user(self.env, "table_company_a", groups)
        self.user_b = new_test_user(
            self.env,
            "table_company_b",
            groups,
            company_id=self.company_b.id,
            company_ids=[Command.set(self.company_b.ids)],
        )
        table = {row["model"]: row for row in read_table(self.module, "access.csv")}
        for name, model in self.models.items():
            path = table[name]["company"]
            if model._abstract or not model.with_user(user_a).has_access("read"):
                continue
            with self.subTest(model=name):
                if path == "shared":
                    self.assertNotIn("company_id", model._fields, "It has a company: state it.")
                    self.assertTrue(table[name]["why"], "Say why every company may read it.")
                    continue
                self.assertTrue(path, "State the path to its company, own, or shared and why.")
                record = self._insert(model, path if path != "own" else None)
                seen = model.with_user(self.user_b).search([("id", "=", record.id)])
                self.assertEqual(seen, record, "Its own company doesn't see it either.")
                mine = record.with_user(user_a)
                self.assertFalse(mine.search([("id", "=", record.id)]), "Found by company A.")
                self.assertFalse(mine.has_access("read"), "Readable by company A.")

    def check_methods(self):
        """No method of ours that may be called from outside works for an employee without rights.

        Those that do are in ``methods.csv``, each with the reason why it may.
        """
        employee = new_test_user(self.env, "table_outsider", "base.group_user")
        self.user_b = employee
        reviewed = [(row["model"], row["method"]) for row in read_table(self.module, "methods.csv")]
        used = set()
        for name in self.env.registry:
            model = self.env[name]
            methods = public_methods(model, self.module) - ORM - CHATTER
            if not methods or name in ("ir.http",):
                continue
            record = self._example(model).with_user(employee)
            for method in sorted(methods):
                if outcome := self._call(record, method):
                    rows = {row for row in reviewed if row[0] == name and fnmatch(method, row[1])}
                    used |= rows
                    with self.subTest(model=name, method=method):
                        self.assertTrue(
                            rows,
                            f"{name}.{method}() {outcome} for an employee without any right. Let"
                            " it ask for rights first (check_access), give it a name that begins"
                            f" with _, or add it with the reason to {self.module}/tests/"
                            "methods.csv.",
                        )
        self.assertFalse(set(reviewed) - used, "Take these out of methods.csv: they are shut.")

    def _example(self, model):
        """A record to call methods on: any of the model's, or an empty row of it."""
        if model._abstract:
            return model
        return model.sudo().search([], limit=1).sudo(False) or self._insert(model)

    def _call(self, record, method):
        """What a call without sensible arguments came to; nothing if it was refused."""
        function = getattr(record, method)
        needed = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind == parameter.POSITIONAL_OR_KEYWORD
        ]
        before = self._count_writes()
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                result = function(*([False] * len(needed)))
                self.env.flush_all()
                wrote = self._count_writes() - before
        except AccessError:
            return ""
        except Exception as error:  # noqa: BLE001 whatever it is, it wasn't refused
            return f"goes as far as {type(error).__name__} ({error})"
        finally:
            self.env.invalidate_all()
        # What an action opens is read with the rights of whoever opens it.
        opens = isinstance(result, dict) and str(result.get("type")).startswith("ir.actions.")
        return "" if opens and not wrote else f"works and writes {wrote} rows"

    def _count_writes(self):
        self.env.flush_all()
        query = SQL("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return self.env.execute_query(query)[0][0]
