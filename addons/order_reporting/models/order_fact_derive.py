"""``engine/facts.py`` said in SQL, for thousands of orders at once.

The engine is the definition; this is the quick way to the same rows. Shipping an order's history
to Python and its 75 figures back costs several times what deriving them does, so here nothing
leaves the database. ``tests/test_fact_derive.py`` holds both together on random histories. An order
that PostgreSQL can't derive is derived by the engine (``models/order_fact_refresh.py``), which also
says what is wrong with it.

What is gathered is the same text for both: the queries of ``models/order_fact_gather.py``. Each
step below is a function of the engine, or a few, and named after it.
"""

from odoo import api, models, tools
from odoo.tools import SQL

from odoo.addons.order_processing.flow import HOLD_BLOCKING, STEP_RANK

from ..engine import facts
from . import order_fact_gather as gather

#: A moment's day in the warehouse's zone, and a day's first moment in UTC.
DAY = "(({0}) AT TIME ZONE 'UTC' AT TIME ZONE tz)::date"
MIDNIGHT = "(({0})::timestamp AT TIME ZONE tz AT TIME ZONE 'UTC')"


def at_day(day, event):
    """engine.facts._at_day: the event's moment when it fell on the document's day."""
    return (
        f"CASE WHEN {DAY.format(event)} = {day} THEN {event}"
        f" WHEN {day} IS NOT NULL THEN {MIDNIGHT.format(day)} END"
    )


def hours(start, end):
    """engine.facts.hours; GREATEST alone would turn "not known" into 0."""
    between = f"EXTRACT(EPOCH FROM {end} - {start})::float8 / 3600"
    return f"CASE WHEN {start} IS NOT NULL AND {end} IS NOT NULL THEN GREATEST({between}, 0) END"


#: What of the log anything asks for; ``gather.EVENTS`` would first make a row for each step.
EVENTS = """
    SELECT order_id,
           MIN(date) FILTER (WHERE step = 'intake') AS intake,
           MIN(date) FILTER (WHERE step = 'validate') AS validated,
           MIN(date) FILTER (WHERE step = 'release') AS release,
           MIN(date) FILTER (WHERE step IN ('batch', 'pick')) AS started,
           MAX(date) FILTER (WHERE step = 'route') AS route,
           MAX(date) FILTER (WHERE step = 'pick') AS pick,
           MAX(date) FILTER (WHERE step = 'label') AS label,
           MAX(date) FILTER (WHERE step = 'deliver') AS deliver,
           MAX(date) FILTER (WHERE step = 'invoice') AS invoice,
           MAX(date) FILTER (WHERE step = 'pay') AS pay,
           MAX(date) FILTER (WHERE step = 'close') AS close,
           MIN(date) FILTER (WHERE source = 'user' AND step = ANY(%(desk_steps)s)) AS touched
      FROM order_event
     WHERE order_id = ANY(%(ids)s)
     GROUP BY order_id
"""

INVOICES = """
    SELECT order_id,
           BOOL_OR(state = 'draft') AS has_draft,
           MAX(invoice_date) FILTER (WHERE is_posted AND move_type = 'out_invoice') AS invoice_day,
           BOOL_AND(ABS(residual) < 0.005) FILTER (WHERE is_posted) AS is_settled,
           MAX(paid_day) FILTER (WHERE is_posted) AS paid_day,
           SUM(untaxed::float8) FILTER (WHERE is_posted) AS amount_invoiced,
           SUM(share_total::float8 * (1 - residual::float8 / total::float8)) FILTER (
               WHERE is_posted AND ABS(total) > 0.005) AS amount_paid,
           SUM(share_total::float8 * residual::float8 / total::float8) FILTER (
               WHERE is_posted AND ABS(total) > 0.005) AS amount_open,
           MIN(invoice_date_due) FILTER (WHERE is_posted AND residual > 0.005) AS date_due,
           BOOL_OR(is_posted AND move_type = 'out_refund') AS has_credit,
           -SUM(untaxed::float8) FILTER (WHERE is_posted AND move_type = 'out_refund')
               AS amount_credited
      FROM invoice CROSS JOIN LATERAL (SELECT state = 'posted' AS is_posted) posted
     GROUP BY order_id
"""

