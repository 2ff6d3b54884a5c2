"""What a fact is made of, read for many orders in a fixed number of queries.

Plain SQL, because one order touches a dozen tables and the ORM would build thousands of records to
throw them away. Called with system rights only: facts have record rules of their own.
"""

from collections import defaultdict

from ..engine.facts import History, Hold, Invoice, Line

HEADERS = """
    SELECT o.id AS order_id, o.company_id, c.currency_id, o.currency_id AS order_currency_id,
           o.channel_id, o.team_id, o.user_id, o.warehouse_id, o.partner_id,
           (SELECT AVG(g.rating) FROM rating_rating g
             WHERE g.res_model = 'sale.order' AND g.res_id = o.id AND g.consumed
               AND g.rating > 0) AS customer_rating,
           COALESCE(ship.country_id, customer.country_id) AS country_id,
           CASE WHEN ship.country_id IS NULL THEN customer.state_id ELSE ship.state_id END
               AS state_id,
           o.state, o.flow_step, o.create_date, o.date_order, o.commitment_date,
           o.invoice_status IN ('invoiced', 'upselling') AS is_fully_invoiced,
           COALESCE(NULLIF(o.currency_rate, 0), 1) AS rate,
           o.amount_untaxed, o.amount_total, o.margin,
           COALESCE(site.tz, own.tz, calendar.tz) AS tz
      FROM sale_order o
      JOIN res_company c ON c.id = o.company_id
      JOIN res_partner own ON own.id = c.partner_id
      JOIN res_partner customer ON customer.id = o.partner_id
      LEFT JOIN res_partner ship ON ship.id = o.partner_shipping_id
      LEFT JOIN stock_warehouse w ON w.id = o.warehouse_id
      LEFT JOIN res_partner site ON site.id = w.partner_id
      LEFT JOIN resource_calendar calendar ON calendar.id = c.resource_calendar_id
     WHERE o.id = ANY(%(ids)s)
"""

# Amounts leave as float8: psycopg2 reads that in C, and each numeric through a Decimal in Python.
# Moves of another product than the line's are the parts of a kit: there the line's own delivered
# quantity, which Odoo derives from the parts, is all that can be said.
LINES = """
    WITH moves AS (
        SELECT m.sale_line_id,
               SUM(moved) FILTER (WHERE dest.usage = 'customer' AND src.usage != 'customer')
                   AS shipped,
               SUM(moved) FILTER (WHERE dest.usage = 'customer' AND src.usage != 'customer'
                   AND p.backorder_id IS NULL) AS shipped_first,
               SUM(moved) FILTER (WHERE src.usage = 'customer' AND dest.usage != 'customer')
                   AS returned,
               BOOL_OR(m.product_id != l.product_id) AS has_parts
          FROM stock_move m
          JOIN sale_order_line l ON l.id = m.sale_line_id
          JOIN stock_location src ON src.id = m.location_id
          JOIN stock_location dest ON dest.id = m.location_dest_id
          JOIN uom_uom mu ON mu.id = m.product_uom
          JOIN product_product pp ON pp.id = m.product_id
          JOIN product_template pt ON pt.id = pp.product_tmpl_id
          JOIN uom_uom pu ON pu.id = pt.uom_id
          LEFT JOIN stock_picking p ON p.id = m.picking_id
         CROSS JOIN LATERAL (
            SELECT m.quantity::float8 * mu.factor::float8 / pu.factor::float8 AS moved
         ) own_unit
         WHERE l.order_id = ANY(%(ids)s) AND m.state = 'done'
         GROUP BY m.sale_line_id
    )
    SELECT l.order_id, l.id, pt.type = 'consu' AND NOT is_freight AS is_goods, is_freight,
           (l.product_uom_qty * lu.factor / pu.factor)::float8 AS ordered,
           (CASE WHEN moves.has_parts THEN l.qty_delivered * lu.factor / pu.factor
                 ELSE COALESCE(moves.shipped, 0) END)::float8 AS shipped,
           (CASE WHEN moves.has_parts THEN l.qty_delivered * lu.factor / pu.factor
                 ELSE COALESCE(moves.shipped_first, 0) END)::float8 AS shipped_first,
           (CASE WHEN moves.has_parts THEN 0 ELSE COALESCE(moves.returned, 0) END)::float8
               AS returned,
           l.price_subtotal::float8,
           (CASE WHEN l.product_uom_qty != 0
                THEN l.price_subtotal * l.qty_delivered / l.product_uom_qty
                ELSE l.price_unit * (1 - COALESCE(l.discount, 0) / 100) * l.qty_delivered
                END)::float8 AS delivered,
           COALESCE(l.customer_lead, 0) AS lead, l.product_id, pt.categ_id, l.margin::float8
      FROM sale_order_line l
      JOIN sale_order o ON o.id = l.order_id
      JOIN product_product pp ON pp.id = l.product_id
      JOIN product_template pt ON pt.id = pp.product_tmpl_id
      JOIN uom_uom lu ON lu.id = l.product_uom_id
      JOIN uom_uom pu ON pu.id = pt.uom_id
      LEFT JOIN order_channel ch ON ch.id = o.channel_id
      LEFT JOIN moves ON moves.sale_line_id = l.id
     CROSS JOIN LATERAL (
        SELECT COALESCE(l.is_delivery, FALSE)
            OR COALESCE(l.product_id = ch.shipping_product_id, FALSE) AS is_freight
     ) freight
     WHERE l.order_id = ANY(%(ids)s)
       AND l.display_type IS NULL AND l.is_downpayment IS NOT TRUE
     ORDER BY l.id
"""

