import json
import re

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine.intake.aliases import CUSTOMER, PRODUCT, UNIT
from ..engine.intake.canonical import ERROR
from ..engine.intake.reading import clean
from ..engine.intake.spreadsheets import is_zip, read_xlsx
from ..engine.intake.tables import decode, write_csv
from ..quiet import expected_conflict
from .order_channel_receive import IntakeRace
from .order_intake_messages import finding_message, finding_templates

#: States in which a document still may become an order.
OPEN_STATES = ("received", "parsed", "rejected")
#: Findings that an alias puts right: its kind, and the argument that has the code.
FIXES = {
    "unknown_sku": (PRODUCT, "sku"),
    "archived_sku": (PRODUCT, "sku"),
    "ambiguous_sku": (PRODUCT, "sku"),
    "product_contradiction": (PRODUCT, "sku"),
    "unknown_unit": (UNIT, "unit"),
    "wrong_unit": (UNIT, "unit"),
    "unknown_customer": (CUSTOMER, "code"),
    "ambiguous_customer": (CUSTOMER, "code"),
    "unknown_delivery": (CUSTOMER, "code"),
}
#: What happened to a document: recorded by taking it in and processing it, edited by nobody.
RECORDED = frozenset(
    {
        "attachment_id",
        "attempts",
        "batch_ids",
        "channel_id",
        "differences",
        "error",
        "external_ref",
        "filename",
        "findings",
        "is_change",
        "order_id",
        "order_number",
        "original_id",
        "original_ref",
        "payload_sha256",
        "replays",
        "source",
        "state",
    }
)
#: Characters of the document shown on its form.
SHOWN = 100_000
EDIFACT = re.compile(r"\s*UN[AB]")
SEGMENT_END = re.compile(r"(?<!\?)'")
#: Types that no browser runs, whatever is in the file.
MIMETYPES = {
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "text/plain",
    ".txt": "text/plain",
}


def _prepare_fix(finding):
    """The alias that would put a finding right, as ``{"fix": {…}}``; nothing where none would."""
    kind, name = FIXES.get(finding.code, (None, None))
    code = finding.args.get(name) if kind else None
    if not code:
        return {}
    own = finding.args.get("whose") == "customer"
    fix = {"kind": kind, "code": code, "title": finding.args.get("title", ""), "own": own}
    return {"fix": fix}


