"""Kill what runs the pipeline, again and again, and see that nothing is lost or doubled.

Workers, the whole server with its job runner, sessions of PostgreSQL and PostgreSQL itself die at
random moments while documents become orders, deliveries, invoices and matched bank lines. Then the
rest is worked off and every invariant is checked.

    --orders N     documents (200)
    --kills K      how often (50)
    --minutes M    stop killing after (20)
    --seed S       of what is killed when (1)
"""

import argparse
import collections
import contextlib
import os
import random
import signal
import subprocess
import threading
import time

import _pipeline
import psycopg2
import suite

import odoo


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    channel = _pipeline.prepare(env, options.orders, "shipment")
    intakes = _pipeline.receive(channel, options.orders)
    env.cr.commit()
    ids, database = intakes.ids, env.cr.dbname
    env.cr.close()
    pg_env = suite.pg_env("test")
    # The cluster of the tests is quick by losing what it had just committed in a crash: not here.
    suite.psql(pg_env, f'ALTER DATABASE "{database}" SET synchronous_commit = on')
    server = Server(pg_env, database)
    killer = Killer(server, options)
    try:
        flow = Flow(database, ids, server)
        flow.start()
        killer.start()
        flow.work(lambda: killer.is_alive())
        killer.join()
        print(f"killed {sum(killer.counts.values())}: {dict(killer.counts)}")
        left = flow.work(lambda: False)
        print(f"jobs left for a person: {left}")
        with flow.env() as last:
            good = _pipeline.check(last, options.orders)
        assert good and not left
    finally:
        killer.over.set()
        server.stop()
        odoo.sql_db.close_all()


class Server:
    """One Odoo with workers and the job runner, started again whenever it is gone."""

    def __init__(self, pg_env, database):
        self.pg_env, self.database = pg_env, database
        config = suite.write_config(
            pg_env,
            "bench-chaos",
            http_port=suite.free_port(),
            gevent_port=suite.free_port(),
            db_name=database,
            data_dir=suite.LOCAL / "data" / "test",
            workers=4,
            max_cron_threads=0,
            log_level="warn",
        )
        self.command = [str(suite.PYTHON), str(suite.SERVE), "-c", str(config), "-d", database]
        self.log = (suite.LOCAL / "bench-chaos.log").open("w")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.command,
            env=self.pg_env | {"ODOO_QUEUE_JOB_CHANNELS": "root:2"},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def revive(self):
        """Start it again if it is gone: it ends by itself where PostgreSQL does."""
        if self.process.poll() is not None:
            self.start()

    def workers(self):
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True
        )
        return [int(pid) for pid in found.stdout.split()]

    def kill(self):
        """Everything at once, as a power cut does, and up again as systemd does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.start()

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


class Killer(threading.Thread):
    """Kills something every few seconds."""

    def __init__(self, server, options):
        super().__init__(daemon=True)
        self.server, self.options = server, options
        self.chance = random.Random(options.seed)
        self.counts = collections.Counter()
        self.over = threading.Event()

    def run(self):
        end = time.monotonic() + 60 * self.options.minutes
        ways = {self.worker: 5, self.session: 3, self.server_too: 2, self.postgres: 1}
        while sum(self.counts.values()) < self.options.kills and time.monotonic() < end:
            if self.over.wait(self.chance.uniform(1, 8)):
                return
            [way] = self.chance.choices(list(ways), list(ways.values()))
            # What is just starting up again can't be killed: another time.
            with contextlib.suppress(RuntimeError, OSError):
                if way():
                    self.counts[way.__name__] += 1

    def worker(self):
        """One process of the server, whatever it does: a request, a job."""
        pids = self.server.workers()
        if not pids:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.chance.choice(pids), signal.SIGKILL)
        return True

    def server_too(self):
        self.server.kill()
        # Time to come up again, else nothing would ever run.
        self.over.wait(8)
        return True

    def session(self):
        """A connection of the server's to PostgreSQL."""
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{self.server.database}' AND pid != pg_backend_pid()"
            " AND state != 'idle' ORDER BY random() LIMIT 1"
        )
        return bool(suite.psql(self.server.pg_env, query))

    def postgres(self):
        """PostgreSQL itself: no time to write anything, then recovery from its log."""
        data = suite.psql(self.server.pg_env, "SHOW data_directory")[0][0]
        pid = int(suite.Path(data, "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.1)
        # It starts nothing where PGHOST names a server.
        clean = {key: value for key, value in os.environ.items() if key != "PGHOST"}
        start = [suite.ROOT / "scripts" / "postgres.sh", "start", "test"]
        subprocess.run(start, env=clean, check=True)
        return True


class Flow:
    """What people and the bank do meanwhile: have documents processed, ship, bring bank lines."""

    def __init__(self, database, intake_ids, server):
        self.database, self.intake_ids, self.server = database, intake_ids, server
        #: Transfers whose job is in the database.
        self.shipping = set()

    @contextlib.contextmanager
    def env(self):
        import bench

        env = None
        try:
            env = bench.environment(self.database, suite.LOCAL / "bench.conf")
            yield env
        finally:
            if env:
                with contextlib.suppress(psycopg2.Error):
                    env.cr.close()

    def start(self):
        def call():
            with self.env() as env:
                env["order.intake"].browse(self.intake_ids)._work_off("Chaos")
                env.cr.commit()

        _pipeline.again(call)

    def work(self, more):
        """Look after the next step of every order until all is done.

        :param more: whether to go on though nothing is left
        :return: number of jobs that failed for good
        """
        idle = 0
        while True:
            self.server.revive()
            try:
                with self.env() as env:
                    left = self.turn(env)
            except (psycopg2.Error, OSError, RuntimeError):
                odoo.sql_db.close_all()
                time.sleep(1)
                continue
            if not set(left) - {"failed"} and not more():
                idle += 1
                # Twice nothing: what the last jobs left to do has been seen, too.
                if idle > 2:
                    return left.get("failed", 0)
            else:
                idle = 0
            time.sleep(1)

    def turn(self, env):
        """Ship what is ready and isn't on its way, and pay what isn't paid.

        :return: jobs that are open, by state
        """
        left = _pipeline.open_jobs(env)
        pickings, _invoices = _pipeline.move_on(env, self.shipping)
        self.shipping.update(pickings.ids)
        return left