#: engine.facts.hold_hours: each hold adds what the ones before it left out.
HOLDS = """
    SELECT order_id, BOOL_OR(state = ANY(%(blocking)s)) AS is_blocking,
           COALESCE(SUM(EXTRACT(EPOCH FROM date_resolved - GREATEST(create_date, reached))) FILTER (
               WHERE is_over AND date_resolved > GREATEST(create_date, reached)), 0)::float8 / 3600
               AS hours
      FROM (
        SELECT hold.*, is_over, MAX(date_resolved) FILTER (WHERE is_over) OVER (
                   PARTITION BY order_id ORDER BY create_date, date_resolved, number
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
          FROM (SELECT *, ROW_NUMBER() OVER () AS number FROM hold) hold
         CROSS JOIN LATERAL (SELECT COALESCE(date_resolved > create_date, FALSE) AS is_over) over_
      ) spans
     GROUP BY order_id
"""

#: engine.facts.wanted, and Gathered.confirmed.
DUE = """
    SELECT l.*, GREATEST(l.ordered, COALESCE(
               CASE WHEN s.confirmed_quantities IS NOT NULL
                    THEN (s.confirmed_quantities ->> l.id::text)::float8
                    WHEN h.state = 'sale' AND l.is_goods THEN l.ordered END, 0)) AS due
      FROM line l
      JOIN header h USING (order_id)
      LEFT JOIN snapshot s USING (order_id)
"""

GOODS = """
    SELECT order_id, COUNT(*) AS line_count,
           COUNT(*) FILTER (WHERE is_goods) AS goods,
           COUNT(*) FILTER (WHERE is_goods AND due != 0) AS owed,
           MAX(lead) FILTER (WHERE is_goods) AS lead,
           JSONB_OBJECT_AGG(id, ordered) FILTER (WHERE is_goods) AS quantities,
           BOOL_AND(shipped >= due - %(tolerance)s) FILTER (WHERE is_goods AND due != 0)
               AS is_in_full,
           BOOL_AND(ABS(shipped - due) <= %(tolerance)s AND returned <= %(tolerance)s)
               FILTER (WHERE is_goods) AS is_accurate,
           BOOL_OR(returned > %(tolerance)s) FILTER (WHERE is_goods) AS has_return,
           COUNT(*) FILTER (WHERE is_goods AND shipped_first >= due - %(tolerance)s) AS filled,
           SUM(LEAST(shipped_first, due)) FILTER (WHERE is_goods) AS units_filled,
           SUM(due) FILTER (WHERE is_goods) AS units_ordered,
           SUM(shipped) FILTER (WHERE is_goods) AS units_shipped,
           SUM(returned) FILTER (WHERE is_goods) AS units_returned,
           SUM(COALESCE(delivered, 0)) AS delivered,
           SUM(COALESCE(price_subtotal, 0)) FILTER (WHERE is_freight) AS freight
      FROM due
     GROUP BY order_id
"""

