from math import ceil

from odoo import api, models
from odoo.exceptions import UserError

from ..engine import packing

#: Above so many pieces no boxes are suggested: such an order goes on pallets.
MAX_PIECES = 1000


class PickingScan(models.Model):
    """Packing by scan: what was picked goes into boxes, which are packages on its lines."""

    _inherit = "picking.scan"

    # === API: CALLED BY THE SCREEN === #

    @api.model
    def get_pack_task(self, record_id):
        """What a packer needs to know of one transfer.

        :return: dict with ``lines`` to pack, ``boxes`` that are packed, ``types`` of boxes and the
            ``suggestion`` which of them to take
        :raise UserError: it isn't picked yet, or only in part
        """
        picking = self._get_scope("stock.picking", record_id)
        if picking.state in ("done", "cancel", "draft"):
            raise UserError(
                self.env._("%s is done, cancelled or a draft: nothing to pack.", picking.name)
            )
        lines = picking._get_lines_to_pack()
        types = self._get_box_types(picking)
        todo = lines.filtered(lambda line: not line.result_package_id)
        return {
            "model": "stock.picking",
            "id": picking.id,
            "name": picking.name,
            "order": picking.sale_id.name or picking.origin or "",
            "partner": picking.partner_id.display_name or "",
            "tote": picking.tote_id.name or "",
            "carrier": picking.carrier_id.name or "",
            "outgoing": picking.picking_type_code == "outgoing",
            "labelled": picking.is_labelled,
            "weight_unit": self._get_weight_unit(),
            "weigh": picking.company_id.pack_weight_tolerance > 0,
            "tolerance": picking.company_id.pack_weight_tolerance / 100,
            "lines": [
                facts | {"weight": line.product_id.weight * facts["unit"]}
                for line, facts in zip(todo, self._get_pack_facts(todo), strict=True)
            ],
            "boxes": [self._get_box_facts(box) for box in lines.result_package_id],
            "types": types,
            "suggestion": self._suggest_boxes(todo, types),
        }

    @api.model
    def finish_packing(self, record_id):
        """Buy the label of a packed transfer, and say where its papers are.

        :return: dict with ``url`` of one PDF, packing slip and labels, ``thermal``, that of labels
            for a thermal printer, and ``problem`` if there is no label
        :raise UserError: something that was picked isn't in a box
        """
        picking = self._get_scope("stock.picking", record_id)
        bare = picking._get_lines_to_pack().filtered(lambda line: not line.result_package_id)
        if bare:
            raise UserError(
                self.env._(
                    "Still to be packed: %s.", ", ".join(bare.product_id.mapped("display_name"))
                )
            )
        problem = ""
        if picking.picking_type_code == "outgoing" and not picking.is_labelled:
            if picking.carrier_id:
                picking.action_buy_label()
            else:
                picking.shipping_error = self.env._("It has no carrier: get rates, or choose one.")
            problem = "" if picking.is_labelled else picking.shipping_error or ""
        bought = picking.label_ids.filtered(lambda label: label.state == "bought")
        thermal = bought.filtered("is_thermal").sorted("parcel_number")
        return {
            "url": f"/order_shipping/pack_papers/{picking.id}",
            "thermal": thermal._get_print_url()["url"] if thermal else "",
            "labelled": picking.is_labelled,
            "problem": problem,
        }

    @api.model
    def ship(self, record_id):
        """Validate a packed transfer; what wasn't picked goes to a back-order.

        :return: dict with ``done``
        :raise UserError: something picked isn't packed, or Odoo forbids it (a hold, say)
        """
        picking = self._get_scope("stock.picking", record_id)
        if picking.state != "done":
            if picking._get_lines_to_pack().filtered(lambda line: not line.result_package_id):
                raise UserError(self.env._("Pack everything before it is shipped."))
            picking.with_context(skip_backorder=True).button_validate()
        return {"done": picking.state == "done"}

    # === BUSINESS: BOXES === #

    @api.model
    def _do_box(self, pickings, operation):
        """Close a box: what is in it must be picked and not packed, and weigh what it should."""
        picking = self._get_picking(pickings, operation)
        if not picking or picking.state in ("done", "cancel"):
            return {}, self._refuse("gone", self.env._("It was shipped or cancelled meanwhile."))
        vals = {"picking_id": picking.id}
        contents, reason = self._get_contents(picking, operation)
        if reason:
            return vals, self._refuse(*reason)
        kind = self._get_box_type(picking, operation.get("type"))
        weight = self._get_weight(operation)
        if reason := self._judge_weight(picking, kind, contents, weight):
            return vals | {"quantity": weight}, self._refuse(*reason)
        expected = self._get_expected_weight(kind, contents)
        package = self.env["stock.package"].create(
            {"package_type_id": kind.id, "shipping_weight": weight or expected}
        )
        packed = picking.move_line_ids.browse()
        for line, quantity in contents:
            packed |= line._split_off(quantity)
        packed.result_package_id = package
        packed._post_put_in_pack_hook(package)
        box = self._get_box_facts(package, packed)
        return vals | {"package_id": package.id, "code": package.name, "quantity": weight}, (
            self._accept(self.env._("%s is packed.", package.name), box=box)
        )

    @api.model
    def _do_unbox(self, pickings, operation):
        """Open a box again, as long as it has no label."""
        picking = pickings.browse(operation.get("picking")) & pickings
        picking.ensure_one()
        lines = picking._get_lines_to_pack().filtered(
            lambda line: line.result_package_id.id == operation.get("package")
        )
        package = lines.result_package_id
        vals = {"picking_id": picking.id, "code": package.name}
        if not package:
            return vals, self._refuse("gone", self.env._("This box was opened already."))
        if picking.label_ids._filter_live().filtered(lambda label: label.package_id == package):
            return vals, self._refuse(
                "labelled", self.env._("%s has a label: void it first.", package.name)
            )
        lines.result_package_id = False
        name = package.name
        if not package.quant_ids and not package.move_line_ids:
            package.sudo().unlink()  # sudo: pickers make boxes here, so they may unmake them
        return vals, self._accept(self.env._("%s is open again.", name))

    @api.model
    def _get_contents(self, picking, operation):
        """What the packer put into the box, checked: list of (line, quantity), and a refusal."""
        contents = {}
        for entry in operation.get("contents") or []:
            line = self._get_line(picking, entry)
            contents[line] = contents.get(line, 0.0) + self._get_quantity(entry)
        packable = picking._get_lines_to_pack()
        if not contents:
            return [], ("empty", self.env._("The box is empty: scan what goes into it."))
        for line, quantity in contents.items():
            if line not in packable or line.result_package_id:
                return [], ("gone", self.env._("It was packed or changed meanwhile: reload."))
            uom = line.product_uom_id
            if uom.compare(quantity, 0) <= 0 or uom.compare(quantity, line.quantity) > 0:
                return [], (
                    "too_much",
                    self.env._("Too many of %s for this order.", line.product_id.display_name),
                )
        return list(contents.items()), None

    @api.model
    def _judge_weight(self, picking, kind, contents, weight):
        """Why a box's weight can't be right: (reason, words), or None."""
        # sudo: packers may not read the company's settings.
        tolerance = picking.company_id.sudo().pack_weight_tolerance / 100
        unit = self._get_weight_unit()
        expected = self._get_expected_weight(kind, contents)
        if kind.max_weight and max(weight, expected) > kind.max_weight:
            return "too_heavy", self.env._(
                "Too heavy: %(type)s carries %(max)s %(unit)s.",
                type=kind.name,
                max=f"{kind.max_weight:g}",
                unit=unit,
            )
        if not tolerance:
            return None
        if not weight > 0:
            return "no_weight", self.env._("Weigh the box and enter its weight.")
        if not all(line.product_id.weight for line, _quantity in contents):
            return None  # nobody knows what it should weigh
        if packing.is_weight_right(weight, expected, tolerance):
            return None
        return "wrong_weight", self.env._(
            "It weighs %(weight)s %(unit)s, but should weigh %(expected)s: check what is in it.",
            weight=f"{weight:.2f}",
            expected=f"{expected:.2f}",
            unit=unit,
        )

    @api.model
    def _get_expected_weight(self, kind, contents):
        goods = sum(
            line.product_id.weight
            * line.product_uom_id._compute_quantity(quantity, line.product_id.uom_id)
            for line, quantity in contents
        )
        return kind.base_weight + goods

    @api.model
    def _get_weight(self, operation):
        return max(self._get_quantity({"quantity": operation.get("weight")}), 0.0)

    @api.model
    def _get_box_type(self, picking, type_id):
        kinds = self.env["stock.package.type"].search(self._get_box_type_domain(picking))
        return kinds.filtered(lambda kind: kind.id == type_id)

    @api.model
    def _get_box_type_domain(self, picking):
        return [
            ("package_use", "=", "disposable"),
            ("company_id", "in", (False, picking.company_id.id)),
            ("package_carrier_type", "in", ("none", False, picking.carrier_id.delivery_type)),
        ]

    # === BUSINESS: WHAT THE SCREEN SHOWS === #

    @api.model
    def _get_pack_facts(self, lines):
        codes = lines.product_id._get_scan_codes()
        return [
            {
                "id": line.id,
                "product": line.product_id.id,
                "name": line.product_id.display_name,
                "image": bool(line.product_id.image_128),
                "uom": line.product_uom_id.name,
                "step": line.product_uom_id.rounding,
                "unit": line.product_uom_id._compute_quantity(1.0, line.product_id.uom_id),
                "quantity": line.quantity,
                "lot": line.lot_id.name or "",
                "tracking": line.product_id.tracking,
                "codes": {
                    code: uom._compute_quantity(1.0, line.product_uom_id, round=False)
                    for code, uom in codes[line.product_id].items()
                },
            }
            for line in lines
        ]

    @api.model
    def _get_box_facts(self, package, lines=None):
        lines = lines if lines is not None else package.move_line_ids
        return {
            "id": package.id,
            "name": package.name,
            "type": package.package_type_id.name or "",
            "weight": package.shipping_weight,
            "contents": [
                {
                    "name": line.product_id.display_name,
                    "quantity": line.quantity,
                    "lot": line.lot_id.name or "",
                }
                for line in lines
            ],
        }

    @api.model
    def _get_box_types(self, picking):
        kinds = self.env["stock.package.type"].search(self._get_box_type_domain(picking))
        return [
            {
                "id": kind.id,
                "name": kind.name,
                "code": kind.barcode or "",
                "size": [kind.packaging_length, kind.width, kind.height],
                "max_weight": kind.max_weight,
                "tare": kind.base_weight,
            }
            for kind in kinds
        ]

    @api.model
    def _get_weight_unit(self):
        return self.env["product.template"]._get_weight_uom_name_from_ir_config_parameter()

    @api.model
    def _suggest_boxes(self, lines, types):
        """Which boxes to take: list of dicts with ``type``, ``fill`` and ``contents``."""
        items = []
        for line in lines:
            quantity = line.product_uom_id._compute_quantity(
                line.quantity, line.product_id.uom_id, round=False
            )
            pieces = ceil(quantity - 1e-6)
            if len(items) + pieces > MAX_PIECES:
                return []
            items += [line.product_id._get_packing_item(line.id)] * pieces
        boxes = [
            packing.Box(kind["id"], tuple(kind["size"]), kind["max_weight"], kind["tare"])
            for kind in types
            if all(kind["size"])
        ]
        chosen, _left = packing.pack([packing.Item(**vars(item)) for item in items], boxes)
        suggestion = []
        for packed in chosen:
            contents = {}
            for item in packed.items:
                contents[item.key] = contents.get(item.key, 0) + 1
            suggestion.append(
                {"type": packed.box.key, "fill": packed.fill, "contents": list(contents.items())}
            )
        return suggestion
