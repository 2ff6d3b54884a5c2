import datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import customer_timeline
from .sale_order_hold import STEP_ICONS


class SaleOrder(models.Model):
    """What the customer's page shows of an order; the link to it ends and can be taken back."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    date_link_expires = fields.Datetime(
        string="Customer's Link Ends", readonly=True, copy=False, groups="base.group_user"
    )

    # === ACTION === #

    def action_revoke_link(self):
        """Take back the links that were sent to customers of these orders."""
        self.check_access("write")
        # sudo: the token is nobody's to read, but whoever may write the order takes it back.
        self.sudo().write({"access_token": False, "date_link_expires": False})
        return self._prepare_notification(
            self.env._("Links sent before don't work any more. The next message has a new one."),
            is_warning=False,
        )

    # === BUSINESS: link === #

    def _portal_ensure_token(self):
        """A link that ended is replaced by a new one; a new one gets an end."""
        mine = self.sudo()  # sudo: as core does, whoever shares the order
        if mine.access_token and mine._is_link_expired():
            mine.access_token = False
        if not mine.access_token:
            days = mine.company_id.order_link_days
            mine.date_link_expires = (
                fields.Datetime.now() + datetime.timedelta(days=days) if days else False
            )
        return super()._portal_ensure_token()

    def _is_link_expired(self):
        self.ensure_one()
        ends = self.sudo().date_link_expires
        return bool(ends) and ends < fields.Datetime.now()

    @api.model
    def _cron_end_links(self):
        """Take back the links that have ended."""
        ended = self.search(
            [("date_link_expires", "<", fields.Datetime.now()), ("access_token", "!=", False)]
        )
        ended.write({"access_token": False, "date_link_expires": False})

    # === BUSINESS: page === #

    def _get_customer_timeline(self):
        """The log in the customer's words, newest first.

        :return: list of dicts: ``day``, ``time``, ``icon``, ``text``, ``detail``
        """
        self.ensure_one()
        words = self._get_customer_words()
        # sudo: customers see what is picked out of the log here, and nothing else of it.
        events = self.sudo().event_ids.sorted("sequence")
        local = [fields.Datetime.context_timestamp(self, event.date) for event in events]
        facts = [
            (event.step, when.date(), self._is_for_customer(event))
            for event, when in zip(events, local, strict=True)
        ]
        rows = [
            {
                "day": local[index].date(),
                "time": local[index].strftime("%H:%M"),
                "icon": STEP_ICONS.get(events[index].step, "fa-circle-o"),
                "text": words[events[index].step],
                "detail": self._get_customer_detail(events[index]),
            }
            for index in customer_timeline.told(facts)
        ]
        return rows[::-1]

    @api.model
    def _get_customer_words(self):
        return {
            "intake": self.env._("We have received your order."),
            "release": self.env._("Your order is confirmed."),
            "hold": self.env._("We need something from you."),
            "pick": self.env._("Your goods are being put together."),
            "pack": self.env._("Your goods are packed."),
            "ship": self.env._("Your goods have left our warehouse."),
            "deliver": self.env._("Your goods have arrived."),
            "return": self.env._("News of your return."),
            "invoice": self.env._("An invoice or credit note was written."),
            "pay": self.env._("We have received your payment."),
            "cancel": self.env._("The order is cancelled."),
            "change": self.env._("The order was changed."),
        }

    def _is_for_customer(self, event):
        """Whether a change is one that the customer asked for; holds stay our business."""
        return event.step == "change" and bool((event.details or {}).get("for_customer"))

    def _get_customer_detail(self, event):
        """What is told besides, in one line: only what the customer knows anyway."""
        if event.step in ("ship", "return", "invoice") or self._is_for_customer(event):
            return event.summary
        return ""

    def _get_customer_progress(self):
        """Steps of the progress bar: list of (label, is reached)."""
        self.ensure_one()
        # sudo: see _get_customer_timeline.
        steps = set(self.sudo().event_ids.mapped("step"))
        reached = customer_timeline.progress(steps)
        labels = [
            self.env._("Confirmed"),
            self.env._("Put together"),
            self.env._("Shipped"),
            self.env._("Delivered"),
        ]
        return [(label, rank <= reached) for rank, label in enumerate(labels, 1)]

    def _get_customer_date(self):
        """(what it is, day): promised, expected, or nothing known."""
        self.ensure_one()
        order = self.sudo()  # sudo: dates of an order are told to its customer
        if order.commitment_date:
            return self.env._("Promised for"), order.commitment_date
        if order.expected_date and order.state in ("draft", "sent", "sale"):
            return self.env._("Expected by"), order.expected_date
        return "", False

    def _get_customer_parcels(self):
        """Parcels on their way: list of dicts ``number``, ``link``, ``carrier``, ``status``,
        ``events`` (list of (time, text, place)). Addons that track parcels tell more.
        """
        self.ensure_one()
        rows = []
        order = self.sudo()  # sudo: what the channel is told, the customer may know
        for picking in order.picking_ids.filtered(
            lambda p: p.location_dest_id._is_outgoing() and p.state == "done"
        ):
            for parcel in order._prepare_parcel_status(picking):
                rows.append(
                    {
                        "number": parcel["tracking_number"],
                        "link": parcel["tracking_url"],
                        "carrier": picking.carrier_id.name or "",
                        "status": "",
                        "events": [],
                    }
                )
        return rows

    def _get_customer_documents(self):
        """Documents for the customer: list of (name, address)."""
        self.ensure_one()
        order = self.sudo()  # sudo: billing documents of one's own order
        found = [(self.env._("Order %s", order.name), order.get_portal_url(report_type="pdf"))]
        for move in order.invoice_ids.filtered(lambda m: m.state == "posted"):
            found.append((move.name, move.get_portal_url(report_type="pdf")))
        return found

    def _check_may_write(self):
        """:raise AccessError: the user can't change this order in the back office"""
        if not self.env.su and not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(self.env._("Changing orders is for salespeople."))
        self.check_access("write")
