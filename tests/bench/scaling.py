"""The whole pipeline by the real job runner, with one worker and with two: orders a second.

--orders N       documents (200)
--workers 1,2    jobs at once, one run each, on equal copies of the database
--stock N        stock Odoo, without our addons, does N such orders one by one (0)
--plot FILE      a picture of the result (SVG)
"""

import argparse
import os
import time

import _pipeline
import _plot
import pipeline
import suite
from _pipeline import Table, wait_for_jobs
from _watch import Watch


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--stock", type=int, default=0)
    parser.add_argument("--plot")
    options = parser.parse_args(arguments)
    import bench

    source = env.cr.dbname
    # A database somebody is connected to can't be copied.
    env.cr.rollback()
    env.cr.close()
    bench.odoo.sql_db.close_all()
    rates = {}
    for workers in map(int, options.workers.split(",")):
        print(f"\n{workers} at once")
        rates[workers] = whole(source, options.orders, workers)
    first = min(rates)
    for workers, rate in rates.items():
        print(f"{workers} at once: {rate:.2f} orders/s, {rate / rates[first]:.2f} times")
    if options.stock:
        theirs = 1000 / pipeline.stock(options.stock)
        for workers, rate in rates.items():
            print(f"{workers} at once: {rate / theirs:.1f} times the rate of stock Odoo one by one")
    if options.plot:
        _plot.bars(dict(sorted(rates.items())), options.plot, "orders/s by jobs at once")


def whole(source, count, workers):
    """All stages on a copy of database ``source``.

    :return: orders a second
    """
    import bench

    pg_env = suite.pg_env("test")
    config = suite.LOCAL / "bench.conf"
    database = f"{source}_{workers}"
    suite.clone(pg_env, config, source, database)
    try:
        copy = bench.environment(database, config)
        try:
            return stages(copy, pg_env, count, workers)
        finally:
            copy.cr.close()
            bench.odoo.sql_db.close_all()
    finally:
        suite.drop(pg_env, config, database)


def stages(env, pg_env, count, workers):
    channel = _pipeline.prepare(env, count, "shipment")
    _pipeline.know(channel)
    pg_env = pg_env | {"ODOO_QUEUE_JOB_CHANNELS": f"root:{workers}"}
    options = {
        "data_dir": suite.LOCAL / "data" / "test",
        "workers": workers + 2,
        "max_cron_threads": 0,
        "log_level": "warn",
    }
    with suite.serving(pg_env, "bench-server", env.cr.dbname, **options):
        # The runner looks for databases every few seconds; this is not what is measured.
        env["queue.job"].with_delay(description="Warm up")._test_job()
        env.cr.commit()
        wait_for_jobs(env)
        _pipeline.warm_up(env)
        table = Table(count)
        seen = [0]
        cpu, started = sum(os.times()[:4]), time.monotonic()

        def stage(name, start):
            with Watch(env.cr.dbname) as watch:
                result = table.measure(name, lambda: jobs(start))
            watch.tell()
            env.cr.execute("SELECT method_name FROM queue_job WHERE retry > 1 AND id > %s", seen)
            if again := [name for (name,) in env.cr.fetchall()]:
                print(f"    run again: {', '.join(again)}")
            env.cr.execute("SELECT MAX(id) FROM queue_job")
            seen[:] = env.cr.fetchone()
            return result

        def jobs(start):
            result = start()
            env.cr.commit()
            assert not wait_for_jobs(env), "jobs failed"
            env.invalidate_all()
            return result

        intakes = stage("receive", lambda: _pipeline.receive(channel, count))
        stage("create, confirm, route, reserve", lambda: intakes._work_off("Bench"))
        orders = together(intakes.order_id)
        stage("ship, invoice, post", lambda: _pipeline.ship(env, together(orders.picking_ids)))
        stage("import and match", lambda: _pipeline.match(env, together(orders.invoice_ids)))
        seconds = time.monotonic() - started
        print(f"the driver itself used {sum(os.times()[:4]) - cpu:.1f} s of {seconds:.1f} s")
    assert _pipeline.check(env, count)
    return count / table.total


def together(records):
    """These records on their own: what is forgotten between stages doesn't part them."""
    return records.browse(records.ids)
