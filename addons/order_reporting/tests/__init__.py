from . import (
    test_access,
    test_access_table,
    test_cockpit,
    test_dashboard,
    test_demo_year,
    test_fact,
    test_forecast,
    test_kpi,
    test_kpi_alert,
    test_multi_company,
    test_query_count,
    test_step_facts,
)