#: One row an order with all that is known of it; what it has none of is 0, FALSE or NULL.
BASE = """
    SELECT h.order_id, h.company_id, h.currency_id, h.order_currency_id, h.channel_id, h.team_id,
           h.user_id, h.partner_id, h.country_id, h.state_id, h.state, h.flow_step AS logged_step,
           h.customer_rating::float8 AS customer_rating, h.create_date, h.date_order,
           h.commitment_date, COALESCE(h.is_fully_invoiced, FALSE) AS is_fully_invoiced,
           h.rate::float8 AS rate,
           CASE WHEN h.tz = ANY(%(zones)s) THEN h.tz ELSE 'UTC' END AS tz,
           COALESCE(h.amount_untaxed, 0)::float8 / h.rate::float8 AS amount_ordered,
           COALESCE(h.amount_total, 0)::float8 / h.rate::float8 AS amount_total,
           COALESCE(h.margin, 0)::float8 / h.rate::float8 AS margin,
           h.state = 'sale' AS is_live,
           COALESCE(g.line_count, 0) AS line_count, COALESCE(g.goods, 0) AS goods_line_count,
           COALESCE(g.owed, 0) AS owed, COALESCE(g.lead, 0) AS lead,
           COALESCE(s.confirmed_quantities, CASE WHEN h.state = 'sale' THEN g.quantities END)
               AS confirmed_quantities,
           g.is_in_full, g.is_accurate, COALESCE(g.has_return, FALSE) AS has_return,
           COALESCE(g.filled, 0) AS filled, COALESCE(g.units_filled, 0) AS filled_units,
           COALESCE(g.units_ordered, 0) AS units_ordered,
           COALESCE(g.units_shipped, 0) AS units_shipped,
           COALESCE(g.units_returned, 0) AS units_returned,
           COALESCE(g.delivered, 0) / h.rate::float8 AS amount_delivered,
           COALESCE(g.freight, 0) / h.rate::float8 AS freight_charged,
           COALESCE(p.shipments, 0) AS shipment_count, COALESCE(p.open_shipments, 0) AS open_count,
           p.first_done, p.last_done, p.last_picked, p.first_returned, p.carrier_id,
           COALESCE(p.has_backorder, FALSE) AS is_backordered,
           COALESCE(CARDINALITY(p.warehouses), a.warehouses, 0) AS warehouse_count,
           CASE WHEN CARDINALITY(p.warehouses) = 1 THEN p.warehouses[1]
                WHEN p.warehouses IS NULL AND a.warehouses = 1 THEN a.warehouse_id
                ELSE h.warehouse_id END AS warehouse_id,
           CASE WHEN f.cost IS NOT NULL OR p.carrier_price != 0
                THEN COALESCE(p.carrier_price, 0)::float8 / h.rate::float8 + COALESCE(f.cost, 0)
                END AS freight_cost,
           COALESCE(i.has_draft, FALSE) AS has_draft, i.invoice_day,
           COALESCE(i.is_settled, FALSE) AS is_settled, i.paid_day,
           COALESCE(i.amount_invoiced, 0) AS amount_invoiced,
           COALESCE(i.amount_paid, 0) AS amount_paid, COALESCE(i.amount_open, 0) AS amount_open,
           i.date_due, COALESCE(i.has_credit, FALSE) AS has_credit,
           COALESCE(i.amount_credited, 0) AS amount_credited,
           e.order_id IS NOT NULL AS has_log, e.intake, e.validated, e.release, e.started, e.route,
           e.pick, e.label, e.deliver, e.invoice, e.pay, e.close, e.touched,
           k.order_id IS NOT NULL AS is_held, COALESCE(k.is_blocking, FALSE) AS is_on_hold,
           k.hours AS hold_hours, COALESCE(d.count, 0) AS discrepancies
      FROM header h
      LEFT JOIN goods g USING (order_id)
      LEFT JOIN snapshot s USING (order_id)
      LEFT JOIN shipment p USING (order_id)
      LEFT JOIN freight f USING (order_id)
      LEFT JOIN allocation a USING (order_id)
      LEFT JOIN invoices i USING (order_id)
      LEFT JOIN events e USING (order_id)
      LEFT JOIN holds k USING (order_id)
      LEFT JOIN discrepancy d USING (order_id)
"""

DATES = f"""
    SELECT base.*,
           COALESCE(intake, LEAST(create_date, date_order)) AS received,
           CASE WHEN is_live THEN COALESCE(release, date_order) END AS released,
           CASE WHEN goods_line_count > 0 AND state != 'cancel'
                THEN COALESCE(commitment_date, CASE WHEN is_live
                         THEN date_order + lead * INTERVAL '1 day' END) END AS promised,
           CASE WHEN shipment_count > 0 AND open_count = 0 THEN last_done END AS shipped,
           CASE WHEN is_invoiced THEN {at_day("invoice_day", "invoice")} END AS invoiced,
           CASE WHEN is_invoiced AND amount_paid > 0.005 AND is_settled
                THEN {at_day("paid_day", "pay")} END AS paid
      FROM base
     CROSS JOIN LATERAL (
        SELECT invoice_day IS NOT NULL AND is_fully_invoiced AND NOT has_draft AS is_invoiced
     ) billing
"""

