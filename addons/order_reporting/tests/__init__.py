from . import (
    test_access,
    test_dashboard,
    test_fact,
    test_kpi,
    test_multi_company,
    test_query_count,
)
