"""Run the benches of tests/bench, each on a fresh copy of the demo database.

make bench                         all of them
make bench ARGS="pipeline --orders 200"
"""

import importlib.util
import sys

import suite

import odoo
from odoo.modules.registry import Registry
from odoo.tools import config as odoo_config

BENCHES = suite.ROOT / "tests" / "bench"
sys.path.insert(0, str(BENCHES))


def environment(database, config):
    """An environment of the administrator on ``database``, and its cursor."""
    odoo_config.parse_config(["-c", str(config), "-d", database], setup_logging=True)
    cursor = Registry(database).cursor()
    root = odoo.api.Environment(cursor, odoo.api.SUPERUSER_ID, {})
    admin = root.ref("base.user_admin")
    return root(user=admin.id, context={"lang": "en_US", "tz": "UTC"})


def load(path):
    """The bench in file ``path``, its title printed."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    print(f"\n{path.stem}: {bench.__doc__.splitlines()[0]}")
    return bench


def main():
    wanted, arguments = sys.argv[1:2], sys.argv[2:]
    env = suite.pg_env("test")
    for key in ("PGHOST", "PGPORT", "PGUSER"):
        if env.get(key):
            __import__("os").environ[key] = env[key]
    config = suite.write_config(
        env, "bench", log_level="warn", data_dir=suite.LOCAL / "data" / "test"
    )
    for path in sorted(BENCHES.glob("[a-z]*.py")):
        if wanted and path.stem not in wanted:
            continue
        if "\nPURE = True\n" in path.read_text():
            load(path).run(None, arguments)
            continue
        database = suite.copy(env, config, f"suite_bench_{path.stem}")
        odoo_env = environment(database, config)
        try:
            # Only now are our addons where Python finds them.
            load(path).run(odoo_env, arguments)
        finally:
            # Some benches close it themselves, to copy the database or to stop PostgreSQL.
            if not odoo_env.cr.closed:
                odoo_env.cr.rollback()
                odoo_env.cr.close()
            odoo.sql_db.close_all()
            suite.drop(env, config, database)


if __name__ == "__main__":
    main()
