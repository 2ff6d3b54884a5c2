import json
import logging

import psycopg2
from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine.intake import resolve
from ..engine.intake.canonical import ERROR, Finding
from ..engine.intake.reading import clean
from .order_channel import IntakeRace
from .order_intake_messages import finding_message

_logger = logging.getLogger(__name__)

#: States in which a document still may become an order.
OPEN_STATES = ("received", "parsed", "rejected")
#: Characters of the document shown on its form.
SHOWN = 100_000


def _lay_out(text):
    """JSON indented; what isn't JSON as it came."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


class TotalMismatch(Exception):
    """Orders that Odoo computes to another total than their channel charged.

    :param list mismatches: pairs of an intake and its finding
    """

    def __init__(self, mismatches):
        super().__init__()
        self.mismatches = mismatches


class OrderIntake(models.Model):
    """One inbound document: kept untouched, read once, answered the same way every time."""

    _name = "order.intake"
    _description = "Order Intake"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    channel_id = fields.Many2one("order.channel", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    active = fields.Boolean(
        default=True, help="Archived documents are kept, and still recognised when they come again."
    )
    order_number = fields.Char(
        readonly=True,
        index=True,
        help="The order's number at its channel, as the customer knows it.",
    )
    external_ref = fields.Char(
        string="External Reference",
        readonly=True,
        index=True,
        help="The channel's own identifier of the order. Empty when it couldn't be read.",
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("parsed", "Read"),
            ("accepted", "Accepted"),
            ("rejected", "Needs Attention"),
            ("duplicate", "Duplicate"),
            ("superseded", "Superseded"),
        ],
        required=True,
        default="received",
        readonly=True,
        tracking=True,
        index=True,
    )
    source = fields.Selection(
        [("webhook", "Posted by the channel"), ("upload", "Uploaded"), ("api", "API")],
        required=True,
        default="webhook",
        readonly=True,
    )
    filename = fields.Char(readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment", string="Document", readonly=True, ondelete="restrict"
    )
    payload_sha256 = fields.Char(string="SHA-256", readonly=True, index=True)
    error = fields.Text(readonly=True, help="What is wrong and what to do about it.")
    findings = fields.Json(readonly=True)
    attempts = fields.Integer(readonly=True)
    replays = fields.Integer(
        readonly=True, help="How often the same document came again and got the first answer."
    )
    order_id = fields.Many2one("sale.order", readonly=True, index="btree_not_null", copy=False)
    original_id = fields.Many2one(
        "order.intake", readonly=True, index="btree_not_null", help="The intake this repeats."
    )
    warning_text = fields.Text(compute="_compute_warning_text", string="To Know")
    document_text = fields.Text(
        compute="_compute_document_text", string="Content", help="The document, laid out to read."
    )

    _ref_uniq = models.UniqueIndex(
        "(channel_id, external_ref) WHERE external_ref IS NOT NULL"
        " AND state NOT IN ('duplicate', 'superseded')",
        "This channel already sent an order with this reference.",
    )
    _sha_uniq = models.UniqueIndex(
        "(channel_id, payload_sha256) WHERE external_ref IS NULL"
        " AND state NOT IN ('duplicate', 'superseded')",
        "This channel already sent this document.",
    )

    # === COMPUTE === #

    @api.depends("order_number", "external_ref", "filename")
    def _compute_display_name(self):
        for intake in self:
            intake.display_name = (
                intake.order_number
                or intake.external_ref
                or intake.filename
                or self.env._("Document %(id)s", id=intake.id)
            )

    @api.depends("findings")
    def _compute_warning_text(self):
        for intake in self:
            intake.warning_text = "\n".join(
                each["message"] for each in intake.findings or [] if each["severity"] != ERROR
            )

    @api.depends("attachment_id")
    def _compute_document_text(self):
        for intake in self:
            # Screens read with bin_size, which would give the document's size for its content.
            raw = intake.attachment_id.with_context(bin_size=False).raw or b""
            intake.document_text = clean(_lay_out(raw.decode("utf-8", "replace")), SHOWN)

    # === CRUD === #

    @api.model
    def _create_received(self, vals_list, payloads):
        """Create intakes with their documents as attachments, untouched.

        :raise IntakeRace: another worker took in one of them at this moment
        """
        try:
            # A lost race is no error: the request or job is repeated and finds the other's intake.
            with self._expected_conflict(), self.env.cr.savepoint():
                intakes = self.create(vals_list)
        except psycopg2.errors.UniqueViolation as error:
            raise IntakeRace from error
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": intake.filename or f"{intake.display_name}.json",
                    "raw": payload,
                    "mimetype": "application/json",
                    "res_model": self._name,
                    "res_id": intake.id,
                }
                for intake, payload in zip(intakes, payloads, strict=True)
            ]
        )
        for intake, attachment in zip(intakes, attachments, strict=True):
            intake.attachment_id = attachment
        return intakes

    def _count_replay(self):
        """Count one more arrival of a document that is here already."""
        self.env.cr.execute(
            SQL(
                "UPDATE order_intake SET replays = COALESCE(replays, 0) + 1 WHERE id IN %s",
                tuple(self.ids),
            ),
            log_exceptions=False,  # two arrivals at once: one is repeated by the framework
        )
        self.invalidate_recordset(["replays"])

    # === ACTIONS === #

    def action_retry(self):
        """Process documents again from what was kept, after somebody removed the obstacle."""
        waiting = self.filtered(lambda intake: intake.state in OPEN_STATES)
        if not waiting:
            raise UserError(
                self.env._("Only documents that need attention can be tried again. Select some.")
            )
        waiting.action_process()
        accepted = waiting.filtered(lambda intake: intake.state == "accepted")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if accepted == waiting else "warning",
                "message": self.env._(
                    "%(accepted)s of %(count)s documents became orders.",
                    accepted=len(accepted),
                    count=len(waiting),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_order(self):
        """Open the orders these documents became."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        action |= {"domain": [("id", "in", self.order_id.ids)], "context": {}}
        if len(self.order_id) == 1:
            action |= {"res_id": self.order_id.id, "views": [(False, "form")]}
        return action

    def action_download(self):
        """Download the document as it came."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    @api.model
    def action_open_inbox(self):
        """Open the inbox on what needs attention, or on everything when nothing does."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_action"
        )
        waiting = self.search_count([("state", "=", "rejected")], limit=1)
        return action | {"context": {"search_default_attention": 1} if waiting else {}}

    # === PROCESSING === #

    def action_process(self):
        """Turn each document that isn't an order yet into one, or say why it can't be.

        Never raises for what is in a document: each one ends accepted, or rejected with a reason.
        """
        # Locked rows are another worker's: that one finishes them.
        todo = self.filtered(lambda intake: intake.state in OPEN_STATES).try_lock_for_update()
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
        acting = channel._as_acting_user()
        readable = [result.order for result in results.values() if result.order]
        facts = acting._gather_facts(readable) if readable and not setup else None
        digits = self.env["decimal.precision"].precision_get("Discount")
        plans = []
        for intake, result in results.items():
            findings, resolution = [*setup, *result.findings], None
            if result.order and facts:
                resolution, looked_up = resolve.resolve(
                    result.order, facts, channel.tax_policy, digits
                )
                findings += looked_up
            if resolution is None:
                intake._reject(findings)
            else:
                intake.write(intake._prepare_findings_vals(findings))
                plans.append((intake, result.order, resolution))
        customers = acting.env["res.partner"]._find_customers(
            [order for _intake, order, _resolution in plans], channel.company_id
        )
        self._create_orders(acting, plans, customers)
        accepted = acting.env["sale.order"].browse(self.order_id.ids)
        self._release_orders(accepted.with_context(order_event_source="channel"))

    def _create_orders(self, acting, plans, customers):
        """Create the orders of ``plans`` together; when one fails, each half on its own.

        :param acting: the channel, in the environment of the user it acts as
        :param plans: list of ``(intake, order, resolution)``
        :param dict customers: see ``res.partner._find_customers``; grows with what is created
        """
        if not plans:
            return
        known = dict(customers)
        try:
            with self.env.cr.savepoint():
                self._apply_plans(acting, plans, known)
            customers.update(known)
        except TotalMismatch as error:
            wrong = dict(error.mismatches)
            for intake, finding in wrong.items():
                intake._reject([finding])
            self._create_orders(acting, [plan for plan in plans if plan[0] not in wrong], customers)
        except Exception as error:
            if len(plans) == 1:
                plans[0][0]._reject_all(acting, error)
                return
            middle = len(plans) // 2
            self._create_orders(acting, plans[:middle], customers)
            self._create_orders(acting, plans[middle:], customers)

    def _apply_plans(self, acting, plans, customers):
        """Create customers and orders, and check the totals.

        :raise TotalMismatch: Odoo's total isn't what the channel charged
        """
        Partner = acting.env["res.partner"]
        vals_list = []
        for _intake, order, resolution in plans:
            partners = Partner._get_order_partners(order, resolution, customers)
            vals_list.append(acting._prepare_order_vals(order, resolution, partners))
        orders = acting.env["sale.order"].create(vals_list)
        mismatches = []
        for sale, (intake, order, _resolution) in zip(orders, plans, strict=True):
            stated = float(order.total)
            if sale.currency_id.compare_amounts(sale.amount_total, stated):
                args = {
                    "computed": f"{sale.amount_total:.{order.digits}f}",
                    "stated": f"{stated:.{order.digits}f}",
                    "difference": f"{sale.amount_total - stated:+.{order.digits}f}",
                    "currency": order.currency,
                    "channel": acting.name,
                }
                mismatches.append((intake, Finding("odoo_total", "total_price", args)))
        if mismatches:
            raise TotalMismatch(mismatches)
        for sale, (intake, order, _resolution) in zip(orders, plans, strict=True):
            intake.write({"state": "accepted", "order_id": sale.id, "error": False})
            if order.note or order.attributes:
                sale.message_post(body=self._prepare_note(order))
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
            "total": f"{order.total:f}",
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
        except UserError as error:
            if len(orders) == 1:
                orders.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("Taken in, but not released"),
                    note=str(error),
                    user_id=orders.user_id.id or orders.channel_id.user_id.id or SUPERUSER_ID,
                )
                return
        for order in orders:
            self._try_each(order, method)

    # === FINDINGS AND ANSWERS === #

    def _prepare_findings_vals(self, findings):
        """Values that keep findings, and the reasons for a rejection in words."""
        lang = self.channel_id[:1].user_id.sudo().lang
        env = self.with_context(lang=lang or self.env.lang).env
        kept = [
            {
                "code": finding.code,
                "field": finding.field,
                "severity": finding.severity,
                "message": finding_message(env, finding.code, finding.args),
            }
            for finding in findings
        ]
        reasons = [
            f"{each['message']} [{each['field']}]" if each["field"] else each["message"]
            for each in kept
            if each["severity"] == ERROR
        ]
        return {"findings": kept, "error": "\n".join(reasons) or False}

    def _reject(self, findings):
        """Set one document aside with the reasons."""
        self.ensure_one()
        self.write({"state": "rejected", **self._prepare_findings_vals(findings)})

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
            _logger.error("Intake of %s failed", self, exc_info=error)
            args = {"detail": f"{type(error).__name__}: {detail}"}
            finding = Finding("unexpected", args=args)
        for intake in self:
            intake._reject([finding])

    def _answer(self):
        """What the sender of this document is told, the same each time it comes.

        :return: ``(HTTP status, dict of JSON values)``
        """
        self.ensure_one()
        status = {"accepted": 200 if self.replays else 201, "duplicate": 409, "rejected": 422}.get(
            self.state, 202
        )
        # sudo: the sender may know the number of the order it sent, and nothing else of it.
        order = self.order_id.sudo()
        if self.state == "accepted":
            reason = self.env._("Order %(order)s was created.", order=order.name)
        else:
            reason = self.error or self.env._("The document was kept and waits to be processed.")
        return status, {
            "status": self.state,
            "intake": self.id,
            "order": order.name or None,
            "reason": reason,
            "findings": self.findings or [],
        }