SHIPMENTS = """
    SELECT p.sale_id AS order_id,
           COUNT(*) FILTER (WHERE is_out AND p.state = 'done') AS shipments,
           COUNT(*) FILTER (WHERE is_out AND p.state NOT IN ('done', 'cancel')) AS open_shipments,
           MIN(p.date_done) FILTER (WHERE is_out AND p.state = 'done') AS first_done,
           MAX(p.date_done) FILTER (WHERE is_out AND p.state = 'done') AS last_done,
           MAX(p.date_done) FILTER (WHERE is_inside AND p.state = 'done') AS last_picked,
           MIN(p.date_done) FILTER (WHERE is_back AND p.state = 'done') AS first_returned,
           BOOL_OR(is_out AND p.state != 'cancel' AND p.backorder_id IS NOT NULL) AS has_backorder,
           ARRAY_AGG(DISTINCT t.warehouse_id) FILTER (
               WHERE is_out AND p.state != 'cancel' AND t.warehouse_id IS NOT NULL) AS warehouses,
           (ARRAY_AGG(p.carrier_id ORDER BY p.date_done DESC) FILTER (
               WHERE is_out AND p.state = 'done' AND p.carrier_id IS NOT NULL))[1] AS carrier_id,
           SUM(p.carrier_price) FILTER (
               WHERE is_out AND p.state = 'done' AND p.carrier_price > 0 AND NOT has_label
           ) AS carrier_price
      FROM stock_picking p
      JOIN stock_picking_type t ON t.id = p.picking_type_id
      JOIN stock_location src ON src.id = p.location_id
      JOIN stock_location dest ON dest.id = p.location_dest_id
     CROSS JOIN LATERAL (
        SELECT dest.usage = 'customer' AND src.usage != 'customer' AS is_out,
               dest.usage = 'internal' AND src.usage = 'internal' AS is_inside,
               src.usage = 'customer' AND dest.usage != 'customer' AS is_back,
               EXISTS (SELECT FROM shipping_label b
                        WHERE b.picking_id = p.id AND b.state = 'bought') AS has_label
     ) way
     WHERE p.sale_id = ANY(%(ids)s)
     GROUP BY p.sale_id
"""

LABELS = """
    SELECT p.sale_id AS order_id, b.currency_id, SUM(b.cost) AS cost,
           MAX(b.date_bought)::date AS day
      FROM shipping_label b
      JOIN stock_picking p ON p.id = b.picking_id
     WHERE p.sale_id = ANY(%(ids)s) AND b.state = 'bought'
     GROUP BY p.sale_id, b.currency_id
"""

