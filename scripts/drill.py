"""Backup and restore drill: can this database be got back, and is it whole then?

    drill.py [database]        the demo database, or the one named

Dumps the database with pg_dump and copies its filestore, restores both under another name beside
it, starts Odoo's registry on the copy, compares the rows of every table, recomputes the seals of
the audit log, adds up every journal entry and looks for each attachment's file. Prints what it
found, drops the copy, and ends with 1 if anything isn't as it was. Nothing is written to the
original. PGHOST, PGPORT and PGUSER (or db_host… in odoo.conf) name another server; DATA_DIR another
data folder.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import suite

#: Prints one line for each check, from within Odoo on the copy.
CHECKS = """
from odoo.tools import SQL

def tell(what, problems):
    print("CHECK", "bad" if problems else "ok", what, *(problems or [])[:5], sep="\\t")

env = env(context={"active_test": False})
models = [name for name in env.registry if env[name]._auto and not env[name]._abstract]
for name in models:
    env[name].search([], limit=1)
tell(f"{len(models)} models can be read", [])
problems, logs = [], 0
if "order.event" in env:
    env.cr.execute("SELECT DISTINCT order_id FROM order_event WHERE order_id IS NOT NULL")
    ids = sorted(order_id for [order_id] in env.cr.fetchall())
    Event = env["order.event"]
    for start in range(0, len(ids), 500):
        problems += Event._find_problems(ids[start : start + 500])
    for company in env["res.company"].search([]):
        problems += Event._find_company_problems(company)
        problems += Event._find_anchor_problems(company)
    logs = len(ids)
tell(f"the logs of {logs} orders verify", [str(each) for each in problems])
env.cr.execute(
    "SELECT move_id FROM account_move_line WHERE parent_state = 'posted'"
    " GROUP BY move_id HAVING abs(sum(balance)) > 0.005"
)
unbalanced = [f"account.move {move_id}" for [move_id] in env.cr.fetchall()]
tell("posted journal entries balance", unbalanced)
env.cr.execute("SELECT DISTINCT store_fname FROM ir_attachment WHERE store_fname IS NOT NULL")
import os
store = [name for [name] in env.cr.fetchall()]
path = env["ir.attachment"]._full_path
gone = [name for name in store if not os.path.exists(path(name))]
tell(f"{len(store)} files of attachments are there", gone)
env.cr.rollback()
"""


def count_rows(env, database):
    """{table: rows} of a database."""
    tables = [row[0] for row in suite.psql(env, TABLES, database)]
    query = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM \"{t}\"" for t in tables)
    return {table: int(rows) for table, rows in suite.psql(env, query, database)}


TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


def dump(env, config, database, folder):
    """Write a dump and a copy of the filestore into ``folder``, as a backup would be kept."""
    args = ["pg_dump", "-Fc", "-Z1", "-f", str(folder / "db.dump"), database]
    subprocess.run(args, env=env, check=True)
    files = suite.filestore(config, database)
    if files.exists():
        shutil.copytree(files, folder / "filestore")


def restore(env, config, folder, copy):
    """Make database ``copy`` and its filestore from a backup."""
    subprocess.run(["createdb", "-T", "template0", "-E", "UTF8", copy], env=env, check=True)
    args = ["pg_restore", "--no-owner", "--exit-on-error", "-d", copy, str(folder / "db.dump")]
    subprocess.run(args, env=env, check=True)
    if (folder / "filestore").exists():
        shutil.copytree(folder / "filestore", suite.filestore(config, copy))


def check(env, config, copy):
    """What Odoo says about the copy: list of (is well, text)."""
    command = [suite.PYTHON, "-m", "odoo", "shell", "-c", config, "-d", copy, "--no-http"]
    command += ["--log-level=warn"]
    done = subprocess.run(
        [str(word) for word in command], env=env, input=CHECKS, capture_output=True, text=True
    )
    found = [
        line.split("\t")[1:]
        for line in done.stdout.replace(">>> ", "").splitlines()
        if line.startswith("CHECK\t")
    ]
    if done.returncode or len(found) < 4:
        tail = (done.stdout + done.stderr)[-1500:]
        return [(False, f"Odoo could not check the copy:\n{tail}")]
    return [(word == "ok", ": ".join(rest)) for word, *rest in found]


def drill(env, config, database, copy):
    """Carry out the whole drill; True if the copy is as the original was."""
    results, started = [], time.monotonic()

    def took():
        nonlocal started
        seconds, started = time.monotonic() - started, time.monotonic()
        return f"{seconds:.1f} s"

    with tempfile.TemporaryDirectory(dir=suite.LOCAL, prefix="drill-") as name:
        folder = Path(name)
        before = count_rows(env, database)
        dump(env, config, database, folder)
        size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
        suite.say(f"backup of {database}: {size / 1e6:.0f} MB, {took()}")
        restore(env, config, folder, copy)
        suite.say(f"restored as {copy}: {took()}")
    after = count_rows(env, copy)
    differ = [
        f"{table}: {before.get(table)} before, {after.get(table)} after"
        for table in sorted(before.keys() | after.keys())
        if before.get(table) != after.get(table)
    ]
    text = f"{sum(before.values())} rows in {len(before)} tables"
    results.append((not differ, "; ".join([text, *differ[:10]])))
    results += check(env, config, copy)
    for is_well, words in results:
        suite.say(f"{'ok ' if is_well else 'BAD'} {words}")
    suite.say(f"checked: {took()}")
    return all(is_well for is_well, _words in results)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", nargs="?", default="order_suite")
    parser.add_argument("--cluster", choices=("run", "test"), default="run")
    options = parser.parse_args()
    env = suite.pg_env(options.cluster)
    more = {"data_dir": os.environ["DATA_DIR"]} if os.environ.get("DATA_DIR") else {}
    config = suite.write_config(env, f"{options.cluster}-drill", **more)
    if options.database not in suite.databases(env):
        suite.fail(f"There is no database {options.database}; make run makes the demo one.")
    copy = f"{options.database}_drill"
    if copy in suite.databases(env):
        suite.fail(f"Database {copy} is there already: drop it first, if it is of a former drill.")
    try:
        is_well = drill(env, config, options.database, copy)
    finally:
        suite.drop(env, config, copy)
    if not is_well:
        suite.fail("The copy isn't what the original was.")
    suite.say("The drill is passed: this backup can be restored.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