#: engine.facts.timestamps: whole seconds.
TIMES = """
    SELECT dates.*,
           date_trunc('second', received) AS date_received,
           date_trunc('second', validated) AS date_validated,
           date_trunc('second', released) AS date_released,
           date_trunc('second', route) AS date_routed,
           date_trunc('second', COALESCE(pick, last_picked)) AS date_picked,
           date_trunc('second', label) AS date_labelled,
           date_trunc('second', first_done) AS date_first_shipped,
           date_trunc('second', shipped) AS date_shipped,
           date_trunc('second', deliver) AS date_delivered,
           date_trunc('second', first_returned) AS date_returned,
           date_trunc('second', invoiced) AS date_invoiced,
           date_trunc('second', paid) AS date_paid,
           date_trunc('second', close) AS date_closed,
           date_trunc('second', promised) AS date_promised
      FROM dates
"""

DAYS = f"""
    SELECT times.*,
           {DAY.format("date_promised")} AS promised_day,
           {DAY.format("date_shipped")} AS shipped_day,
           {DAY.format("date_delivered")} AS delivered_day,
           {DAY.format("%(now)s::timestamp")} AS today,
           is_live AND date_promised IS NOT NULL AND owed > 0 AS is_promised,
           is_live AND shipment_count > 0 AS has_left,
           CASE WHEN started IS NOT NULL THEN LEAST(started, date_shipped) END AS began
      FROM times
"""

#: engine.facts._service, ._touchless, .document_step.
SERVICE = """
    SELECT days.*,
           CASE WHEN NOT is_promised THEN 'none'
                WHEN date_shipped IS NULL AND today > promised_day THEN 'overdue'
                WHEN date_shipped IS NULL THEN 'open'
                WHEN shipped_day <= promised_day THEN 'on_time' ELSE 'late' END AS promise_state,
           CASE WHEN is_promised AND date_shipped IS NULL AND today > promised_day THEN FALSE
                WHEN is_promised AND date_shipped IS NOT NULL THEN shipped_day <= promised_day
                END AS on_time,
           CASE WHEN is_promised AND date_shipped IS NULL AND today > promised_day THEN FALSE
                WHEN is_promised AND date_shipped IS NOT NULL THEN is_in_full END AS in_full,
           CASE WHEN is_live AND date_shipped IS NOT NULL THEN NOT has_return END AS no_return,
           CASE WHEN is_live AND date_invoiced IS NOT NULL
                THEN NOT has_credit AND discrepancies = 0 END AS documents,
           CASE WHEN is_live AND has_log AND date_shipped IS NOT NULL
                THEN intake IS NOT NULL AND COALESCE(touched > date_shipped, TRUE)
                END AS touchless,
           CASE WHEN state = 'cancel' THEN 'cancel'
                WHEN date_closed IS NOT NULL THEN 'close'
                WHEN date_paid IS NOT NULL THEN 'pay'
                WHEN date_invoiced IS NOT NULL THEN 'invoice'
                WHEN date_shipped IS NOT NULL THEN 'ship'
                WHEN date_picked IS NOT NULL THEN 'pick'
                WHEN date_released IS NOT NULL THEN 'release'
                WHEN intake IS NOT NULL THEN 'intake' END AS proven_step
      FROM days
"""