def _ending(payload):
    """The ending of a file's name, by its first bytes."""
    start = payload[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if is_zip(payload):
        return ".xlsx"
    return {b"{": ".json", b"[": ".json", b"<": ".xml"}.get(start[:1], ".txt")


def _lay_out(payload):
    """The document as people read it: JSON indented, workbooks as CSV, a line per EDI segment."""
    if is_zip(payload):
        table = read_xlsx(payload)
        payload = b"" if table.failed else write_csv(table, table.rows)
    text = decode(payload)[0] or payload.decode("utf-8", "replace")
    if EDIFACT.match(text) and "\n" not in text[:SHOWN].strip():
        return SEGMENT_END.sub("'\n", text)
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


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
    notice = fields.Text(compute="_compute_notice", string="What to Do")
    can_set_alias = fields.Boolean(compute="_compute_can_set_alias")
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

    @api.depends("error", "warning_text")
    def _compute_notice(self):
        for intake in self:
            intake.notice = intake.error or intake.warning_text

    @api.depends("findings", "state")
    def _compute_can_set_alias(self):
        for intake in self:
            intake.can_set_alias = bool(intake._get_fixes())

    @api.depends("attachment_id")
    def _compute_document_text(self):
        for intake in self:
            # Screens read with bin_size, which would give the document's size for its content.
            raw = intake.attachment_id.with_context(bin_size=False).raw or b""
            intake.document_text = clean(_lay_out(raw), SHOWN)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Documents come in through a channel, they aren't typed."""
        if not self.env.su:
            raise AccessError(self.env._("Documents are taken in through a channel: upload them."))
        return super().create(vals_list)

    def write(self, vals):
        """Let people archive and discuss documents, not edit what happened to them."""
        if not self.env.su and RECORDED & vals.keys():
            raise AccessError(self.env._("What happened to a document is recorded, not edited."))
        return super().write(vals)

    @api.model
    def _create_received(self, vals_list, payloads):
        """Create intakes with their documents as attachments, untouched.

        :raise IntakeRace: another worker took in one of them at this moment
        """
        self.check_access("create")
        try:
            # A lost race is no error: the request or job is repeated and finds the other's intake.
            with expected_conflict(), self.env.cr.savepoint():
                # sudo: the right to take in was checked; see ``create``.
                intakes = self.sudo().create(vals_list)
        except psycopg2.errors.UniqueViolation as error:
            raise IntakeRace from error
        attachments = (
            self.env["ir.attachment"]
            .sudo(self.env.su)
            .create(
                [
                    {
                        "name": intake.filename or f"{intake.display_name}{_ending(payload)}",
                        "raw": payload,
                        "mimetype": MIMETYPES.get(_ending(payload), "application/octet-stream"),
                        "res_model": self._name,
                        "res_id": intake.id,
                    }
                    for intake, payload in zip(intakes, payloads, strict=True)
                ]
            )
        )
        for intake, attachment in zip(intakes, attachments, strict=True):
            intake.attachment_id = attachment
        return intakes.sudo(self.env.su)

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

    def action_set_alias(self):
        """Open the dialog that says once and for all what unknown codes mean."""
        if not self._get_fixes():
            raise UserError(
                self.env._("No code in these documents is unknown: there is nothing to set.")
            )
        return self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_alias_action"
        ) | {"context": {"active_model": self._name, "active_ids": self.ids}}

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

    # === FINDINGS AND ANSWERS === #

    def _get_fixes(self):
        """The aliases that these documents wait for.

        :return: dict (channel, kind, code) → fix, see :func:`_prepare_fix`
        """
        return {
            (intake.channel_id, finding["fix"]["kind"], finding["fix"]["code"]): finding["fix"]
            for intake in self
            if intake.state == "rejected"
            for finding in intake.findings or []
            if finding.get("fix")
        }

    def _prepare_findings_vals(self, findings):
        """Values that keep findings, and the reasons for a rejection in words."""
        lang = self.channel_id[:1].user_id.sudo().lang
        env = self.with_context(lang=lang or self.env.lang).env
        templates = finding_templates(env) if findings else {}
        kept = [
            {
                "code": finding.code,
                "field": finding.field,
                "severity": finding.severity,
                "message": finding_message(env, finding.code, finding.args, templates),
                **_prepare_fix(finding),
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

    def _answer(self):
        """What the sender of this document is told, the same each time it comes.

        :return: ``(HTTP status, dict of JSON values)``
        """
        self.ensure_one()
        created = self.state == "accepted" and not (self.replays or self.is_change)
        conflict = self.is_change and self.differences
        status = {
            "accepted": 201 if created else 200,
            "duplicate": 200,
            "rejected": 409 if conflict else 422,
        }.get(self.state, 202)
        # sudo: the sender may know the number of the order it sent, and nothing else of it.
        order = (self.order_id or self.original_id.order_id).sudo()
        if self.state == "accepted" and self.is_change:
            reason = self.env._("Order %(order)s was changed.", order=order.name)
        elif self.state == "duplicate":
            reason = self.env._("Order %(order)s says the same already.", order=order.name)
        elif self.state == "accepted":
            reason = self.env._("Order %(order)s was created.", order=order.name)
        else:
            reason = self.error or self.env._("The document was kept and waits to be processed.")
        return status, {
            "status": self.state,
            "intake": self.id,
            "order": order.name or None,
            "reason": reason,
            # What would put it right is for the clerk, not for the sender.
            "findings": [
                {name: value for name, value in finding.items() if name != "fix"}
                for finding in self.findings or []
            ],
        }
