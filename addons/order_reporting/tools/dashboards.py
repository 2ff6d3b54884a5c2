"""What each dashboard shows; ``sheets.py`` draws it. Pure Python."""

from .sheets import Chart, Dashboard, Listing, Score, Source

try:
    from ..engine.measures import BY_CODE
except ImportError:  # run as a script: the addon's folder is on the path
    from engine.measures import BY_CODE

RED, GREEN, ORANGE = "#DC6965", "#2A9D8F", "#F4A261"
SALE = (("state", "=", "sale"),)
SOLD = Source(domain=SALE)
LATE = Source(domain=(*SALE, ("promise_state", "in", ("late", "overdue"))))
TO_SHIP = Source(
    domain=(*SALE, ("date_shipped", "=", False), ("goods_line_count", ">", 0)), dated=False
)
OVERDUE = Source(domain=(*SALE, ("promise_state", "=", "overdue")), dated=False)
ON_HOLD = Source(domain=(("is_on_hold", "=", True), ("state", "!=", "cancel")), dated=False)
TO_INVOICE = Source(
    domain=(*SALE, ("date_shipped", "!=", False), ("date_invoiced", "=", False)), dated=False
)
LIVE = Source(
    domain=(("state", "!=", "cancel"), ("flow_step", "not in", ("close", "cancel", "pay"))),
    dated=False,
)
LINES = Source("order.line.fact", (*SALE, ("is_goods", "=", True)))
PARCELS = Source("order.shipment.fact")
TRACKED = Source("order.shipment.fact", (("parcel_count", ">", 0),))
BATCHES = Source("order.pick.fact")
HOLDS = Source("order.hold.fact")
OPEN_HOLDS = Source("order.hold.fact", (("is_open", "=", True),), dated=False)
DOCUMENTS = Source("order.intake.fact")
BANK = Source("order.match.fact")
INVOICES = Source("order.invoice.fact")
OPEN_INVOICES = Source("order.invoice.fact", (("amount_open", "!=", 0),), dated=False)
OVERDUE_INVOICES = Source("order.invoice.fact", (("amount_overdue", ">", 0),), dated=False)
DAILY = Source("order.forecast", (("kind", "=", "orders"),), dated=False)
LOADS = Source("order.forecast", (("kind", "=", "picks"), ("actual", "=", False)), dated=False)
USED = Source("order.forecast", (*LOADS.domain, ("load_rate", "!=", False)), dated=False)
SALES_TO_COME = Source(
    "order.forecast", (("kind", "=", "sales"), ("actual", "=", False)), dated=False
)
BY_COUNTRY = Source(domain=(*SALE, ("country_id", "!=", False)))
LATE_BY_COUNTRY = Source(domain=(*LATE.domain, ("country_id", "!=", False)))
BY_STATE = Source(domain=(*SALE, ("state_id", "!=", False)))
LATE_BY_STATE = Source(domain=(*LATE.domain, ("state_id", "!=", False)))
DISCREPANCIES = Source("order.discrepancy.fact", (("is_open", "=", True),), dated=False)
RETURNS = Source("order.return.fact")
SUPPLIER_RETURNS = Source("order.return.fact", (("supplier_fault_rate", "=", 1),))
NOW = " As of now, whatever the period."
COHORT = " Here: of the orders received in the period."


def kpi(code):
    """A KPI's definition, without what only its own page needs."""
    return BY_CODE[code].definition.replace('"', "'")


def count(label, definition, source=SOLD, more_is_better=True):
    return Score(label, "__count", None, "count", definition, more_is_better, None, source)


def total(label, field, definition, source=SOLD, unit="money", more_is_better=True):
    return Score(label, field, "sum", unit, definition, more_is_better, None, source)


def average(label, field, definition, source=SOLD, unit="percent", more_is_better=True):
    return Score(label, field, "avg", unit, definition, more_is_better, None, source)


def ratio(label, field, over, definition, source=SOLD, unit="percent", more_is_better=True):
    return Score(label, field, None, unit, definition, more_is_better, over, source)


