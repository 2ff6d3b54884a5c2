from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.order_processing.flow import STEP_SELECTION

from ..dimension import Dimension
from ..nullable import NullableFloat, NullableMonetary


def rate(string, help_text):
    """A share per order: 1, 0 or unknown. Its average over any group is the group's rate."""
    return NullableFloat(string=string, readonly=True, aggregator="avg", help=help_text)


def duration(string, help_text):
    return NullableFloat(
        string=string, readonly=True, aggregator="avg", digits=(16, 2), help=help_text
    )


def moment(string, help_text):
    return fields.Datetime(string=string, readonly=True, help=help_text)


#: Columns that had an index of their own; databases made before still have it.
UNINDEXED = (
    *("company_id", "channel_id", "user_id", "warehouse_id", "state"),
    *("date_released", "date_first_shipped", "date_invoiced", "date_paid"),
)


class OrderFact(models.Model):
    """One row for each sale order: when it reached each step, how well, and for how much.

    Rows are derived, never edited: ``models/order_fact_refresh.py`` writes them. Rates are kept as
    1, 0 or NULL, so that SQL's plain ``AVG`` over any set of orders (a pivot cell, a dashboard, a
    KPI card) is exactly "those that did, of those that count", weighted by orders.

    Each index is paid for by every row that changes. There are those a period, an open order or a
    customer is found by; a company, channel or warehouse has too many rows for one to serve.
    """

    _name = "order.fact"
    _inherit = "order.fact.group"
    _description = "Order Fact"
    _order = "date_received desc, id desc"
    _rec_name = "order_id"
    _log_access = False

    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="cascade")
    company_id = Dimension("res.company", required=True, readonly=True)
    currency_id = Dimension(
        "res.currency",
        readonly=True,
        help="The company's currency, in which all amounts of this row are.",
    )
    order_currency_id = Dimension("res.currency", readonly=True)
    channel_id = Dimension("order.channel", readonly=True)
    team_id = Dimension("crm.team", string="Sales Team", readonly=True)
    user_id = Dimension("res.users", string="Salesperson", readonly=True)
    warehouse_id = Dimension(
        "stock.warehouse",
        readonly=True,
        help="Where it ships from; for split orders, the warehouse of the order.",
    )
    carrier_id = Dimension(
        "delivery.carrier", readonly=True, help="The carrier of its last delivery that left."
    )
    partner_id = Dimension("res.partner", string="Customer", readonly=True, index=True)
    country_id = Dimension("res.country", string="Ship-to Country", readonly=True)
    state_id = Dimension("res.country.state", string="Ship-to State", readonly=True)
    state = fields.Selection(
        [
            ("draft", "Quotation"),
            ("sent", "Quotation Sent"),
            ("sale", "Sales Order"),
            ("cancel", "Cancelled"),
        ],
        string="Order Status",
        readonly=True,
    )
    flow_step = fields.Selection(
        STEP_SELECTION,
        string="Step",
        readonly=True,
        index=True,
        help="The furthest step, from the order's log or from Odoo's own documents.",
    )

    # When
    date_received = fields.Datetime(
        string="Received",
        readonly=True,
        index=True,
        help="The intake; without one, when the order was entered or dated, whichever is earlier.",
    )
    date_validated = moment("Validated", "First validation.")
    date_released = fields.Datetime(
        string="Released",
        readonly=True,
        help="Released to the warehouse; for orders without a log, the order date.",
    )
    date_routed = moment("Routed", "Warehouses chosen, the last time.")
    date_picked = moment("Picked", "The last pick.")
    date_labelled = moment("Labelled", "The last label.")
    date_first_shipped = fields.Datetime(
        string="First Shipped",
        readonly=True,
        help="When the first delivery left.",
    )
    date_shipped = fields.Datetime(
        string="Shipped",
        readonly=True,
        index=True,
        help="When the last delivery left; empty while something is still to be shipped.",
    )
    date_delivered = moment("Delivered", "When the last parcel arrived, if the carrier told.")
    date_returned = moment("First Returned", "When something of it first came back.")
    date_invoiced = fields.Datetime(
        string="Invoiced",
        readonly=True,
        help="The last invoice, once nothing is left to invoice.",
    )
    date_paid = fields.Datetime(
        string="Paid",
        readonly=True,
        help="The payment that left nothing open.",
    )
    date_closed = moment("Closed", "Shipped, invoiced and paid.")
    date_promised = fields.Datetime(
        string="Promised",
        readonly=True,
        index=True,
        help="The order's delivery date, or else order date plus the longest lead time.",
    )
    date_refreshed = moment("Refreshed", "When deriving this row last changed it.")

    # How well
    promise_state = fields.Selection(
        [
            ("none", "No promise"),
            ("open", "Not due yet"),
            ("on_time", "On time"),
            ("late", "Shipped late"),
            ("overdue", "Overdue"),
        ],
        string="Promise",
        readonly=True,
        index=True,
        help="Shipping against the promised day, in the warehouse's time zone.",
    )
    on_time_rate = rate("On Time", "The last parcel left on or before the promised day.")
    in_full_rate = rate("In Full", "Every line shipped at least what was ordered at release.")
    otif_rate = rate("On Time In Full", "On time and in full.")
    damage_free_rate = rate("No Return", "Shipped, and nothing came back.")
    documents_rate = rate(
        "Documents Right",
        "Invoiced, nothing was credited, and the three-way match found nothing billed that wasn't"
        " shipped, at another price, or left to be credited.",
    )
    perfect_rate = rate("Perfect", "On time, in full, no return, documents right.")
    touchless_rate = rate("Touchless Share", "Shipped with no hand at the order desk.")
    split_rate = rate("Split Share", "Ships from more than one warehouse.")
    backorder_rate = rate("Back-Order Share", "Part of it left later than the rest.")
    return_rate = rate("Returned Share", "Something came back.")
    delivered_on_time_rate = rate(
        "Delivered to Commit", "The last parcel arrived on or before the promised day."
    )
    accuracy_rate = rate("Accurate", "Shipped exactly as ordered, and nothing came back.")
    filled_rate = rate("Filled First", "Every line left complete without a back-order.")
    held_rate = rate("Held Share", "Was on hold at least once.")
    satisfied_rate = rate("Satisfied", "The customer gave it 4 or 5 of 5 after delivery.")
    customer_rating = duration("Customer's Rating", "From 1 to 5; empty: not rated.")
    is_touchless = fields.Boolean(string="Touchless", readonly=True)
    is_split = fields.Boolean(string="Split", readonly=True)
    is_backordered = fields.Boolean(string="Back-Order", readonly=True)
    is_returned = fields.Boolean(string="Returned", readonly=True)
    is_held = fields.Boolean(
        string="Held", readonly=True, help="Was on hold at least once, or still is."
    )
    is_on_hold = fields.Boolean(string="On Hold", readonly=True, help="A hold is open.")

    # How long
    hours_to_release = duration("Received → Released (h)", "Hours from receipt to release.")
    hours_to_ship = duration("Released → Shipped (h)", "Hours in the warehouse.")
    hours_order_to_ship = duration("Received → Shipped (h)", "Hours from receipt to last parcel.")
    hours_to_invoice = duration("Shipped → Invoiced (h)", "Hours from last parcel to invoice.")
    hours_to_pay = duration("Invoiced → Paid (h)", "Hours from invoice to payment.")
    hours_order_to_cash = duration("Received → Paid (h)", "Hours from receipt to payment.")
    hold_hours = duration("Hours on Hold", "Resolved holds; overlaps count once.")

    hours_waiting = duration(
        "Waiting (h)", "Hours from receipt until the warehouse began to batch or pick."
    )
    hours_working = duration(
        "Working (h)", "Hours from the first batch or pick until the last parcel left."
    )
    hours_in_transit = duration("Shipped → Delivered (h)", "Hours on the way.")

    # How much
    warehouse_count = fields.Integer(string="Warehouses", readonly=True, aggregator="avg")
    shipment_count = fields.Integer(string="Shipments", readonly=True)
    line_count = fields.Integer(string="Lines", readonly=True)
    goods_line_count = fields.Integer(string="Lines of Goods", readonly=True)
    lines_filled = NullableFloat(
        string="Lines Filled First", readonly=True, help="Complete without a back-order."
    )
    units_ordered = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="In the products' own units; the larger of now and at release.",
    )
    units_shipped = fields.Float(readonly=True, digits="Product Unit")
    units_returned = fields.Float(readonly=True, digits="Product Unit")
    units_filled = NullableFloat(
        string="Units Filled First", readonly=True, help="Shipped without a back-order."
    )
    confirmed_quantities = fields.Json(
        readonly=True,
        help="Quantity of each line when the order was first seen released. It stays, so that"
        " lines cut down later don't hide a short.",
    )
    amount_ordered = fields.Monetary(
        string="Ordered", readonly=True, help="Untaxed amount of the order."
    )
    amount_total = fields.Monetary(string="Ordered with Tax", readonly=True)
    amount_delivered = fields.Monetary(
        string="Delivered Amount",
        readonly=True,
        help="Untaxed value of the quantities delivered.",
    )
    amount_invoiced = fields.Monetary(
        string="Invoiced Amount",
        readonly=True,
        help="Untaxed, as posted; credit notes taken off.",
    )
    amount_paid = fields.Monetary(
        string="Paid Amount", readonly=True, help="With tax: what its invoices have received."
    )
    margin = fields.Monetary(readonly=True)
    freight_charged = fields.Monetary(
        readonly=True, help="What the customer pays for shipping, untaxed."
    )
    freight_cost = NullableMonetary(
        readonly=True, help="What carriers charge for its parcels; empty when not known."
    )
    fulfilment_cost = NullableMonetary(
        readonly=True,
        help="Freight paid plus the handling cost of each line (Settings); empty when freight"
        " isn't known.",
    )
    profit = fields.Monetary(
        readonly=True,
        help="Margin less freight paid, handling, credit notes and the cost of waiting for the"
        " money (Settings).",
    )
    amount_credited = fields.Monetary(
        string="Credited", readonly=True, help="Untaxed, of posted credit notes."
    )
    amount_open = fields.Monetary(
        string="Open", readonly=True, help="With tax: what its invoices still leave open."
    )
    date_due = fields.Date(
        string="Due", readonly=True, index="btree_not_null", help="First day something open is due."
    )
    refresh_error = fields.Char(
        string="Problem",
        readonly=True,
        help="Why the last refresh of this row failed. The figures are those of the one before.",
    )

    _order_uniq = models.Constraint("UNIQUE (order_id)", "An order has one fact.")
    # Rows come in as time passes, so that a range of dates is a few stretches of the table: this is
    # a thousandth of the size of an index for each of them, and costs next to nothing to keep.
    _clocks_idx = models.Index(
        "USING brin (date_released, date_first_shipped, date_invoiced, date_paid)"
    )
    _open_promise_idx = models.Index("(date_promised) WHERE promise_state = 'open'")

    def init(self):
        """Drop the indexes that no plan needs any more: each row that changes pays for them."""
        for name in UNINDEXED:
            index = SQL.identifier(f"{self._table}__{name}_index")
            self.env.cr.execute(SQL("DROP INDEX IF EXISTS %s", index))

    # === COMPUTE === #

    @api.depends("order_id.name")
    def _compute_display_name(self):
        """The order's name, also for viewers who may not open sale orders."""
        for fact in self:
            # sudo: whoever may read the fact sees its order's name in every view anyway.
            fact.display_name = fact.sudo().order_id.name

    # === ACTION === #

    def action_open_order(self):
        """Open the sale order behind this fact."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "views": [(False, "form")],
        }

    def action_refresh(self):
        """Derive these rows again from their orders."""
        self.check_access("read")
        # sudo: facts are derived; whoever may read one may ask for it to be right.
        self.sudo()._refresh(self.sudo().order_id)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
