"""Run the tests part by part and print the totals.

    unit      the pure engines, without a database
    addons    each addon's tests, by pytest-odoo and again by Odoo's own runner; then an
              installation without demo data
    flow      one order, and many, through every step of all three addons; then what Odoo's
              optional addons (kits, dropshipping) add to it, whether an update keeps
              everything, and whether Odoo works after ours are uninstalled
    browser   the real web client in headless Chromium against a real server
    contract  what other programs rely on: our published HTTP interface, on a real server

Every part fails on a warning or error logged by our addons.
"""

import argparse
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import suite
import uninstall
import upgrade

REPORTS = suite.LOCAL / "reports"
TESTS = suite.ROOT / "tests"
#: How Odoo's runner logs a test that failed.
FAILED_TEST = re.compile(r"\S+ \S+ \d+ ERROR \S+ \S+: (ERROR|FAIL): ")
PARTS = ("unit", "addons", "flow", "browser", "contract")


class Totals:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.rows = []
        self.problems = []

    def add(self, name, passed, failed, skipped, seconds, problems=()):
        """Count one run.

        :param problems: what failed in it, a line each, said again after the table: the end is
            what is read first, and often all that is kept of a log
        """
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        self.rows.append((name, passed, failed, skipped, seconds))
        self.problems += [f"{name}: {problem}" for problem in problems]

    def show(self):
        print("\n  part                 passed  failed  skipped  seconds")
        for name, passed, failed, skipped, seconds in self.rows:
            print(f"  {name:20} {passed:6}  {failed:6}  {skipped:7}  {seconds:7.0f}")
        if self.problems:
            print("", *self.problems[:40], sep="\n  ")
        print(f"\n{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)


def run_pytest(totals, name, args, env, expression=None):
    """One pytest run; its report is read back, so that a crash can't look like a success."""
    started = time.monotonic()
    report = REPORTS / f"{name.replace(' ', '_')}.xml"
    report.unlink(missing_ok=True)
    command = [suite.PYTHON, "-m", "pytest", "-q", f"--junitxml={report}", "--timeout=600", *args]
    if expression:
        command += ["-k", expression]
    code = subprocess.run(command, cwd=suite.ROOT, env=env).returncode
    passed = failed = skipped = 0
    problems = []
    if report.exists():
        root = ElementTree.parse(report).getroot()
        problems = [_headline(case) for case in root.iter("testcase") if _mishap(case) is not None]
        for node in root.iter("testsuite"):
            count = {
                key: int(node.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")
            }
            failed += count["failures"] + count["errors"]
            skipped += count["skipped"]
            passed += count["tests"] - count["failures"] - count["errors"] - count["skipped"]
    nothing_ran = code == 5 and expression
    if code and not failed and not nothing_ran:
        failed = 1
        problems = [f"ended with {code}, see above"]
    totals.add(name, passed, failed, skipped, time.monotonic() - started, problems)


def _mishap(case):
    """The failure or error of one test of a report, None if it has none."""
    failure = case.find("failure")
    return case.find("error") if failure is None else failure


def _headline(case):
    message = (_mishap(case).get("message") or "").partition("\n")[0]
    return f"{case.get('classname')}.{case.get('name')}: {message[:200]}"


def environment(cluster="test"):
    env = suite.pg_env(cluster)
    # plugins of ours (tests/plugins) and helpers (scripts) importable in every part
    env["PYTHONPATH"] = os.pathsep.join([str(TESTS / "plugins"), str(suite.ROOT / "scripts")])
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env["CHROMIUM"] = suite.chromium()
    return env


def part_unit(totals, expression):
    run_pytest(totals, "unit", ["-p", "no:odoo", "tests/unit"], environment(), expression)


def odoo_pytest(totals, name, database, paths, expression, more=()):
    """pytest-odoo on a fresh copy of the template, its HTTP tests included.

    :param more: addons of Odoo to install besides
    """
    env = environment()
    config = suite.write_config(env, "test", log_level="warn", server_wide_modules="base,rpc,web")
    suite.copy(env, config, database, more=more)
    args = [
        f"--odoo-config={config}",
        f"--odoo-database={database}",
        "--odoo-http",
        "-p",
        "log_guard",
    ]
    run_pytest(totals, name, [*args, *paths], env, expression)
    suite.drop(env, config, database)


def part_addons(totals, expression):
    paths = [f"addons/{name}" for name in suite.ADDONS]
    # The template first: both runs beside each other, one for each core, copy it.
    suite.template(environment(), suite.write_config(environment(), "test"))
    with ThreadPoolExecutor(1) as beside:
        runner = None if expression else beside.submit(odoo_runner, totals)
        odoo_pytest(totals, "addons (pytest)", "suite_addons", paths, expression)
        if runner:
            bare_install(totals)
            runner.result()


def odoo_runner(totals):
    """The same tests by Odoo's own runner, which also fails on logged errors and bad views."""
    started = time.monotonic()
    env = environment()
    config = suite.write_config(
        env, "test-runner", http_port=suite.free_port(), gevent_port=suite.free_port()
    )
    suite.copy(env, config, "suite_runner")
    log = suite.LOCAL / "runner.log"
    tags = ",".join(f"/{name}" for name in suite.ADDONS)
    command = [suite.PYTHON, "-m", "odoo", "-c", config, "-d", "suite_runner", "--stop-after-init"]
    command += ["--test-tags", tags, "-u", ",".join(suite.ADDONS)]
    with log.open("w") as out:
        code = subprocess.run(command, env=env, stdout=out, stderr=subprocess.STDOUT).returncode
    text = log.read_text(errors="replace")
    result = re.search(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", text)
    ran = int(result[3]) if result else 0
    failed = int(result[1]) + int(result[2]) if result else 1
    bad = suite.bad_lines(log, tests=True)
    if (code and not failed) or bad or not ran:
        failed = failed or 1
    problems = []
    if failed:
        failures = [entry for entry in suite.LOG_ENTRY.split(text) if FAILED_TEST.match(entry)]
        problems = [entry.partition("\n")[0] for entry in failures] or bad
        print("\n".join([*bad[:20], *failures[:40], f"(whole log: {log})"]), flush=True)
    seconds = time.monotonic() - started
    totals.add("addons (Odoo)", max(ran - failed, 0), failed, 0, seconds, problems)
    suite.drop(env, config, "suite_runner")


def bare_install(totals):
    """The three addons install without demo data, with nothing in the log."""
    started = time.monotonic()
    env = environment()
    config = suite.write_config(env, "test")
    try:
        suite.template(env, config, demo=False)
        failed = 0
    except SystemExit as problem:
        print(problem, flush=True)
        failed = 1
    totals.add("install, no demo", 1 - failed, failed, 0, time.monotonic() - started)


def part_flow(totals, expression):
    odoo_pytest(totals, "flow", "suite_flow", ["tests/flow"], expression)
    odoo_pytest(totals, "flow (kits)", "suite_kits", ["tests/kits"], expression, suite.OPTIONAL)
    if not expression:
        drill(totals, "update", upgrade.upgrade)
        drill(totals, "uninstall", uninstall.uninstall)


def drill(totals, name, call):
    """What an administrator does once; it ends the process where it fails."""
    started = time.monotonic()
    try:
        call()
        failed = 0
    except SystemExit as problem:
        print(problem, flush=True)
        failed = 1
    totals.add(name, 1 - failed, failed, 0, time.monotonic() - started)


def part_browser(totals, expression):
    run_pytest(totals, "browser", ["-p", "no:odoo", "tests/browser"], environment(), expression)


def part_contract(totals, expression):
    run_pytest(totals, "contract", ["-p", "no:odoo", "tests/contract"], environment(), expression)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("-k", dest="expression", help="pytest expression: run less")
    options = parser.parse_args()
    REPORTS.mkdir(parents=True, exist_ok=True)
    totals = Totals()
    for part in options.part or PARTS:
        print(f"\033[1m==>\033[0m tests: {part}", flush=True)
        globals()[f"part_{part}"](totals, options.expression)
    totals.show()
    if totals.failed or not totals.passed:
        sys.exit(1)


if __name__ == "__main__":
    main()
