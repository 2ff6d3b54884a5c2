import hashlib
import re
import secrets
from os.path import splitext

from psycopg2 import errorcodes, errors

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.misc import clean_context

from ..engine.intake import replay
from ..engine.intake.canonical import Finding, ParseResult
from ..engine.intake.registry import READERS

CODE_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class IntakeRace(errors.SerializationFailure):
    """Another worker has just taken in the same document.

    Its row isn't visible to this transaction, so that only a new one can replay its answer. Odoo
    and queue_job both repeat a transaction that fails with this class; they look its code up,
    which psycopg2 only sets on errors that came from the server.
    """

    pgcode = errorcodes.SERIALIZATION_FAILURE


class OrderChannel(models.Model):
    """A place orders come from, and what is decided once for all of its orders."""

    _name = "order.channel"
    _description = "Order Channel"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    code = fields.Char(
        required=True,
        help="Short name in the address documents are posted to. Letters, digits, - and _.",
    )
    kind = fields.Selection(
        [("manual", "Entered by hand"), *((kind, each.label) for kind, each in READERS.items())],
        required=True,
        default="manual",
        help="Format of the documents this channel sends.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Acts As",
        default=lambda self: self.env.user,
        tracking=True,
        help="Orders of this channel are created with the rights of this user.",
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", check_company=True)
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        string="Default Warehouse",
        check_company=True,
        help="Ships what routing can't place elsewhere.",
    )
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Ships From",
        check_company=True,
        help="Warehouses routing may choose from. Empty: all warehouses of the company.",
    )
    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    payment_term_id = fields.Many2one("account.payment.term", check_company=True)
    auto_confirm = fields.Boolean(
        string="Release by Itself",
        default=True,
        help="Confirm an accepted order at once when no hold keeps it back.",
    )
    invoice_policy = fields.Selection(
        [("shipment", "At shipment, by itself"), ("manual", "By hand")],
        required=True,
        default="shipment",
        help="When orders of this channel are invoiced.",
    )
    tax_policy = fields.Selection(
        [
            ("odoo", "Odoo's taxes, matched by rate"),
            ("line", "As charged by the channel, one line per tax"),
        ],
        required=True,
        default="odoo",
        help="Odoo's taxes: the rate on each document line picks the tax and the total must agree"
        " to the cent. As charged: the amounts the channel collected become lines of their own, on"
        " the account of the tax product.",
    )
    tax_product_id = fields.Many2one(
        "product.product",
        default=lambda self: self._default_product("product_channel_tax"),
    )
    discount_product_id = fields.Many2one(
        "product.product",
        default=lambda self: self._default_product("product_channel_discount"),
    )
    shipping_product_id = fields.Many2one(
        "product.product",
        default=lambda self: self._default_product("product_channel_shipping"),
    )
    secret = fields.Char(
        copy=False,
        groups="order_processing.group_order_manager",
        default=lambda self: secrets.token_urlsafe(32),
        help="Key that signs posted documents. Paste it into the shop, or the shop's into here.",
    )
    endpoint_url = fields.Char(compute="_compute_endpoint_url", string="Post Documents To")
    intake_ids = fields.One2many("order.intake", "channel_id")
    intake_count = fields.Integer(compute="_compute_intake_count")
    intake_attention_count = fields.Integer(compute="_compute_intake_count")
    order_count = fields.Integer(compute="_compute_order_count")

    _code_company_uniq = models.Constraint(
        "UNIQUE (company_id, code)", "This company already has a channel with this code."
    )

    @api.model
    def _default_product(self, name):
        """Service product ``order_processing.<name>``, or none when it was deleted."""
        return self.env.ref(f"order_processing.{name}", raise_if_not_found=False)

    def _compute_endpoint_url(self):
        for channel in self:
            channel.endpoint_url = f"{channel.get_base_url()}/order/intake/{channel.id}"

    def _compute_intake_count(self):
        totals, waiting = {}, {}
        for channel, state, count in self.env["order.intake"]._read_group(
            [("channel_id", "in", self.ids)], ["channel_id", "state"], ["__count"]
        ):
            totals[channel] = totals.get(channel, 0) + count
            if state == "rejected":
                waiting[channel] = count
        for channel in self:
            channel.intake_count = totals.get(channel, 0)
            channel.intake_attention_count = waiting.get(channel, 0)

    def _compute_order_count(self):
        counts = dict(
            self.env["sale.order"]._read_group(
                [("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
            )
        )
        for channel in self:
            channel.order_count = counts.get(channel, 0)

    # === CONSTRAINTS === #

    @api.constrains("code")
    def _check_code(self):
        for channel in self:
            if not CODE_PATTERN.fullmatch(channel.code or ""):
                raise ValidationError(
                    self.env._(
                        "The code “%(code)s” of channel %(channel)s has other characters than"
                        " letters, digits, - and _ (at most 64). Change it.",
                        code=channel.code,
                        channel=channel.name,
                    )
                )

    # === CRUD === #

    def copy_data(self, default=None):
        """Give copies a code and name of their own."""
        vals_list = super().copy_data(default)
        default = default or {}
        for channel, vals in zip(self, vals_list, strict=True):
            if "code" not in default:
                vals["code"] = f"{channel.code[:50]}-{secrets.token_hex(3)}"
            if "name" not in default:
                vals["name"] = self.env._("%(channel)s (copy)", channel=channel.name)
        return vals_list

    # === ACTIONS === #

    def action_renew_secret(self):
        """Give each channel a new secret; the shop must learn it before it can post again."""
        self.check_access("write")
        for channel in self:
            channel.secret = secrets.token_urlsafe(32)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "title": self.env._("New secret"),
                "message": self.env._(
                    "Paste the new secret into the shop: documents signed with the old one are"
                    " refused from now on."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_intakes(self):
        """Open the documents of these channels."""
        waiting = any(channel.intake_attention_count for channel in self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_action"
        )
        return action | {
            "domain": [("channel_id", "in", self.ids)],
            "context": {"search_default_attention": 1} if waiting else {},
        }

    def action_view_orders(self):
        """Open the sales orders of these channels."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return action | {"domain": [("channel_id", "in", self.ids)], "context": {}}

    def action_upload(self):
        """Open the upload of documents into this channel."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_upload_action"
        )
        return action | {"context": {"default_channel_id": self[:1].id}}

    # === RECEIVING === #

    def _receive(self, payload, filename=None, source="webhook"):
        """Keep a document that came in, or find the one it repeats.

        :param bytes payload: the document, kept as it is
        :param str filename: its name, if it had one
        :param str source: ``webhook``, ``upload`` or ``api``
        :return: the one ``order.intake``: a new one to be processed, or the earlier one
        """
        return self._receive_documents([(payload, filename)], source=source)

    def _receive_documents(self, documents, source="upload"):
        """Keep documents that came in, or find those they repeat; see ``engine.intake.replay``.

        :param documents: list of ``(payload bytes, file name or None)``
        :return: ``order.intake``, one per document, in their order
        """
        self.ensure_one()
        documents = [part for each in documents for part in self._split_document(*each)]
        Intake = self.env["order.intake"].with_context(active_test=False)
        keyed = [self._get_document_key(payload) for payload, _filename in documents]
        earlier = Intake.search(
            Domain("channel_id", "=", self.id)
            & (
                Domain("external_ref", "in", [key["external_ref"] for key in keyed])
                | Domain("payload_sha256", "in", [key["payload_sha256"] for key in keyed])
            )
        )
        answers, fresh, rest, seen = {}, [], [], set()
        for position, key in enumerate(keyed):
            identity = key["external_ref"] or key["payload_sha256"]
            if identity in seen:
                rest.append(position)  # decided once its twin before it is there
                continue
            seen.add(identity)
            known, vals = self._decide_document(key, earlier)
            if vals is None:
                known._count_replay()
                answers[position] = known
            else:
                fresh.append((position, vals))
        created = Intake._create_received(
            [
                vals | {"channel_id": self.id, "source": source, "filename": documents[position][1]}
                for position, vals in fresh
            ],
            [documents[position][0] for position, _vals in fresh],
        )
        answers.update(zip((position for position, _vals in fresh), created, strict=True))
        if rest:
            again = self._receive_documents([documents[position] for position in rest], source)
            answers.update(zip(rest, again, strict=True))
        # Ids, since two documents may have the same answer.
        return self.env["order.intake"].browse([answers[i].id for i in range(len(documents))])

    def _split_document(self, payload, filename=None):
        """Take a file of several orders apart: each is a document that stands alone.

        :return: list of ``(payload, file name)``; the file as it is when it has one order
        """
        reader = READERS.get(self.kind)
        parts = reader.split(payload) if reader else [payload]
        if len(parts) == 1:
            return [(payload, filename)]
        stem, ending = splitext(filename or self.env._("Order"))
        ending = ending or reader.extensions[0]
        return [(part, f"{stem}-{number}{ending}") for number, part in enumerate(parts, start=1)]

    @api.model
    def _get_document_key(self, payload):
        """What tells a document from others: its reference if readable, and its hash."""
        result = self._read_document(payload)
        return {
            "external_ref": result.ref or False,
            "order_number": result.number or False,
            "payload_sha256": hashlib.sha256(payload).hexdigest(),
        }

    def _read_document(self, payload):
        """Read a document in this channel's format.

        :return: :class:`..engine.intake.canonical.ParseResult`
        """
        reader = READERS.get(self.kind)
        if not reader:
            return ParseResult(None, (Finding("no_reader", args={"channel": self.name}),))
        return reader.parse(payload)

    def _decide_document(self, key, earlier):
        """Apply the idempotency rules to one document.

        :param dict key: see :meth:`_get_document_key`
        :param earlier: intakes that may be the same document or order
        :return: ``(intake to replay, None)`` or ``(intake it follows, values of the new one)``
        """
        same = earlier.filtered(
            lambda intake: (
                intake.external_ref == key["external_ref"]
                if key["external_ref"]
                else not intake.external_ref and intake.payload_sha256 == key["payload_sha256"]
            )
        )
        live = same.filtered(lambda intake: intake.state not in ("duplicate", "superseded"))[:1]
        copies = same.filtered(lambda intake: intake.state == "duplicate")
        verdict = replay.decide(
            key["payload_sha256"],
            (live.state, live.payload_sha256) if live else None,
            set(copies.mapped("payload_sha256")),
        )
        if verdict == replay.REPLAY:
            twin = copies.filtered(lambda intake: intake.payload_sha256 == key["payload_sha256"])
            return (live if live.payload_sha256 == key["payload_sha256"] else twin[:1]), None
        vals = dict(key, original_id=live.id)
        if verdict == replay.SUPERSEDE:
            live.write({"state": "superseded"})
            live.flush_recordset()  # the unique index must see it before the new row
        elif verdict == replay.DUPLICATE:
            finding = Finding(
                "same_reference",
                args={"ref": key["order_number"], "order": live.order_id.sudo().name or "?"},
            )
            vals |= {"state": "duplicate", **live._prepare_findings_vals([finding])}
        return live, vals

    # === ACTING === #

    def _as_acting_user(self):
        """This channel in the environment of the user it acts as, in its company alone."""
        self.ensure_one()
        user = self.user_id
        if not user:
            return self
        # Without the defaults of the screen somebody works on: they aren't the documents'.
        acting = self.with_user(user).with_context(**clean_context(self.env.context))
        return acting.with_context(
            allowed_company_ids=self.company_id.ids, lang=user.sudo().lang or self.env.lang
        )

    def _check_ready(self):
        """Findings about the channel itself that keep every order of it out."""
        self.ensure_one()
        # sudo: whoever processes documents may not read users; only names go into the reason.
        channel = self.sudo()
        user, company = channel.user_id, channel.company_id
        args = {"channel": channel.name, "user": user.name or "", "company": company.name}
        if not channel.active:
            return [Finding("channel_archived", args=args)]
        if not user:
            return [Finding("no_acting_user", args=args)]
        if not user.active:
            return [Finding("acting_user_archived", args=args)]
        if company not in user.company_ids:
            return [Finding("no_company_access", args=args)]
        env = self._as_acting_user().env
        missing = [
            env[model]
            for model in ("sale.order", "sale.order.line", "res.partner")
            if not env[model].has_access("create")
        ]
        if missing:
            names = ", ".join(model.browse()._description for model in missing)
            return [Finding("no_rights", args=args | {"models": names})]
        return []
