"""Lines of the server's log that say of which order they speak: ``what key=value key=value``.

``grep 'order=S00042\\b'`` gives one order's journey over all workers. No names, addresses, amounts
or secrets: references and numbers only, and of an exception only what kind it is.
"""

import json
import logging
import re

journey = logging.getLogger("odoo.addons.order_processing.journey")
_PLAIN = re.compile(r"[^\s\"'=]+")


def log_line(what, **values):
    """One line of the log.

    :param str what: what happened, in a word or two
    :param values: recordsets (orders by name, others by id), exceptions (by type), plain values;
        what is empty is left out. ``job`` is added by itself within a job.
    :return: the line, with a fixed order of keys
    """
    words = [what.replace(" ", "_")]
    job = None
    for key, value in values.items():
        env = getattr(value, "env", None)
        if env is not None:
            job = job or env.context.get("job_uuid")
            value = _name(value)
        elif isinstance(value, BaseException):
            value = type(value).__name__
        if value not in (None, False, ""):
            words.append(f"{key}={_quote(value)}")
    if job:
        words.append(f"job={job}")
    return " ".join(words)


def tell(events):
    """Write a line for each new event of the audit log, once its transaction is through.

    What is undone within a transaction is told all the same: its number (``no``) comes again.
    """
    if not events or not journey.isEnabledFor(logging.INFO):
        return
    lines = [
        log_line(
            event.step,
            order=event.order_id,
            ref=event.order_id.channel_ref,
            channel=event.order_id.channel_id.id,
            company=event.company_id.id,
            no=event.sequence,
            source=event.source,
            user=event.user_id.id,
            job=event.env.context.get("job_uuid"),
        )
        for event in events
        if event.order_id
    ]

    @events.env.cr.postcommit.add
    def write():
        for each in lines:
            journey.info("%s", each)


def _name(records):
    if records._name == "sale.order":
        return ",".join(name or "?" for name in records.mapped("name"))
    return ",".join(str(record_id) for record_id in records.ids)


def _quote(value):
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
