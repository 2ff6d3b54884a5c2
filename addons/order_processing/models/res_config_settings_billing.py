from odoo import fields, models


def _of_company(kind, name, **kwargs):
    return kind(related=f"company_id.{name}", readonly=False, **kwargs)


class ResConfigSettings(models.TransientModel):
    """The settings of :mod:`res_company_billing`."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "res.config.settings"

    order_invoice_policy = _of_company(fields.Selection, "order_invoice_policy", required=True)
    order_invoice_cadence = _of_company(fields.Selection, "order_invoice_cadence", required=True)
    order_invoice_weekday = _of_company(fields.Selection, "order_invoice_weekday", required=True)
    order_invoice_monthday = _of_company(fields.Integer, "order_invoice_monthday")
    order_invoice_grouping = _of_company(fields.Selection, "order_invoice_grouping", required=True)
    order_invoice_send = _of_company(fields.Boolean, "order_invoice_send")
    order_receipt = _of_company(fields.Selection, "order_receipt", required=True)
    order_deposit_percent = _of_company(fields.Float, "order_deposit_percent")
    order_proforma = _of_company(fields.Boolean, "order_proforma")
    order_discrepancy_hours = _of_company(fields.Float, "order_discrepancy_hours")
    order_discrepancy_gate = _of_company(fields.Selection, "order_discrepancy_gate")
    order_discrepancy_user_id = _of_company(fields.Many2one, "order_discrepancy_user_id")
    order_dunning_mode = _of_company(fields.Selection, "order_dunning_mode", required=True)
    order_dunning_least = _of_company(fields.Monetary, "order_dunning_least")
