from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..engine import changing


def to_decimal(value):
    """A float of the database as the Decimal it stands for."""
    return Decimal(str(round(value or 0.0, 6)))


class OrderChange(models.Model):
    """A wish to cancel or change an order after it was placed, and what became of it.

    How far the order is decides what is done (see ``engine/changing.py``): it is applied at once,
    the floor is asked while nothing leaves, or it is too late.
    """

    _name = "order.change"
    _description = "Order Change"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "summary"
    _check_company_auto = True

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="order_id.partner_id")
    currency_id = fields.Many2one(related="order_id.currency_id")
    kind = fields.Selection(
        [("cancel", "Cancel"), ("change", "Change")], required=True, readonly=True
    )
    source = fields.Selection(
        [("staff", "Staff"), ("portal", "Customer")], required=True, readonly=True
    )
    state = fields.Selection(
        [("asked", "Asked"), ("done", "Done"), ("refused", "Refused")],
        required=True,
        readonly=True,
        default="asked",
        tracking=True,
        index=True,
        help="Asked: it is being worked on; nothing leaves until somebody answers.",
    )
    stage = fields.Char(readonly=True, help="How far the order was.")
    summary = fields.Char(string="What", required=True, readonly=True)
    wish = fields.Json(readonly=True)
    note = fields.Text(string="Customer's Words", readonly=True)
    answer = fields.Char(help="What the customer is told when it is refused.")
    hold_id = fields.Many2one("order.hold", readonly=True)
    amount_before = fields.Monetary(readonly=True)
    amount_after = fields.Monetary(readonly=True)
    amount_difference = fields.Monetary(compute="_compute_amount_difference", store=True)

    _asked_uniq = models.UniqueIndex(
        "(order_id) WHERE state = 'asked'",
        "This order has a change that waits for an answer already.",
    )

    @api.depends("amount_before", "amount_after", "state")
    def _compute_amount_difference(self):
        for change in self:
            done = change.state == "done"
            change.amount_difference = done and change.amount_after - change.amount_before

    # === ACTION === #

    def action_accept(self):
        """The floor hasn't sent it: do what was asked for.

        :raise UserError: it is answered already, or the goods have left meanwhile
        """
        self._check_answerable()
        for change in self:
            stage = change.order_id._get_change_stage()
            if changing.decide(change._get_facts(), stage, False) != changing.APPLY:
                raise UserError(
                    self.env._(
                        "%s has left meanwhile: refuse the change. A return is possible.",
                        change.order_id.name,
                    )
                )
            change._lift_hold(self.env._("Change accepted"))
            change._apply()
        return True

    def action_refuse(self):
        """It is too late, or not possible: the order goes on as it was.

        :raise UserError: no answer is entered, or it is answered already
        """
        self._check_answerable()
        if any(not change.answer for change in self):
            raise UserError(self.env._("Enter an answer: the customer is told."))
        for change in self:
            change._lift_hold(self.env._("Change refused"))
            # sudo: only these methods move a change on.
            change.sudo().state = "refused"
            change._log(
                self.env._(
                    "Not possible: %(what)s – %(why)s", what=change.summary, why=change.answer
                )
            )
            self.env["order.message"]._queue(
                change.order_id, "change_refused", event=f"change:{change.id}", words=change.answer
            )
            change.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        return True

    def _check_answerable(self):
        self.check_access("write")
        if any(change.state != "asked" for change in self):
            raise UserError(self.env._("This change is answered already."))

    # === BUSINESS === #

    @api.model
    def _ask(self, order, wish, source, note=""):
        """Do what somebody wants changed, or ask those who can tell whether it still is possible.

        :param dict wish: ``cancel``: True; or ``lines``: {line id: quantity}, ``address``: id of a
            partner, ``date``: text of a date
        :param str source: ``staff`` or ``portal``
        :return: the change
        :raise UserError: why it isn't possible, and what is
        """
        order.ensure_one()
        # Of two wishes at once, the second meets what the first left.
        order.lock_for_update()
        facts, summary = order._read_wish(wish)
        stage = order._get_change_stage()
        verdict = changing.decide(facts, stage, source == "portal")
        if verdict == changing.RETURN:
            raise UserError(self.env._("It has been shipped: send it back as a return instead."))
        if verdict == changing.REFUSE:
            raise UserError(self.env._("This can't be changed any more: write to us, please."))
        if self.sudo().search_count([("order_id", "=", order.id), ("state", "=", "asked")]):
            raise UserError(self.env._("A change was asked for already and is being looked at."))
        # sudo: customers and salespeople leave a wish, nobody edits one.
        change = self.sudo().create(
            {
                "order_id": order.id,
                "kind": "cancel" if facts.is_cancel else "change",
                "source": source,
                "stage": stage,
                "summary": summary,
                "wish": wish,
                "note": note,
                "amount_before": order.amount_total,
            }
        )
        if verdict == changing.APPLY:
            change._apply()
        else:
            change._ask_floor()
        return change

    def _get_facts(self):
        facts, _summary = self.order_id._read_wish(self.wish, check=False)
        return facts

    def _ask_floor(self):
        """Nothing leaves until somebody answers; whoever works on it is asked."""
        self.ensure_one()
        order = self.order_id.sudo()  # sudo: the customer asks, the order is stopped
        reason = self.env._("The customer asks: %s", self.summary)
        self.hold_id = order._place_hold("manual", "ship", reason)
        self._log(self.env._("Asked for: %s", self.summary))
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=reason,
            note=self.note or "",
            user_id=(
                order.user_id or order.channel_id.user_id or self.env.ref("base.user_admin")
            ).id,
        )
        for picking in order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")):
            picking.message_post(body=self.env._("Stop: %s", reason))

    def _lift_hold(self, words):
        # sudo: the answer lifts the hold, whoever gives it.
        hold = self.sudo().hold_id
        if hold.state == "pending":
            hold._lift(words)

    def _log(self, words):
        """Log it on the order, for the customer to read."""
        order = self.order_id.sudo()  # sudo: logged whoever asks
        order._record_event(
            "change",
            words,
            {"change": self.id, "for_customer": True},
            source="channel" if self.source == "portal" else order._event_source(),
        )

    def _apply(self):
        """Do it, bill or credit the difference, and log it."""
        self.ensure_one()
        # sudo: what may be changed was decided; customers have no rights of their own.
        order = self.order_id.sudo()
        order._before_change(self.kind == "cancel")
        if self.kind == "cancel":
            order._apply_cancel()
        else:
            order._apply_change(self.wish)
        order.invalidate_recordset(["amount_total"])
        after = 0.0 if order.state == "cancel" else order.amount_total
        self.sudo().write({"state": "done", "amount_after": after})
        self._log(self._describe_done())
        order._settle_change()
        self.env["order.message"]._queue(
            order, "changed", event=f"change:{self.id}", words=self.summary
        )
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    def _describe_done(self):
        difference = self.amount_after - self.amount_before
        if self.currency_id.is_zero(difference):
            return self.summary
        total = formatLang(self.env, difference, currency_obj=self.currency_id)
        return f"{self.summary} ({total})"


