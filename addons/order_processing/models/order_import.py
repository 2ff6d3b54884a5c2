import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import moving
from ..jobs import enqueue_chunks
from ..logs import log_line
from ..quiet import expected_conflict

_logger = logging.getLogger(__name__)


class OrderImport(models.Model):
    """Exports of another database that somebody takes in, order by order."""

    _name = "order.import"
    _description = "Order Import"
    _order = "id desc"

    name = fields.Char(
        required=True, default=lambda self: self.env._("Import of %s", fields.Date.today())
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Exports",
        help="The ZIP files of an export; or its record.json files, for orders without documents.",
    )
    create_missing = fields.Boolean(
        default=True,
        help="Make customers, products, taxes and pricelists that aren't here. Otherwise an order"
        " that needs one waits until you made it.",
    )
    prefix = fields.Char(
        string="Prefix of Taken Numbers",
        size=16,
        help="Put before the number of an order whose number another order has here, such as OLD-.",
    )
    line_ids = fields.One2many("order.import.line", "import_id", string="Orders", readonly=True)
    problems = fields.Text(readonly=True, help="Files that can't be read.")
    total = fields.Integer(compute="_compute_progress", string="Number of Orders")
    done = fields.Integer(compute="_compute_progress", string="Imported")
    known = fields.Integer(compute="_compute_progress", string="Were Here")
    failed = fields.Integer(compute="_compute_progress", string="Need Attention")
    progress = fields.Float(compute="_compute_progress", help="Share worked off, in per cent.")
    state = fields.Selection(
        [("draft", "To Start"), ("running", "Running"), ("done", "Done")],
        compute="_compute_progress",
        string="Status",
    )

    @api.depends("line_ids.state", "problems")
    def _compute_progress(self):
        for record in self:
            states = record.line_ids.mapped("state")
            waiting = states.count("waiting")
            record.total = len(states)
            record.done = states.count("done")
            record.known = states.count("known")
            record.failed = states.count("failed")
            record.progress = 100 * (len(states) - waiting) / len(states) if states else 0
            started = states or record.problems
            record.state = "running" if waiting else "done" if started else "draft"

    # === ACTIONS === #

    def action_start(self):
        """Read the files and take in their orders, in jobs where there are many.

        :raises UserError: no file was chosen, or none can be read
        """
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update()
        if self.line_ids:
            raise UserError(self.env._("This import was started already. Make another one."))
        if not self.attachment_ids:
            raise UserError(self.env._("Choose at least one file to import."))
        self.attachment_ids.check_access("read")
        vals_list, problems = [], []
        for attachment in self.attachment_ids:
            try:
                bundle = moving.Bundle(attachment.raw or b"")
            except moving.MovingError as error:
                problems.append(f"{attachment.name}: {self._explain(error)}")
                continue
            vals_list += [
                {"import_id": self.id, "attachment_id": attachment.id, "path": path}
                for path in bundle.paths()
            ]
        if not vals_list:
            raise UserError("\n".join(problems))
        # sudo: lines are made here only.
        self.env["order.import.line"].sudo().create(vals_list)
        self.sudo().problems = "\n".join(problems) or False
        self._enqueue()
        return True

    def action_retry(self):
        """Take in once more what needs attention, or waits."""
        self.check_access("write")
        # sudo: see above.
        failed = self.sudo().line_ids.filtered(lambda line: line.state == "failed")
        failed.write({"state": "waiting", "error": False})
        for record in self:
            record._enqueue()
        return True

    def action_view_orders(self):
        """Open the orders of these imports."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return action | {"domain": [("id", "in", self.line_ids.order_id.ids)], "context": {}}

    def _enqueue(self):
        waiting = self.line_ids.filtered(lambda line: line.state == "waiting")
        for lines in waiting.grouped("attachment_id").values():
            enqueue_chunks(
                lines,
                "_take_in",
                f"order.import:{self.id}",
                description=self.env._("Import %(name)s", name=self.name),
            )

    @api.model
    def _explain(self, error):
        """What is wrong with a file or record, and what to do about it."""
        words = {
            "bad_zip": self.env._("This ZIP is damaged. Download the export again."),
            "bad_json": self.env._("This is neither a ZIP nor JSON. Choose a file of an export."),
            "many_entries": self.env._(
                "%(count)s files are in this ZIP; %(limit)s may be. Export fewer orders at once."
            ),
            "no_record": self.env._(
                "No %(name)s is in this ZIP. Choose a ZIP that an export of orders made."
            ),
            "large_record": self.env._(
                "A record is larger than %(limit)s MB. Export fewer orders at once."
            ),
            "large_entry": self.env._(
                "%(name)s is larger than it may be (%(limit)s MB) or was packed to burst."
                " It isn't taken."
            ),
            "encrypted": self.env._("%(name)s has a password. Pack the files without one."),
            "bad_entry": self.env._("%(name)s is missing or damaged. Download the export again."),
            "changed_file": self.env._(
                "%(name)s isn't what was exported. Download the export again."
            ),
            "no_files": self.env._(
                "%(name)s belongs to this order and isn't here. Import the ZIP of the export."
            ),
            "other_format": self.env._(
                "This is no order of an export. To take in a document of a customer or shop,"
                " use Upload Documents."
            ),
            "other_version": self.env._(
                "This export is of version %(version)s; version %(ours)s can be read here."
                " Export again with the same version of this addon."
            ),
            "bad_record": self.env._("The record is wrong at %(where)s: %(what)s"),
        }
        return words[error.code] % error.args_


class OrderImportLine(models.Model):
    """One order of an import, and what became of it."""

    _name = "order.import.line"
    _description = "Order of an Import"
    _order = "id"
    _rec_name = "order_name"

    import_id = fields.Many2one(
        "order.import", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    attachment_id = fields.Many2one(
        "ir.attachment", string="File", readonly=True, ondelete="cascade"
    )
    path = fields.Char(readonly=True, help="Where the order is in the file.")
    order_name = fields.Char(string="Number", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("done", "Imported"),
            ("known", "Was Here"),
            ("failed", "Needs Attention"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    error = fields.Text(string="What to Do", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True, ondelete="set null")

    def _take_in(self):
        """Take in these orders, each for itself (a job: it may run twice)."""
        # sudo: lines are written here only; orders are made with the user's own rights checked.
        mine = (
            self.sudo()
            .exists()
            .try_lock_for_update()
            .filtered(lambda line: line.state == "waiting")
        )
        for attachment, lines in mine.grouped("attachment_id").items():
            try:
                bundle = moving.Bundle(attachment.raw or b"")
            except moving.MovingError as error:
                lines.write({"state": "failed", "error": lines.import_id._explain(error)})
                continue
            for line in lines:
                line._take_in_one(bundle)

    def _take_in_one(self, bundle):
        found = bundle.find(self.path)
        if found.error:
            self.write({"state": "failed", "error": self.import_id._explain(found.error)})
            return
        self.order_name = found.record["order"]["name"]
        importing = self.import_id.sudo(False)
        try:
            with expected_conflict(), self.env.cr.savepoint():
                Order = self.sudo(False).env["sale.order"].with_company(importing.company_id)
                order, is_new = Order._import_moved(found.record, bundle.files(found), importing)
        except moving.MovingError as error:
            self.write({"state": "failed", "error": importing._explain(error)})
        except (psycopg2.OperationalError, psycopg2.errors.UniqueViolation):
            # Another import takes in the same order right now: repeated, it is found here.
            raise
        except (UserError, ValidationError) as error:
            self.write({"state": "failed", "error": str(error)})
        except Exception as error:
            _logger.warning("%s", log_line("import failed", error=error), exc_info=True)
            self.write(
                {
                    "state": "failed",
                    "error": self.env._(
                        "This order can't be imported (%(error)s). Nothing of it was kept;"
                        " tell who looks after this database.",
                        error=str(error)[:300],
                    ),
                }
            )
        else:
            state = "done" if is_new else "known"
            self.write({"state": state, "order_id": order.id, "error": False})
