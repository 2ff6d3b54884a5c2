from odoo import api, models
from odoo.tools import SQL

from ..dimension import Dimension

FACTS = ("order.fact", "order.line.fact")


class OrderFactDimension(models.AbstractModel):
    """What facts are counted by: when it is deleted, facts forget it (see ``dimension.py``).

    A fact that can't be without it goes too.
    """

    _name = "order.fact.dimension"
    _description = "Dimension of Order Facts"

    @api.ondelete(at_uninstall=True)
    def _unlink_from_facts(self):
        for name in FACTS:
            facts = self.env[name]
            for field in facts._fields.values():
                if isinstance(field, Dimension) and field.comodel_name == self._name:
                    table, column = map(SQL.identifier, (facts._table, field.name))
                    found = SQL("%s = ANY(%s)", column, self.ids)
                    if field.required:
                        self.env.cr.execute(SQL("DELETE FROM %s WHERE %s", table, found))
                    else:
                        self.env.cr.execute(
                            SQL("UPDATE %s SET %s = NULL WHERE %s", table, column, found)
                        )
            facts.invalidate_model(flush=False)


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "order.fact.dimension"]


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "order.fact.dimension"]


class ResCurrency(models.Model):
    _name = "res.currency"
    _inherit = ["res.currency", "order.fact.dimension"]


class OrderChannel(models.Model):
    _name = "order.channel"
    _inherit = ["order.channel", "order.fact.dimension"]


class CrmTeam(models.Model):
    _name = "crm.team"
    _inherit = ["crm.team", "order.fact.dimension"]


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "order.fact.dimension"]


class StockWarehouse(models.Model):
    _name = "stock.warehouse"
    _inherit = ["stock.warehouse", "order.fact.dimension"]


class DeliveryCarrier(models.Model):
    _name = "delivery.carrier"
    _inherit = ["delivery.carrier", "order.fact.dimension"]


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "order.fact.dimension"]


class ResCountry(models.Model):
    _name = "res.country"
    _inherit = ["res.country", "order.fact.dimension"]


class ResCountryState(models.Model):
    _name = "res.country.state"
    _inherit = ["res.country.state", "order.fact.dimension"]


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["product.product", "order.fact.dimension"]


class ProductCategory(models.Model):
    _name = "product.category"
    _inherit = ["product.category", "order.fact.dimension"]
