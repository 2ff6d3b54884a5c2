import shutil

from odoo import api, fields, models, release
from odoo.exceptions import AccessError
from odoo.tools import SQL, config

from .. import jobs
from ..engine import health
from ..engine.health import Figure

PARAMETER = "order_processing.health"
SUITE = ("order_processing", "order_shipping", "order_reporting")
#: States of a job that somebody still has to work off, or look at.
JOB_STATES = (*jobs.OPEN, "failed")


class OrderHealth(models.AbstractModel):
    """How well the system runs, for a monitor, for Prometheus and for a screen.

    :meth:`_get_figures` gathers, ``engine/health.py`` judges. Addons add figures by extension, with
    their bounds in the engine, a name in :meth:`_get_titles` and a list in :meth:`_get_lists`.
    """

    _name = "order.health"
    _description = "Health of the System"

    # === BUSINESS === #

    @api.model
    def _may_look(self):
        """Whether the user may see how the system is."""
        return any(
            self.env.user.has_group(group)
            for group in ("base.group_system", "order_processing.group_order_manager")
        )

    @api.model
    def _check_may_look(self):
        if not self.env.su and not self._may_look():
            raise AccessError(self.env._("The health of the system is for its administrators."))

    @api.model
    def _read(self):
        """Every figure with its state.

        :return: (worst state, list of (:class:`Figure`, state))
        :raise AccessError: for who is no administrator
        """
        self._check_may_look()
        # sudo: jobs, crons and counts over all companies, as numbers only.
        figures = self.sudo()._get_figures()
        bounds = self._get_bounds({figure.code for figure in figures})
        judged = [
            (figure, health.grade(figure, bounds.get(figure.code, health.Bound())))
            for figure in figures
        ]
        return health.worst(state for _figure, state in judged), judged

    @api.model
    def _get_bounds(self, codes):
        """Bounds of figures: those of the engine, where no system parameter says otherwise."""
        get = self.env["ir.config_parameter"].sudo().get_param  # sudo: bounds are no secret
        bounds = {}
        for code in codes & health.BOUNDS.keys():
            default = health.BOUNDS[code]
            try:
                bounds[code] = health.read_bound(get(f"{PARAMETER}.{code}"), default)
            except ValueError:
                bounds[code] = default
        return bounds

    @api.model
    def _get_figures(self):
        """What there is to tell, gathered in a fixed number of queries."""
        now = fields.Datetime.now()
        return [
            *self._get_job_figures(now),
            *self._get_cron_figures(now),
            *self._get_outbox_figures(now),
            *self._get_log_figures(now),
            *self._get_host_figures(),
        ]

    @api.model
    def _get_job_figures(self, now):
        self.env["queue.job"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT coalesce(channel, 'root'), state, count(*),
                       min(greatest(coalesce(eta, date_created), date_created))
                           FILTER (WHERE state IN ('pending', 'enqueued')),
                       min(date_started) FILTER (WHERE state = 'started')
                  FROM queue_job WHERE state IN %s GROUP BY 1, 2 ORDER BY 1, 2
                """,
                JOB_STATES,
            )
        )
        waiting = [row[3] for row in rows]
        started = [row[4] for row in rows]
        return [
            Figure("jobs_waiting_age", health.lateness(waiting, now), health.SECONDS),
            Figure("jobs_started_age", health.lateness(started, now), health.SECONDS),
            Figure("jobs_failed", sum(row[2] for row in rows if row[1] == "failed")),
            *(
                Figure("jobs", count, labels=(("channel", channel), ("state", state)))
                for channel, state, count, _waiting, _started in rows
            ),
        ]

    @api.model
    def _get_cron_figures(self, now):
        crons = self.env["ir.cron"].search_fetch([], ["nextcall", "failure_count", "cron_name"])
        late = [cron for cron in crons if health.lateness([cron.nextcall], now) > 0]
        late.sort(key=lambda cron: cron.nextcall)
        failing = crons.filtered("failure_count")
        return [
            Figure(
                "cron_late",
                health.lateness([cron.nextcall for cron in late], now),
                health.SECONDS,
                detail=late[0].cron_name if late else "",
            ),
            Figure("cron_failing", len(failing), detail=", ".join(failing.mapped("cron_name"))),
        ]

    @api.model
    def _get_outbox_figures(self, now):
        """What waits to come in or to go out, by its age, and what needs somebody."""
        return [
            self._get_age("intake_waiting_age", now),
            Figure("intake_rejected", self._count("intake_rejected")),
            self._get_age("message_waiting_age", now, "date_due"),
            Figure("message_failed", self._count("message_failed")),
            self._get_age("payment_waiting_age", now),
            Figure("payment_unknown", self._count("payment_unknown")),
        ]

    @api.model
    def _get_log_figures(self, now):
        """Since when each company's audit log is known to be whole: the oldest of them counts."""
        last = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (verification.company_id) verification.state,
                       verification.date_end, company.name
                  FROM order_event_verification verification
                  JOIN res_company company ON company.id = verification.company_id
                 WHERE verification.state <> 'running'
              ORDER BY verification.company_id, verification.id DESC
                """
            )
        )
        broken = [name for state, _end, name in last if state == "broken"]
        ends = [(end, name) for state, end, name in last if state == "whole" and end]
        [[logs]] = self.env.execute_query(
            SQL("SELECT count(DISTINCT company_id) FROM order_event_head WHERE sequence > 0")
        )
        oldest = min(ends, default=(None, ""))
        return [
            Figure("log_broken", len(broken), detail=", ".join(broken)),
            Figure(
                "log_verified_age",
                health.age(oldest[0], now),
                health.SECONDS,
                missing=health.WARN if logs else health.OK,
                detail=oldest[1] or (self.env._("Never verified") if logs else ""),
            ),
        ]

    @api.model
    def _get_host_figures(self):
        """Disk, database and versions of this host."""
        disk = shutil.disk_usage(config["data_dir"])
        [[size, server]] = self.env.execute_query(
            SQL("SELECT pg_database_size(current_database()), current_setting('server_version')")
        )
        modules = self.env["ir.module.module"].search(
            [("name", "in", SUITE), ("state", "=", "installed")], order="name"
        )
        versions = [(module.name, module.latest_version or "") for module in modules]
        return [
            Figure("disk_free", disk.free / disk.total, health.SHARE),
            Figure("disk_free_bytes", disk.free, health.BYTES),
            Figure("database_bytes", size, health.BYTES),
            *(
                Figure("version", version, health.TEXT, labels=(("part", name),))
                for name, version in [("odoo", release.version), ("postgresql", server), *versions]
            ),
        ]

    @api.model
    def _get_lists(self):
        """What each figure is made of: code → (model, domain); none for what has no records."""
        waiting = [("state", "in", ("pending", "enqueued"))]
        return {
            "jobs_waiting_age": ("queue.job", waiting),
            "jobs_started_age": ("queue.job", [("state", "=", "started")]),
            "jobs_failed": ("queue.job", [("state", "=", "failed")]),
            "jobs": ("queue.job", [("state", "in", JOB_STATES)]),
            "cron_late": ("ir.cron", [("nextcall", "<", fields.Datetime.now())]),
            "cron_failing": ("ir.cron", [("failure_count", ">", 0)]),
            "intake_waiting_age": ("order.intake", [("state", "in", ("received", "parsed"))]),
            "intake_rejected": ("order.intake", [("state", "=", "rejected")]),
            "message_waiting_age": ("order.message", [("state", "=", "waiting")]),
            "message_failed": ("order.message", [("state", "=", "failed")]),
            "payment_waiting_age": (
                "order.payment.request",
                [("state", "in", ("waiting", "asking"))],
            ),
            "payment_unknown": (
                "order.payment.request",
                [("state", "in", ("unknown", "failed"))],
            ),
            "log_broken": ("order.event.verification", [("state", "=", "broken")]),
            "log_verified_age": ("order.event.verification", []),
        }

    @api.model
    def _get_titles(self):
        """What each figure is called: code → words."""
        return {
            "jobs_waiting_age": self.env._("Oldest job that waits"),
            "jobs_started_age": self.env._("Longest job that runs"),
            "jobs_failed": self.env._("Jobs that failed"),
            "jobs": self.env._("Jobs"),
            "cron_late": self.env._("Scheduled action that is late"),
            "cron_failing": self.env._("Scheduled actions that fail"),
            "intake_waiting_age": self.env._("Oldest document not worked off"),
            "intake_rejected": self.env._("Documents that need attention"),
            "message_waiting_age": self.env._("Oldest message to a customer not sent"),
            "message_failed": self.env._("Messages that failed"),
            "payment_waiting_age": self.env._("Oldest request to a payment provider"),
            "payment_unknown": self.env._("Requests to providers to decide"),
            "log_broken": self.env._("Audit logs tampered with"),
            "log_verified_age": self.env._("Audit log verified"),
            "disk_free": self.env._("Free disk of attachments"),
            "disk_free_bytes": self.env._("Free disk of attachments, bytes"),
            "database_bytes": self.env._("Size of the database"),
            "version": self.env._("Version"),
        }

    # === HELPERS === #

    @api.model
    def _count(self, code):
        model, domain = self._get_lists()[code]
        return self.env[model].search_count(domain)

    @api.model
    def _get_age(self, code, now, field="create_date"):
        """The figure with the age of the oldest record of a list."""
        model, domain = self._get_lists()[code]
        [[since]] = self.env[model]._read_group(domain, [], [f"{field}:min"])
        return Figure(code, health.age(since or None, now) or 0.0, health.SECONDS)

    # === FORMATS === #

    @api.model
    def _to_json(self):
        """The figures as a monitor reads them: dict of plain values."""
        state, judged = self._read()
        return {
            "status": state,
            "checked_at": fields.Datetime.now().isoformat() + "Z",
            "figures": [
                {
                    "code": figure.code,
                    "status": one,
                    "value": figure.value,
                    "unit": figure.unit,
                    **({"detail": figure.detail} if figure.detail else {}),
                    **({"labels": dict(figure.labels)} if figure.labels else {}),
                }
                for figure, one in judged
            ],
        }

    @api.model
    def _to_metrics(self):
        """The same in the text format of Prometheus.

        :return: bytes; None where the library isn't installed
        """
        try:
            from prometheus_client import CollectorRegistry, Gauge, generate_latest
        except ImportError:
            return None
        registry, gauges = CollectorRegistry(), {}
        titles = self._get_titles()

        def put(name, title, labels, value):
            gauge = gauges.get(name)
            if gauge is None:
                keys = [key for key, _value in labels]
                gauge = gauges[name] = Gauge(name, title, keys, registry=registry)
            (gauge.labels(*(text for _key, text in labels)) if labels else gauge).set(value)

        _state, judged = self._read()
        for figure, state in judged:
            title = titles.get(figure.code, figure.code)
            if figure.unit == health.TEXT:
                labels = (*figure.labels, ("value", figure.value))
                put(f"order_suite_{figure.code}_info", title, labels, 1)
                continue
            if figure.value is not None:
                suffix = "_seconds" if figure.unit == health.SECONDS else ""
                put(f"order_suite_{figure.code}{suffix}", title, figure.labels, figure.value)
            if figure.code in health.BOUNDS:
                words = "0: well, 1: worth a look, 2: wrong"
                put("order_suite_status", words, (("check", figure.code),), health.RANK[state])
        return generate_latest(registry)