#: engine.facts.measure, ._quantities, ._extras.
MEASURED = f"""
    SELECT service.*,
           CASE WHEN logged_step IS NULL
                  OR array_position(%(steps)s, proven_step)
                     >= array_position(%(steps)s, logged_step::text)
                THEN proven_step ELSE logged_step END AS flow_step,
           on_time::int AS on_time_rate,
           in_full::int AS in_full_rate,
           (on_time AND in_full)::int AS otif_rate,
           no_return::int AS damage_free_rate,
           documents::int AS documents_rate,
           CASE WHEN on_time IS NOT NULL
                THEN (on_time AND in_full AND no_return IS NOT FALSE
                      AND documents IS NOT FALSE)::int END AS perfect_rate,
           touchless::int AS touchless_rate,
           COALESCE(touchless, FALSE) AS is_touchless,
           warehouse_count > 1 AS is_split,
           CASE WHEN is_live AND warehouse_count > 0 THEN (warehouse_count > 1)::int END
               AS split_rate,
           CASE WHEN has_left THEN is_backordered::int END AS backorder_rate,
           has_return AS is_returned,
           CASE WHEN has_left THEN has_return::int END AS return_rate,
           CASE WHEN state != 'cancel' THEN is_held::int END AS held_rate,
           CASE WHEN has_left THEN filled END AS lines_filled,
           CASE WHEN has_left THEN filled_units END AS units_filled,
           CASE WHEN has_left AND goods_line_count > 0 THEN (filled = goods_line_count)::int END
               AS filled_rate,
           CASE WHEN is_live THEN (delivered_day <= promised_day)::int END
               AS delivered_on_time_rate,
           CASE WHEN is_live AND date_shipped IS NOT NULL THEN is_accurate::int END
               AS accuracy_rate,
           (customer_rating >= 4)::int AS satisfied_rate,
           {hours("date_received", "date_released")} AS hours_to_release,
           {hours("date_released", "date_shipped")} AS hours_to_ship,
           CASE WHEN is_live THEN {hours("date_received", "date_shipped")} END
               AS hours_order_to_ship,
           {hours("date_shipped", "date_invoiced")} AS hours_to_invoice,
           {hours("date_invoiced", "date_paid")} AS hours_to_pay,
           {hours("date_received", "date_paid")} AS hours_order_to_cash,
           CASE WHEN is_live THEN {hours("date_received", "began")} END AS hours_waiting,
           CASE WHEN is_live THEN {hours("began", "date_shipped")} END AS hours_working,
           {hours("date_shipped", "date_delivered")} AS hours_in_transit,
           freight_cost + %(line_cost)s * goods_line_count AS fulfilment_cost
      FROM service
"""

#: engine.facts.profit, and what the refresh itself says.
FACT = """
    SELECT measured.*,
           margin - COALESCE(freight_cost, 0) - amount_credited - %(line_cost)s * goods_line_count
               - %(capital)s * (COALESCE(hours_to_pay, 0) / (24 * 365)) * amount_total AS profit,
           %(now)s::timestamp AS date_refreshed, NULL::varchar AS refresh_error
      FROM measured
"""

#: OrderLineFact._prepare_line_vals
LINE_FACT = """
    SELECT f.order_id, f.company_id, f.currency_id, f.channel_id, f.team_id, f.user_id,
           f.warehouse_id, f.carrier_id, f.partner_id, f.country_id, f.state, f.customer_rating,
           f.satisfied_rate, f.date_received, f.date_released, f.date_first_shipped,
           f.date_shipped, f.date_promised,
           l.id AS line_id, l.product_id, l.categ_id, l.is_goods, l.due AS units_ordered,
           l.shipped AS units_shipped, l.returned AS units_returned,
           CASE WHEN knows THEN LEAST(l.shipped_first, l.due) END AS units_filled,
           COALESCE(l.price_subtotal, 0) / f.rate AS amount_ordered,
           COALESCE(l.delivered, 0) / f.rate AS amount_delivered,
           COALESCE(l.margin, 0) / f.rate AS margin,
           CASE WHEN knows THEN (l.shipped_first >= l.due - %(tolerance)s)::int END AS filled_rate,
           CASE WHEN knows THEN (l.returned > %(tolerance)s)::int END AS returned_rate
      FROM due l
      JOIN fact f USING (order_id)
     CROSS JOIN LATERAL (SELECT f.has_left AND l.is_goods AND l.due > 0 AS knows) known
"""

#: What bought labels cost, in company currency: Python converts the few in another one.
FREIGHT = """
    SELECT order_id, SUM(COALESCE(cost, 0)) AS cost
      FROM (SELECT label.order_id, label.cost::float8 AS cost
              FROM label JOIN header h USING (order_id)
             WHERE label.currency_id = h.currency_id
             UNION ALL
            SELECT * FROM unnest(%(foreign_orders)s::int[], %(foreign_costs)s::float8[])
           ) costs
     GROUP BY order_id
"""