class SaleOrder(models.Model):
    """Cancel and change, by how far the order is."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    change_ids = fields.One2many("order.change", "order_id", groups="base.group_user")
    change_count = fields.Integer(compute="_compute_change_count", groups="base.group_user")

    def _compute_change_count(self):
        counts = dict(
            self.env["order.change"]._read_group(
                [("order_id", "in", self.ids)], ["order_id"], ["__count"]
            )
        )
        for order in self:
            order.change_count = counts.get(order, 0)

    def action_view_changes(self):
        """Open what was asked to be changed of these orders."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_change_action"
        )
        return action | {"domain": [("order_id", "in", self.ids)], "context": {}}

    # === BUSINESS === #

    def _get_change_stage(self):
        """How far an order is as far as changing it is concerned: one of ``changing.STAGES``."""
        self.ensure_one()
        order = self.sudo()  # sudo: what was moved counts, whoever may see it
        if order.state == "cancel":
            return "cancelled"
        if order.state != "sale":
            return "quotation"
        moves = order.picking_ids.filtered(
            lambda p: (
                p.picking_type_code in ("outgoing", "internal", "dropship") and not p.return_id
            )
        ).move_ids
        leaving = moves.filtered(lambda m: m.location_dest_usage in ("customer", "transit"))
        gone = leaving.filtered(lambda m: m.state == "done")
        waiting = leaving.filtered(lambda m: m.state not in ("done", "cancel"))
        if gone:
            return "part_shipped" if waiting else "shipped"
        if order._is_labelled():
            return "labelled"
        picked = any(m.state == "done" or m.picked for m in moves)
        return "picking" if picked or order._is_on_the_floor() else "released"

    def _may_be_changed_by_customer(self):
        """Whether the customer's page offers to change or cancel this order."""
        self.ensure_one()
        waiting = self.sudo().change_ids.filtered(lambda change: change.state == "asked")
        return not waiting and self._get_change_stage() not in ("shipped", "cancelled")

    def _get_customer_change_text(self):
        """What happens to a change at this step, for the customer."""
        self.ensure_one()
        if self._get_change_stage() in ("quotation", "released"):
            return self.env._("Your order isn't being packed yet: it is changed at once.")
        return self.env._(
            "Your order is being packed already. We ask the warehouse to stop, and write to you."
        )

    def _is_labelled(self):
        """Whether parcels have labels; addons that buy them know."""
        return False

    def _is_on_the_floor(self):
        """Whether somebody is picking; addons that plan picking know."""
        return False

    def _before_change(self, is_cancel):
        """What has to be undone before an order is changed; addons that buy labels void them."""

    def _read_wish(self, wish, check=True):
        """A wish in plain values and in words.

        :return: (``changing.Wish``, text)
        :raise UserError: something in it can't be
        """
        self.ensure_one()
        if wish.get("cancel"):
            return changing.Wish(is_cancel=True), self.env._("Cancel the order")
        lines = self._get_line_wishes(wish.get("lines") or {})
        changes, problems = changing.check_lines(lines)
        if problems and check:
            raise UserError("\n".join(self._describe_problem(*each) for each in problems))
        words = [
            self.env._(
                "%(product)s: %(old)s → %(new)s",
                product=each.key.product_id.display_name,
                old=f"{each.old.normalize():f}",
                new=f"{each.new.normalize():f}",
            )
            for each in changes
        ]
        address = self.env["res.partner"].sudo().browse(wish.get("address") or 0).exists()
        address = address if address != self.partner_shipping_id else address.browse()
        if address:
            words.append(
                self.env._("Deliver to %s", address._display_address(without_company=True))
            )
        date = fields.Date.to_date(wish.get("date") or False)
        if date and date < fields.Date.context_today(self) and check:
            raise UserError(self.env._("Choose a day that is still to come."))
        if date:
            words.append(self.env._("Deliver on %s", date))
        if not words and check:
            raise UserError(self.env._("Nothing is changed: enter what shall be different."))
        facts = changing.Wish(
            is_less=any(each.new < each.old for each in changes),
            is_more=any(each.new > each.old for each in changes),
            is_address=bool(address),
            is_date=bool(date),
        )
        return facts, " ".join("; ".join(words).split())

    def _get_line_wishes(self, wanted):
        """Lines whose quantity shall be another one, as plain values.

        :raise UserError: a line isn't one of this order's goods
        """
        mine = {str(line.id): line for line in self.order_line if line._may_be_changed()}
        if set(map(str, wanted)) - set(mine):
            raise UserError(self.env._("One of these lines can't be changed."))
        return [
            changing.LineWish(
                mine[str(line_id)],
                to_decimal(mine[str(line_id)].product_uom_qty),
                to_decimal(quantity),
                to_decimal(mine[str(line_id)].qty_delivered),
                to_decimal(mine[str(line_id)].product_uom_id.rounding),
            )
            for line_id, quantity in wanted.items()
        ]

    def _describe_problem(self, line, code):
        words = {
            "negative": self.env._("%s: a quantity can't be below zero."),
            "shipped": self.env._("%s: as many have been shipped; send them back instead."),
            "unit": self.env._("%s: this quantity can't be sold in its unit."),
        }
        return words[code] % line.product_id.display_name

    def _apply_cancel(self):
        """Cancel, or cancel the rest where a part has left: stock is released either way."""
        self.ensure_one()
        if self.locked:
            self.action_unlock()
        if self._get_change_stage() == "part_shipped":
            self.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")).action_cancel()
            return
        self.action_cancel()

    def _apply_change(self, wish):
        """Write it on the order, through Odoo's own flow."""
        self.ensure_one()
        vals = {}
        wanted = {each.key: each for each in self._get_line_wishes(wish.get("lines") or {})}
        commands = []
        for line, each in wanted.items():
            if each.new == each.old:
                continue
            if not each.new and self.state != "sale":
                commands.append(Command.delete(line.id))
                continue
            # Odoo would look the price up anew; what was agreed stays.
            commands.append(
                Command.update(
                    line.id,
                    {
                        "product_uom_qty": float(each.new),
                        "price_unit": line.price_unit,
                        "discount": line.discount,
                    },
                )
            )
        if commands:
            vals["order_line"] = commands
        if wish.get("address"):
            vals["partner_shipping_id"] = wish["address"]
        if wish.get("date"):
            vals["commitment_date"] = fields.Datetime.to_datetime(wish["date"])
        was_locked = self.locked
        if was_locked:
            self.action_unlock()
        self.with_context(update_delivery_shipping_partner=True).write(vals)
        if was_locked:
            self.action_lock()
        dates = wish.get("date") and self.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        if dates:
            dates.scheduled_date = vals["commitment_date"]

    def _settle_change(self):
        """Credit what was billed too much, or bill the rest where all was billed before.

        Orders nobody has billed yet are billed as they are now.
        """
        self.ensure_one()
        billed = self.invoice_ids.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        )
        if not billed:
            return
        if self.state == "cancel":
            notes = billed.filtered(lambda move: move.payment_state != "reversed")._reverse_moves(
                [
                    {
                        "ref": self.env._("Cancelled: %s", move.name),
                        "invoice_date": fields.Date.today(),
                    }
                    for move in billed.filtered(lambda m: m.payment_state != "reversed")
                ]
            )
        else:
            self.env.invalidate_all()
            over = self.order_line.filtered(lambda line: line.qty_to_invoice < 0)
            more = self.order_line.filtered(
                lambda line: line.qty_to_invoice > 0 and line.product_id.invoice_policy == "order"
            )
            if not over and not more:
                return
            notes = self.with_context(raise_if_nothing_to_invoice=False)._create_invoices(
                final=True
            )
            for note in notes.filtered(lambda m: m.move_type == "out_refund"):
                note.reversed_entry_id = billed[:1]
        notes.action_post()
        self._match_difference(notes, billed)

    def _match_difference(self, notes, billed):
        """Credit notes reduce what is unpaid first; what is left goes back to the payment."""
        credits = notes.filtered(lambda move: move.move_type == "out_refund")
        lines = (credits | billed).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        for some in lines.grouped("account_id").values():
            if len(some.move_id) > 1:
                some.reconcile()
        credits._pay_back()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _may_be_changed(self):
        """Whether the quantity of this line is the customer's to change: goods only."""
        return (
            not self.display_type
            and self.product_id.type == "consu"
            and not self.is_downpayment
            and not self.combo_item_id
        )
