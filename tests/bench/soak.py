"""Hours of mixed traffic: shops post orders, people click, the bank pays; memory and locks watched.

A real server with its job runner; shops and people are HTTP clients of their own. A line a minute:
requests, how long they took, the memory of the server and what waited for locks. At the end every
invariant of the pipeline is checked.

    --minutes M    how long (60)
    --people P     web clients that click at once (4)
    --pause S      seconds between two clicks of one (0.5)
    --orders R     orders a minute from the shop (12)
"""

import argparse
import base64
import collections
import hashlib
import hmac
import itertools
import random
import statistics
import threading
import time

import _pipeline
import requests
import suite
from _watch import Watch

SECRET = b"demo-shopify-secret"
#: What people look at: model, fields of the list, domain.
LISTS = (
    ("sale.order", ["name", "partner_id", "amount_total", "state", "hold_ids"], []),
    ("order.intake", ["display_name", "state", "order_id"], []),
    ("stock.picking", ["name", "state", "origin", "move_ids"], [["state", "=", "assigned"]]),
    ("account.move", ["name", "payment_state", "amount_residual"], [["state", "=", "posted"]]),
    ("account.bank.statement.line", ["payment_ref", "amount", "is_reconciled"], []),
    ("order.fact", ["order_id", "flow_step", "promise_state"], []),
)


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--pause", type=float, default=0.5)
    parser.add_argument("--orders", type=int, default=12)
    options = parser.parse_args(arguments)
    most = int(options.minutes * options.orders) + 10
    channel = _pipeline.prepare(env, most, "shipment")
    channel_id, database = channel.id, env.cr.dbname
    env.cr.commit()
    settings = {
        "data_dir": suite.LOCAL / "data" / "test",
        "workers": 4,
        "max_cron_threads": 1,
        "log_level": "warn",
    }
    pg_env = suite.pg_env("test") | {"ODOO_QUEUE_JOB_CHANNELS": "root:1"}
    with suite.serving(pg_env, "bench-soak", database, **settings) as (address, _log):
        traffic = Traffic(address, database, channel_id, options)
        with Watch(database) as watch:
            rows = minutes(env, traffic, watch, options)
        watch.tell()
        left = _pipeline.wait_for_jobs(env, 600)
        # What was shipped last is billed and paid in the end, as everything before.
        while warehouse(env):
            left = _pipeline.wait_for_jobs(env, 600)
    tell(rows, traffic, left)
    assert _pipeline.check(env, traffic.sent) and not left and not traffic.errors


def minutes(env, traffic, watch, options):
    """Let it run, and look once a minute.

    :return: MiB of the server after each minute
    """
    print(f"{'minute':>6}{'clicks':>8}{'median ms':>11}{'p95 ms':>8}{'MiB':>7}{'lock wait s':>13}")
    traffic.start()
    end, memory, waited = time.monotonic() + 60 * options.minutes, [], 0.0
    for minute in itertools.count(1):
        until = min(time.monotonic() + 60, end)
        while time.monotonic() < until:
            warehouse(env)
            time.sleep(5)
        took = sorted(traffic.take())
        waits = sum(watch.waits.values())
        memory.append(watch.now)
        p95 = took[int(0.95 * len(took))] if took else 0.0
        print(
            f"{minute:6}{len(took):8}{1000 * statistics.median(took or [0]):11.0f}"
            f"{1000 * p95:8.0f}{watch.now:7.0f}{waits - waited:13.1f}",
            flush=True,
        )
        waited = waits
        if time.monotonic() >= end:
            break
    traffic.stop()
    return memory


def warehouse(env):
    """Ship what is ready and pay what is billed, as jobs.

    :return: whether there was anything
    """
    env.cr.rollback()
    env.invalidate_all()
    waiting = _pipeline.open_jobs(env)
    if set(waiting) - {"failed"}:
        return True
    return any(_pipeline.move_on(env))


class Traffic:
    """The shop and the people, each a thread with a session of its own."""

    def __init__(self, address, database, channel_id, options):
        self.address, self.database, self.options = address, database, options
        self.channel_id = channel_id
        self.over, self.lock = threading.Event(), threading.Lock()
        self.took, self.errors = [], collections.Counter()
        self.sent = 0
        people = [threading.Thread(target=self.person, args=[at]) for at in range(options.people)]
        self.threads = [threading.Thread(target=self.shop), *people]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def take(self):
        """Seconds of each click since the last call."""
        with self.lock:
            took, self.took = self.took, []
        return took

    def shop(self):
        """Post an order every few seconds; one in five comes twice."""
        session, chance = requests.Session(), random.Random(1)
        for document in _pipeline.documents(10**6):
            digest = base64.b64encode(hmac.new(SECRET, document, hashlib.sha256).digest())
            headers = {"Content-Type": "application/json", "X-Shopify-Hmac-Sha256": digest}
            for _time in range(2 if chance.random() < 0.2 else 1):
                url = f"{self.address}/order/intake/{self.channel_id}"
                answer = session.post(url, data=document, headers=headers, timeout=120)
                if answer.status_code not in (200, 201):
                    self.errors[f"intake {answer.status_code}: {answer.text[:200]}"] += 1
            self.sent += 1
            if self.over.wait(60 / self.options.orders):
                return

    def person(self, number):
        """Look at lists, open records, read the board, change a note."""
        session, chance = requests.Session(), random.Random(number)
        login = {"db": self.database, "login": "admin", "password": "admin"}
        self.rpc(session, "/web/session/authenticate", login)
        while not self.over.wait(self.options.pause):
            model, fields, domain = chance.choice(LISTS)
            shown = {name: {} for name in fields}
            found = self.call(
                session,
                model,
                "web_search_read",
                specification=shown,
                domain=domain,
                limit=80,
                offset=0,
                order="id desc",
            )
            if not found or not found["records"]:
                continue
            record = chance.choice(found["records"])["id"]
            self.call(session, model, "web_read", [record], specification=shown)
            if model == "sale.order" and chance.random() < 0.3:
                self.call(session, model, "message_post", [record], body=f"Seen by {number}")
            if chance.random() < 0.1:
                self.call(session, model, "get_views", [[False, "list"], [False, "form"]])

    def call(self, session, model, method, *args, **kwargs):
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.rpc(session, "/web/dataset/call_kw", params)

    def rpc(self, session, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        started = time.monotonic()
        answer = session.post(self.address + path, json=body, timeout=120).json()
        with self.lock:
            self.took.append(time.monotonic() - started)
        if "error" in answer:
            data = answer["error"].get("data", answer["error"])
            self.errors[f"{params.get('model')}: {data.get('message', data)}"[:200]] += 1
        return answer.get("result")


def tell(memory, traffic, left):
    """What came of it: memory at the start and at the end, errors."""
    third = max(1, len(memory) // 3)
    first, last = statistics.median(memory[:third]), statistics.median(memory[-third:])
    print(f"{traffic.sent} orders; memory: first third {first:.0f} MiB, last third {last:.0f} MiB")
    print(f"jobs that failed: {left}; errors: {dict(traffic.errors) or 'none'}")