ORDERS = count("Orders", "Orders received in the period and released.")
REVENUE = total("Revenue", "amount_ordered", "Untaxed amount of the orders received in the period.")
ON_TIME = average("Shipped on time", "on_time_rate", kpi("on_time") + COHORT)
OTIF = average("On time in full", "otif_rate", kpi("otif") + COHORT)
MARGIN = ratio(
    "Margin",
    "margin",
    "amount_ordered",
    "Margin over untaxed amount of the orders received in the period.",
)
PROFIT = ratio(
    "Profit",
    "profit",
    "amount_ordered",
    "Margin less freight, handling, credit notes and the wait for the money, over untaxed amount,"
    " of the orders received in the period.",
)
ORDER_COLUMNS = (
    "order_id",
    "partner_id",
    "flow_step",
    "promise_state",
    "date_promised",
    "amount_ordered",
)

DASHBOARDS = (
    Dashboard(
        "order_flow",
        "Executive",
        (
            ORDERS,
            REVENUE,
            MARGIN,
            ON_TIME,
            OTIF,
            average("Perfect orders", "perfect_rate", kpi("perfect_order") + COHORT),
            average(
                "Hours to ship",
                "hours_order_to_ship",
                "Mean hours from receipt to the last parcel. The KPI page has median and 90 %.",
                unit="number",
                more_is_better=False,
            ),
            average("Touchless", "touchless_rate", kpi("touchless")),
            PROFIT,
        ),
        (
            Chart("line", "Orders per week", ("date_received:week",), "__count", SOLD, wide=True),
            Chart("bar", "Late and overdue, by channel", ("channel_id",), "__count", LATE, RED),
            Chart("bar", "Late and overdue, by warehouse", ("warehouse_id",), "__count", LATE, RED),
            Chart("bar", "Revenue by channel", ("channel_id",), "amount_ordered", SOLD),
            Chart("bar", "Revenue by warehouse", ("warehouse_id",), "amount_ordered", SOLD),
        ),
        Listing(
            "Overdue or on hold",
            Source(
                domain=(
                    ("state", "!=", "cancel"),
                    "|",
                    ("promise_state", "=", "overdue"),
                    ("is_on_hold", "=", True),
                )
            ),
            ORDER_COLUMNS,
            "date_promised",
        ),
    ),
    Dashboard(
        "operations",
        "Operations Today",
        (
            count("Orders received", "Orders received in the period and released."),
            count(
                "To ship",
                "Released orders with goods that have not all left." + NOW,
                TO_SHIP,
                False,
            ),
            count(
                "Overdue",
                "Released orders whose promised day is over and that have not all left." + NOW,
                OVERDUE,
                False,
            ),
            count("On hold", "Orders that a hold keeps from going on." + NOW, ON_HOLD, False),
            count(
                "To invoice",
                "Orders shipped complete and not yet invoiced complete." + NOW,
                TO_INVOICE,
                False,
            ),
            ON_TIME,
        ),
        (
            Chart("bar", "Open orders by step", ("flow_step",), "__count", LIVE),
            Chart("bar", "To ship, by warehouse", ("warehouse_id",), "__count", TO_SHIP, ORANGE),
            Chart(
                "bar",
                "To ship, by promised day",
                ("date_promised:day",),
                "__count",
                TO_SHIP,
                ORANGE,
            ),
            Chart("line", "Orders received per day", ("date_received:day",), "__count", SOLD),
        ),
        Listing("Next to ship", TO_SHIP, ORDER_COLUMNS, "date_promised"),
        "last_7_days",
    ),
    Dashboard(
        "warehouse",
        "Warehouse",
        (
            total(
                "Units shipped",
                "units_shipped",
                "Units that left of the lines received in the period.",
                LINES,
                "count",
            ),
            ratio("Lines filled first", "lines_filled", "goods_line_count", kpi("line_fill")),
            average("Back-orders", "backorder_rate", kpi("backorder"), more_is_better=False),
            ratio("Lines per hour", "lines_timed", "hours", kpi("pick_rate"), BATCHES, "number"),
            ratio(
                "Metres per line",
                "metres",
                "lines_walked",
                kpi("metres_per_line"),
                BATCHES,
                "number",
                False,
            ),
            average(
                "Warehouse hours",
                "hours_to_ship",
                "Mean hours from release to the last parcel.",
                unit="number",
                more_is_better=False,
            ),
        ),
        (
            Chart(
                "line",
                "Units ordered per week",
                ("date_received:week",),
                "units_ordered",
                LINES,
                wide=True,
            ),
            Chart("bar", "Orders by warehouse", ("warehouse_id",), "__count", SOLD),
            Chart(
                "bar",
                "Hours from release to shipment, by warehouse",
                ("warehouse_id",),
                "hours_to_ship",
                SOLD,
                ORANGE,
            ),
            Chart("bar", "Units by product", ("product_id",), "units_ordered", LINES, GREEN),
            Chart("bar", "Late and overdue, by warehouse", ("warehouse_id",), "__count", LATE, RED),
            Chart(
                "bar",
                "Orders to pick, expected per day",
                ("date:day", "warehouse_id"),
                "expected",
                LOADS,
            ),
            Chart(
                "bar",
                "Pick capacity used (1 = all)",
                ("date:day",),
                "load_rate",
                USED,
                ORANGE,
            ),
        ),
        Listing("Next to ship", TO_SHIP, ORDER_COLUMNS, "date_promised"),
    ),
    Dashboard(
        "carriers",
        "Carriers",
        (
            count("Deliveries", "Deliveries that left in the period.", PARCELS),
            average("Delivered on time", "delivered_on_time_rate", kpi("carrier_on_time"), TRACKED),
            average(
                "Hours in transit",
                "hours_in_transit",
                "Mean hours from leaving to the last parcel's arrival.",
                TRACKED,
                "number",
                False,
            ),
            average(
                "With exceptions",
                "exception_rate",
                kpi("carrier_exceptions"),
                TRACKED,
                "percent",
                False,
            ),
            total(
                "Freight paid",
                "freight_cost",
                "What carriers charge for the labels of the deliveries that left in the period.",
                PARCELS,
                "money",
                False,
            ),
            ratio(
                "Freight / goods",
                "freight_cost",
                "amount_delivered",
                kpi("freight_ratio"),
                Source(domain=(("freight_cost", "!=", False), ("date_shipped", "!=", False))),
                "percent",
                False,
            ),
        ),
        (
            Chart(
                "line",
                "Deliveries per week",
                ("date_shipped:week", "carrier_id"),
                "__count",
                TRACKED,
                wide=True,
            ),
            Chart(
                "bar",
                "Delivered on time, by carrier",
                ("carrier_id",),
                "delivered_on_time_rate",
                TRACKED,
                GREEN,
            ),
            Chart(
                "bar",
                "Hours in transit, by carrier",
                ("carrier_id",),
                "hours_in_transit",
                TRACKED,
                ORANGE,
            ),
            Chart("bar", "Freight paid, by carrier", ("carrier_id",), "freight_cost", TRACKED),
            Chart("bar", "Parcels, by warehouse", ("warehouse_id",), "parcel_count", TRACKED),
            Chart(
                "geo", "Late and overdue, by country", ("country_id",), "__count", LATE_BY_COUNTRY
            ),
            Chart(
                "bar", "Late and overdue, by state", ("state_id",), "__count", LATE_BY_STATE, RED
            ),
        ),
        Listing(
            "Delivered late",
            Source("order.shipment.fact", (("delivered_on_time_rate", "=", 0.0),)),
            (
                "picking_id",
                "partner_id",
                "carrier_id",
                "warehouse_id",
                "date_promised",
                "date_delivered",
            ),
            "date_shipped",
            False,
        ),
    ),
    Dashboard(
        "order_desk",
        "Desk & Exceptions",
        (
            average("Touchless", "touchless_rate", kpi("touchless")),
            average(
                "Orders held",
                "held_rate",
                "Orders put on hold at least once, of those received in the period.",
                more_is_better=False,
            ),
            count("Holds open", "Holds nobody has resolved yet." + NOW, OPEN_HOLDS, False),
            average(
                "Hours on hold",
                "hours",
                "Mean hours from placing a hold to resolving it, of holds placed in the period.",
                HOLDS,
                "number",
                False,
            ),
            count("Documents", "Documents that channels sent in the period.", DOCUMENTS),
            average(
                "Intake errors", "error_rate", kpi("intake_errors"), DOCUMENTS, "percent", False
            ),
        ),
        (
            Chart(
                "line", "Holds per week", ("date_placed:week",), "__count", HOLDS, ORANGE, wide=True
            ),
            Chart("bar", "Holds by reason", ("kind",), "__count", HOLDS, ORANGE),
            Chart("bar", "Hours of a hold, by reason", ("kind",), "hours", HOLDS, RED),
            Chart("bar", "Touchless, by channel", ("channel_id",), "touchless_rate", SOLD, GREEN),
            Chart(
                "bar",
                "Hours from receipt to release, by channel",
                ("channel_id",),
                "hours_to_release",
                SOLD,
            ),
            Chart("bar", "Returns, by reason", ("reason_id",), "units", RETURNS, ORANGE),
            Chart(
                "bar",
                "Returns by the supplier's fault, by vendor",
                ("vendor_id",),
                "units",
                SUPPLIER_RETURNS,
                RED,
            ),
        ),
        Listing(
            "Open holds",
            OPEN_HOLDS,
            ("order_id", "partner_id", "kind", "gate", "owner_id", "date_placed"),
            "date_placed",
        ),
    ),
    Dashboard(
        "finance",
        "Finance & Treasury",
        (
            total(
                "Invoiced",
                "amount",
                "With tax, of the invoices dated in the period; credit notes taken off.",
                INVOICES,
            ),
            total(
                "Open",
                "amount_open",
                "What customers owe, credit notes taken off." + NOW,
                OPEN_INVOICES,
                "money",
                False,
            ),
            total(
                "Overdue",
                "amount_overdue",
                "What customers owe and was due before today." + NOW,
                OVERDUE_INVOICES,
                "money",
                False,
            ),
            average(
                "Days to pay, mean",
                "days_to_pay",
                "Mean days from invoice to the last payment, of paid invoices dated in the period.",
                INVOICES,
                "number",
                False,
            ),
            average(
                "Days late, mean",
                "days_late",
                "Mean days from the due day to the last payment, early ones below zero, of paid"
                " invoices dated in the period.",
                INVOICES,
                "number",
                False,
            ),
            average("Auto-matched", "auto_rate", kpi("auto_match"), BANK),
        ),
        (
            Chart(
                "bar",
                "Open, by the month it is due",
                ("date_due:month",),
                "amount_open",
                OPEN_INVOICES,
                GREEN,
                wide=True,
            ),
            Chart(
                "bar",
                "Overdue, by customer",
                ("partner_id",),
                "amount_overdue",
                OVERDUE_INVOICES,
                RED,
            ),
            Chart("bar", "Days late, by customer", ("partner_id",), "days_late", INVOICES, ORANGE),
            Chart("line", "Invoiced per week", ("date_invoiced:week",), "amount", INVOICES),
            Chart("bar", "Invoiced, by salesperson", ("user_id",), "amount", INVOICES),
            Chart(
                "bar", "Open discrepancies, by kind", ("verdict",), "amount", DISCREPANCIES, ORANGE
            ),
            Chart("line", "Sales expected per week", ("date:week",), "expected", SALES_TO_COME),
        ),
        Listing(
            "Overdue invoices",
            OVERDUE_INVOICES,
            ("move_id", "partner_id", "date_due", "date_invoiced", "amount", "amount_open"),
            "date_due",
        ),
    ),
    Dashboard(
        "sales",
        "Sales & Customers",
        (
            REVENUE,
            ORDERS,
            average(
                "Average order",
                "amount_ordered",
                "Untaxed amount per order received in the period.",
                unit="money",
            ),
            MARGIN,
            PROFIT,
            average(
                "Orders returned",
                "return_rate",
                kpi("return_rate") + COHORT,
                more_is_better=False,
            ),
        ),
        (
            Chart(
                "line",
                "Revenue per month, by channel",
                ("date_received:month", "channel_id"),
                "amount_ordered",
                SOLD,
                wide=True,
            ),
            Chart("bar", "Revenue by customer", ("partner_id",), "amount_ordered", SOLD),
            Chart("bar", "Profit by customer", ("partner_id",), "profit", SOLD, GREEN),
            Chart("bar", "Revenue by product", ("product_id",), "amount_ordered", LINES),
            Chart("line", "Orders expected per day", ("date:day",), "expected", DAILY, ORANGE),
            Chart("geo", "Revenue by country", ("country_id",), "amount_ordered", BY_COUNTRY),
            Chart("bar", "Revenue by state", ("state_id",), "amount_ordered", BY_STATE),
        ),
        Listing("Largest orders", SOLD, ORDER_COLUMNS, "amount_ordered", False),
        "last_12_months",
    ),
)
