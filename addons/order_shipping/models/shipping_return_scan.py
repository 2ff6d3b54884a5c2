from odoo import Command, api, models
from odoo.exceptions import UserError

from .shipping_return import COMING


class ShippingReturn(models.Model):
    """Receiving and inspecting on a hand-held: what was counted there is booked here, once."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "shipping.return"

    # === ACTION === #

    def action_scan(self):
        """Open the screen that receives and inspects this return by scanning."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id(
            "order_shipping.picking_scan_action_return"
        )
        return action | {"params": {"screen": "return", "model": self._name, "id": self.id}}

    # === BUSINESS: RECEIVE === #

    @api.model
    def _start_blind(self, order, counts):
        """A return of goods that came without notice, with the receipt they are booked on.

        :param order: ``sale.order``, sudo
        :param counts: dict product → dict of lot's name → quantity in the product's unit
        :raise UserError: none of it was sent with this order
        """
        rest = {product: sum(by_lot.values()) for product, by_lot in counts.items()}
        lines = []
        for line, facts in order._get_returnable().items():
            uom = line.product_uom_id
            came = line.product_id.uom_id._compute_quantity(rest.get(line.product_id, 0.0), uom)
            count = uom.round(min(came, facts["left"]))
            if uom.compare(count, 0.0) <= 0:
                continue
            rest[line.product_id] -= uom._compute_quantity(count, line.product_id.uom_id)
            lines.append(Command.create({"sale_line_id": line.id, "quantity": count}))
        if not lines:
            raise UserError(
                self.env._("None of it was sent with %s: put it aside and ask.", order.name)
            )
        # sudo: pickers may not read the order, but book what came of it.
        back = self.sudo().create({"order_id": order.id, "source": "blind", "line_ids": lines})
        back._create_receipt()
        return back.sudo(False)

    def _expect_blind(self):
        """Give goods without notice, that the office noted, the receipt they are booked on."""
        self.ensure_one()
        if self.source == "blind" and self.state == "requested" and not self.picking_ids:
            self._create_receipt()

    def _get_arrivals(self):
        """Receipts at our dock, open or done; dropshipped goods never come here."""
        # sudo: whoever may scan books what came.
        receipts = self.sudo().picking_ids.filtered("is_return_receipt")
        return receipts.filtered(
            lambda p: p.state != "cancel" and p.location_dest_id.usage == "internal"
        )

    def _receive_counted(self, counts, is_rest_coming):
        """Book what was counted on the open receipts, also what nobody announced.

        :param counts: dict product → dict of lot's name → quantity in the product's unit
        :param bool is_rest_coming: what is missing stays open (a back-order)
        :return: the receipts booked
        :raise UserError: nothing is open, or a lot is missing
        """
        self.ensure_one()
        self.lock_for_update()
        receipts = self._get_arrivals().filtered(lambda p: p.state != "done")
        if not receipts:
            raise UserError(self.env._("%s is received already.", self.name))
        receipts.lock_for_update()
        moves = receipts.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
        counts = self._spread_kits(counts, moves)
        moves.move_line_ids.unlink()
        for product, by_lot in counts.items():
            mine = moves.filtered(lambda move, p=product: move.product_id == p)
            mine = mine or self._add_wrong_item(receipts[0], product)
            mine._count_arrived(by_lot)
        booked = receipts.filtered(lambda p: any(p.move_ids.mapped("quantity")))
        booked.move_ids.filtered("quantity").picked = True
        context = {"skip_backorder": True}
        if not is_rest_coming:
            context["picking_ids_not_to_backorder"] = booked.ids
            (receipts - booked).action_cancel()
        booked.with_context(**context).button_validate()
        waiting = booked.filtered(lambda p: p.state != "done")
        if waiting:
            raise UserError(
                self.env._("Receive %s in the office: it can't be booked here.", waiting[0].name)
            )
        return booked

    def _spread_kits(self, counts, moves):
        """Counts of kits as counts of their parts, which are what moves.

        A kit is scanned as one, or part by part: its parts come in the kit's proportion.
        """
        spread = {}
        for product, by_lot in counts.items():
            lines = self.line_ids.filtered(
                lambda line, p=product: line.product_id == p and line.sale_line_id
            )
            parts = moves.filtered(lambda m, ls=lines: m.sale_line_id in ls.sale_line_id)
            announced = sum(
                line.uom_id._compute_quantity(line.quantity, product.uom_id) for line in lines
            )
            if not parts or product in parts.product_id or not announced:
                spread[product] = by_lot
                continue
            share = sum(by_lot.values()) / announced
            for part in parts:
                mine = spread.setdefault(part.product_id, {})
                many = part.product_id.uom_id.round(part.product_qty * share)
                mine[""] = mine.get("", 0.0) + many
        return spread

    def _add_wrong_item(self, receipt, product):
        """A move for goods that nobody announced; they wait for inspection like the others."""
        move = receipt.move_ids.create(
            {
                "product_id": product.id,
                "product_uom": product.uom_id.id,
                "product_uom_qty": 0.0,
                "picking_id": receipt.id,
                "location_id": receipt.location_id.id,
                "location_dest_id": receipt.location_dest_id.id,
                "company_id": receipt.company_id.id,
                "to_refund": True,
            }
        )
        move._action_confirm(merge=False)
        return move

    # === BUSINESS: INSPECT === #

    def _inspect_counted(self, found):
        """Give goods their outcome and move them.

        :param found: list of values of ``shipping.return.inspection``
        :raise UserError: it isn't received, or something of it has no outcome
        """
        self.ensure_one()
        self.lock_for_update()
        self.env["shipping.return.inspection"].create(found)
        self.action_inspect()

    # === BUSINESS: WHAT THE SCREEN SHOWS === #

    def _get_scan_arrivals(self):
        """Goods still to come: facts by product, for the screen."""
        self.ensure_one()
        if self.state not in (*COMING, "received"):
            return []
        receipts = self._get_arrivals().filtered(lambda p: p.state != "done")
        moves = receipts.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
        return [
            product.sudo(False)._get_return_scan_facts(
                sum(mine.mapped("product_qty")),
                (mine.origin_returned_move_id | mine).lot_ids.mapped("name"),
            )
            for product, mine in moves.grouped("product_id").items()
        ]

    def _get_scan_goods(self):
        """Goods that arrived and have no outcome yet: facts by line, for the screen."""
        self.ensure_one()
        if self.state not in ("received", "inspected"):
            return []
        facts = []
        for line in self.line_ids:
            left = line.quantity_received - sum(line.inspection_ids.mapped("quantity"))
            if line.uom_id.compare(left, 0.0) <= 0:
                continue
            product = line.product_id
            lots = self._get_arrivals().move_ids.filtered(
                lambda m, p=product: m.product_id.id == p.id and m.state == "done"
            )
            mine = product._get_return_scan_facts(left, lots.lot_ids.mapped("name"), line.uom_id)
            facts.append(
                mine
                | {
                    "id": line.id,
                    "reason": line.reason_id.name or "",
                    "note": line.note or "",
                    "wrong": line.is_unexpected,
                }
            )
        return facts


