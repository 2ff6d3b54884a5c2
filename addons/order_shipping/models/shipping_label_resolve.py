import datetime
import logging
from concurrent.futures import ThreadPoolExecutor, as_completed

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..carriers.base import REJECTED, UNKNOWN, Address, Box, CarrierError, Purchase, Shipment
from .shipping_label_network import MOST_THREADS
from .shipping_rate import to_decimal

_logger = logging.getLogger(__name__)

#: A purchase whose worker went away is taken for unknown after this.
LOST_MINUTES = 10
#: Times an unknown purchase is looked for before a person is asked.
TRIES = 5


class ShippingLabel(models.Model):
    """What became of purchases whose end nobody knows: asked of the carrier, never bought again."""

    _inherit = "shipping.label"

    # === ACTION === #

    def action_resolve(self):
        """Ask the carriers what became of unknown purchases.

        :raise AccessError: the user is no picker and packer
        """
        self.picking_id._check_may_ship()
        self._resolve_unknown()
        return True

    def action_not_bought(self):
        """State that a carrier knows of no such label, so that the parcel may get another.

        :raise AccessError: the user is no administrator
        :raise UserError: the purchase isn't unknown
        """
        if not self.env.user.has_group("order_shipping.group_shipping_manager"):
            raise AccessError(
                self.env._("Only administrators settle purchases: a label may be paid for.")
            )
        self.picking_id._check_may_ship()
        for label in self:
            if label.state != "unknown":
                raise UserError(self.env._("%s isn't unknown.", label.display_name))
        # sudo: nobody writes labels but their own methods; checked above.
        self.sudo().write(
            {
                "state": "rejected",
                "error": self.env._(
                    "%s checked: the carrier has no such label", self.env.user.name
                ),
            }
        )
        return True

    # === BUSINESS: RESOLVING === #

    @api.model
    def _cron_resolve(self):
        """Settle what is unknown, and log what couldn't be logged when it was bought."""
        lost = fields.Datetime.now() - datetime.timedelta(minutes=LOST_MINUTES)
        stuck = self.search([("state", "=", "buying"), ("write_date", "<", lost)])
        if stuck:
            with self._own_transaction() as env:
                stuck.with_env(env).write({"state": UNKNOWN})
            stuck.invalidate_recordset()
        (stuck | self.search([("state", "=", UNKNOWN), ("tries", "<", TRIES)]))._resolve_unknown()
        unlogged = self.search(
            [
                ("state", "=", "bought"),
                ("is_logged", "=", False),
                ("purchase_key", "!=", False),
                ("date_bought", ">", fields.Datetime.now() - datetime.timedelta(days=3)),
            ]
        )
        if unlogged:
            self._log_later(unlogged.ids)

    def _resolve_unknown(self):
        """Ask each carrier for its purchases among these; never buy."""
        todo = []
        for key, rows in (
            self.filtered(lambda row: row.state == UNKNOWN).grouped("purchase_key").items()
        ):
            port = rows.carrier_id._get_port()
            if key:
                todo.append({"ids": rows.ids, "port": port, "shipment": rows._get_own_shipment()})
        if not todo:
            return
        with ThreadPoolExecutor(min(MOST_THREADS, len(todo))) as pool:
            futures = {pool.submit(_find, each): each for each in todo}
            for future in as_completed(futures):
                each, outcome = futures[future], future.result()
                with self._own_transaction() as env:
                    rows = env[self._name].sudo().browse(each["ids"])
                    rows._keep_found(outcome, each["port"].finds_for_certain)
        self._log_later([label_id for each in todo for label_id in each["ids"]])
        self._see_what_was_kept(self.picking_id)

    def _keep_found(self, outcome, is_certain):
        """What a carrier said about an unknown purchase; only a certain "no" sets it free."""
        still = self.filtered(lambda label: label.state == UNKNOWN)
        still.write({"tries": (still[:1].tries or 0) + 1, "date_asked": fields.Datetime.now()})
        if not still:
            return
        if isinstance(outcome, Purchase):
            still._keep_outcome(outcome)
        elif outcome is None and is_certain:
            still.write(
                {
                    "state": REJECTED,
                    "error": self.env._("The carrier sold no such label: try again."),
                }
            )
        elif still[:1].tries == TRIES:
            still._ask_person()

    def _ask_person(self):
        """After enough tries: a task for whoever runs shipping, and still no second purchase."""
        label = self[:1]
        managers = self.env.ref("order_shipping.group_shipping_manager").user_ids
        user = managers.filtered(lambda u: label.company_id in u.company_ids and u.id > 1)[:1]
        label.picking_id.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Was this label bought?"),
            note=self.env._(
                "%(carrier)s doesn't tell what became of purchase %(key)s. Look at the carrier's "
                "portal, then press Ask Again or Not Bought on the label.",
                carrier=label.carrier_id.name,
                key=label.purchase_key,
            ),
            user_id=user.id or SUPERUSER_ID,
        )

    def _get_own_shipment(self):
        """As much of the shipment as finding it again takes."""
        label = self[:1]
        nobody = Address("")
        return Shipment(
            key=label.purchase_key,
            sender=nobody,
            recipient=nobody,
            boxes=tuple(Box(to_decimal(row.weight)) for row in self),
            ship_date=(label.create_date or fields.Datetime.now()).date(),
            service=label.service_code or "",
            label_format="pdf" if label.is_return else label.carrier_id.label_format,
            is_return=label.is_return,
            box_number=label.parcel_number,
            box_count=label.parcel_count,
            carrier_ref=label.draft_ref or "",
        )


def _find(each):
    """In a thread: ask for a purchase, and raise nothing."""
    try:
        return each["port"].find(each["shipment"])
    except CarrierError as error:
        return error
    except Exception as error:
        _logger.warning("Looking for a label failed: %s", type(error).__name__)
        return CarrierError(UNKNOWN, "The answer can't be read.", "unreadable")
