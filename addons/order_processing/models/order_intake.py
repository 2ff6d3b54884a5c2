from odoo import fields, models


class OrderIntake(models.Model):
    """One inbound document: kept untouched, read once, answered the same way every time."""

    _name = "order.intake"
    _description = "Order Intake"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "external_ref"
    _check_company_auto = True

    channel_id = fields.Many2one("order.channel", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    external_ref = fields.Char(
        string="External Reference",
        readonly=True,
        index=True,
        help="The channel's own identifier of the order. Empty when it couldn't be read.",
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("parsed", "Read"),
            ("accepted", "Accepted"),
            ("rejected", "Needs Attention"),
            ("duplicate", "Duplicate"),
            ("superseded", "Superseded"),
        ],
        required=True,
        default="received",
        readonly=True,
        tracking=True,
        index=True,
    )
    source = fields.Selection(
        [("webhook", "Posted by the channel"), ("upload", "Uploaded"), ("api", "API")],
        required=True,
        default="webhook",
        readonly=True,
    )
    filename = fields.Char(readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment", string="Document", readonly=True, ondelete="restrict"
    )
    payload_sha256 = fields.Char(string="SHA-256", readonly=True, index=True)
    error = fields.Text(readonly=True, help="What is wrong and what to do about it.")
    findings = fields.Json(readonly=True)
    attempts = fields.Integer(readonly=True)
    replays = fields.Integer(
        readonly=True, help="How often the same document came again and got the first answer."
    )
    order_id = fields.Many2one("sale.order", readonly=True, index="btree_not_null", copy=False)
    original_id = fields.Many2one("order.intake", readonly=True, help="The intake this repeats.")

    _ref_uniq = models.UniqueIndex(
        "(channel_id, external_ref) WHERE external_ref IS NOT NULL"
        " AND state NOT IN ('duplicate', 'superseded')",
        "This channel already sent an order with this reference.",
    )
    _sha_uniq = models.UniqueIndex(
        "(channel_id, payload_sha256) WHERE external_ref IS NULL"
        " AND state NOT IN ('duplicate', 'superseded')",
        "This channel already sent this document.",
    )
