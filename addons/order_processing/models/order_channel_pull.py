import logging

from odoo import api, fields, models
from odoo.fields import Domain

from ..jobs import enqueue, has_runner
from ..logs import log_line

_logger = logging.getLogger(__name__)


class OrderChannel(models.Model):
    """Documents that are fetched from the channel's own system, instead of sent by it."""

    _inherit = "order.channel"

    last_pull_at = fields.Datetime(
        string="Last Fetched",
        readonly=True,
        copy=False,
        help="When documents were last fetched from the channel's own system.",
    )

    @api.model
    def _get_pulled_kinds(self):
        """Kinds of channel whose documents are fetched. Extend it with :meth:`_pull_documents`."""
        return []

    @api.model
    def _get_pull_domain(self):
        """The channels that are fetched from now."""
        return Domain("kind", "in", self._get_pulled_kinds())

    def _pull_documents(self):
        """Fetch what waits at this channel's own system.

        Called before anything is written. Leave the documents where they are, or remove those
        that were there at the pull before (``last_pull_at``): if this transaction fails they are
        fetched again, and what was taken in already is recognised.

        :return: list of ``(payload bytes, file name)``; archives and files of several orders, too
        """
        self.ensure_one()
        return []

    def _pull(self):
        """Fetch and take in the documents of one channel.

        :return: whether there is more to fetch
        """
        self.ensure_one()
        started = fields.Datetime.now()
        self._take_pulled(self._pull_documents())
        self.last_pull_at = started
        return False

    def _take_pulled(self, files):
        """Take in fetched files, as ``(payload bytes, file name)``."""
        intakes, problems = self._take_files(files, source="pull")
        for problem in problems:
            _logger.warning("%s", log_line("pull left out", channel=self, problem=problem))
        intakes._work_off(self.name)

    def _pull_page(self):
        """A job's share of fetching: a page, and the next one as a job of its own."""
        self.ensure_one()
        if self._pull():
            self._enqueue_pull()

    def _enqueue_pull(self):
        enqueue(
            self,
            "_pull_page",
            description=self.env._("Fetch from %(channel)s", channel=self.name),
            identity_key=f"order.channel.pull:{self.id}",
        )

    @api.model
    def _cron_pull(self):
        """Fetch for each channel that polls, one job each: one that fails stops no other."""
        for channel in self.search(self._get_pull_domain()):
            try:
                if has_runner():
                    channel._enqueue_pull()
                    continue
                more = True
                while more:
                    with self.env.cr.savepoint():
                        more = channel._pull()
                    # Commits the page: what is taken in stays, whatever becomes of the next.
                    more = more and self.env["ir.cron"]._commit_progress()
            except Exception:
                _logger.exception("%s", log_line("pull failed", channel=channel))
