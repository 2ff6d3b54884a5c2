from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import billing, threeway

#: Fields of order lines the comparison reads.
LINE_FIELDS = (
    "product_uom_qty",
    "price_subtotal",
    "price_total",
    "qty_delivered",
    "product_uom_id",
    "state",
)


class OrderDiscrepancy(models.Model):
    """Gathering: three queries for any number of orders."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.discrepancy"

    @api.model
    def _gather(self, orders):
        """Order lines as the documents tell them.

        :param orders: ``sale.order``
        :return: dict line id → ``(engine.threeway.Line, values for the record)``
        """
        # sudo: the books and the warehouse are compared whoever causes it.
        orders = orders.sudo()
        self._flush_documents()
        bills = self._read_bills(orders)
        policies = orders._get_invoice_policies()
        rows, gathered = self._read_lines(orders), {}
        by_id = {order.id: order for order in orders}
        units = self.env["uom.uom"].browse({row[4] for row in rows})
        units = {unit.id: unit.rounding for unit in units}
        for row in rows:
            (line_id, order_id, ordered, price, unit, on_order, is_goods, delivered) = row[:8]
            (out, back, moving, foreign, any_move, last_out) = row[8:]
            order = by_id[order_id]
            cancelled = order.state == "cancel"
            unit_price = price / ordered if ordered else 0.0
            if not is_goods:
                shipped, back, moving = (ordered if on_order else delivered), 0.0, True
            elif foreign or (not any_move and delivered):
                # A kit moves as its parts, goods delivered by hand don't move: Odoo counts them.
                shipped, back = delivered, 0.0
            else:
                shipped = out
            billed, values = self._bill_line(order, bills.get(line_id, ()), unit_price)
            if cancelled:
                ordered = shipped if is_goods else 0.0
                shipped = shipped if is_goods else 0.0
            gathered[line_id] = (
                threeway.Line(
                    line_id,
                    ordered,
                    shipped,
                    back,
                    moving=not cancelled and bool(moving or not any_move),
                    due=self._is_billing_due(order, policies[order], last_out),
                    unit_price=unit_price,
                    billed=billed,
                    credited=values["credited_quantity"],
                    step=units[unit] or 0.01,
                    money=order.currency_id.rounding,
                ),
                {
                    "order_id": order_id,
                    "ordered_quantity": row[2],
                    "shipped_quantity": shipped,
                    "returned_quantity": back,
                    "ordered_amount": row[3],
                    **values,
                },
            )
        return gathered

    @api.model
    def _flush_documents(self):
        """Have the database know what the queries read."""
        self.env["sale.order.line"].flush_model(LINE_FIELDS)
        self.env["stock.move"].flush_model(["state", "quantity", "product_uom", "sale_line_id"])
        self.env["account.move"].flush_model(["state", "amount_residual", "currency_id"])
        self.env["account.move.line"].flush_model(["quantity", "amount_currency", "sale_line_ids"])

    @api.model
    def _read_lines(self, orders):
        """Lines with what left and came back, in each line's unit. Kits move as other products."""
        return [
            (*row[:2], float(row[2] or 0), float(row[3] or 0), *row[4:7])
            + (float(row[7] or 0), float(row[8] or 0), float(row[9] or 0), *row[10:])
            for row in self.env.execute_query(
                SQL(
                    """
        SELECT line.id, line.order_id, line.product_uom_qty, line.price_subtotal,
               line.product_uom_id, template.invoice_policy = 'order',
               template.type = 'consu', line.qty_delivered,
               goods.out, goods.back, goods.moving, goods.other, goods.any, goods.last_out
          FROM sale_order_line line
          JOIN product_product product ON product.id = line.product_id
          JOIN product_template template ON template.id = product.product_tmpl_id
          JOIN uom_uom unit ON unit.id = line.product_uom_id
         CROSS JOIN LATERAL (
            SELECT ROUND(SUM(moved.share) FILTER (WHERE moved.leaving), 6) AS out,
                   ROUND(SUM(moved.share) FILTER (WHERE moved.coming), 6) AS back,
                   BOOL_OR(moved.state != 'done' AND NOT moved.coming) AS moving,
                   BOOL_OR(moved.product_id != line.product_id) AS other,
                   COUNT(*) > 0 OR EXISTS (
                       SELECT FROM stock_move dead WHERE dead.sale_line_id = line.id
                   ) AS any,
                   MAX(moved.date) FILTER (WHERE moved.leaving AND moved.state = 'done') AS last_out
              FROM (SELECT move.state, move.product_id, move.date,
                           target.usage = 'customer' AND source.usage != 'customer' AS leaving,
                           source.usage = 'customer' AND target.usage != 'customer' AS coming,
                           CASE WHEN move.state = 'done'
                                THEN move.quantity * moved_in.factor / unit.factor ELSE 0 END
                               AS share
                      FROM stock_move move
                      JOIN uom_uom moved_in ON moved_in.id = move.product_uom
                      JOIN stock_location source ON source.id = move.location_id
                      JOIN stock_location target ON target.id = move.location_dest_id
                     WHERE move.sale_line_id = line.id AND move.state != 'cancel') moved) goods
         WHERE line.order_id = ANY(%s) AND line.display_type IS NULL
           AND line.is_downpayment IS NOT TRUE AND line.is_expense IS NOT TRUE
           AND line.product_uom_qty >= 0 AND line.state IN ('sale', 'cancel')""",
                    orders.ids,
                )
            )
        ]

    @api.model
    def _read_bills(self, orders):
        """Documents of the orders' lines, and which part of each was paid by money.

        What a credit note settles of an invoice isn't paid. Down payments are left out: they
        bill no line of goods.

        :return: dict line id → list of rows
        """
        bills = defaultdict(list)
        for line_id, *row in self.env.execute_query(
            SQL(
                """
        SELECT rel.order_line_id, move.id, move.move_type, move.state, move.currency_id,
               COALESCE(move.invoice_date, move.date),
               item.quantity * billed_in.factor / unit.factor,
               -item.amount_currency, item.price_total,
               CASE WHEN move.amount_total = 0 THEN 0
                    ELSE COALESCE(paid.amount, 0) / move.amount_total END
          FROM sale_order_line line
          JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
          JOIN account_move_line item ON item.id = rel.invoice_line_id
          JOIN account_move move ON move.id = item.move_id
          JOIN uom_uom unit ON unit.id = line.product_uom_id
          JOIN uom_uom billed_in ON billed_in.id = COALESCE(item.product_uom_id, unit.id)
         CROSS JOIN LATERAL (
            SELECT SUM(CASE WHEN part.debit_move_id = open.id THEN part.debit_amount_currency
                            ELSE part.credit_amount_currency END) AS amount
              FROM account_move_line open
              JOIN account_account account ON account.id = open.account_id
                   AND account.account_type = 'asset_receivable'
              JOIN account_partial_reconcile part
                   ON part.debit_move_id = open.id OR part.credit_move_id = open.id
              JOIN account_move_line other
                   ON other.id IN (part.debit_move_id, part.credit_move_id) AND other.id != open.id
              JOIN account_move settling ON settling.id = other.move_id
             WHERE open.move_id = move.id
               AND settling.move_type NOT IN ('out_invoice', 'out_refund')) paid
         WHERE line.order_id = ANY(%s) AND move.state IN ('posted', 'draft')
           AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
           AND line.is_downpayment IS NOT TRUE""",
                orders.ids,
            )
        ):
            bills[line_id].append(row)
        return bills

    @api.model
    def _bill_line(self, order, rows, unit_price):
        """What documents say of one line, in the order's currency.

        :return: tuple of ``engine.threeway.Billed``, and values for the record
        """
        billed = []
        values = dict.fromkeys(
            ("billed_quantity", "billed_amount", "credited_quantity", "paid_amount"), 0.0
        )
        values["draft_quantity"] = 0.0
        for _move, kind, state, currency_id, date, quantity, amount, total, share in rows:
            sign = -1 if kind == "out_refund" else 1
            quantity, share = sign * float(quantity or 0), float(share)
            if state == "draft":
                values["draft_quantity"] += quantity
                continue
            currency = self.env["res.currency"].browse(currency_id)
            amount, total = float(amount or 0), sign * float(total or 0)
            slack = order.currency_id.rounding
            if currency != order.currency_id:
                # A price in another currency was rounded before it was multiplied.
                rate = currency._convert(1.0, order.currency_id, order.company_id, date, False)
                amount, total = amount * rate, total * rate
                slack += abs(quantity) * (currency.rounding * rate + order.currency_id.rounding)
            billed.append(threeway.Billed(quantity, amount, slack))
            values["billed_quantity"] += quantity
            values["billed_amount"] += amount
            values["paid_amount"] += total * share
            if sign < 0:
                values["credited_quantity"] -= quantity
        values["billed_amount"] = order.currency_id.round(values["billed_amount"])
        values["paid_amount"] = order.currency_id.round(values["paid_amount"])
        return tuple(billed), values

    @api.model
    def _is_billing_due(self, order, policy, last_out):
        """Whether what has left should be billed by now: after the company's grace, or its run.

        :param policy: ``engine.billing.Policy`` of the order
        :param last_out: moment the last goods left, or nothing
        """
        now = fields.Datetime.now()
        grace = timedelta(hours=order.company_id.order_discrepancy_hours)
        if policy.code == "delivery" and not order._is_delivered():
            # Nobody says it arrived: after two weeks somebody should ask.
            grace = max(grace, timedelta(days=14))
        since = (order.delivered_at if policy.code == "delivery" else None) or last_out
        since = since or order.date_order or now
        if since + grace > now:
            return False
        if policy.code != "periodic":
            return True
        tz = order._billing_tz()
        run = billing.last_run(policy, fields.Datetime.context_timestamp(tz, now - grace).date())
        return fields.Datetime.context_timestamp(tz, since).date() <= run
