from odoo import api, fields, models

from ..engine import rating
from .shipping_rate import to_decimal


class ShippingRule(models.Model):
    """Which rate to take for some deliveries: the first rule that fits a delivery decides.

    Whatever the rule, what arrives too late or has no price is out before.
    """

    _name = "shipping.rule"
    _description = "Shipping Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Of the recipient; empty means all."
    )
    value_min = fields.Float(
        string="Goods From", help="Worth of the goods in the order's currency, without tax."
    )
    value_max = fields.Float(string="Goods Below", help="0 means no limit.")
    weight_min = fields.Float(string="From (kg)", digits="Stock Weight")
    weight_max = fields.Float(string="Below (kg)", digits="Stock Weight", help="0: no limit.")
    product_tag_ids = fields.Many2many(
        "product.tag",
        string="Product Tags",
        help="Holds where a product of the delivery has one of these; empty means any product.",
    )
    strategy = fields.Selection(
        [("cheapest", "Cheapest in Time"), ("fastest", "Fastest")],
        required=True,
        default="cheapest",
    )
    preferred_carrier_ids = fields.Many2many(
        "delivery.carrier",
        "shipping_rule_preferred_rel",
        string="Preferred",
        check_company=True,
        help="Taken before others if they arrive in time, the cheapest of them first.",
    )
    excluded_carrier_ids = fields.Many2many(
        "delivery.carrier",
        "shipping_rule_excluded_rel",
        string="Never",
        check_company=True,
        help="Not taken for these deliveries: batteries, dangerous goods, bad experience.",
    )

    on_time_min = fields.Float(
        string="On Time at Least (%)",
        help="Share of parcels that came as promised, as learnt for where it goes: a service known "
        "to do worse isn't taken. 0: whatever it is.",
    )

    _on_time_range = models.Constraint(
        "CHECK (COALESCE(on_time_min, 0) BETWEEN 0 AND 100)", "A share is between 0 and 100 %."
    )

    # === BUSINESS === #

    @api.model
    def _get_policies(self, pickings):
        """What decides for each delivery: dict of picking to ``Policy``.

        Exclusions of all rules that fit count; strategy and preference are the first one's.
        """
        # sudo: rules are read for whoever rates; only administrators change them.
        rules = self.sudo().search([("company_id", "in", pickings.company_id.ids)])
        policies = {}
        for picking in pickings:
            fitting = rules.filtered(lambda rule, p=picking: rule._fits(p)) if rules else rules
            first = fitting[:1]
            policies[picking] = rating.Policy(
                strategy=first.strategy or rating.CHEAPEST,
                preferred=frozenset(first.preferred_carrier_ids.ids),
                excluded=frozenset(fitting.excluded_carrier_ids.ids),
                min_on_time=to_decimal(first.on_time_min) / 100,
            )
        return policies

    def _fits(self, picking):
        """Whether this rule is about a delivery."""
        self.ensure_one()
        if self.company_id != picking.company_id:
            return False
        if self.country_ids and picking.partner_id.country_id not in self.country_ids:
            return False
        if self.product_tag_ids and not (
            self.product_tag_ids & picking.move_ids.product_id.all_product_tag_ids
        ):
            return False
        if self.weight_min or self.weight_max:
            to_kg = self.env["delivery.carrier"]._get_kg_converter()
            weight = to_kg(picking.shipping_weight or picking.weight)
            if not _within(weight, self.weight_min, self.weight_max):
                return False
        if self.value_min or self.value_max:
            return _within(picking._get_goods_value(), self.value_min, self.value_max)
        return True


def _within(value, low, high):
    return value >= to_decimal(low) and (not high or value < to_decimal(high))
