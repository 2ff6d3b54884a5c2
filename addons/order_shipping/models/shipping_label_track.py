import datetime
import logging
from concurrent.futures import ThreadPoolExecutor

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.order_processing.logs import log_line

from ..carriers import tracking
from ..carriers.base import CarrierError, TrackEvent
from .delivery_carrier_network import NETWORK_TYPES

_logger = logging.getLogger(__name__)

#: Hours until a parcel in a state is asked for again.
WAIT_HOURS = {
    "out_for_delivery": 0.5,
    "delivery_failed": 2,
    "in_transit": 4,
    "picked_up": 4,
    "delayed": 4,
    "on_hold": 4,
    "ready_for_pickup": 12,
}
OTHERWISE_HOURS = 24
#: Carriers forget parcels; nobody asks for ever.
LAST_DAYS = 120
#: A label without a scan after so long: the parcel was left behind.
UNSCANNED_HOURS = 48
AT_ONCE = 200
MOST_THREADS = 8


class ShippingLabel(models.Model):
    """Where each parcel is, by asking its carrier now and then or by the carrier's word."""

    _inherit = "shipping.label"

    track_status = fields.Selection(
        list(tracking.STATUSES), string="Parcel Status", readonly=True, index=True, copy=False
    )
    date_track = fields.Datetime(string="Last Scan", readonly=True, copy=False)
    date_track_next = fields.Datetime(string="Asked Next", readonly=True, copy=False, index=True)
    date_promised = fields.Date(string="Promised", readonly=True, compute="_compute_date_promised")
    track_event_ids = fields.One2many("shipping.track.event", "label_id", readonly=True)
    tracking_link = fields.Char(compute="_compute_tracking_link")
    is_network = fields.Boolean(related="carrier_id.is_network")
    is_track_exception = fields.Boolean(compute="_compute_is_track_exception")

    @api.depends("picking_id.rate_ids.chosen", "picking_id.rate_ids.date_promised")
    def _compute_date_promised(self):
        for label in self:
            rates = label.picking_id.rate_ids.filtered(lambda r: r.chosen and r.state == "quoted")
            label.date_promised = False if label.is_return else rates[:1].date_promised

    @api.depends("tracking_number", "carrier_id.tracking_url")
    def _compute_tracking_link(self):
        for label in self:
            url = label.carrier_id.tracking_url or ""
            label.tracking_link = url and url.replace(
                "<shipmenttrackingnumber>", label.tracking_number or ""
            )

    @api.depends("track_status")
    def _compute_is_track_exception(self):
        for label in self:
            label.is_track_exception = label.track_status in tracking.EXCEPTIONS

    # === ACTION === #

    def action_track(self):
        """Ask the carriers where these parcels are.

        :raise UserError: none of them was bought, or their carriers don't tell
        """
        self.picking_id._check_may_ship()
        asked = self.filtered(lambda row: row.state == "bought" and row.carrier_id.is_network)
        if not asked:
            raise UserError(
                self.env._("These carriers have no interface to ask: enter what you know by hand.")
            )
        problems = asked._track()
        message = self.env._("%s parcels asked for.", len(asked))
        if problems:
            message = " ".join([message, *dict.fromkeys(problems.values())])
        return self._notify_tracked(message, "warning" if problems else "success")

    def action_delivered(self):
        """Note that these parcels arrived: for carriers that can't be asked.

        :raise UserError: a label wasn't bought, or its delivery hasn't left
        """
        self.picking_id._check_may_ship()
        for label in self:
            if label.state != "bought" or label.picking_id.state != "done":
                raise UserError(self.env._("%s hasn't been shipped.", label.display_name))
        now = fields.Datetime.now()
        words = self.env._("Entered by %s", self.env.user.name)
        self._keep_events(
            {
                label: [TrackEvent(label.tracking_number, "delivered", now, "manual", words)]
                for label in self
            }
        )
        return True

    def action_open_tracking(self):
        """Open the carrier's own page of this parcel."""
        self.ensure_one()
        if not self.tracking_link:
            raise UserError(
                self.env._("Enter the tracking link of %s first.", self.carrier_id.name)
            )
        return {"type": "ir.actions.act_url", "url": self.tracking_link, "target": "new"}

    def _notify_tracked(self, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Tracking"),
                "message": message,
                "type": kind,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === BUSINESS === #

    @api.model
    def _cron_track(self):
        """Ask for the parcels that are due, oldest first, and say what is left."""
        now = fields.Datetime.now()
        followed = [
            ("state", "=", "bought"),
            ("tracking_number", "!=", False),
            ("carrier_id.delivery_type", "in", NETWORK_TYPES),
            ("date_bought", ">", now - datetime.timedelta(days=LAST_DAYS)),
            ("track_status", "not in", list(tracking.FINAL)),
        ]
        self._subscribe_due(followed)
        due = [
            *followed,
            "|",
            ("date_track_next", "=", False),
            ("date_track_next", "<=", now),
        ]
        labels = self.search(due, limit=AT_ONCE, order="date_track_next, id")
        labels._track()
        labels._report_unscanned()
        self.env["ir.cron"]._commit_progress(len(labels), remaining=self.search_count(due))

    def _track(self):
        """Ask the carriers for these parcels, at once; keep what is new.

        :return: dict of label to what is wrong, as text
        """
        ports, found, problems = {}, {}, {}
        for carrier in self.carrier_id:
            try:
                ports[carrier] = carrier._get_port()
            except ValueError as error:
                _logger.info("%s", log_line("track failed", carrier=carrier, error=error))
        wanted = [(row, ports[row.carrier_id]) for row in self if row.carrier_id in ports]
        questions = [(row.tracking_number, port) for row, port in wanted]
        with ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="tracking") as pool:
            answers = pool.map(lambda question: _ask(*question), questions)
            for (row, _port), answer in zip(wanted, answers, strict=True):
                if isinstance(answer, CarrierError):
                    problems[row] = answer.message
                else:
                    found[row] = answer
        self._keep_events(found)
        now = fields.Datetime.now()
        for row, _port in wanted:
            hours = WAIT_HOURS.get(row.track_status, OTHERWISE_HOURS)
            if row.date_subscribed:
                hours = OTHERWISE_HOURS  # its carrier tells by itself, unless that got lost
            # sudo: nobody writes labels but their own methods; callers checked who may ask.
            row.sudo().date_track_next = now + datetime.timedelta(hours=hours)
        return problems

    @api.model
    def _keep_events(self, found):
        """Keep events that are new, move each parcel's status, and tell whom it concerns.

        :param dict found: of label to list of ``TrackEvent``, in any order and any number of times
        """
        labels = self.browse([row.id for row in found]).sudo()  # sudo: as in _track
        known = {
            row: {(event.time, event.code or "", event.status) for event in row.track_event_ids}
            for row in labels
        }
        vals_list = []
        for row in labels:
            for event in found[row]:
                scan = (event.time.replace(microsecond=0), event.code, event.status)
                if scan not in known[row]:
                    known[row].add(scan)
                    vals_list.append(
                        {
                            "label_id": row.id,
                            "status": event.status,
                            "time": scan[0],
                            "code": event.code,
                            "text": event.text,
                            "place": event.place,
                        }
                    )
        self.env["shipping.track.event"].sudo().create(vals_list)
        moved = self.browse()
        for row in labels:
            status, time = tracking.current([(scan[0], scan[2]) for scan in known[row]])
            if status and (status, time) != (row.track_status, row.date_track):
                if status != row.track_status:
                    moved |= row
                row.write({"track_status": status, "date_track": time})
        moved._tell_moved()

    def _tell_moved(self):
        """Log deliveries all of whose parcels arrived, and ask a person where one is in trouble."""
        arrived = self.env["stock.picking"]
        outbound = self.filtered(lambda row: not row.is_return)
        for picking in outbound.filtered(lambda row: row.track_status == "delivered").picking_id:
            bought = picking.label_ids.filtered(lambda row: row.state == "bought")
            if all(row.track_status == "delivered" for row in bought):
                arrived |= picking
        arrived.sudo()._record_delivered()
        for row in self.filtered("is_track_exception"):
            words = row.track_event_ids[:1].text or ""
            row._ask_shipper(
                self.env._(
                    "Parcel %(number)s: %(status)s",
                    number=row.tracking_number,
                    status=dict(row._fields["track_status"]._description_selection(self.env))[
                        row.track_status
                    ],
                ),
                words,
            )

    def _report_unscanned(self):
        """Parcels that were shipped and never seen by their carrier."""
        limit = fields.Datetime.now() - datetime.timedelta(hours=UNSCANNED_HOURS)
        for row in self.filtered(lambda label: not label.is_return):
            is_silent = row.track_status in (False, "label_created")
            left = row.picking_id.date_done
            if is_silent and left and left < limit:
                row._ask_shipper(
                    self.env._("Parcel %s was never scanned", row.tracking_number),
                    self.env._("It left more than two days ago: was it handed over?"),
                )

    def _ask_shipper(self, summary, note):
        """A task on the delivery, once for each cause."""
        self.ensure_one()
        picking = self.picking_id.sudo()
        if summary in picking.activity_ids.mapped("summary"):
            return
        managers = self.env.ref("order_shipping.group_shipping_manager").sudo().user_ids
        user = managers.filtered(lambda u: self.company_id in u.company_ids and u.id > 1)[:1]
        picking.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=note,
            user_id=user.id or self.env.uid,
        )


def _ask(number, port):
    """In a thread: the events of a parcel, or the CarrierError."""
    try:
        return port.track(number)
    except CarrierError as error:
        return error
    except Exception as error:
        # A shape nobody foresaw in one answer must not stop the others.
        return CarrierError("unknown", f"Its answer can't be read ({type(error).__name__}).")
