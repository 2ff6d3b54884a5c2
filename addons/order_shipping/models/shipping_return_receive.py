from odoo import models
from odoo.exceptions import UserError

from ..engine import returning
from .shipping_rate import to_decimal


class ShippingReturn(models.Model):
    """The way back: receipts, labels, and what arrived."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "shipping.return"

    # === ACTION === #

    def action_receive(self):
        """Open the receipt of this return; make it first where goods came without notice.

        :raise UserError: there is nothing to receive
        """
        self.ensure_one()
        self.check_access("write")
        self._expect_blind()
        waiting = self.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        if not waiting:
            raise UserError(self.env._("Nothing is on its way: approve the return first."))
        return self._open("stock.picking", waiting[:1], self.env._("Receive"))

    def action_buy_label(self):
        """Buy the label for the way back now.

        :raise UserError: why there is none
        """
        self.check_access("write")
        self._check_state("approved", "label_sent")
        for each in self:
            if not each.carrier_id:
                raise UserError(self.env._("Choose a return carrier first."))
        receipts = self._get_open_receipts()
        problems = self.env["shipping.label"]._buy_returns(receipts)
        self.invalidate_recordset()  # what carriers on the network sold was noted meanwhile
        if problems:
            raise UserError("\n".join(problems.values()))
        return True

    def action_print_labels(self):
        """Open the labels of these returns as one PDF."""
        return self.picking_ids.action_print_return_label()

    # === BUSINESS === #

    def _create_receipt(self):
        """Odoo's own return of each delivery the goods left with.

        :raise UserError: the goods left with no delivery
        """
        self.ensure_one()
        # sudo: an approved return is expected at the dock whoever approved it.
        mine = self.sudo()
        wanted = mine._get_moves_back()
        if not wanted:
            raise UserError(self.env._("None of these goods was shipped with a delivery."))
        for picking, moves in wanted.items():
            wizard = (
                self.env["stock.return.picking"]
                .sudo()
                .with_context(shipping_return=self.id)
                .create({"picking_id": picking.id})
            )
            for line in wizard.product_return_moves:
                line.quantity = moves.get(line.move_id, 0.0)
            receipt = wizard._create_return()
            receipt.shipping_return_id = self.id
            receipt.move_ids.to_refund = True
        mine._set_carrier()

    def _get_moves_back(self):
        """The moves the goods left with, oldest first, and how many of each come back.

        :return: dict delivery → dict move → quantity in the move's unit
        """
        wanted = {}
        for line in self.line_ids.filtered("sale_line_id"):
            moves = line.sale_line_id._get_out_moves()
            if moves.product_id != line.product_id:  # a kit: its parts in the kit's proportion
                shipped, _date = line.sale_line_id._get_shipped()
                parts = [
                    (m, m.product_uom.round(m.quantity * line.quantity / shipped)) for m in moves
                ]
            else:
                parts = line._spread_over_moves(moves)
            for move, quantity in parts:
                wanted.setdefault(move.picking_id, {})[move] = (
                    wanted.get(move.picking_id, {}).get(move, 0.0) + quantity
                )
        return wanted

    def _get_open_receipts(self):
        # sudo: whoever handles the return has its label bought.
        receipts = self.sudo().picking_ids.filtered("is_return_receipt")
        return receipts.filtered(lambda picking: picking.state not in ("done", "cancel"))

    def _set_carrier(self):
        """Give open receipts the carrier of the way back."""
        for receipt in self._get_open_receipts():
            if receipt.shipping_return_id.carrier_id != receipt.carrier_id:
                receipt.carrier_id = receipt.shipping_return_id.carrier_id

    def _buy_labels_later(self):
        """Have labels bought once this is committed, where a carrier is chosen."""
        returns = self.filtered(lambda each: each.carrier_id and each.state == "approved")
        returns._get_open_receipts()._buy_return_label_later()

    def _ask_staff(self, summary, note):
        """A task on the return, once for each summary."""
        self.ensure_one()
        mine = self.sudo()
        if summary in mine.activity_ids.mapped("summary"):
            return
        user = mine.user_id or mine.order_id.user_id or mine.order_id.channel_id.user_id
        mine.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=note,
            user_id=(user or self.env.ref("base.user_admin")).id,
        )

    def _note_received(self):
        """Count what arrived, also what nobody announced, and tell whoever inspects it."""
        for each in self.sudo():
            moves = each.picking_ids.filtered("is_return_receipt").move_ids.filtered(
                lambda m: m.state == "done"
            )
            for line in each.line_ids.filtered("sale_line_id"):
                line._count_received(moves)
            each._add_unexpected(moves)
            if each.state in ("requested", "approved", "label_sent"):
                each._move_on("received", each.env._("received: %s", each._describe_received()))
            else:
                each._record(each.env._("more received: %s", each._describe_received()))
            each._ask_staff(each.env._("Inspect the return"), each._describe_received())

    def _describe_received(self):
        words = [
            f"{line.quantity_received:g} / {line.quantity:g} × {line.product_id.display_name}"
            for line in self.line_ids
        ]
        return ", ".join(words)

    def _add_unexpected(self, moves):
        """A line for each product that came though it wasn't announced."""
        known = self.line_ids.product_id | self.line_ids.sale_line_id.move_ids.product_id
        for product, others in (
            moves.filtered(lambda m: m.product_id not in known).grouped("product_id").items()
        ):
            count = sum(m.product_uom._compute_quantity(m.quantity, product.uom_id) for m in others)
            self.env["shipping.return.line"].sudo().create(
                {
                    "return_id": self.id,
                    "product_id": product.id,
                    "quantity": 0.0,
                    "quantity_received": count,
                    "is_unexpected": True,
                }
            )


