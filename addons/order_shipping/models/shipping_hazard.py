import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..carriers.base import Hazard
from ..engine import hazard
from .shipping_rate import to_decimal

UN_NUMBER = re.compile(r"\d{4}")


class ShippingHazardClass(models.Model):
    """A class or division of dangerous goods, as the United Nations number them."""

    _name = "shipping.hazard.class"
    _description = "Class of Dangerous Goods"
    _order = "code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, translate=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "A class is listed once.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.code} {record.name}"


class ProductTemplate(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "product.template"

    hazard_un = fields.Char(
        string="UN Number",
        size=4,
        help="Four digits, such as 1950 for aerosols: makes the product dangerous goods.",
    )
    hazard_class_id = fields.Many2one("shipping.hazard.class")
    hazard_name = fields.Char(
        string="Proper Shipping Name",
        help="As the rules name it, such as “Aerosols, flammable”: carriers are told so.",
    )
    hazard_packing_group = fields.Selection(
        [("I", "I: great danger"), ("II", "II: medium danger"), ("III", "III: minor danger")],
        string="Packing Group",
        help="Empty where the class has none, such as gases.",
    )
    hazard_net = fields.Float(
        string="Net Quantity",
        digits="Stock Weight",
        help="Kilograms or litres of the dangerous substance in one piece.",
    )
    hazard_unit = fields.Selection(
        [("kg", "kg"), ("L", "litres")], string="Unit of Net Quantity", default="kg"
    )
    hazard_instruction = fields.Char(
        string="Packing Instruction",
        help="By air, such as Y203, or 967 for lithium batteries in equipment (966: beside it).",
    )
    hazard_small_battery = fields.Boolean(
        string="Small Lithium Battery",
        help="At most 20 Wh a cell and 100 Wh a battery, or 1 g and 2 g of lithium metal (special "
        "provision 188, Section II by air).",
    )
    hazard_limit = fields.Float(
        string="Limited Quantity",
        digits="Stock Weight",
        help="Most kilograms or litres in one piece with which it goes as a limited quantity "
        "(column 7a of ADR's table A); 0: never.",
    )

    _hazard_whole = models.Constraint(
        "CHECK (hazard_un IS NULL OR hazard_class_id IS NOT NULL)",
        "Dangerous goods have a UN number and a class.",
    )
    _hazard_not_negative = models.Constraint(
        "CHECK (COALESCE(hazard_net, 0) >= 0 AND COALESCE(hazard_limit, 0) >= 0)",
        "Quantities can't be negative.",
    )

    @api.constrains("hazard_un")
    def _check_hazard_un(self):
        for product in self:
            if product.hazard_un and not UN_NUMBER.fullmatch(product.hazard_un):
                raise ValidationError(
                    self.env._("“%s” is no UN number: enter its four digits.", product.hazard_un)
                )


class ProductProduct(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "product.product"

    def _get_hazard(self, count):
        """This product in a parcel, as ``hazard.Goods``.

        :param count: pieces
        """
        self.ensure_one()
        return hazard.Goods(
            self.id,
            self.hazard_un,
            self.hazard_class_id.code,
            to_decimal(self.hazard_net),
            to_decimal(count),
            to_decimal(self.hazard_limit),
            self.hazard_small_battery,
        )

    def _prepare_hazard(self, count):
        """This product in a parcel as its carrier is told of it: ``Hazard``.

        :param count: pieces
        """
        self.ensure_one()
        return Hazard(
            un_number=self.hazard_un,
            hazard_class=self.hazard_class_id.code,
            name=self.hazard_name or "",
            packing_group=self.hazard_packing_group or "",
            instruction=self.hazard_instruction or "",
            net=to_decimal(self.hazard_net) * to_decimal(count),
            unit=self.hazard_unit or "kg",
            is_limited=self._get_hazard(count).is_limited,
            is_small_battery=self.hazard_small_battery,
        )

    def _get_hazard_mark(self):
        """What a label says of it: UN number, class, packing group."""
        self.ensure_one()
        parts = [f"UN{self.hazard_un}", self.hazard_class_id.code, self.hazard_packing_group]
        return " ".join(filter(None, parts))


class DeliveryCarrier(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "delivery.carrier"

    hazard_class_ids = fields.Many2many(
        "shipping.hazard.class",
        string="Takes Dangerous Goods",
        help="Classes this method may carry by your contract; empty: none.",
    )
    hazard_only_limited = fields.Boolean(
        string="Limited Quantities Only",
        default=True,
        help="Each piece within its limited quantity (LQ), or a small lithium battery.",
    )
    hazard_max_net = fields.Float(
        string="Most in a Parcel",
        digits="Stock Weight",
        help="Net kilograms or litres of dangerous substances; 0: no limit.",
    )
    hazard_declares = fields.Boolean(
        string="Declare to Carrier",
        default=True,
        help="The carrier is told with each label what dangerous goods are in the box. Switch it "
        "off only where your contract lets all of them go undeclared.",
    )
    hazard_phone = fields.Char(
        string="Emergency Phone",
        help="Answered day and night by somebody who knows the goods: fully regulated goods are "
        "declared with it.",
    )

    # === BUSINESS === #

    def _get_hazard_problem(self, parcels):
        """Why dangerous goods in these parcels don't go with this carrier; "" if they do.

        :param parcels: list of lists of ``hazard.Goods``
        """
        self.ensure_one()
        if not any(parcels):
            return ""
        carrier = self.sudo()  # sudo: what it carries is no secret to shoppers
        problem = hazard.check(
            parcels,
            hazard.Terms(
                frozenset(carrier.hazard_class_ids.mapped("code")),
                carrier.hazard_only_limited,
                to_decimal(carrier.hazard_max_net),
            ),
        )
        if not problem:
            return ""
        goods = problem.goods
        words = {
            hazard.NOT_CARRIED: self.env._(
                "Doesn't take UN%(number)s (class %(hazard_class)s).",
                number=goods.un_number,
                hazard_class=goods.hazard_class,
            ),
            hazard.NOT_LIMITED: self.env._(
                "Takes UN%(number)s only as a limited quantity: a piece has %(net)g, at most "
                "%(limit)g may be in it.",
                number=goods.un_number,
                net=goods.net,
                limit=goods.limit,
            ),
            hazard.TOO_MUCH: self.env._(
                "A parcel has %(net)g kg or l of dangerous goods, it takes %(most)g: pack it in "
                "several.",
                net=problem.net,
                most=carrier.hazard_max_net,
            ),
        }
        return words[problem.code]

    def rate_shipment(self, order):
        """Extend: no price for an order with goods that this carrier doesn't take."""
        if problem := self._get_hazard_problem(order._get_hazards()):
            return {
                "success": False,
                "price": 0.0,
                "carrier_price": 0.0,
                "error_message": problem,
                "warning_message": False,
            }
        return super().rate_shipment(order)


class SaleOrder(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _get_hazards(self):
        """The dangerous goods of an order, as one parcel: list of lists of ``hazard.Goods``."""
        self.ensure_one()
        return [[product._get_hazard(count) for product, count in self._get_hazard_counts()]]

    def _get_hazard_counts(self):
        """(product, pieces) of the dangerous goods of an order."""
        # sudo: shoppers may not read products that aren't published any more.
        return [
            (product, line.product_uom_id._compute_quantity(line.product_uom_qty, product.uom_id))
            for line in self.order_line
            for product in line.product_id.sudo().filtered("hazard_un")
        ]


class StockPicking(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    def _get_hazards(self):
        """The dangerous goods of a delivery: for each parcel a list of ``hazard.Goods``."""
        return [
            [product._get_hazard(count) for product, count in goods]
            for goods in self._get_hazard_counts().values()
        ]

    def _get_hazard_counts(self):
        """Dangerous goods by box (empty: outside of boxes): lists of (product, pieces)."""
        self.ensure_one()
        moves = self.move_ids.filtered(lambda m: m.product_id.hazard_un and m.state != "cancel")
        if not moves:
            return {}
        lines = moves.move_line_ids.filtered("quantity")
        if not lines:
            nothing = self.env["stock.package"]
            return {nothing: [(move.product_id, move.product_qty) for move in moves]}
        parcels = {}
        for line in lines:
            box = line.result_package_id.outermost_package_id
            parcels.setdefault(box, []).append((line.product_id, line.quantity_product_uom))
        return parcels

    def _get_hazard_marks(self):
        """What labels of our own say of the dangerous goods of this delivery."""
        self.ensure_one()
        products = self.move_ids.filtered(lambda move: move.state != "cancel").product_id
        marks = [product._get_hazard_mark() for product in products if product.hazard_un]
        return tuple(dict.fromkeys(marks))
