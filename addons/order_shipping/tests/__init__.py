from . import (
    test_access,
    test_batch,
    test_label,
    test_multi_company,
    test_network,
    test_query_count,
    test_rate,
    test_ship,
    test_shipping_invoice,
    test_track,
    test_views,
)
