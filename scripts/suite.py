"""Databases, configuration and servers of the suite, for `make run`, `make test` and the tests.

A database is copied from a template. Templates are cached by a hash of what is installed in them:
first Odoo's and OCA's addons (a minute), on top of it ours (seconds), so that a second run spends
its time on tests.
"""

from __future__ import annotations

import configparser
import contextlib
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERVE = ROOT / "scripts" / "serve.py"
LOCAL = Path(os.environ.get("SUITE_HOME") or ROOT / ".local")
PYTHON = LOCAL / "venv" / "bin" / "python"
SHARED = ROOT.parent / "shared"
ADDONS = ("order_processing", "order_shipping", "order_reporting")
#: Addons of Odoo that ours work with, but don't need.
OPTIONAL = ("sale_mrp", "stock_dropshipping", "product_expiry", "account_qr_code_sepa")
#: What our addons stand on; installed first, since it seldom changes.
BASE_ADDONS = (
    "sale_management,sale_stock,sale_margin,stock_delivery,stock_picking_batch,"
    "delivery_stock_picking_batch,stock_account,account_payment,spreadsheet_dashboard,"
    "account_statement_import_file,queue_job"
)
#: Log lines that come from Odoo itself on every machine and mean nothing for us.
HARMLESS = (
    "selfie_segmentation",  # Debian's package leaves this camera effect out
    "Running as user 'root' is a security risk",
    # Odoo asks its company directory on the first login; without a network it says so.
    "odoo.addons.iap.tools.iap_tools",
    "odoo.addons.partner_autocomplete",
    # Debian's wkhtmltopdf leaves the pages' head and foot out, and says so of Odoo's own papers.
    "is not support using unpatched qt",
    "unexpected unindent",
    "Unexpected indentation",
)
LOG_ENTRY = re.compile(r"(?m)^(?=\d{4}-\d\d-\d\d )")
LOG_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \S+ \d+ (?P<level>WARNING|ERROR|CRITICAL) (?P<db>\S+) (?P<logger>\S+?): "
)


def say(text):
    print(f"    {text}", flush=True)


def fail(text):
    sys.exit(f"\033[1;31mERROR:\033[0m {text}")


# --- PostgreSQL ---------------------------------------------------------------------------------


