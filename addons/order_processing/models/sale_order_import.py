import re
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine import moving
from ..engine.intake.reading import clean
from ..flow import DUTIES, EVENT_SELECTION, HOLD_BLOCKING, STEP_SELECTION

#: Creating must tell nobody: no mail, no log of tracked values, no followers.
SILENT = {
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
    "sale_no_log_for_new_lines": True,
    "order_event_source": "system",
    "order_moving": True,
}
#: Facts of the former database that are kept as they are.
KEPT = ("deliveries", "invoices", "payments")


#: What an order hangs on by name: part of the record → field of the order.
PLACES = {
    "channel": "channel_id",
    "fiscal_position": "fiscal_position_id",
    "payment_terms": "payment_term_id",
    "pricelist": "pricelist_id",
    "salesperson": "user_id",
    "team": "team_id",
    "warehouse": "warehouse_id",
}


def _time(text):
    """A naive UTC datetime of ISO 8601 text with Z."""
    return datetime.fromisoformat(text.removesuffix("Z")) if text else False


class SaleOrder(models.Model):
    """Taking in orders of another database as they were there."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    @api.model
    def _import_moved(self, record, files, importing):
        """Make one order of another database, with its history, as it was there.

        Nothing happens to it: it isn't confirmed, sent, shipped or invoiced here. What was shipped
        and invoiced there counts as done.

        :param dict record: as ``static/openapi/moved_order.schema.json`` says, checked
        :param files: pairs of description and bytes; read only if the order is new
        :param importing: ``order.import`` with the company and what may be made
        :return: ``(order, whether it is new)``
        :raise UserError: something it needs isn't here, or it comes to another total here
        :raise MovingError: one of its files is damaged
        """
        if not self.env.user.has_group("order_processing.group_order_manager"):
            raise AccessError(self.env._("Only administrators of orders import them."))
        known = self._find_moved(record["key"], importing.company_id)
        if known:
            return known, False
        vals = self._prepare_import_vals(record, importing)
        # sudo: what only the suite writes (key, quantities done) is stated here; whoever may
        # import was checked, and what may be made for it is checked with the user's own rights.
        order = self.sudo().with_context(**SILENT).create(vals)
        self._check_imported(order, record)
        order._restore_state(record)
        order._restore_files(files)
        order._restore_events(record, importing)
        order._restore_holds(record.get("holds", []))
        self._pending_forget(order)
        return self.browse(order.id), True

    @api.model
    def _pending_forget(self, order):
        """Rules look at imported orders when somebody confirms them, not now."""
        pending = order._pending()
        pending["changed"].difference_update(order.ids)
        pending["orders"].difference_update(order.ids)

    @api.model
    def _find_moved(self, key, company):
        """The order with this key in this company: imported before, or never left."""
        # sudo: an order that the user may not read is here all the same.
        orders = self.sudo().with_context(active_test=False)
        found = orders.search([("company_id", "=", company.id), ("moved_key", "=", key)], limit=1)
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        own, _slash, number = key.rpartition("/")
        if not found and own == database and number.isdigit() and len(number) < 10:
            found = orders.browse(int(number)).exists()
            found = found.filtered(lambda order: order.company_id == company)
        return self.browse(found.id)

    # === values === #

    @api.model
    def _prepare_import_vals(self, record, importing):
        head, company = record["order"], importing.company_id
        currency = self._import_currency(head["currency"])
        partners = self._import_partners(record["partners"], importing)
        for role in ("customer", "invoice_to", "deliver_to"):
            if head[role] >= len(partners):
                raise UserError(self.env._("The record names a partner that isn't in it."))
        places = self._import_places(head, currency, importing)
        return {
            "name": self._import_name(head["name"], importing),
            "company_id": company.id,
            "partner_id": partners[head["customer"]].id,
            "partner_invoice_id": partners[head["invoice_to"]].id,
            "partner_shipping_id": partners[head["deliver_to"]].id,
            "date_order": _time(head["ordered_at"]) or fields.Datetime.now(),
            "commitment_date": _time(head.get("promised_at")),
            "validity_date": head.get("valid_until") or False,
            "channel_ref": head.get("channel_ref") or False,
            "channel_total": float(head.get("channel_total") or 0),
            "client_order_ref": head.get("customer_ref") or False,
            "origin": head.get("origin") or False,
            "note": head.get("note") or False,
            "moved_key": record["key"],
            "moved_record": self._prepare_moved_record(record, places),
            "order_line": [
                fields.Command.create(self._import_line(line, number, importing))
                for number, line in enumerate(record["lines"], start=1)
            ],
            **{PLACES[name]: found.id for name, found in places.items()},
        }

    @api.model
    def _prepare_moved_record(self, record, places):
        """What is kept of the former database to read, and to be exported again.

        :param places: as of :meth:`_import_places`
        """
        head = record["order"]
        names = {
            name: head[name]
            for name, found in places.items()
            if head.get(name) and (not found or name == "warehouse" and found.code != head[name])
        }
        if "warehouse" in names:
            names["instead"] = places["warehouse"].code
        holds = record.get("holds", [])
        return {
            **{name: record.get(name, []) for name in KEPT},
            "holds": [hold for hold in holds if hold.get("state") not in HOLD_BLOCKING],
            "names": names,
        }

    # === restoring === #

    @api.model
    def _check_imported(self, order, record):
        """:raise UserError: the order comes to something else here"""
        head = record["order"]
        for name, field in (("untaxed", "amount_untaxed"), ("total", "amount_total")):
            if order.currency_id.compare_amounts(order[field], float(head[name])):
                raise UserError(
                    self.env._(
                        "Here this order comes to %(here)s, there to %(there)s. Compare the taxes"
                        " of its lines with those here and how they are rounded, then try again.",
                        here=f"{order[field]:.2f}",
                        there=head[name],
                    )
                )

    def _restore_state(self, record):
        """Set the order's state, which was reached in another database, and its step.

        It is written to the database itself: Odoo's ways into these states would check, plan,
        write mails and fix dates, and all of that happened there.
        """
        head = record["order"]
        steps = dict(STEP_SELECTION)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE sale_order SET state = %s, locked = %s, flow_step = %s WHERE id = %s",
                head["state"],
                bool(head.get("locked")),
                head["step"] if head.get("step") in steps else None,
                self.id,
            )
        )
        self.invalidate_recordset(["state", "locked", "flow_step"], flush=False)
        self.modified(["state", "locked", "flow_step"])
        self._advance_numbers(head["name"])

    def _advance_numbers(self, name):
        """Have the next order of this database not get a number that was imported."""
        sequence = self.env["ir.sequence"].search(
            [("code", "=", "sale.order"), ("company_id", "in", (self.company_id.id, False))],
            order="company_id",
            limit=1,
        )
        found = re.fullmatch(rf"{re.escape(sequence.prefix or '')}(\d{{1,9}})", name, re.ASCII)
        if found and sequence and sequence.number_next_actual <= int(found[1]):
            sequence.number_next_actual = int(found[1]) + 1

    def _restore_files(self, files):
        """Keep the documents on the order; of what type they were there is remembered."""
        kinds = {}
        # No browser shall run what came in a file: text is kept as plain text.
        Attachment = self.env["ir.attachment"].with_context(attachments_mime_plainxml=True)
        for about, content in files:
            attachment = Attachment.create(
                {
                    "name": moving.safe_name(about["name"]),
                    "raw": content,
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
            kinds[attachment.checksum] = about.get("kind")
        self.moved_record = {**self.moved_record, "files": kinds}

    def _restore_holds(self, holds):
        """Hold the order back where it was held back there."""
        Hold = self.env["order.hold"]
        kinds, gates = (dict(Hold._fields[name].selection) for name in ("kind", "gate"))
        Hold.with_context(**SILENT).create(
            [
                {
                    "order_id": self.id,
                    "kind": hold["kind"],
                    "gate": hold["gate"],
                    "reason": clean(str(hold.get("reason") or ""), 500),
                }
                for hold in holds
                if hold.get("state") in HOLD_BLOCKING
                and hold.get("kind") in kinds
                and hold.get("gate") in gates
            ]
        )

    def _restore_events(self, record, importing):
        """Append what happened there, at its own time, and that the order was imported.

        The log here is a chain of its own. What the chain there says of an event (who, its place
        and its seal) is kept, sealed, in the event's details.
        """
        steps, duties = dict(EVENT_SELECTION), dict(DUTIES)
        rows, last = [], ""
        for event in record["events"]:
            if event["step"] not in steps:
                raise UserError(
                    self.env._(
                        "The step %(step)s isn't known here. Install the addon it belongs to,"
                        " then try again.",
                        step=event["step"],
                    )
                )
            happened = _time(event["at"])
            if not happened or happened > fields.Datetime.now():
                raise UserError(self.env._("The record has an event that is still to come."))
            last = event.get("hash") or ""
            rows.append(
                {
                    "order": self,
                    "step": event["step"],
                    "summary": event["summary"],
                    "date": happened,
                    "source": event["source"],
                    # Who there had the duty is none of the users here: rights look at own events.
                    "details": {
                        "moved": {
                            "user": event.get("user"),
                            "duty": event.get("duty") if event.get("duty") in duties else None,
                            "number": event.get("number"),
                            "hash": event.get("hash"),
                            "details": event.get("details"),
                        }
                    },
                }
            )
        rows.append(
            {
                "order": self,
                "step": "intake",
                "summary": self.env._("Imported from another database"),
                "source": "user",
                "details": {"key": record["key"], "last_hash": last, "import": importing.id},
            }
        )
        self.env["order.event"]._append(rows)