STEPS = {
    "header": gather.HEADERS,
    "line": gather.LINES,
    "shipment": gather.SHIPMENTS,
    "label": gather.LABELS,
    "invoice": gather.INVOICES,
    "hold": gather.HOLDS,
    "allocation": gather.ALLOCATIONS,
    "discrepancy": gather.DISCREPANCIES,
    "snapshot": gather.SNAPSHOTS,
    "freight": FREIGHT,
    "events": EVENTS,
    "invoices": INVOICES,
    "holds": HOLDS,
    "due": DUE,
    "goods": GOODS,
    "base": BASE,
    "dates": DATES,
    "times": TIMES,
    "days": DAYS,
    "service": SERVICE,
    "measured": MEASURED,
    "fact": FACT,
    "line_fact": LINE_FACT,
}

#: Reckoned where the next step reads them. The others are reckoned once: what is read from the
#: documents, and what several later figures go by.
INLINE = {"dates", "times", "service", "measured"}
WITH = "WITH " + ",".join(
    f"{name} AS {'NOT ' * (name in INLINE)}MATERIALIZED ({text})" for name, text in STEPS.items()
)

STORE = """
    %(steps_with)s,
    stored AS (%(store_facts)s),
    gone AS (
        DELETE FROM order_line_fact f
         WHERE f.order_id = ANY(%(ids)s) AND NOT EXISTS (SELECT FROM due WHERE due.id = f.line_id)
    )
    %(store_lines)s
"""

#: Labels bought in another currency than the company's, for Python to convert.
FOREIGN = f"""
    SELECT label.order_id, label.cost::float8, label.currency_id, o.company_id, label.day
      FROM ({gather.LABELS}) label
      JOIN sale_order o ON o.id = label.order_id
      JOIN res_company c ON c.id = o.company_id
     WHERE label.currency_id IS DISTINCT FROM c.currency_id
"""  # noqa: S608 (our own text)


class OrderFact(models.Model):
    _inherit = "order.fact"

    @api.model
    def _derive(self, order_ids, now, tolerance, costs):
        """Derive and write the facts of some orders and of their lines, in one statement.

        :param list order_ids: ids of sale orders; those that don't exist are left out
        :param datetime now: naive UTC
        :param float tolerance: half of the smallest quantity that counts, in units
        :param facts.Costs costs: what the company reckons with
        """
        ids = list(order_ids)
        foreign = self._convert_labels(ids)
        steps = SQL(
            WITH,
            ids=ids,
            now=now,
            tolerance=tolerance,
            line_cost=costs.line,
            capital=costs.capital,
            steps=sorted(STEP_RANK, key=STEP_RANK.__getitem__),
            desk_steps=sorted(facts.DESK_STEPS),
            blocking=sorted(HOLD_BLOCKING),
            zones=list(self._get_database_zones()),
            foreign_orders=[order_id for order_id, _cost in foreign],
            foreign_costs=[cost for _order_id, cost in foreign],
        )
        # PostgreSQL would compile the statement to machine code: many seconds, to save hundredths.
        self.env.cr.execute("SET LOCAL jit = off")
        names = self._stored_names("order.fact")
        line_names = self._stored_names("order.line.fact")
        self.env.cr.execute(
            SQL(
                STORE,
                ids=ids,
                steps_with=steps,
                store_facts=self._prepare_upsert("order.fact", "order_id", names, SQL("fact")),
                store_lines=self._prepare_upsert(
                    "order.line.fact", "line_id", line_names, SQL("line_fact")
                ),
            )
        )

    def _convert_labels(self, order_ids):
        """(order id, cost in company currency) of labels bought in another currency."""
        self.env.cr.execute(FOREIGN, {"ids": order_ids})
        return [
            (order_id, self._to_company_currency(cost or 0, currency_id, company_id, day))
            for order_id, cost, currency_id, company_id, day in self.env.cr.fetchall()
        ]

    def _stored_names(self, model):
        """Columns of a kind of fact that are derived: all but its own id."""
        found = self.env[model]._fields.values()
        return sorted(
            field.name
            for field in found
            if field.store and field.column_type and field.name != "id"
        )

    @api.model
    @tools.ormcache()
    def _get_database_zones(self):
        """Names of the time zones PostgreSQL knows; orders of other zones count in UTC."""
        self.env.cr.execute("SELECT name FROM pg_timezone_names")
        return frozenset(name for (name,) in self.env.cr.fetchall())