INVOICES = """
    WITH shares AS (
        SELECT l.order_id, a.move_id, SUM(-a.balance) AS untaxed, SUM(a.price_total) AS total
          FROM sale_order_line l
          JOIN sale_order_line_invoice_rel r ON r.order_line_id = l.id
          JOIN account_move_line a ON a.id = r.invoice_line_id
         WHERE l.order_id = ANY(%(ids)s)
         GROUP BY l.order_id, a.move_id
    )
    SELECT s.order_id, m.move_type, m.state, m.invoice_date, m.invoice_date_due, s.untaxed,
           CASE WHEN m.amount_total != 0
                THEN s.total / m.amount_total * m.amount_total_signed ELSE 0 END AS share_total,
           m.amount_total_signed AS total, m.amount_residual_signed AS residual,
           (SELECT MAX(pr.max_date)
              FROM account_move_line d
              JOIN account_partial_reconcile pr ON d.id IN (pr.debit_move_id, pr.credit_move_id)
             WHERE d.move_id = m.id AND d.display_type = 'payment_term') AS paid_day
      FROM shares s
      JOIN account_move m ON m.id = s.move_id
     WHERE m.move_type IN ('out_invoice', 'out_refund')
     ORDER BY s.order_id, m.id
"""

EVENTS = """
    SELECT order_id, step, MIN(date) AS first, MAX(date) AS last,
           MIN(date) FILTER (WHERE source = 'user') AS by_user
      FROM order_event
     WHERE order_id = ANY(%(ids)s)
     GROUP BY order_id, step
"""

HOLDS = """
    SELECT order_id, create_date, date_resolved, state
      FROM order_hold
     WHERE order_id = ANY(%(ids)s)
     ORDER BY id
"""

ALLOCATIONS = """
    SELECT order_id, COUNT(DISTINCT warehouse_id) AS warehouses, MIN(warehouse_id) AS warehouse_id
      FROM order_allocation
     WHERE order_id = ANY(%(ids)s) AND state != 'cancelled'
     GROUP BY order_id
"""

# Documents that don't say what was ordered and shipped; those somebody accepted are no fault.
DISCREPANCIES = """
    SELECT order_id, COUNT(*) AS count
      FROM order_discrepancy
     WHERE order_id = ANY(%(ids)s) AND state != 'ignored'
       AND verdict IN ('billed_more_than_shipped', 'other_price', 'credit_missing')
     GROUP BY order_id
"""

SNAPSHOTS = """
    SELECT order_id, confirmed_quantities
      FROM order_fact
     WHERE order_id = ANY(%(ids)s) AND confirmed_quantities IS NOT NULL
"""


