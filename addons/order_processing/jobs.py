"""Long work in the background when a job runner serves this database, at once otherwise."""

from odoo.tools import config

#: Documents processed while somebody waits; more are worked off in jobs, as a batch to look at.
AT_ONCE = 20


def has_runner():
    """Tell whether this server runs queue_job's job runner (see ``server_wide_modules``)."""
    modules = config.get("server_wide_modules") or []
    if isinstance(modules, str):
        modules = modules.split(",")
    return "queue_job" in modules and not config.get("test_enable")


def enqueue(records, method, *args, **job_options):
    """Call ``records.method(*args)`` as a job, or right here where no job runner would take it.

    :param records: recordset the method is called on
    :param str method: name of a method that is idempotent, since a job may run twice
    :param job_options: options of queue_job's ``with_delay``: description, identity_key, channel…
    :return: the job, or the method's own result
    """
    if has_runner() and not records.env.context.get("queue_job__no_delay"):
        return getattr(records.with_delay(**job_options), method)(*args)
    return getattr(records, method)(*args)