class ShippingReturnLine(models.Model):
    _inherit = "shipping.return.line"

    def _spread_over_moves(self, moves):
        """Which of the moves these goods left with they come back from: (move, quantity) pairs."""
        self.ensure_one()
        rest, parts = self.quantity, []
        for move in moves:
            back = sum(
                m.product_uom._compute_quantity(
                    m.quantity if m.state == "done" else m.product_uom_qty, move.product_uom
                )
                for m in move.returned_move_ids
                if m.state != "cancel"
            )
            free = move.product_uom.round(move.quantity - back)
            want = self.uom_id._compute_quantity(rest, move.product_uom)
            part = min(free, want)
            if move.product_uom.compare(part, 0.0) > 0:
                parts.append((move, part))
                rest = self.uom_id.round(
                    rest - move.product_uom._compute_quantity(part, self.uom_id)
                )
        return parts

    def _count_of(self, moves):
        """How many of this line some done moves of its receipts brought, in its unit."""
        self.ensure_one()
        mine = moves.filtered(lambda m: m.sale_line_id == self.sale_line_id)
        if mine and mine.product_id != self.product_id:
            shipped = self.sale_line_id._get_out_moves().grouped("product_id")
            sent, _date = self.sale_line_id._get_shipped()
            count = min(
                sum(mine.filtered(lambda m, p=product: m.product_id == p).mapped("quantity"))
                * sent
                / sum(of_product.mapped("quantity"))
                for product, of_product in shipped.items()
            )
        else:
            mine |= moves.filtered(lambda m: not m.sale_line_id and m.product_id == self.product_id)
            count = sum(m.product_uom._compute_quantity(m.quantity, self.uom_id) for m in mine)
        return float(
            returning.to_rounding(to_decimal(count), to_decimal(self.uom_id.rounding or 0.01))
        )

    def _count_received(self, moves):
        """Write how many arrived; the customer gets money for as many unless somebody says not.

        :param moves: done moves of the return's receipts
        """
        self.ensure_one()
        count = self._count_of(moves)
        self.write(
            {
                "quantity_received": count,
                "quantity_refund": min(count, self.quantity or count),
            }
        )


class ShippingLabel(models.Model):
    _inherit = "shipping.label"

    def _record_bought(self):
        """The customer gets the label of a return as soon as it is there."""
        result = super()._record_bought()
        returns = self.return_id.filtered(lambda each: each.state == "approved")
        for each in returns:
            each._move_on("label_sent", each.env._("label sent"))
        returns._tell_customer("return_label")
        return result


class StockReturnPicking(models.TransientModel):
    _inherit = "stock.return.picking"

    def _prepare_picking_default_values_based_on(self, picking):
        """Returned goods wait for inspection where nobody sells them from."""
        vals = super()._prepare_picking_default_values_based_on(picking)
        if self.env.context.get("shipping_return"):
            # Dropshipped goods go back to their vendor: nothing arrives here.
            dest = self.env["stock.location"].browse(vals["location_dest_id"])
            if dest.usage == "internal" or dest.usage == "view":
                warehouse = picking.picking_type_id.warehouse_id
                vals["location_dest_id"] = warehouse._get_return_location("inspection").id
        return vals
