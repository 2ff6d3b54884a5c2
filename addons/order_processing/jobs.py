"""Long work in the background when a job runner serves this database, at once otherwise."""

from collections import Counter

from odoo.tools import config

#: Documents processed while somebody waits; more are worked off in jobs, as a batch to look at.
AT_ONCE = 20
#: How often a job whose worker died is run again, before a person must look at what kills it.
DEATHS = 25
#: States of jobs that are still to end.
OPEN = ("wait_dependencies", "pending", "enqueued", "started")


def has_runner():
    """Tell whether this server runs queue_job's job runner (see ``server_wide_modules``)."""
    modules = config.get("server_wide_modules") or []
    if isinstance(modules, str):
        modules = modules.split(",")
    return "queue_job" in modules and not config.get("test_enable")


def delays(env):
    """Tell whether :func:`enqueue` leaves work to jobs here, rather than doing it at once."""
    return has_runner() and not env.context.get("queue_job__no_delay")


def enqueue(records, method, *args, **job_options):
    """Call ``records.method(*args)`` as a job, or right here where no job runner would take it.

    :param records: recordset the method is called on
    :param str method: name of a method that is idempotent, since a job may run twice
    :param job_options: options of queue_job's ``with_delay``: description, identity_key, channel…
    :return: the job, or the method's own result
    """
    if delays(records.env):
        job_options.setdefault("max_retries", DEATHS)
        return getattr(records.with_delay(**job_options), method)(*args)
    return getattr(records, method)(*args)


def enqueue_chunks(records, method, key, size=AT_ONCE, **job_options):
    """Call ``records.method()`` in jobs of ``size`` records each.

    :param str key: names the work, such as ``"addon.topic:7"``: pressed twice, the jobs that wait
        already do; :func:`count_open` counts them by the number behind the colon
    """
    for start in range(0, len(records), size):
        chunk = records[start : start + size]
        identity = f"{key}:{'-'.join(map(str, chunk.ids))}"
        enqueue(chunk, method, identity_key=identity, **job_options)


def count_open(env, topic):
    """How many jobs of :func:`enqueue_chunks` are still to end.

    :param str topic: the key up to its colon
    :return: Counter by the number behind the colon
    """
    # sudo: people see how far their work is, not the jobs.
    queue = env["queue.job"].sudo()
    domain = [("identity_key", "=like", f"{topic}:%"), ("state", "in", OPEN)]
    keys = queue.search_fetch(domain, ["identity_key"]).mapped("identity_key")
    return Counter(int(key.removeprefix(f"{topic}:").partition(":")[0]) for key in keys)
