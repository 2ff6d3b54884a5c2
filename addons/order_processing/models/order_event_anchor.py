import base64
import csv
import hashlib
import io

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize_all

from ..engine import hashchain


class OrderEventAnchor(models.Model):
    """The ends of all of a company's logs at one moment, sealed onto the anchor before.

    A copy outside of this database (mailed or exported) proves later that no log was written anew,
    cut, added or taken away as a whole: what one log's own hashes can't show.
    """

    _name = "order.event.anchor"
    _description = "Anchor of the Audit Log"
    _order = "company_id, sequence desc"
    _rec_name = "hash"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    sequence = fields.Integer(string="No.", required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    line_ids = fields.One2many("order.event.anchor.line", "anchor_id", readonly=True)
    log_count = fields.Integer(
        string="Logs", readonly=True, help="Logs that went on since the anchor before."
    )
    event_count = fields.Integer(
        string="Events", readonly=True, help="Events written since the anchor before."
    )
    digest = fields.Char(required=True, readonly=True, help="Hash over the ends of the logs.")
    previous_hash = fields.Char(required=True, readonly=True)
    hash = fields.Char(
        required=True,
        readonly=True,
        help="Seals all of this. Keep it outside of this database: print it, mail it, archive it.",
    )
    file = fields.Binary(
        compute="_compute_file", help="The anchor as a CSV file to keep elsewhere."
    )
    file_name = fields.Char(compute="_compute_file")

    _company_sequence_uniq = models.Constraint(
        "UNIQUE (company_id, sequence)", "Two anchors took the same place."
    )

    @api.depends("line_ids")
    def _compute_file(self):
        for anchor in self:
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(["anchor", anchor.sequence, str(anchor.date), anchor.hash])
            writer.writerow(["previous", "", "", anchor.previous_hash])
            writer.writerow(["log", "last event", "", "hash of the last event"])
            for line in anchor.line_ids:
                writer.writerow([line.chain_id or "company", line.sequence, "", line.hash])
            anchor.file = base64.b64encode(text.getvalue().encode())
            anchor.file_name = f"anchor-{anchor.company_id.id}-{anchor.sequence}.csv"

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse anchors that don't come from :meth:`_drop`."""
        if not self.env.su:
            raise UserError(self.env._("Anchors are made by the suite itself, not by hand."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        """:raise UserError: always"""
        raise UserError(self.env._("Anchors can't be changed: they prove the audit log."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Anchors can't be deleted: they prove the audit log."))

    # === ACTION === #

    def action_drop(self):
        """Anchor the log of the current company now and open the anchor.

        :raise AccessError: for who may not read anchors
        """
        self.check_access("read")
        anchor = self._drop(self.env.company)
        if not anchor:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {"message": self.env._("Nothing happened since the last anchor.")},
            }
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": anchor.id,
            "view_mode": "form",
        }

    # === BUSINESS === #

    @api.model
    def _cron_anchor(self):
        """Anchor every company's log and mail the anchors where the company wants that."""
        for company in self.env["res.company"].search([("active", "=", True)]):
            self._drop(company)._mail()

    @api.model
    def _drop(self, company):
        """Anchor the ends of the company's logs that went on since its last anchor.

        :return: the anchor; none when nothing happened
        """
        # sudo: nobody writes anchors by hand.
        anchors = self.sudo()
        last = anchors.search([("company_id", "=", company.id)], order="sequence desc", limit=1)
        lines = self._ends(company)
        if not lines:
            return anchors
        vals = {
            "company_id": company.id,
            "sequence": last.sequence + 1,
            "date": fields.Datetime.now(),
            "log_count": len(lines),
            "event_count": sum(sequence - before for _id, sequence, _hash, before in lines),
            "digest": self._digest(line[:3] for line in lines),
            "previous_hash": last.hash or hashchain.GENESIS,
        }
        vals["hash"] = hashchain.seal(vals["previous_hash"], self._sealed_part(vals))
        anchor = anchors.create(vals)
        anchors.line_ids.create(
            [
                {
                    "anchor_id": anchor.id,
                    "chain_id": chain_id,
                    "sequence": sequence,
                    "hash": sealed,
                }
                for chain_id, sequence, sealed, _before in lines
            ]
        )
        return anchor

    @api.model
    def _ends(self, company):
        """Logs that went on since the last anchor: (order id or 0, number, hash, number before)."""
        self.env["sale.order"].flush_model(["company_id", "event_sequence", "event_hash"])
        return self.env.execute_query(
            SQL(
                """
                SELECT log.id, log.sequence, log.hash, COALESCE(known.sequence, 0)
                  FROM (SELECT id, event_sequence AS sequence, event_hash AS hash
                          FROM sale_order
                         WHERE company_id = %(company)s AND event_sequence > 0
                         UNION ALL
                        SELECT 0, sequence, hash FROM order_event_head
                         WHERE company_id = %(company)s AND sequence > 0) log
             LEFT JOIN (SELECT l.chain_id, MAX(l.sequence) AS sequence
                          FROM order_event_anchor_line l
                          JOIN order_event_anchor a ON a.id = l.anchor_id
                         WHERE a.company_id = %(company)s
                      GROUP BY l.chain_id) known ON known.chain_id = log.id
                 WHERE log.sequence > COALESCE(known.sequence, 0)
              ORDER BY log.id
                """,
                company=company.id,
            )
        )

    @api.model
    def _digest(self, ends):
        """Hash over (order id or 0, number, hash) in the order given."""
        digest = hashlib.sha256()
        for chain_id, sequence, sealed in ends:
            digest.update(f"{chain_id},{sequence},{sealed}\n".encode())
        return digest.hexdigest()

    @api.model
    def _sealed_part(self, vals):
        """The part of an anchor its hash covers."""
        part = {name: vals[name] for name in ("sequence", "log_count", "event_count", "digest")}
        return {**part, "company_id": vals["company_id"], "date": str(vals["date"])}

    def _is_whole(self, before):
        """Whether this anchor is as it was made, on top of ``before`` (an anchor, or none)."""
        self.ensure_one()
        vals = {name: self[name] for name in ("sequence", "date", "log_count", "event_count")}
        vals.update(company_id=self.company_id.id, digest=self.digest)
        lines = self.line_ids.sorted("chain_id")
        return (
            self.previous_hash == (before.hash or hashchain.GENESIS)
            and self.sequence == before.sequence + 1
            and self.hash == hashchain.seal(self.previous_hash, self._sealed_part(vals))
            and self.digest
            == self._digest((line.chain_id, line.sequence, line.hash) for line in lines)
        )

    @api.model
    def _find_broken(self, company):
        """The first anchor of ``company`` that isn't as it was made, or none."""
        before = anchors = self.sudo()
        for anchor in anchors.search([("company_id", "=", company.id)], order="sequence"):
            if not anchor._is_whole(before):
                return anchor
            before = anchor
        return anchors

    def _mail(self):
        """Mail anchors, file attached, to the addresses of their company."""
        for anchor in self:
            addresses = email_normalize_all(anchor.company_id.order_anchor_emails or "")
            if not addresses:
                continue
            self.env["mail.mail"].sudo().create(
                {
                    "subject": self.env._(
                        "Anchor %(number)s of the audit log of %(company)s",
                        number=anchor.sequence,
                        company=anchor.company_id.name,
                    ),
                    "email_to": ", ".join(addresses),
                    "email_from": anchor.company_id.email_formatted,
                    "body_html": self.env._(
                        "<p>Keep this message. Its hash proves later that no earlier entry of the"
                        " audit log was changed, removed or added:</p><p><code>%(hash)s</code></p>",
                        hash=anchor.hash,
                    ),
                    "attachment_ids": [
                        fields.Command.create(
                            {"name": anchor.file_name, "datas": anchor.file, "mimetype": "text/csv"}
                        )
                    ],
                }
            )


class OrderEventAnchorLine(models.Model):
    """The end of one log at the moment of an anchor."""

    _name = "order.event.anchor.line"
    _description = "Anchored End of a Log"
    _order = "anchor_id, chain_id"
    _log_access = False

    anchor_id = fields.Many2one(
        "order.event.anchor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    chain_id = fields.Integer(
        string="Log",
        required=True,
        readonly=True,
        index=True,
        aggregator=None,
        help="Number of the order in the database, no link: it outlives the order. 0: the"
        " company's own log.",
    )
    order_id = fields.Many2one("sale.order", compute="_compute_order_id", compute_sudo=True)
    sequence = fields.Integer(string="Last Event", required=True, readonly=True, aggregator=None)
    hash = fields.Char(required=True, readonly=True)

    def _compute_order_id(self):
        present = self.env["sale.order"].browse(set(self.mapped("chain_id"))).exists()
        for line in self:
            line.order_id = present.filtered(lambda order, line=line: order.id == line.chain_id)

    def write(self, vals):  # pylint: disable=method-required-super
        """:raise UserError: always"""
        raise UserError(self.env._("Anchors can't be changed: they prove the audit log."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Anchors can't be deleted: they prove the audit log."))
