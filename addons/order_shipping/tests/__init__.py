from . import (
    test_access,
    test_batch,
    test_label,
    test_multi_company,
    test_pack_scan,
    test_query_count,
    test_rate,
    test_scan,
    test_ship,
    test_views,
)
