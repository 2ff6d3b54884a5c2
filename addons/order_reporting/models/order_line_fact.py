from odoo import fields, models
from odoo.tools import SQL

from ..dimension import Dimension
from ..engine.facts import wanted
from ..nullable import NullableFloat
from .order_fact import duration, rate

#: What a line takes over from its order's fact.
SHARED = (
    *("order_id", "company_id", "currency_id", "channel_id", "team_id", "user_id"),
    *("warehouse_id", "carrier_id", "partner_id", "country_id", "state"),
    *("customer_rating", "satisfied_rate"),
    *("date_received", "date_released", "date_first_shipped", "date_shipped", "date_promised"),
)


#: Columns that had an index of their own; databases made before still have it.
UNINDEXED = (*("company_id", "partner_id", "date_released", "date_first_shipped"),)


class OrderLineFact(models.Model):
    """One row for each order line of a product: what was ordered, shipped, returned and earned.

    Derived with the fact of the order, in the same upsert; rows of deleted lines go with it.
    """

    _name = "order.line.fact"
    _inherit = "order.fact.group"
    _description = "Order Line Fact"
    _order = "date_received desc, id desc"
    _rec_name = "line_id"
    _log_access = False

    line_id = fields.Many2one("sale.order.line", required=True, readonly=True, ondelete="cascade")
    order_id = Dimension("sale.order", required=True, readonly=True, index=True)
    company_id = Dimension("res.company", required=True, readonly=True)
    currency_id = Dimension("res.currency", readonly=True)
    channel_id = Dimension("order.channel", readonly=True)
    team_id = Dimension("crm.team", string="Sales Team", readonly=True)
    user_id = Dimension("res.users", string="Salesperson", readonly=True)
    warehouse_id = Dimension("stock.warehouse", readonly=True)
    carrier_id = Dimension("delivery.carrier", readonly=True)
    partner_id = Dimension("res.partner", string="Customer", readonly=True)
    country_id = Dimension("res.country", string="Ship-to Country", readonly=True)
    product_id = Dimension("product.product", readonly=True, index=True)
    categ_id = Dimension("product.category", string="Product Category", readonly=True)
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
    is_goods = fields.Boolean(string="Goods", readonly=True, help="Neither a service nor freight.")
    date_received = fields.Datetime(string="Received", readonly=True, index=True)
    date_released = fields.Datetime(string="Released", readonly=True)
    date_promised = fields.Datetime(string="Promised", readonly=True)
    date_first_shipped = fields.Datetime(string="First Shipped", readonly=True)
    date_shipped = fields.Datetime(string="Shipped", readonly=True)
    units_ordered = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="In the product's own unit; the larger of now and at release.",
    )
    units_shipped = fields.Float(readonly=True, digits="Product Unit")
    units_filled = NullableFloat(
        string="Units Filled First", readonly=True, help="Shipped without a back-order."
    )
    units_returned = fields.Float(readonly=True, digits="Product Unit")
    amount_ordered = fields.Monetary(string="Ordered", readonly=True, help="Untaxed.")
    amount_delivered = fields.Monetary(string="Delivered Amount", readonly=True, help="Untaxed.")
    margin = fields.Monetary(readonly=True)
    filled_rate = rate("Filled First", "Complete without a back-order.")
    returned_rate = rate("Returned Share", "Something of it came back.")
    satisfied_rate = rate("Satisfied", "The customer gave its order 4 or 5 of 5 after delivery.")
    customer_rating = duration("Customer's Rating", "Of its order, from 1 to 5; empty: not rated.")

    _line_uniq = models.Constraint("UNIQUE (line_id)", "An order line has one fact.")
    _clocks_idx = models.Index("USING brin (date_released, date_first_shipped)")

    def init(self):
        """Drop the indexes that no plan needs any more: each row that changes pays for them."""
        for name in UNINDEXED:
            index = SQL.identifier(f"{self._table}__{name}_index")
            self.env.cr.execute(SQL("DROP INDEX IF EXISTS %s", index))

    def _prepare_line_vals(self, gathered, fact_vals, tolerance):
        """Values of the lines of one order, from what was gathered for its fact."""
        order_id = fact_vals["order_id"]
        confirmed = gathered.confirmed(order_id)
        history = gathered.history(order_id)
        rate = float(gathered.headers[order_id]["rate"])
        has_left = fact_vals["state"] == "sale" and bool(fact_vals["shipment_count"])
        shared = {name: fact_vals[name] for name in SHARED}
        vals_list = []
        for row, line in zip(gathered.lines[order_id], history.lines, strict=True):
            due = wanted(line, confirmed)
            knows = has_left and line.is_goods and due > 0
            vals_list.append(
                {
                    **shared,
                    "line_id": line.id,
                    "product_id": row["product_id"],
                    "categ_id": row["categ_id"],
                    "is_goods": line.is_goods,
                    "units_ordered": due,
                    "units_shipped": line.shipped,
                    "units_filled": min(line.shipped_first, due) if knows else None,
                    "units_returned": line.returned,
                    "amount_ordered": float(row["price_subtotal"] or 0) / rate,
                    "amount_delivered": float(row["delivered"] or 0) / rate,
                    "margin": float(row["margin"] or 0) / rate,
                    "filled_rate": float(line.shipped_first >= due - tolerance) if knows else None,
                    "returned_rate": float(line.returned > tolerance) if knows else None,
                }
            )
        return vals_list

    def _store(self, order_ids, vals_list):
        """Write the rows of these orders' lines; rows of lines that are gone go too."""
        self.env["order.fact"]._upsert(vals_list, "order.line.fact", "line_id")
        self.env.cr.execute(
            SQL(
                "DELETE FROM order_line_fact WHERE order_id = ANY(%s) AND line_id != ALL(%s)",
                list(order_ids),
                [vals["line_id"] for vals in vals_list],
            )
        )
        self.invalidate_model(flush=False)

    def action_open_order(self):
        """Open the sale order behind this line."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "views": [(False, "form")],
        }