def pg_env(cluster):
    """Environment with the libpq variables of the private cluster ``run`` or ``test``."""
    shell = subprocess.run(
        [ROOT / "scripts" / "postgres.sh", "env", cluster],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    pairs = [word.split("=", 1) for word in shlex.split(shell) if "=" in word]
    return {**os.environ, **{key: value for key, value in pairs if value}}


def psql(env, sql, database="postgres"):
    """Run one statement and return its rows as lists of text."""
    done = subprocess.run(
        ["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql],
        env=env,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return [line.split("\t") for line in done.stdout.splitlines()]


def databases(env):
    return {row[0] for row in psql(env, "SELECT datname FROM pg_database")}


def chromium():
    """Path of the system's Chromium, for Odoo's own browser tests and ours."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    fail("No Chromium found; `make setup` installs it.")


# --- configuration ------------------------------------------------------------------------------


def write_config(env, name, **overrides):
    """Write a configuration for a trial: odoo.conf with what must differ here.

    :return: path of the file
    """
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "odoo.conf")
    odoo_addons = (LOCAL / "odoo.addons").read_text().strip()
    options = {
        "addons_path": f"{odoo_addons},{ROOT / 'addons'}",
        "data_dir": str(LOCAL / "data" / name.split("-")[0]),
        "db_host": env.get("PGHOST", ""),
        "db_port": env.get("PGPORT", ""),
        "db_user": env.get("PGUSER", ""),
        "db_maxconn": "32",
        "http_interface": "127.0.0.1",
        "proxy_mode": "False",
        "workers": "0",
        **overrides,
    }
    for key, value in options.items():
        parser["options"][key] = str(value)
    path = LOCAL / f"{name}.conf"
    with path.open("w") as out:
        parser.write(out)
    return path


def filestore(config, database):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(config)
    return Path(parser["options"]["data_dir"]) / "filestore" / database


def odoo(env, config, *args, log=None):
    """Run Odoo to its end; on failure show the end of its log and stop."""
    command = [str(PYTHON), "-m", "odoo", "-c", str(config), *args]
    log = Path(log or LOCAL / "odoo.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        code = subprocess.run(command, env=env, stdout=out, stderr=subprocess.STDOUT).returncode
    if code:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        fail(f"Odoo stopped with {code}:\n{tail}\n(whole log: {log})")
    return log


def shell(env, config, database, code, *args):
    """Run code in Odoo's shell on a database.

    :return: whether it went through, and all it wrote
    """
    command = [PYTHON, "-m", "odoo", "shell", "-c", config, "-d", database, "--no-http", *args]
    done = subprocess.run(
        list(map(str, command)), env=env, input=code, capture_output=True, text=True
    )
    text = done.stdout + done.stderr
    return not done.returncode and "Traceback" not in text, text


def bad_lines(log, tests=False):
    """First lines of the log's entries that must fail a run: what isn't known to be harmless.

    :param bool tests: leave out what the test runner itself reports, counted elsewhere
    """
    found = []
    for entry in LOG_ENTRY.split(Path(log).read_text(errors="replace")):
        match, line = LOG_LINE.match(entry), entry.partition("\n")[0]
        if not match or any(text in line for text in HARMLESS):
            continue
        # Two wrote one row at once: Odoo repeats the call, and says so elsewhere if that fails too.
        if match["logger"] == "odoo.sql_db" and "could not serialize access" in entry:
            continue
        if tests and match["logger"].startswith("odoo.tests"):
            continue
        found.append(line)
    return found


# --- templates and copies -----------------------------------------------------------------------


def _hash(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:12]


def base_hash():
    # The tools of development at the end of requirements.txt don't end up in a database.
    packages = (ROOT / "requirements.txt").read_text().split("# --- Development")[0]
    return _hash(
        BASE_ADDONS,
        packages,
        (LOCAL / "odoo.root").read_text(),
    )


def suite_hash():
    """Changes with every file of our addons that ends up in a database."""
    parts = [base_hash()]
    for path in sorted((ROOT / "addons").rglob("*")):
        relative = path.relative_to(ROOT / "addons")
        if path.is_file() and not {"tests", "__pycache__", "readme"} & set(relative.parts):
            parts += [relative, path.read_bytes()]
    return _hash(*parts)


def clone(env, config, source, target):
    """Copy a database with its filestore (hard links: those files never change)."""
    drop(env, config, target)
    subprocess.run(["createdb", "-T", source, target], env=env, check=True)
    # PostgreSQL copies sequences as they are in memory, up to 32 numbers behind what its log would
    # restore after a crash; only after a checkpoint the copy's own numbers are logged.
    with contextlib.suppress(RuntimeError):
        psql(env, "CHECKPOINT")
    files = filestore(config, source)
    if files.exists():
        filestore(config, target).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-al", files, filestore(config, target)], check=True)


def drop(env, config, name):
    psql(env, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(filestore(config, name), ignore_errors=True)


def _build(env, config, prefix, digest, source, addons, demo):
    """Make sure template ``prefix_digest`` exists; older ones of the same prefix are dropped."""
    name = f"{prefix}_{digest}"
    there = databases(env)
    if name in there:
        return name
    started = time.monotonic()
    say(f"building template {name} (kept for the next run)…")
    building = f"{name}_new"
    if source:
        clone(env, config, source, building)
    else:
        drop(env, config, building)
        psql(env, f'CREATE DATABASE "{building}" ENCODING UTF8 TEMPLATE template0')
    args = ["-d", building, "-i", addons, "--no-http", "--stop-after-init"]
    log = odoo(env, config, *args, *(["--with-demo"] if demo else []), log=LOCAL / f"{prefix}.log")
    if lines := bad_lines(log):
        fail(f"installing {addons} logged warnings or errors:\n" + "\n".join(lines[:20]))
    psql(env, f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    shutil.rmtree(filestore(config, name), ignore_errors=True)
    if filestore(config, building).exists():
        filestore(config, building).rename(filestore(config, name))
    for old in there:
        if re.fullmatch(rf"{prefix}_[0-9a-f]{{12}}", old):
            drop(env, config, old)
    say(f"built in {time.monotonic() - started:.0f} s")
    return name


def template(env, config, demo=True):
    """Name of the template with all three addons, built if it isn't there."""
    kind = "demo" if demo else "bare"
    base = _build(env, config, f"base_{kind}", base_hash(), None, BASE_ADDONS, demo)
    addons = ",".join(ADDONS)
    return _build(env, config, f"suite_{kind}", suite_hash(), base, addons, demo)


def copy(env, config, name, demo=True, more=()):
    """A fresh database ``name`` with the suite installed, and ``more`` addons of Odoo."""
    source = template(env, config, demo)
    if more:
        digest = _hash(suite_hash(), more)
        source = _build(env, config, "suite_more", digest, source, ",".join(more), demo)
    clone(env, config, source, name)
    return name


def ensure(env, config, name):
    """Database ``name``: made from the template if missing, updated if our addons changed."""
    marker = "SELECT value FROM ir_config_parameter WHERE key = 'order_processing.installed_hash'"
    digest = suite_hash()
    if name not in databases(env):
        copy(env, config, name)
        demo_year(env, config, name)
        say(f"created the demo database {name}")
    elif psql(env, marker, name) == [[digest]]:
        return
    else:
        say(f"the addons changed: updating {name} (your data stays)…")
        odoo(env, config, "-d", name, "-u", ",".join(ADDONS), "--no-http", "--stop-after-init")
    psql(
        env,
        "INSERT INTO ir_config_parameter (key, value, create_date, write_date) VALUES"
        f" ('order_processing.installed_hash', '{digest}', now(), now())"
        " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
        name,
    )


def demo_year(env, config, name):
    """Fill database ``name`` with a year of orders, so that dashboards are worth looking at."""
    started = time.monotonic()
    say("making a year of demo orders (only now, a few minutes)…")
    code = (
        "from odoo.addons.order_reporting.demo import year\n"
        "year.build(env)\n"
        "env['order.forecast']._cron_forecast()\n"
        "env['order.kpi']._cron_read()\n"
        "env.cr.commit()\n"
    )
    is_done, text = shell(env, config, name, code)
    if not is_done:
        fail(f"the demo year could not be made:\n{text[-3000:]}")
    say(f"made in {time.monotonic() - started:.0f} s")


# --- servers ------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(env, name, database, **overrides):
    """A real Odoo server on a free port of this machine, with the job runner, while in the block.

    :return: (address, path of its log)
    """
    port = free_port()
    config = write_config(
        env, name, http_port=port, gevent_port=free_port(), db_name=database, **overrides
    )
    log = LOCAL / f"{name}.log"
    command = [str(PYTHON), str(SERVE), "-c", str(config), "-d", database]
    with log.open("w") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _attempt in range(240):
            if process.poll() is not None:
                raise RuntimeError(f"Odoo did not start; see {log}")
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(f"{address}/web/health", timeout=5).close()
                break
            time.sleep(0.5)
        else:
            raise RuntimeError(f"Odoo did not answer in two minutes; see {log}")
        yield address, log
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main():
    action, name = sys.argv[1], (sys.argv[2:] or [""])[0]
    cluster = "run" if action in ("ensure", "reset") else "test"
    env = pg_env(cluster)
    config = write_config(env, cluster)
    if action == "ensure":
        ensure(env, config, name)
    elif action == "reset":
        drop(env, config, name)
    elif action == "copy":
        copy(env, config, name)
    elif action == "template":
        print(template(env, config))
    else:
        fail("suite.py ensure|reset|copy|template [database]")


if __name__ == "__main__":
    main()
