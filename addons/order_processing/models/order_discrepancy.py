import logging
from collections import defaultdict

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import formatLang

from ..engine import threeway
from ..flow import BY_ITSELF
from ..logs import log_line

_logger = logging.getLogger(__name__)

STATES = [("open", "Open"), ("ignored", "Accepted"), ("resolved", "Resolved")]
#: Orders compared in one go.
CHUNK = 200
#: What people may write; the rest is found by comparing.
OPEN_TO_USERS = {"user_id", "note"}


class OrderDiscrepancy(models.Model):
    """One order line on which order, warehouse and books disagree."""

    _name = "order.discrepancy"
    _description = "Order Discrepancy"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "state, amount_abs desc, id desc"
    _rec_name = "line_id"
    _check_company_auto = True

    line_id = fields.Many2one(
        "sale.order.line", required=True, readonly=True, index=True, ondelete="cascade"
    )
    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        related="order_id.partner_id", string="Customer", store=True, index=True
    )
    product_id = fields.Many2one(related="line_id.product_id", store=True)
    uom_id = fields.Many2one(related="line_id.product_uom_id", string="Unit")
    currency_id = fields.Many2one(related="order_id.currency_id")
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        index="btree_not_null",
        tracking=True,
        help="Who settles it: at first the order's salesperson.",
    )
    verdict = fields.Selection(list(threeway.VERDICTS), required=True, readonly=True, index=True)
    state = fields.Selection(
        STATES, required=True, default="open", readonly=True, tracking=True, index=True
    )
    quantity = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="How much is concerned, in the line's unit; below zero: too little is billed.",
    )
    amount = fields.Monetary(
        readonly=True,
        help="Without taxes. Above zero: the customer was charged too much; below: too little.",
    )
    amount_abs = fields.Monetary(
        string="Value",
        currency_field="company_currency_id",
        readonly=True,
        aggregator="sum",
        help="The amount in the company's currency at the order's rate, without its sign.",
    )
    ordered_quantity = fields.Float("Ordered", readonly=True, digits="Product Unit")
    shipped_quantity = fields.Float("Shipped", readonly=True, digits="Product Unit")
    returned_quantity = fields.Float("Returned", readonly=True, digits="Product Unit")
    billed_quantity = fields.Float("Billed", readonly=True, digits="Product Unit")
    credited_quantity = fields.Float("Credited", readonly=True, digits="Product Unit")
    draft_quantity = fields.Float(
        "On Drafts", readonly=True, digits="Product Unit", help="On documents not posted yet."
    )
    ordered_amount = fields.Monetary(readonly=True)
    billed_amount = fields.Monetary(readonly=True)
    paid_amount = fields.Monetary(
        "Paid",
        readonly=True,
        help="Taxes included: of each invoice the part paid by money, shared out over its lines.",
    )
    date_found = fields.Datetime("Since", default=fields.Datetime.now, readonly=True)
    date_resolved = fields.Datetime(readonly=True)
    age_days = fields.Integer("Age (Days)", compute="_compute_age_days")
    resolution = fields.Char(readonly=True, tracking=True, help="How it ended, and why.")
    resolved_by_id = fields.Many2one(
        "res.users", readonly=True, help="Empty where the difference went away by itself."
    )
    note = fields.Text(help="What is being done about it.")

    _current_uniq = models.UniqueIndex(
        "(line_id) WHERE state IN ('open', 'ignored')",
        "This order line already has a discrepancy on record.",
    )

    @api.depends("date_found", "date_resolved")
    def _compute_age_days(self):
        now = fields.Datetime.now()
        for record in self:
            start = record.date_found or now
            record.age_days = ((record.date_resolved or now) - start).days

    @api.depends("order_id", "product_id", "verdict")
    def _compute_display_name(self):
        labels = dict(self._fields["verdict"]._description_selection(self.env))
        for record in self:
            # sudo: the name of what is listed, not the record behind it.
            order = record.sudo().order_id
            record.display_name = f"{order.name}: {labels.get(record.verdict, '')}"

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Discrepancies are found by comparing, not made up."""
        if not self.env.su:
            raise AccessError(self.env._("Discrepancies are found, not entered."))
        return super().create(vals_list)

    def write(self, vals):
        """People choose the owner and write notes; anything else follows the documents."""
        mail = {name for name in vals if name.startswith(("activity_", "message_"))}
        if not self.env.su and vals.keys() - OPEN_TO_USERS - mail:
            raise AccessError(
                self.env._("What was found stays as it is. Settle it with the buttons.")
            )
        return super().write(vals)

    # === ACTION === #

    def action_compare(self):
        """Compare the orders of these discrepancies again, now."""
        self.check_access("write")
        self._compare(self.order_id)

    def action_accept(self, reason):
        """Accept these differences as they are.

        :param str reason: why, at least a word
        :raises UserError: without a reason, or if one is resolved already
        """
        self.check_access("write")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the difference is right as it is."))
        closed = self.filtered(lambda record: record.state != "open")
        if closed:
            raise UserError(
                self.env._(
                    "These aren't open any more: %s. Leave them out.",
                    ", ".join(closed.mapped("display_name")),
                )
            )
        # sudo: the state changes in here only; rights were checked above.
        self.sudo()._finish("ignored", reason.strip(), self.env.user)
        self.order_id._settle_discrepancy_holds()

    def action_reopen(self):
        """Take acceptance back."""
        self.check_access("write")
        accepted = self.filtered(lambda record: record.state == "ignored")
        accepted.sudo().write(
            {
                "state": "open",
                "resolution": False,
                "resolved_by_id": False,
                "date_resolved": False,
            }
        )
        accepted._tell_owners()
        accepted.order_id._hold_discrepancies()

    def action_create_invoice(self):
        """Bill what has shipped of these orders as drafts, or show the drafts there are."""
        orders = self._check_verdict({"shipped_not_billed"})
        drafts = orders.invoice_ids.filtered(lambda move: move.state == "draft")
        waiting = orders.filtered(lambda order: order.invoice_status == "to invoice")
        moves = drafts | waiting._create_invoices(final=True) if waiting else drafts
        if not moves:
            raise UserError(
                self.env._(
                    "Odoo finds nothing to bill on these orders: their products are billed as"
                    " ordered, or the invoiced quantity was edited. Add the quantity to an"
                    " invoice by hand, or accept the difference with a reason."
                )
            )
        return self._show_documents(moves)

    def action_create_credit_note(self):
        """Credit what was billed too much as drafts, one per invoice, linked to it."""
        self._check_verdict({"billed_more_than_shipped", "credit_missing"})
        if not self.env["account.move"].has_access("create"):
            raise AccessError(self.env._("Ask an accountant to credit this."))
        drafts = self.order_id.invoice_ids.filtered(
            lambda move: move.state == "draft" and move.move_type == "out_refund"
        )
        covered = drafts.invoice_line_ids.sale_line_ids
        wanted = defaultdict(lambda: self.browse())
        for record in self.filtered(lambda each: each.line_id not in covered):
            invoices = record.line_id.invoice_lines.move_id.filtered(
                lambda move: move.state == "posted" and move.move_type == "out_invoice"
            )
            wanted[record.order_id, invoices.sorted("id")[-1:]] |= record
        moves = self.env["account.move"].create(
            [
                records._prepare_credit_note(order, invoice)
                for (order, invoice), records in wanted.items()
            ]
        )
        return self._show_documents(drafts | moves)

    def _prepare_credit_note(self, order, invoice):
        """Values of a credit note over these discrepancies of one order.

        :param invoice: the invoice it credits
        """
        lines = []
        for record in self:
            line = record.line_id
            source = line.invoice_lines.filtered(lambda item: item.move_id == invoice)[:1]
            vals = line._prepare_invoice_line(quantity=record.quantity)
            if source:
                vals |= {
                    "price_unit": source.price_unit,
                    "discount": source.discount,
                    "tax_ids": [fields.Command.set(source.tax_ids.ids)],
                    "account_id": source.account_id.id,
                }
                # The invoice may be in another unit than the order.
                vals["product_uom_id"] = source.product_uom_id.id
                vals["quantity"] = line.product_uom_id._compute_quantity(
                    record.quantity, source.product_uom_id, round=False
                )
            lines.append(fields.Command.create(vals))
        return {
            **order._prepare_invoice(),
            "move_type": "out_refund",
            "currency_id": (invoice.currency_id or order.currency_id).id,
            "reversed_entry_id": invoice.id,
            "invoice_line_ids": lines,
        }

    def action_open_accept(self):
        """Ask for the reason of an acceptance."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accept the Difference"),
            "res_model": "order.discrepancy.accept",
            "view_mode": "form",
            "target": "new",
            "context": {"active_ids": self.ids, "active_model": self._name},
        }

    def _check_verdict(self, verdicts):
        """The orders of these discrepancies, which must be open and of those verdicts."""
        self.check_access("write")
        wrong = self.filtered(lambda r: r.state != "open" or r.verdict not in verdicts)
        if wrong or not self:
            raise UserError(
                self.env._(
                    "This doesn't fit: %s. Choose open discrepancies that the button is for.",
                    ", ".join(wrong.mapped("display_name")),
                )
            )
        return self.order_id

    def _show_documents(self, moves):
        """Show invoices or credit notes."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        action["context"] = {"create": False}
        action["domain"] = [("id", "in", moves.ids)]
        if len(moves) == 1:
            action |= {"views": [(False, "form")], "res_id": moves.id}
        return action

    # === BUSINESS === #

    @api.model
    def _compare(self, orders):
        """Compare order lines with their documents and keep what differs.

        Running it again changes nothing; what no longer differs closes itself.

        :param orders: ``sale.order`` to look at, in chunks of :data:`CHUNK`
        :return: open discrepancies of the orders
        """
        # sudo: the comparison is the suite's, whoever caused it.
        orders, records = orders.sudo(), self.sudo()
        found = records.browse()
        for start in range(0, len(orders), CHUNK):
            found |= records._compare_chunk(orders[start : start + CHUNK])
        return found

    @api.model
    def _compare_chunk(self, orders):
        """:meth:`_compare` for so many orders as fit one go."""
        # Two comparisons of an order at once: the second is run again and sees the first.
        self.env["order.event"]._lock_heads(orders)
        gathered = self._gather(orders)
        current = {
            record.line_id.id: record
            for record in self.search(
                [("order_id", "in", orders.ids), ("state", "in", ("open", "ignored"))]
            )
        }
        created, fresh, gone = [], self.browse(), self.browse()
        for line_id, (line, values) in gathered.items():
            finding = threeway.compare(line)
            record = current.pop(line_id, None)
            on_record = record and (record.state, record.verdict, record.quantity, record.amount)
            fate = threeway.settle(on_record or None, finding, line.money)
            if fate in ("none",):
                continue
            if fate == "resolve":
                gone |= record
                record._set_changed(values)
                continue
            order = orders.browse(values["order_id"])
            values |= self._prepare_finding(finding, order)
            if fate == "create":
                created.append({**values, "line_id": line_id, "user_id": order._who_settles()})
            else:
                if fate == "reopen":
                    values |= {
                        "state": "open",
                        "resolution": False,
                        "resolved_by_id": False,
                        "date_resolved": False,
                    }
                if fate == "reopen" or record.verdict != finding.verdict:
                    record.activity_ids.unlink()
                    fresh |= record
                record._set_changed(values)
        for record in current.values():  # lines that are no longer compared
            gone |= record
        gone._finish("resolved", self.env._("The difference is gone"))
        fresh |= self.create(created)
        fresh._tell_owners()
        orders._settle_discrepancy_holds()
        orders._hold_discrepancies()
        return self.search([("order_id", "in", orders.ids), ("state", "=", "open")])

    @api.model
    def _prepare_finding(self, finding, order):
        """Values of a verdict."""
        amount = order.currency_id.round(finding.amount)
        return {
            "verdict": finding.verdict,
            "quantity": finding.quantity,
            "amount": amount,
            "amount_abs": abs(amount) / (order.currency_rate or 1.0),
        }

    def _set_changed(self, values):
        """Write only what is new."""
        changed = {}
        for name, value in values.items():
            old = self[name].id if self._fields[name].type == "many2one" else self[name]
            same = abs(old - value) < 1e-6 if isinstance(value, float) else old == value
            if not same:
                changed[name] = value
        if changed:
            self.write(changed)

    def _finish(self, state, resolution, user=None):
        """End these discrepancies and the activities about them."""
        if not self:
            return
        self.write(
            {
                "state": state,
                "resolution": resolution,
                "resolved_by_id": user.id if user else False,
                "date_resolved": fields.Datetime.now(),
            }
        )
        self.activity_ids.unlink()

    def _tell_owners(self):
        """One activity per discrepancy for whoever settles it."""
        labels = dict(self._fields["verdict"]._description_selection(self.env))
        for (user, verdict), records in self.grouped(lambda r: (r.user_id, r.verdict)).items():
            if user:
                records.sudo().with_context(mail_activity_quick_update=True).activity_schedule(
                    "mail.mail_activity_data_todo", summary=labels[verdict], user_id=user.id
                )

    def _reason_text(self):
        """What is wrong on these lines of one order, in one line."""
        labels = dict(self._fields["verdict"]._description_selection(self.env))
        return "; ".join(
            self.env._(
                "%(verdict)s: %(product)s, %(amount)s",
                verdict=labels[record.verdict],
                product=record.product_id.display_name,
                amount=formatLang(self.env, record.amount, currency_obj=record.currency_id),
            )
            for record in self
        )

    # === BUSINESS: what was touched === #

    @api.model
    def _cron_compare(self, limit=2000):
        """Compare the orders whose documents changed since, oldest first, in chunks."""
        Touch = self.env["order.discrepancy.touch"].sudo()
        while True:
            orders, touches = Touch._take(CHUNK)
            if not touches:
                break
            self.with_context(order_event_source=BY_ITSELF)._compare_or_isolate(orders)
            touches.unlink()
            limit -= len(touches)
            left = Touch.search_count([], limit=limit + 1) if limit > 0 else 0
            if not self.env["ir.cron"]._commit_progress(len(touches), remaining=left):
                break

    @api.model
    def _compare_or_isolate(self, orders):
        """Compare these orders in one go, or each by itself if one of them fails."""
        try:
            with self.env.cr.savepoint():
                self._compare(orders)
        except psycopg2.OperationalError:
            raise  # a conflict with another transaction: the scheduled action runs again
        except Exception:
            if len(orders) == 1:
                _logger.exception("%s", log_line("compare failed", order=orders))
                return
            for order in orders:
                self._compare_or_isolate(order)

    @api.model
    def _cron_sweep(self):
        """Once a day: what is open or ignored, and what may have become due since it left.

        Time alone makes a discrepancy of goods that aren't billed, and no document tells.
        """
        self.env["order.discrepancy.touch"].sudo()._touch_due()
        self._cron_compare()
