import logging

import psycopg2
from markupsafe import Markup

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError, RedirectWarning, UserError

from ..engine.intake import resolve, totals
from ..engine.intake.canonical import Finding
from ..engine.intake.reading import clean
from ..flow import BY_CHANNEL
from ..jobs import delays, enqueue
from ..logs import log_line
from .order_intake import OPEN_STATES

_logger = logging.getLogger(__name__)

#: Seconds after which documents are looked at again whose customer another job just creates.
LATER = 2


class OrderIntake(models.Model):
    """From a document to an order: read, looked up, created, released."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.intake"

    def action_process(self):
        """Turn each document that isn't an order yet into one, or say why it can't be.

        Never raises for what is in a document: each one ends accepted, or rejected with a reason.
        """
        self.check_access("write")
        # sudo: what happens to a document is recorded for whoever may process it. Orders are made
        # with the rights of the user whom the channel acts as.
        waiting = self.sudo().filtered(lambda intake: intake.state in OPEN_STATES)
        # Locked rows are another worker's: that one finishes them.
        todo = waiting.try_lock_for_update()
        for channel, intakes in todo.grouped("channel_id").items():
            try:
                with self.env.cr.savepoint():
                    intakes._process_batch(channel)
            except Exception as error:
                intakes._reject_all(channel, error)
        return True

    def _process_batch(self, channel):
        """Process documents of one channel: read all, look up all at once, create the orders."""
        results = {
            intake: channel._read_document(intake.attachment_id.raw or b"") for intake in self
        }
        for intake in self:
            intake.attempts += 1
        setup = channel._check_ready()
        changes = self.filtered(lambda intake: intake.is_change or results[intake].change)
        if changes and setup:
            for intake in changes:
                intake._reject(setup)
        elif changes:
            changes._process_changes(channel, results)
        (self - changes)._process_orders(channel, results, setup)

    def _process_orders(self, channel, results, setup):
        """Turn documents that are orders into orders.

        :param dict results: what was read, by intake
        :param setup: findings about the channel itself
        """
        acting = channel._as_acting_user()
        read = {
            intake: acting._complete_order(result.order)
            for intake, result in results.items()
            if result.order and intake in self
        }
        facts = acting._gather_facts(list(read.values())) if read and not setup else None
        digits = self.env["decimal.precision"].precision_get("Discount")
        plans = []
        for intake in self:
            result = results[intake]
            findings, resolution = [*setup, *result.findings], None
            order = read.get(intake)
            if order and facts:
                resolution, looked_up = resolve.resolve(order, facts, channel.tax_policy, digits)
                findings += looked_up + acting._check_dates(order)
            if resolution is None:
                intake._reject(findings)
            else:
                intake.write(intake._prepare_findings_vals(findings))
                plans.append((intake, order, resolution, findings))
        self._create_orders(acting, self._leave_rivals(plans), {})
        accepted = acting.env["sale.order"].browse(self.order_id.ids)
        accepted.with_context(order_event_source=BY_CHANNEL)._hold_duplicates()
        self._release_orders(accepted.with_context(order_event_source=BY_CHANNEL))
        if accepted:
            self._retry_changes(channel, self.filtered("order_id"))

    @api.model
    def _leave_rivals(self, plans):
        """In a job, leave documents whose customer another job creates right now to a later one.

        This one would wait until the other ends, and then do all its documents again.

        :param plans: list of ``(intake, order, resolution, findings)``
        :return: those this job goes on with
        """
        if not (self.env.context.get("job_uuid") and delays(self.env)):
            return plans
        keys = {intake: _new_keys(resolution) for intake, _order, resolution, _findings in plans}
        rivals = self.env["order.customer.key"]._try_claim(set().union(*keys.values()))
        later = self.browse([intake.id for intake in keys if keys[intake] & rivals])
        if later:
            for intake in later:
                intake.attempts -= 1
            enqueue(
                later,
                "action_process",
                eta=LATER,
                description=self.env._("Documents of customers who were just being created"),
            )
        return [plan for plan in plans if plan[0] not in later]

    def _create_orders(self, acting, plans, customers):
        """Create the orders of ``plans`` together; when one fails, each half on its own.

        :param acting: the channel, in the environment of the user it acts as
        :param plans: list of ``(intake, order, resolution, findings)``
        :param dict customers: created so far, see ``res.partner._get_order_partners``
        """
        if not plans:
            return
        known = dict(customers)
        try:
            with self.env.cr.savepoint():
                self._apply_plans(acting, plans, known)
            customers.update(known)
        except psycopg2.OperationalError:
            raise  # a conflict with another transaction: the whole call is tried again
        except Exception as error:
            if len(plans) == 1:
                plans[0][0]._reject_all(acting, error)
                return
            middle = len(plans) // 2
            self._create_orders(acting, plans[:middle], customers)
            self._create_orders(acting, plans[middle:], customers)

    def _apply_plans(self, acting, plans, customers):
        """Create customers and orders; one that costs something else than stated is held."""
        Partner = acting.env["res.partner"]
        named = [(order, resolution) for _intake, order, resolution, _findings in plans]
        self.env["order.customer.key"]._claim(
            key for _order, resolution in named for key in _new_keys(resolution)
        )
        Partner._create_order_people(named, customers, acting)
        vals_list = []
        for _intake, order, resolution, _findings in plans:
            partners = Partner._get_order_partners(order, resolution, customers, acting)
            vals_list.append(acting._prepare_order_vals(order, resolution, partners))
        orders = acting.env["sale.order"].create(vals_list)
        notes = {}
        for sale, (intake, order, resolution, findings) in zip(orders, plans, strict=True):
            found = totals.without_repeats(
                findings, sale._check_channel_totals(order, resolution.lines)
            )
            found += sale._check_channel_terms(order)
            sale._note_total_differences([*findings, *found])
            noted = self._prepare_findings_vals([*findings, *found]) if found else {}
            # What went well at once needs no message beside the order's own.
            quiet = intake.with_context(tracking_disable=intake.attempts < 2)
            quiet.write({"state": "accepted", "order_id": sale.id, "error": False, **noted})
            if order.note or order.attributes:
                notes[sale] = [self._prepare_note(order)]
        self.env["mail.thread"]._write_notes(notes)
        orders._set_channel_payments([order for _intake, order, *_rest in plans])
        details = {sale.id: plan for sale, plan in zip(orders, plans, strict=True)}
        orders._record_event(
            "intake",
            lambda sale: sale.env._(
                "Received from %(channel)s as %(number)s",
                channel=sale.channel_id.name,
                number=sale.channel_ref,
            ),
            lambda sale: details[sale.id][0]._prepare_event_details(details[sale.id][1]),
            source="channel",
        )

    def _prepare_event_details(self, order):
        """What the order's timeline keeps of the document."""
        self.ensure_one()
        return {
            "intake_id": self.id,
            "external_ref": self.external_ref,
            "sha256": self.payload_sha256,
            "total": None if order.total is None else f"{order.total:f}",
            "currency": order.currency,
            "placed_at": order.placed_at,
            "financial_status": order.financial_status,
        }

    @api.model
    def _prepare_note(self, order):
        """What the customer wrote, for the order's chatter."""
        lines = [*order.note.splitlines(), *(f"{n}: {v}" for n, v in order.attributes)]
        return Markup("<br/>").join([self.env._("Note of the customer"), *lines])

    @api.model
    def _release_orders(self, orders):
        """Validate accepted orders and confirm those that nothing holds back.

        An order that can't be validated or confirmed stays a quotation, with an activity that says
        why: its document was taken in all the same.
        """
        if not orders:
            return
        self._try_each(orders, "action_validate_order")
        automatic = orders.filtered("channel_id.auto_confirm")
        blocked = automatic._blocked_by("release") if automatic else {}
        self._try_each(automatic.filtered(lambda order: not blocked.get(order)), "action_confirm")

    @api.model
    def _try_each(self, orders, method):
        """Call ``orders.method()`` on all; when that fails, on each, an activity per failure."""
        if not orders:
            return
        try:
            with self.env.cr.savepoint():
                getattr(orders, method)()
            return
        except psycopg2.OperationalError:
            raise  # a conflict with another transaction: the whole call is tried again
        except Exception as error:
            if len(orders) == 1:
                if not isinstance(error, UserError | RedirectWarning):
                    _logger.exception("%s", log_line("intake failed", order=orders, method=method))
                orders.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("Taken in, but not released"),
                    note=str(error),
                    user_id=orders.user_id.id or orders.channel_id.user_id.id or SUPERUSER_ID,
                )
                return
        for order in orders:
            self._try_each(order, method)

    def _reject_all(self, channel, error):
        """Set documents aside because of an exception; database conflicts go on to be retried."""
        if isinstance(error, psycopg2.OperationalError):
            raise error
        detail = clean(str(error))
        if isinstance(error, AccessError):
            user = channel.sudo().user_id.name or "?"
            args = {"user": user, "channel": channel.sudo().name, "detail": detail}
            finding = Finding("access_refused", args=args)
        elif isinstance(error, UserError):
            finding = Finding("refused", args={"detail": detail})
        else:
            words = log_line("intake failed", intake=self, channel=channel, error=error)
            _logger.error("%s", words, exc_info=error)
            args = {"detail": f"{type(error).__name__}: {detail}"}
            finding = Finding("unexpected", args=args)
        for intake in self:
            intake._reject([finding])


def _new_keys(resolution):
    """What the customer of an order will be found by, if he is to be created."""
    who = resolution.who
    return set() if who.customer else set(filter(None, (*who.keys, who.company_key)))
