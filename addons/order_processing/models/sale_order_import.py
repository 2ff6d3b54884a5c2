import re
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine import moving
from ..engine.intake.reading import clean
from ..flow import DUTIES, EVENT_SELECTION, HOLD_BLOCKING, STEP_SELECTION
from .sale_order_export import PARTNER_TEXTS

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
#: Kinds of taxes an import can make; others are made by hand.
TAX_KINDS = ("percent", "fixed", "division")


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
        order._restore_holds(record.get("holds", []))
        order._restore_events(record, importing)
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
        find = self._import_find
        channel = (
            self.env["order.channel"]
            .sudo()
            .search([("company_id", "=", company.id), ("code", "=", head.get("channel"))], limit=1)
        )
        return {
            "name": self._import_name(head["name"], importing),
            "company_id": company.id,
            "partner_id": partners[head["customer"]].id,
            "partner_invoice_id": partners[head["invoice_to"]].id,
            "partner_shipping_id": partners[head["deliver_to"]].id,
            "date_order": _time(head["ordered_at"]) or fields.Datetime.now(),
            "commitment_date": _time(head.get("promised_at")),
            "validity_date": head.get("valid_until") or False,
            "pricelist_id": self._import_pricelist(head, currency, importing).id,
            "channel_id": channel.id,
            "channel_ref": head.get("channel_ref") or False,
            "channel_total": float(head.get("channel_total") or 0),
            "client_order_ref": head.get("customer_ref") or False,
            "origin": head.get("origin") or False,
            "note": head.get("note") or False,
            "user_id": find("res.users", [("login", "=", head.get("salesperson"))]).id,
            "team_id": find("crm.team", [("name", "=", head.get("team"))], company).id,
            **self._import_place(head, company),
            "payment_term_id": find(
                "account.payment.term", [("name", "=", head.get("payment_terms"))], company
            ).id,
            "fiscal_position_id": find(
                "account.fiscal.position", [("name", "=", head.get("fiscal_position"))], company
            ).id,
            "moved_key": record["key"],
            "moved_record": {
                **{name: record.get(name, []) for name in KEPT},
                "holds": [
                    h for h in record.get("holds", []) if h.get("state") not in HOLD_BLOCKING
                ],
                "channel": None if channel else head.get("channel"),
            },
            "order_line": [
                fields.Command.create(self._import_line(line, number, importing))
                for number, line in enumerate(record["lines"], start=1)
            ],
        }

    @api.model
    def _import_find(self, model, domain, company=None):
        """The first record of that name, of the company or of all; none for no name."""
        # sudo: what an order hangs on is found by name, whoever imports.
        Model = self.env[model].sudo()
        if not domain[0][2]:
            return Model
        if company and "company_id" in Model._fields:
            domain = [*domain, ("company_id", "in", (company.id, False))]
        return Model.search(domain, limit=1, order="id")

    @api.model
    def _import_place(self, head, company):
        """The warehouse by its short name; the company's own when there is none of it."""
        place = self._import_find(
            "stock.warehouse", [("code", "=", head.get("warehouse"))], company
        )
        return {"warehouse_id": place.id} if place else {}

    @api.model
    def _import_name(self, name, importing):
        """The order's number, with the prefix where another order has it here."""
        company = [("company_id", "=", importing.company_id.id)]
        # sudo: a number is taken, whoever may read the order that has it.
        taken = self.sudo().search_count([*company, ("name", "=", name)], limit=1)
        if not taken:
            return name
        changed = f"{importing.prefix or ''}{name}"
        if changed != name and not self.sudo().search_count(
            [*company, ("name", "=", changed)], limit=1
        ):
            return changed
        raise UserError(
            self.env._(
                "Another order here has the number %(name)s. Set a prefix of taken numbers on the"
                " import, then try again.",
                name=name,
            )
        )

    @api.model
    def _import_currency(self, code):
        # sudo: inactive currencies are named in the message.
        currency = self.env["res.currency"].sudo().with_context(active_test=False)
        found = currency.search([("name", "=", code)], limit=1)
        if not found.active:
            raise UserError(
                self.env._("Activate the currency %(code)s, then try again.", code=code)
            )
        return found

    @api.model
    def _import_pricelist(self, head, currency, importing):
        """A pricelist of the order's currency, that of its name first."""
        domain = [("currency_id", "=", currency.id)]
        company = importing.company_id
        if head.get("pricelist"):
            named = self._import_find(
                "product.pricelist", [("name", "=", head["pricelist"]), *domain], company
            )
            if named:
                return named
        if currency == company.currency_id:
            return self.env["product.pricelist"]
        found = self._import_find("product.pricelist", domain, company)
        if not found:
            self._import_allow(importing, self.env._("pricelist in %s", currency.name))
            found = self.env["product.pricelist"].create(
                {
                    "name": head.get("pricelist") or currency.name,
                    "currency_id": currency.id,
                    "company_id": company.id,
                }
            )
        return found

    @api.model
    def _import_allow(self, importing, what):
        """:raise UserError: something is missing and may not be made"""
        if not importing.create_missing:
            raise UserError(
                self.env._(
                    "There is no %(what)s here. Make it, or tick Create Missing on the import,"
                    " then try again.",
                    what=what,
                )
            )

    # === partners === #

    @api.model
    def _import_partners(self, abouts, importing):
        """The record's partners, in its order: known ones, or new ones.

        One is known by its name along with its VAT number, reference or e-mail, its company and
        address; customers of one name who differ in any of these are never mixed up.
        """
        partners = []
        for place, about in enumerate(abouts):
            parent = about.get("parent")
            if parent is not None and parent >= place:
                raise UserError(self.env._("The record names a partner that isn't in it."))
            above = partners[parent] if parent is not None else self.env["res.partner"]
            vals = self._import_partner_vals(about, above, importing)
            # sudo: a customer whom the user may not read is here all the same.
            Partner = self.env["res.partner"].sudo()
            found = Partner.search(
                [
                    *(
                        (name, "=", vals.get(name) or False)
                        for name in PARTNER_TEXTS
                        if name != "lang"
                    ),
                    ("parent_id", "=", above.id),
                    ("company_id", "in", (importing.company_id.id, False)),
                ],
                limit=1,
                order="id",
            )
            if not found:
                self._import_allow(importing, self.env._("customer %s", about["name"]))
                found = self.env["res.partner"].with_context(**SILENT, no_vat_validation=True)
                found = found.create(vals)
            partners.append(found)
        return partners

    @api.model
    def _import_partner_vals(self, about, above, importing):
        country = self._import_find("res.country", [("code", "=", about.get("country"))])
        state = self.env["res.country.state"]
        if country and about.get("state"):
            state = state.search(
                [("code", "=", about["state"]), ("country_id", "=", country.id)], limit=1
            )
        languages = {code for code, _name in self.env["res.lang"].get_installed()}
        lang = about.get("lang") if about.get("lang") in languages else self.env.lang
        return {
            **{name: about.get(name) or False for name in PARTNER_TEXTS},
            "lang": lang,
            "type": about.get("type") or "contact",
            "is_company": bool(about.get("is_company")),
            "parent_id": above.id,
            "country_id": country.id,
            "state_id": state.id,
            "company_id": False if above else importing.company_id.id,
        }

    # === lines === #

    @api.model
    def _import_line(self, about, number, importing):
        if about["kind"] != "product":
            return {"display_type": about["kind"], "name": about["title"], "sequence": number}
        product = self._import_product(about.get("product"), importing)
        if not product:
            raise UserError(
                self.env._("The line %(title)s has no product.", title=clean(about["title"], 80))
            )
        unit = self._import_unit(about.get("unit"), product)
        return {
            "sequence": number,
            "product_id": product.id,
            "name": about["title"],
            "product_uom_qty": float(about["quantity"]),
            "product_uom_id": unit.id,
            "price_unit": float(about["unit_price"]),
            "technical_price_unit": float(about["unit_price"]),
            "discount": float(about["discount"]),
            "tax_ids": [
                fields.Command.set([self._import_tax(tax, importing).id for tax in about["taxes"]])
            ],
            "customer_lead": float(about.get("lead_days") or 0),
            "is_delivery": bool(about.get("is_delivery")),
            "is_downpayment": bool(about.get("is_downpayment")),
            "moved_delivered": float(about.get("delivered") or 0),
            "moved_invoiced": float(about.get("invoiced") or 0),
        }

    @api.model
    def _import_unit(self, name, product):
        """The unit of that name; the product's own when none is said."""
        if not name or name == product.uom_id.name:
            return product.uom_id
        unit = self._import_find("uom.uom", [("name", "=", name)])
        if not unit:
            raise UserError(
                self.env._("Make the unit of measure %(name)s, then try again.", name=name)
            )
        return unit

    @api.model
    def _import_product(self, about, importing):
        """The product by its reference, then its barcode, then its name."""
        if not about:
            return self.env["product.product"]
        company = importing.company_id
        for name, value in (
            ("default_code", about.get("sku")),
            ("barcode", about.get("barcode")),
            ("name", None if about.get("sku") else about["name"]),
        ):
            found = self.with_context(active_test=False)._import_find(
                "product.product", [(name, "=", value)], company
            )
            if found:
                return found
        self._import_allow(importing, self.env._("product %s", about.get("sku") or about["name"]))
        vals = {
            "name": about["name"],
            "default_code": about.get("sku") or False,
            "barcode": about.get("barcode") or False,
            "type": about["type"],
            "is_storable": bool(about.get("stored")) and about["type"] == "consu",
            "invoice_policy": about.get("invoice_policy") or "order",
            "list_price": 0.0,
            "taxes_id": [fields.Command.clear()],
        }
        unit = self._import_find("uom.uom", [("name", "=", about.get("unit"))])
        if unit:
            vals["uom_id"] = unit.id
        return self.env["product.product"].with_context(**SILENT).create(vals)

    @api.model
    def _import_tax(self, about, importing):
        """The company's sales tax of that name, rate and kind."""
        company, amount = importing.company_id, float(about["amount"])
        # sudo: whoever may import an order may see what is charged on it.
        taxes = (
            self.env["account.tax"]
            .sudo()
            .search(
                [
                    *self.env["account.tax"]._check_company_domain(company),
                    ("type_tax_use", "=", "sale"),
                    ("name", "=", about["name"]),
                    ("amount_type", "=", about["kind"]),
                ]
            )
        )
        found = taxes.filtered(
            lambda tax: (
                abs(tax.amount - amount) < 1e-6 and tax.price_include == bool(about.get("included"))
            )
        )[:1]
        if found:
            return found
        if about["kind"] not in TAX_KINDS:
            raise UserError(
                self.env._("Make the sales tax %(name)s, then try again.", name=about["name"])
            )
        self._import_allow(importing, self.env._("sales tax %s", about["name"]))
        included = "tax_included" if about.get("included") else "tax_excluded"
        # Two taxes of one name aren't allowed: what differs is said.
        name = f"{about['name']} ({about['amount']})" if taxes else about["name"]
        # sudo: an administrator of orders imports; a tax made here has no accounts yet, so it
        # charges what was charged there and books as the company's settings say.
        return (
            self.env["account.tax"]
            .sudo()
            .create(
                {
                    "name": name,
                    "amount": amount,
                    "amount_type": about["kind"],
                    "type_tax_use": "sale",
                    "price_include_override": included,
                    "company_id": company.id,
                }
            )
        )

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
        for line, about in zip(self.order_line, record["lines"], strict=True):
            if about["kind"] == "product" and line.qty_delivered_method == "manual":
                line.qty_delivered = float(about.get("delivered") or 0)
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
