from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models

from ..engine import replenishment


class ReplenishmentSuggestion(models.TransientModel):
    """Minimum and maximum of Odoo's own reorder rules."""

    _inherit = "replenishment.suggestion"

    # === BUSINESS: GATHER === #

    @api.model
    def _suggest_reorders(self, warehouses):
        vals_list = []
        for company in warehouses.company_id:
            own = warehouses.filtered(lambda one, company=company: one.company_id == company)
            vals_list += self.with_company(company)._suggest_company_reorders(company, own)
        return vals_list

    @api.model
    def _suggest_company_reorders(self, company, warehouses):
        demand = self._get_weekly_demand(company, warehouses)
        expected = self._get_expected_demand(company, warehouses)
        rules = self._get_orderpoints(warehouses)
        policy = company._get_replenish_policy()
        unit = self.env.ref("uom.product_uom_unit")
        products = self.env["product.product"].browse({product for product, _wh in demand})
        products = products.filtered(lambda one: one.is_storable and one.active)
        vals_list = []
        for warehouse in warehouses:
            for product in products:
                weeks = demand.get((product.id, warehouse.id))
                rule = rules.get((product, warehouse.lot_stock_id))
                # An archived rule says that somebody doesn't want one.
                if not weeks or (rule and not rule.active):
                    continue
                seller = product.seller_ids.filtered(
                    lambda one, product=product: (
                        one.company_id in (company, self.env["res.company"])
                        and one.product_id in (product, self.env["product.product"])
                    )
                )[:1]
                coming = expected.get((product.id, warehouse.id))
                found = self._decide_reorder(company, policy, product, seller, weeks, unit, coming)
                now = (rule.product_min_qty, rule.product_max_qty) if rule else (0.0, 0.0)
                if found and replenishment.differs(now, (found.minimum, found.maximum)):
                    vals = self._prepare_reorder(warehouse, product, seller, rule, found, policy)
                    if coming is not None:
                        vals["reason"] = self.env._("By the forecast: %s", vals["reason"])
                    vals_list.append(vals)
        return vals_list

    @api.model
    def _decide_reorder(self, company, policy, product, seller, weeks, unit, expected=None):
        uom = product.uom_id
        least = 0.0
        if seller.min_qty:
            least = seller.product_uom_id._compute_quantity(seller.min_qty, uom)
        return replenishment.reorder(
            weeks,
            seller.delay if seller else company.replenish_lead_days,
            product.standard_price,
            policy,
            least,
            # Odoo allows hundredths of pieces; nobody orders them.
            1.0 if uom._has_common_reference(unit) else uom.rounding,
            expected,
        )

    @api.model
    def _get_expected_demand(self, company, warehouses):
        """Demand of a coming week, where somebody forecasts it: nobody does here.

        Addons that forecast override this.

        :return: dict of (product id, warehouse id) to a quantity in the product's unit
        """
        return {}

    @api.model
    def _get_weekly_demand(self, company, warehouses):
        """What left each warehouse in each full week that the product was on sale.

        :return: dict of (product id, warehouse id) to a list of quantities, the oldest week first
        """
        count = company.replenish_weeks
        today = fields.Date.context_today(self)
        first = today - timedelta(days=7 * count)
        groups = self.env["stock.move"]._read_group(
            [
                ("state", "=", "done"),
                ("location_id.warehouse_id", "in", warehouses.ids),
                ("location_dest_id.usage", "in", ("customer", "production")),
                ("date", ">=", first),
                ("date", "<", today),
            ],
            ["product_id", "location_id", "date:day"],
            ["product_qty:sum"],
        )
        by_week = defaultdict(lambda: [0.0] * count)
        for product, place, day, quantity in groups:
            week = min(max((day.date() - first).days // 7, 0), count - 1)
            by_week[product, place.warehouse_id][week] += quantity
        demand = {}
        for (product, warehouse), weeks in by_week.items():
            # Not for sale yet is not the same as not asked for.
            on_sale = (product.create_date.date() - first).days // 7
            sold = next(rank for rank, quantity in enumerate(weeks) if quantity)
            start = max(min(on_sale, sold, count - replenishment.LEAST_WEEKS), 0)
            demand[product.id, warehouse.id] = weeks[start:]
        return demand

    @api.model
    def _get_orderpoints(self, warehouses):
        """Reorder rules of these warehouses, archived ones too, by product and place."""
        rules = (
            self.env["stock.warehouse.orderpoint"]
            .with_context(active_test=False)
            .search([("location_id", "in", warehouses.lot_stock_id.ids)])
        )
        return {(rule.product_id, rule.location_id): rule for rule in rules}

    # === BUSINESS: SAY WHY === #

    @api.model
    def _prepare_reorder(self, warehouse, product, seller, rule, found, policy):
        return {
            "kind": "supplier",
            "warehouse_id": warehouse.id,
            "product_id": product.id,
            "orderpoint_id": rule.id if rule else False,
            "partner_id": seller.partner_id.id,
            "location_dest_id": warehouse.lot_stock_id.id,
            "quantity": found.quantity,
            "minimum_now": rule.product_min_qty if rule else 0.0,
            "maximum_now": rule.product_max_qty if rule else 0.0,
            "minimum": found.minimum,
            "maximum": found.maximum,
            "daily": found.daily,
            "deviation": found.deviation,
            "lead": found.lead,
            "safety": found.safety,
            "unit_cost": product.standard_price,
            "reason": self.env._(
                "%(daily)s a day (± %(deviation)s). Until an order of today is here, in %(lead)s "
                "days and the one between two looks at the stock, %(used)s leave; %(safety)s more "
                "keep %(service)s %% of orders from coming too late. Ordering %(quantity)s at once "
                "costs least.",
                daily=self._format(found.daily, 2),
                deviation=self._format(found.deviation, 2),
                lead=self._format(found.lead, 1),
                used=self._format(found.daily * (found.lead + 1), 1),
                safety=self._format(found.safety, 1),
                service=self._format(100 * policy.service, 1),
                quantity=self._format(found.quantity, 2),
            ),
            "doubts": " ".join(map(self._get_doubts().get, found.doubts)),
        }

    @api.model
    def _get_doubts(self):
        """What makes the figures doubtful, in words."""
        return {
            "few": self.env._("Only a few weeks of demand to go by."),
            "seldom": self.env._("In demand now and then: the safety stock may be wrong."),
            "no_cost": self.env._(
                "Its cost or that of stock isn't known: a month's demand is ordered at once."
            ),
            "capped": self.env._("Not more than a year's demand is ordered at once."),
            "supplier_minimum": self.env._("The vendor sells no less than this at once."),
        }

    # === BUSINESS: APPLY === #

    def _write_orderpoints(self):
        """Write minimum and maximum on Odoo's reorder rules.

        New ones are triggered by hand: they wait in Odoo's *Replenishment* for *Order*.

        :return: the rules
        """
        Orderpoint = self.env["stock.warehouse.orderpoint"]
        existing = self._get_orderpoints(self.warehouse_id)
        rules, missing = Orderpoint, []
        for one in self:
            vals = {"product_min_qty": one.minimum, "product_max_qty": one.maximum}
            place = one.warehouse_id.lot_stock_id
            if rule := existing.get((one.product_id, place)):
                rule.write(vals)
                rules |= rule
            else:
                missing.append(
                    vals
                    | {
                        "product_id": one.product_id.id,
                        "location_id": place.id,
                        "warehouse_id": one.warehouse_id.id,
                        "company_id": one.warehouse_id.company_id.id,
                        "trigger": "manual",
                    }
                )
        return rules | Orderpoint.create(missing)