class Gathered:
    """All raw rows of some orders, by order id; :meth:`history` makes one order's History."""

    def __init__(self, cr, order_ids, blocking):
        """Read everything; ``blocking`` are the hold states that keep a gate shut."""
        self._cr = cr
        self._ids = {"ids": list(order_ids)}
        self._blocking = blocking
        self._histories = {}
        self.headers = self._one(HEADERS)
        self.lines = self._many(LINES)
        self.shipments = self._one(SHIPMENTS)
        self.labels = self._many(LABELS)
        self.invoices = self._many(INVOICES)
        self.events = self._read_events()
        self.holds = self._many(HOLDS)
        self.allocations = self._one(ALLOCATIONS)
        self.discrepancies = self._one(DISCREPANCIES)
        self.snapshots = self._one(SNAPSHOTS)

    def _rows(self, query):
        self._cr.execute(query, self._ids)
        return self._cr.dictfetchall()

    def _one(self, query):
        return {row["order_id"]: row for row in self._rows(query)}

    def _many(self, query):
        found = defaultdict(list)
        for row in self._rows(query):
            found[row["order_id"]].append(row)
        return found

    def _read_events(self):
        """order id → step → (first, last, first by a user); by far the most rows, so no dicts."""
        self._cr.execute(EVENTS, self._ids)
        found = defaultdict(dict)
        for order_id, step, *moments in self._cr.fetchall():
            found[order_id][step] = tuple(moments)
        return found

    def history(self, order_id):
        """The order's history for :func:`engine.facts.measure`."""
        if order_id not in self._histories:
            self._histories[order_id] = self._history(order_id)
        return self._histories[order_id]

    def _history(self, order_id):
        header = self.headers[order_id]
        shipment = self.shipments.get(order_id, {})
        lines = self.lines[order_id]
        placed = shipment.get("warehouses") or []
        allocated = self.allocations.get(order_id, {}).get("warehouses", 0)
        return History(
            state=header["state"],
            created=header["create_date"],
            ordered_on=header["date_order"],
            commitment=header["commitment_date"],
            lead_days=max((line["lead"] for line in lines if line["is_goods"]), default=0.0),
            tz=header["tz"],
            is_fully_invoiced=bool(header["is_fully_invoiced"]),
            lines=[
                Line(
                    id=line["id"],
                    is_goods=line["is_goods"],
                    ordered=float(line["ordered"]),
                    shipped=float(line["shipped"]),
                    shipped_first=float(line["shipped_first"]),
                    returned=float(line["returned"]),
                )
                for line in lines
            ],
            invoices=[self._invoice(row) for row in self.invoices[order_id]],
            holds=[
                Hold(row["create_date"], row["date_resolved"], row["state"] in self._blocking)
                for row in self.holds[order_id]
            ],
            events=self.events[order_id],
            shipments=shipment.get("shipments", 0),
            open_shipments=shipment.get("open_shipments", 0),
            first_done=shipment.get("first_done"),
            last_done=shipment.get("last_done"),
            last_picked=shipment.get("last_picked"),
            first_returned=shipment.get("first_returned"),
            has_backorder=bool(shipment.get("has_backorder")),
            warehouses=len(placed) or allocated,
            discrepancies=self.discrepancies.get(order_id, {}).get("count", 0),
            confirmed=self.confirmed(order_id),
        )

    @staticmethod
    def _invoice(row):
        return Invoice(
            kind=row["move_type"],
            state=row["state"],
            day=row["invoice_date"],
            untaxed=float(row["untaxed"] or 0),
            share_total=float(row["share_total"] or 0),
            total=float(row["total"] or 0),
            residual=float(row["residual"] or 0),
            paid_day=row["paid_day"],
            due_day=row["invoice_date_due"],
        )

    def confirmed(self, order_id):
        """Quantities at release: those seen before, or, for a newly released order, today's."""
        snapshot = self.snapshots.get(order_id)
        if snapshot:
            return {int(key): qty for key, qty in snapshot["confirmed_quantities"].items()}
        if self.headers[order_id]["state"] != "sale":
            return {}
        return {
            line["id"]: float(line["ordered"]) for line in self.lines[order_id] if line["is_goods"]
        }

    def warehouse(self, order_id):
        """The one warehouse it ships from, or the order's own when there are several."""
        placed = self.shipments.get(order_id, {}).get("warehouses") or []
        if len(placed) == 1:
            return placed[0]
        allocation = self.allocations.get(order_id)
        if not placed and allocation and allocation["warehouses"] == 1:
            return allocation["warehouse_id"]
        return self.headers[order_id]["warehouse_id"]

    def freight_cost(self, order_id, convert):
        """What carriers charge, in company currency; None when nothing is known.

        Bought labels say it, in the carrier's currency; a delivery without one has the price Odoo
        keeps for it, in the order's currency.

        :param convert: function of amount, currency id, company id and day → company currency
        """
        header = self.headers[order_id]
        labels = self.labels[order_id]
        price = self.shipments.get(order_id, {}).get("carrier_price")
        if not labels and not price:
            return None
        return float(price or 0) / float(header["rate"]) + sum(
            float(row["cost"] or 0)
            if row["currency_id"] == header["currency_id"]
            else convert(row["cost"] or 0, row["currency_id"], header["company_id"], row["day"])
            for row in labels
        )
