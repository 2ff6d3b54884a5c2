import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import moving
from ..engine.intake import csv_order
from ..jobs import enqueue
from ..logs import log_line

_logger = logging.getLogger(__name__)
#: Orders in one ZIP: what one job makes, and one download.
CHUNK = 100
STATES = [("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")]


class OrderExport(models.Model):
    """Orders somebody takes out, with their events and documents, and how far that is."""

    _name = "order.export"
    _description = "Order Export"
    _order = "id desc"

    name = fields.Char(
        required=True, default=lambda self: self.env._("Orders of %s", fields.Date.today())
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    file_format = fields.Selection(
        [("json", "JSON"), ("ubl", "UBL 2.1"), ("csv", "CSV")],
        string="Format",
        required=True,
        default="json",
        help="The open format each order is written in, for other systems. Whatever it is, the"
        " complete record, with events and documents, is in the download too: that is what an"
        " import into another database reads.",
    )
    with_papers = fields.Boolean(
        string="Make Papers",
        help="Also the papers that are made when somebody downloads them, such as delivery notes."
        " That takes about a second for each.",
    )
    order_ids = fields.Many2many(
        "sale.order", string="Orders", help="Empty: all orders that fit what is chosen below."
    )
    date_from = fields.Date(string="Ordered From")
    date_to = fields.Date(string="Ordered Until")
    channel_ids = fields.Many2many("order.channel", string="Channels")
    part_ids = fields.One2many("order.export.part", "export_id", string="Downloads", readonly=True)
    total = fields.Integer(compute="_compute_progress", string="Number of Orders")
    done = fields.Integer(compute="_compute_progress", string="Orders Written")
    progress = fields.Float(compute="_compute_progress", help="Share written, in per cent.")
    state = fields.Selection(
        [("draft", "To Start"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
        compute="_compute_progress",
        string="Status",
    )

    @api.depends("part_ids.state", "part_ids.count")
    def _compute_progress(self):
        for export in self:
            parts = export.part_ids
            ready = parts.filtered(lambda part: part.state == "done")
            export.total = sum(parts.mapped("count"))
            export.done = sum(ready.mapped("count"))
            export.progress = 100 * export.done / export.total if export.total else 0
            states = set(parts.mapped("state"))
            if not parts:
                export.state = "draft"
            elif "waiting" in states:
                export.state = "running"
            else:
                export.state = "failed" if "failed" in states else "done"

    # === ACTIONS === #

    def action_start(self):
        """Write the orders, in jobs of 100 where a job runner serves this database.

        :raises UserError: no order fits, or the export was started already
        """
        self.ensure_one()
        self.check_access("write")
        # Pressed twice: the second waits here and finds the parts of the first.
        self.lock_for_update()
        if self.part_ids:
            raise UserError(self.env._("This export was started already. Make another one."))
        orders = self._find_orders()
        if not orders:
            raise UserError(
                self.env._("No order fits. Choose other dates or channels, or leave them empty.")
            )
        vals_list = [
            {"export_id": self.id, "order_ids": chunk, "count": len(chunk)}
            for chunk in (
                orders.ids[start : start + CHUNK] for start in range(0, len(orders), CHUNK)
            )
        ]
        # sudo: parts are made here only.
        self.env["order.export.part"].sudo().create(vals_list)
        self._enqueue()
        return self._open()

    def action_retry(self):
        """Write once more what failed or waits, should its jobs have been lost."""
        self.check_access("write")
        # sudo: see above.
        failed = self.sudo().part_ids.filtered(lambda part: part.state == "failed")
        failed.write({"state": "waiting", "problems": False})
        for export in self:
            export._enqueue()
        return True

    def _enqueue(self):
        for part in self.part_ids.filtered(lambda each: each.state == "waiting"):
            enqueue(
                part,
                "_make",
                description=self.env._("Export %(name)s", name=self.name),
                identity_key=f"order.export:{part.id}",
            )

    def _find_orders(self):
        """The orders that are meant, as far as the user may read them."""
        company = [("company_id", "=", self.company_id.id)]
        if self.order_ids:
            return self.env["sale.order"].search([*company, ("id", "in", self.order_ids.ids)])
        domain = company
        if self.date_from:
            domain = [*domain, ("date_order", ">=", self.date_from)]
        if self.date_to:
            domain = [*domain, ("date_order", "<", fields.Date.add(self.date_to, days=1))]
        if self.channel_ids:
            domain = [*domain, ("channel_id", "in", self.channel_ids.ids)]
        return self.env["sale.order"].search(domain, order="id")

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }


class OrderExportPart(models.Model):
    """One ZIP of an export: so many orders as one job writes."""

    _name = "order.export.part"
    _description = "Part of an Order Export"
    _order = "id"

    export_id = fields.Many2one(
        "order.export", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="export_id.company_id", store=True, index=True)
    order_ids = fields.Json(readonly=True)
    count = fields.Integer(string="Orders", readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="waiting")
    problems = fields.Text(readonly=True, help="Orders that are left out, and why.")
    attachment_id = fields.Many2one("ir.attachment", readonly=True, ondelete="set null")
    size = fields.Integer(related="attachment_id.file_size", string="Bytes")

    def action_download(self):
        """Download the ZIP."""
        self.ensure_one()
        self.check_access("read")
        if not self.attachment_id:
            raise UserError(self.env._("This part isn't written yet."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "self",
        }

    def _make(self):
        """Write the ZIP, with the rights of who asked for it (a job: it may run twice)."""
        for part in self:
            if part.state == "done":
                continue
            export = part.export_id
            try:
                with self.env.cr.savepoint():
                    content, problems = part._write_zip(export)
            except psycopg2.OperationalError:
                raise
            except Exception as error:
                _logger.info("%s", log_line("export failed", error=error))
                part.sudo().write({"state": "failed", "problems": str(error)[:2000]})
                continue
            # sudo: parts, and what hangs on them, are written here only.
            attachment = (
                self.env["ir.attachment"]
                .sudo()
                .create(
                    {
                        "name": f"{moving.safe_name(export.name)}-{part.id}.zip",
                        "raw": content,
                        "mimetype": "application/zip",
                        "res_model": self._name,
                        "res_id": part.id,
                    }
                )
            )
            part.sudo().write(
                {
                    "state": "done",
                    "attachment_id": attachment.id,
                    "problems": "\n".join(problems) or False,
                }
            )

    def _write_zip(self, export):
        """The ZIP's bytes, and messages about orders that are left out."""
        orders = self.env["sale.order"].browse(self.order_ids).exists()
        writer, problems, table = moving.Writer(), [], []
        for order in orders:
            try:
                order.check_access("read")
                record = order._prepare_moved()
                moving.check({**record, "files": []})
                files = list(order._get_moved_files(export.with_papers))
                renditions = order._get_renditions(export.file_format)
            except (AccessError, UserError) as error:
                problems.append(f"{order.sudo().name}: {error}")
                continue
            except moving.MovingError as error:
                problems.append(f"{order.sudo().name}: {error.args_}")
                continue
            if export.file_format == "csv":
                table.append(order._prepare_canonical())
            writer.add(order.name, record, renditions, files)
        if table:
            writer.add_file("orders.csv", csv_order.dump(table))
        return writer.close(), problems


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_export_orders(self):
        """Open an export of these orders.

        :raises UserError: they belong to several companies
        """
        self.check_access("read")
        if len(self.company_id) > 1:
            raise UserError(self.env._("Choose orders of one company."))
        export = self.env["order.export"].create(
            {"order_ids": self.ids, "company_id": self.company_id.id or self.env.company.id}
        )
        return export._open()
