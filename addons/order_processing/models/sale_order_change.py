from odoo import Command, fields, models
from odoo.exceptions import UserError

from ..engine import changing
from .order_change import to_decimal


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

    def _record_change(self, summary, details, source):
        """Log what the customer may read and what moves the order to no other step."""
        self.env["order.event"]._append(
            [
                {
                    "order": order,
                    "step": "change",
                    "summary": summary,
                    "details": details | {"for_customer": True},
                    "source": source,
                }
                for order in self
            ]
        )

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
