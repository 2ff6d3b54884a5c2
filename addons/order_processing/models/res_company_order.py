from odoo import fields, models

#: What conflicting duties lead to.
EFFECTS = [
    ("off", "Nothing"),
    ("warn", "Tell it in the log"),
    ("prevent", "Refuse"),
]


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "order.audit.mixin"]

    _audited = (
        "order_duty_document",
        "order_duty_standing",
        "order_anchor_emails",
        "order_hold_hours",
        "order_remind_hours",
        "order_match_stopped",
        "order_write_off_line",
        "order_write_off_day",
        "order_fee_max",
        "order_fee_post",
    )
    _audit_duties = {"*": "rule"}

    order_hold_hours = fields.Float(
        string="Holds Are Due After",
        default=8.0,
        help="Working hours, by the company's calendar, within which a hold should be resolved."
        " 0: no clock.",
    )
    order_remind_hours = fields.Float(
        string="Remind After",
        default=24.0,
        help="Hours after which whoever has to decide is reminded, again and again. 0: never.",
    )
    order_duty_document = fields.Selection(
        EFFECTS,
        string="Conflicting Duties on One Order",
        required=True,
        default="prevent",
        help="What happens when a person carries out two duties on one order that exclude each"
        " other, such as approving an order they entered. A one-person company chooses “Tell it in"
        " the log”.",
    )
    order_duty_standing = fields.Selection(
        EFFECTS,
        string="Conflicting Rights",
        required=True,
        default="warn",
        help="What happens when somebody gives a user rights that exclude each other.",
    )
    order_anchor_emails = fields.Char(
        string="Mail Anchors To",
        help="Addresses, separated by commas, that receive the daily anchor of the audit log."
        " Use some that nobody who administers this database can empty.",
    )

    def _audit_company(self):
        return self

    def _audit_wanted(self, operation):
        return operation == "write"
