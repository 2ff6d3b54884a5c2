import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..jobs import has_runner
from ..shops import SHOPS
from ..shops.base import Cursor, ShopError

_logger = logging.getLogger(__name__)

MANAGER = "order_processing.group_order_manager"
#: Minutes to wait after a failure, doubled with each further one, and at most.
FIRST_WAIT, LONGEST_WAIT = 2, 360


class OrderChannel(models.Model):
    """Orders fetched from a shop's own API, page by page; see ``shops.base``."""

    _inherit = "order.channel"

    pulls = fields.Boolean(
        string="Fetch Orders",
        copy=False,
        help="Orders are fetched from the shop every ten minutes. What its webhooks brought"
        " already is recognised: both together lose nothing and double nothing.",
    )
    can_pull = fields.Boolean(compute="_compute_can_pull")
    pull_url = fields.Char(
        string="Shop Address", copy=False, groups=MANAGER, help="With https://, as in the browser."
    )
    pull_key = fields.Char(
        string="Access Token or Key",
        copy=False,
        groups=MANAGER,
        help="Shopify: the Admin API access token of an app that may read orders. WooCommerce: the"
        " consumer key of a REST API key with read access.",
    )
    pull_secret = fields.Char(
        string="Consumer Secret", copy=False, groups=MANAGER, help="WooCommerce: of that key."
    )
    pull_since = fields.Datetime(
        string="Orders Changed Since",
        copy=False,
        default=fields.Datetime.now,
        help="Where fetching began. Setting it fetches everything after it again; what is known is"
        " recognised.",
    )
    pull_cursor = fields.Json(readonly=True, copy=False)
    pull_error = fields.Char(readonly=True, copy=False)
    pull_failures = fields.Integer(readonly=True, copy=False)
    pull_not_before = fields.Datetime(
        string="Next Try", readonly=True, copy=False, help="The shop is left alone until then."
    )

    @api.depends("kind")
    def _compute_can_pull(self):
        for channel in self:
            channel.can_pull = channel.kind in SHOPS

    def write(self, vals):
        """Begin anew where the shop, or the moment to begin at, is another."""
        if vals.keys() & {"pull_url", "pull_key", "pull_secret", "pull_since", "kind"}:
            vals = vals | {"pull_error": False, "pull_failures": 0, "pull_not_before": False}
        if vals.keys() & {"pull_url", "pull_since", "kind"}:
            vals = vals | {"pull_cursor": False}
        return super().write(vals)

    # === ACTIONS === #

    def action_pull(self):
        """Fetch now, whatever was to be waited for.

        :raise UserError: no address or key to fetch with
        """
        self.check_access("write")
        for channel in self:
            if channel.kind not in SHOPS or not (channel.pull_url and channel.pull_key):
                raise UserError(self.env._("Set the shop's address and its key first."))
        self.pull_not_before = False
        for channel in self:
            if has_runner():
                channel._enqueue_pull()
            else:
                channel._pull()
        failed = self.filtered("pull_error")
        message = self.env._("Fetching has started. New orders appear in the inbox.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if failed else "success",
                "message": "\n".join(failed.mapped("pull_error")) or message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === BUSINESS === #

    @api.model
    def _get_pull_domain(self):
        """Add the shops, but for those to be left alone for a while."""
        return super()._get_pull_domain() | (
            Domain("pulls", "=", True)
            & Domain("kind", "in", list(SHOPS))
            & (
                Domain("pull_not_before", "=", False)
                | Domain("pull_not_before", "<=", fields.Datetime.now())
            )
        )

    def _pull(self):
        """Fetch one page of a shop and take it in; its cursor moves on with it."""
        self.ensure_one()
        # sudo: the credentials are for managers; a job or cron fetches with them.
        channel = self.sudo()
        if channel.kind not in SHOPS or not channel.pull_key:
            return super()._pull()
        cursor = channel._get_pull_cursor()
        shop = SHOPS[channel.kind](
            channel.pull_url or "", channel.pull_key, channel.pull_secret or ""
        )
        try:
            # Nothing is written or locked so far: the shop may take its time.
            page = shop.fetch(cursor)
        except ShopError as error:
            channel._note_pull_failure(error)
            return False
        channel.lock_for_update()
        channel.invalidate_recordset(["pull_cursor"])
        if channel._get_pull_cursor() != cursor:
            return True  # somebody else fetched this page meanwhile
        channel.with_env(self.env)._take_pulled(channel._choose_entries(page.entries))
        channel.write(
            {
                "pull_cursor": page.cursor.dump(),
                "last_pull_at": fields.Datetime.now(),
                "pull_error": False,
                "pull_failures": 0,
                "pull_not_before": False,
            }
        )
        return page.more

    def _get_pull_cursor(self):
        if self.pull_cursor:
            return Cursor.load(self.pull_cursor)
        since = self.pull_since or self.create_date
        return Cursor(f"{since:%Y-%m-%dT%H:%M:%S}Z")

    def _choose_entries(self, entries):
        """Files of a page: without orders that ended before we ever knew of them."""
        known = set(
            self.env["order.intake"]
            .with_context(active_test=False)
            .search(
                [
                    ("channel_id", "=", self.id),
                    ("external_ref", "in", [each.ref for each in entries if each.is_void]),
                ]
            )
            .mapped("external_ref")
        )
        return [
            (each.payload, f"{each.ref}.json")
            for each in entries
            if not each.is_void or each.ref in known
        ]

    def _note_pull_failure(self, error):
        """Say what went wrong, and leave the shop alone for a while: longer with each failure."""
        busy = error.code == "busy"
        failures = self.pull_failures + (not busy)
        minutes = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT) if failures else 0
        wait = error.wait if busy else minutes * 60
        words = {
            "address": self.env._("The shop's address must begin with https://: %(detail)s"),
            "refused": self.env._(
                "The shop refused the key (%(detail)s). Check that it is complete and may read"
                " orders."
            ),
            "busy": self.env._("The shop asks to be left alone for a while."),
            "failed": self.env._("The shop answered with an error: %(detail)s"),
            "unreachable": self.env._("The shop can't be reached (%(detail)s)."),
            "garbled": self.env._("The shop's answer can't be read: %(detail)s"),
        }
        _logger.info("Channel %s: fetching failed: %s", self.id, error)
        self.write(
            {
                "pull_error": words[error.code] % {"detail": error.detail},
                "pull_failures": failures,
                "pull_not_before": fields.Datetime.now() + timedelta(seconds=wait),
            }
        )