class StockMove(models.Model):
    _inherit = "stock.move"

    def _count_arrived(self, by_lot):
        """Write what came of one product on its moves, each filled in turn, the rest on the last.

        :param by_lot: dict of lot's name → quantity in the product's unit
        :raise UserError: a lot or serial number is missing
        """
        product, vals_list = self.product_id, []
        room = {move: move.product_qty for move in self}
        for name, count in by_lot.items():
            if product.tracking != "none" and not name:
                raise UserError(
                    self.env._("Scan the lot or serial number of %s.", product.display_name)
                )
            lot = self._get_arrived_lot(name) if product.tracking != "none" else False
            for move in self:
                is_last = move == self[-1]
                part = count if is_last else min(count, max(room[move], 0.0))
                if product.uom_id.compare(part, 0.0) <= 0:
                    continue
                count -= part
                room[move] -= part
                vals_list.append(move._prepare_arrived(part, lot))
        self.env["stock.move.line"].create(vals_list)

    def _get_arrived_lot(self, name):
        """:raise UserError: nobody knows the lot"""
        lot = self.env["stock.lot"].search(
            [("product_id", "=", self.product_id.id), ("name", "=", name)], limit=1
        )
        if not lot:
            raise UserError(
                self.env._("Lot %s was never here: put it aside and ask the office.", name)
            )
        return lot

    def _prepare_arrived(self, quantity, lot):
        return {
            "move_id": self.id,
            "picking_id": self.picking_id.id,
            "product_id": self.product_id.id,
            "product_uom_id": self.product_id.uom_id.id,
            "quantity": quantity,
            "lot_id": lot and lot.id,
            "location_id": self.location_id.id,
            "location_dest_id": self.location_dest_id.id,
            "company_id": self.company_id.id,
        }


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_return_scan_facts(self, quantity, lots=(), uom=None):
        """This product as the returns desk shows it.

        :param float quantity: how many are expected or open, in ``uom`` (the product's own)
        :param lots: names of the lots that were sent
        """
        self.ensure_one()
        uom = uom or self.uom_id
        return {
            "id": self.id,
            "product": self.id,
            "name": self.display_name,
            "image": bool(self.image_128),
            "uom": uom.name,
            "step": uom.rounding,
            "quantity": quantity,
            "tracking": self.tracking,
            "lots": sorted(set(lots)),
            "codes": {
                code: each._compute_quantity(1.0, uom, round=False)
                for code, each in self._get_scan_codes()[self].items()
            },
        }
