import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import capture
from ..logs import log_line

_logger = logging.getLogger(__name__)


class OrderPaymentRequest(models.Model):
    """Something to ask a payment provider for: kept before it is asked, and asked once.

    Invoices are posted while goods leave; a provider is never called in that transaction. A row
    here says what to ask for. It is marked as being asked and committed, then the provider is
    called. What broke off in between is unknown: a person looks it up, nobody asks again by
    mistake.
    """

    _name = "order.payment.request"
    _description = "Request to a Payment Provider"
    _order = "id desc"
    _rec_name = "transaction_id"

    transaction_id = fields.Many2one(
        "payment.transaction", required=True, readonly=True, index=True, ondelete="restrict"
    )
    provider_id = fields.Many2one(related="transaction_id.provider_id")
    order_id = fields.Many2one("sale.order", required=True, readonly=True, index=True)
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    move_id = fields.Many2one("account.move", string="Document", readonly=True, index=True)
    kind = fields.Selection(
        [("capture", "Capture"), ("void", "Release"), ("refund", "Refund")],
        required=True,
        readonly=True,
    )
    currency_id = fields.Many2one(related="transaction_id.currency_id")
    amount = fields.Monetary(readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("asking", "Being Asked"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("unknown", "Unknown"),
        ],
        required=True,
        default="waiting",
        readonly=True,
        index=True,
        help="Unknown: it broke off while the provider was asked. Look at the provider whether it"
        " was done, then press the button that fits.",
    )
    error = fields.Char(readonly=True)
    result_id = fields.Many2one("payment.transaction", readonly=True)
    date_asked = fields.Datetime(readonly=True)

    _key_uniq = models.UniqueIndex(
        "(transaction_id, kind, COALESCE(move_id, 0))",
        "This was asked of the provider already.",
    )

    # === ACTION === #

    def action_again(self):
        """Ask once more: it failed, or somebody saw at the provider that nothing was done."""
        self._check_decidable()
        self.sudo().write({"state": "waiting", "error": False})
        self._wake()

    def action_done(self):
        """It was done, somebody saw at the provider."""
        self._check_decidable()
        self.sudo().write({"state": "done", "error": self.env._("Seen at the provider")})

    def _check_decidable(self):
        if not self.env.user.has_group("order_processing.group_order_accountant"):
            raise AccessError(self.env._("Ask an accountant to decide this."))
        self.check_access("read")
        if self.filtered(lambda request: request.state not in ("failed", "unknown")):
            raise UserError(self.env._("Only what failed or is unknown can be decided."))

    # === BUSINESS: planning === #

    @api.model
    def _plan(self, moves):
        """Keep what the posting of these documents asks of providers.

        Invoices capture, credit notes give back; when nothing more of an order will be billed,
        the rest of its authorisation is released.

        :param moves: posted ``account.move``
        :return: the requests
        """
        # sudo: transactions are read for whoever posts.
        moves = moves.sudo().filtered(
            lambda move: move.move_type in ("out_invoice", "out_refund") and move.amount_total
        )
        orders = moves.line_ids.sale_line_ids.order_id
        if not orders.transaction_ids:
            return self.browse()
        values = []
        for move in moves:
            # Of an invoice of several orders nobody can say which card pays what.
            order = move.line_ids.sale_line_ids.order_id
            if len(order) != 1:
                continue
            kind = "refund" if move.move_type == "out_refund" else "capture"
            if kind == "refund" and not move._goes_back_to_payment():
                continue
            holds = order._capturable() if kind == "capture" else order._refundable()
            holds = [hold for tx, hold in holds if tx.currency_id == move.currency_id]
            parts, _rest = capture.share(move.amount_residual, holds, move.currency_id.rounding)
            values += [
                {
                    "transaction_id": tx,
                    "order_id": order.id,
                    "move_id": move.id,
                    "kind": kind,
                    "amount": move.currency_id.round(amount),
                }
                for tx, amount in parts
            ]
        # sudo: requests are planned, not entered.
        requests = self.sudo().create(values)
        requests |= self.sudo()._plan_releases(orders)
        requests._wake()
        return requests

    @api.model
    def _plan_releases(self, orders):
        """Release what is left of authorisations of orders nothing more will be billed of."""
        finished = orders.filtered(
            lambda order: (
                order.state == "cancel"
                or (order._is_shipped() and all(line._is_billed() for line in order.order_line))
            )
        )
        values = []
        for order in finished:
            for tx, hold in order._capturable():
                if not self.search_count(
                    [("transaction_id", "=", tx.id), ("kind", "=", "void")], limit=1
                ):
                    values.append(
                        {
                            "transaction_id": tx.id,
                            "order_id": order.id,
                            "kind": "void",
                            "amount": hold.left,
                        }
                    )
        return self.create(values)

    @api.model
    def _wake(self):
        """Have the scheduled action look soon: after this transaction is committed."""
        cron = self.env.ref("order_processing.cron_order_payment_request", False)
        if cron:
            cron.sudo()._trigger()

    # === BUSINESS: asking === #

    @api.model
    def _cron_ask(self):
        """Ask what waits, captures before releases; tell about what broke off."""
        self.search([("state", "=", "asking")])._lose()
        waiting = self.search([("state", "=", "waiting")], order="id", limit=200)
        waiting = waiting.sorted(lambda request: (request.kind == "void", request.id))
        for count, request in enumerate(waiting, start=1):
            if not request._claim():
                continue
            # Committed before the call: whatever happens then, nobody asks a second time.
            self.env["ir.cron"]._commit_progress(0, remaining=len(waiting) - count)
            request._ask()
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(waiting) - count):
                break

    def _claim(self):
        """Take one waiting request: nobody else asks it."""
        self.ensure_one()
        if not self.try_lock_for_update():
            return False
        self.invalidate_recordset(["state"])
        if self.state != "waiting":
            return False
        self.write({"state": "asking", "date_asked": fields.Datetime.now()})
        return True

    def _ask(self):
        """Ask the provider, and keep what it said.

        Once the provider was called, whatever goes wrong is unknown, never simply failed: somebody
        who pressed the button again would charge the card twice.
        """
        self.ensure_one()
        tx = self.transaction_id
        try:
            tx._ensure_provider_is_not_disabled()
        except UserError as error:
            self._fail("failed", str(error.args[0]))
            return
        ask = {"capture": tx._capture, "void": tx._void, "refund": tx._refund}[self.kind]
        if self.kind == "capture" and self.move_id not in tx.invoice_ids:
            # Odoo matches the payment of a capture with the invoices of its authorisation.
            tx.invoice_ids = [fields.Command.link(self.move_id.id)]
        try:
            with self.env.cr.savepoint():
                result = ask(self.amount)
        except Exception as error:
            _logger.exception(
                "%s", log_line("pay failed", order=self.order_id, kind=self.kind, tx=tx)
            )
            self._fail("unknown", f"{type(error).__name__}: {error}")
            return
        self.result_id = result
        if result.state == "error":
            self._fail("failed", result.state_message or self.env._("Refused"))
            return
        self.state = "done"
        if result.state == "done":
            self._book()

    def _book(self):
        """Make the payment of what the provider did, and match it.

        What can't be booked now Odoo's own scheduled action tries again; the money has moved.
        """
        try:
            with self.env.cr.savepoint():
                self.result_id._post_process()
                self.result_id.is_post_processed = True
                self._settle_refund()
        except psycopg2.OperationalError:
            _logger.info("%s", log_line("pay later", order=self.order_id, tx=self.result_id))
        except Exception as error:
            words = log_line("pay not booked", order=self.order_id, tx=self.result_id, error=error)
            _logger.warning("%s", words)
            self.error = self.env._("Done, but not booked yet: %s", error)[:300]
            self.order_id._warn_responsible(self.env._("Card payment: not booked yet"), str(error))

    def _settle_refund(self):
        """Match the payment of a refund with its credit note."""
        payment = self.result_id.payment_id
        if self.kind != "refund" or not payment:
            return
        items = (payment.move_id.line_ids | self.move_id.line_ids).filtered(
            lambda item: item.account_id == payment.destination_account_id and not item.reconciled
        )
        if len(items.move_id) > 1:
            items.reconcile()

    def _lose(self):
        """What was being asked when the server stopped is unknown."""
        for request in self:
            if request.try_lock_for_update():
                request._fail("unknown", self.env._("It broke off while the provider was asked."))

    def _fail(self, state, error):
        """Keep the failure and tell whoever looks after the order."""
        self.ensure_one()
        self.write({"state": state, "error": " ".join(error.split())[:300]})
        self.order_id._warn_responsible(self.env._("Card payment: look at it"), error)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    payment_request_ids = fields.One2many(
        "order.payment.request", "order_id", groups="base.group_user"
    )

    def _capturable(self):
        """Authorisations of this order with what may still be taken: list of (tx, Hold)."""
        self.ensure_one()
        result = []
        for tx in self.transaction_ids.filtered(
            lambda tx: tx.state == "authorized" and tx.provider_id.support_manual_capture != "none"
        ).sorted("id"):
            used = sum(
                child.amount
                for child in tx.child_transaction_ids
                if child.operation != "refund" and child.state in ("done", "cancel", "pending")
            )
            used += self._asked_for(tx, ("capture", "void"))
            left = tx.currency_id.round(tx.amount - used)
            if left > 0:
                result.append((tx, capture.Hold(tx.id, left)))
        return result

    def _refundable(self):
        """Payments of this order with what may still be given back: list of (tx, Hold)."""
        self.ensure_one()
        paid = self.transaction_ids | self.transaction_ids.child_transaction_ids
        result = []
        for tx in paid.filtered(
            lambda tx: (
                tx.state == "done"
                and tx.operation != "refund"
                and tx.payment_id
                and tx.provider_id.support_refund != "none"
            )
        ).sorted("id"):
            back = sum(
                abs(child.amount)
                for child in tx.child_transaction_ids
                if child.operation == "refund" and child.state in ("done", "pending")
            )
            back += self._asked_for(tx, ("refund",))
            left = tx.currency_id.round(tx.amount - back)
            if left > 0:
                result.append((tx, capture.Hold(tx.id, left)))
        return result

    def _asked_for(self, tx, kinds):
        """What requests that aren't through yet will take of a transaction."""
        [[amount]] = self.env["order.payment.request"]._read_group(
            [
                ("transaction_id", "=", tx.id),
                ("kind", "in", list(kinds)),
                ("state", "in", ("waiting", "asking", "unknown")),
            ],
            [],
            ["amount:sum"],
        )
        return amount or 0.0

    def _action_cancel(self):
        """Release what was authorised for orders that are cancelled."""
        res = super()._action_cancel()
        # sudo: whoever cancels need no rights on payments.
        self.env["order.payment.request"].sudo()._plan_releases(self.sudo())._wake()
        return res


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """Have cards charged for what is billed, and given back what is credited."""
        posted = super()._post(soft)
        self.env["order.payment.request"]._plan(posted)
        return posted
