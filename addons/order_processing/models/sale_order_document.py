from odoo import fields, models


class SaleOrder(models.Model):
    """All papers of an order in one place."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def action_view_documents(self):
        """List the papers of these orders that the user may read."""
        rows = self.env["order.document"]._make_rows(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_document_action"
        )
        return action | {"domain": [("id", "in", rows.ids)]}

    # === hooks: other addons add their papers === #

    def _get_document_records(self):
        """Records whose files are papers of these orders: list of (kind, records)."""
        # sudo: what of it the user may read is looked at afterwards, record by record.
        orders = self.sudo()
        moves = orders.invoice_ids
        return [
            ("source", orders.intake_ids),
            ("other", orders),
            ("delivery", orders.picking_ids),
            ("invoice", moves.filtered(lambda move: move.move_type != "out_refund")),
            ("credit", moves.filtered(lambda move: move.move_type == "out_refund")),
            ("receipt", orders._document_payments()),
        ]

    def _get_document_reports(self):
        """Papers made when downloaded: list of (kind, report, records)."""
        # sudo: see above.
        orders = self.sudo()
        # Odoo keeps the PDF of an invoice that was sent; of others it is made.
        moves = orders.invoice_ids.filtered(
            lambda move: move.state == "posted" and not move.invoice_pdf_report_id
        )
        credits = moves.filtered(lambda move: move.move_type == "out_refund")
        shipped = orders.picking_ids.filtered(
            lambda picking: picking.state == "done" and picking.location_dest_id.usage == "customer"
        )
        return [
            ("confirmation", "sale.action_report_saleorder", orders),
            ("delivery", "stock.action_report_delivery", shipped),
            ("invoice", "account.account_invoices", moves - credits),
            ("credit", "account.account_invoices", credits),
            ("receipt", "account.action_report_payment_receipt", orders._document_payments()),
        ]

    def _document_payments(self):
        """Payments that settled invoices of these orders, and online payments of them."""
        return self.invoice_ids.matched_payment_ids | self.transaction_ids.payment_id

    def _document_kind(self, kind, record, attachment):
        """The type of one file kept on a record.

        :param kind: the type of the record's files in general
        """
        return kind

    def _document_date(self, record):
        """When a paper that isn't kept counts as made."""
        for name in ("date_done", "invoice_date", "date", "date_order"):
            if name in record._fields and record[name]:
                return fields.Datetime.to_datetime(record[name])
        return record.create_date

    def _document_order(self, record):
        """The one of these orders a record's paper is listed under."""
        if record._name == "sale.order":
            return self.browse(record.id)
        known, item = self.ids, record.sudo()
        for path in (
            "order_id",
            "sale_id",
            "line_ids.sale_line_ids.order_id",
            "reconciled_invoice_ids.line_ids.sale_line_ids.order_id",
        ):
            if path.split(".")[0] in item._fields:
                found = item.mapped(path).filtered(lambda order: order.id in known)
                if found:
                    return self.browse(found[:1].id)
        return self[:1]


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_view_order_documents(self):
        """List the papers of this customer's latest orders that the user may read."""
        orders = self.env["sale.order"].search(
            [("partner_id", "child_of", self.commercial_partner_id.ids)], limit=50
        )
        return orders.action_view_documents()
