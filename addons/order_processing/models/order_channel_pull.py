import logging

from odoo import api, fields, models

from ..jobs import AT_ONCE, enqueue

_logger = logging.getLogger(__name__)


class OrderChannel(models.Model):
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
        """Fetch and take in the documents of one channel."""
        self.ensure_one()
        started = fields.Datetime.now()
        files = self._pull_documents()
        intakes, problems = self._take_files(files, source="pull")
        for problem in problems:
            _logger.warning("Channel %s: fetched file left out: %s", self.id, problem)
        if len(intakes) > AT_ONCE:
            intakes._create_batch(self.name)._enqueue()
        else:
            intakes.filtered(lambda intake: intake.state == "received").action_process()
        self.last_pull_at = started
        return intakes

    @api.model
    def _cron_pull(self):
        """Fetch for each channel that polls, one job each: one that fails stops no other."""
        for channel in self.search([("kind", "in", self._get_pulled_kinds())]):
            try:
                with self.env.cr.savepoint():
                    enqueue(
                        channel,
                        "_pull",
                        description=self.env._("Fetch from %(channel)s", channel=channel.name),
                        identity_key=f"order.channel.pull:{channel.id}",
                    )
            except Exception:
                _logger.exception("Channel %s: fetching failed", channel.id)
