from odoo import api, models


class ReportGs1Label(models.AbstractModel):
    _name = "report.order_shipping.report_gs1_label"
    _description = "GS1 Logistic Label"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Boxes get their SSCC when their first label is printed."""
        packages = self.env["stock.package"].browse(docids)
        packages._ensure_sscc()
        return {"doc_ids": docids, "doc_model": "stock.package", "docs": packages}
