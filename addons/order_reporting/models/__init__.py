from . import (
    order_fact,
    order_fact_refresh,
    order_fact_sweep,
    order_kpi,
)
