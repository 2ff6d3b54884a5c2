from . import (
    test_access,
    test_batch,
    test_label,
    test_layout,
    test_multi_company,
    test_picking_plan,
    test_query_count,
    test_rate,
    test_ship,
    test_slotting,
    test_views,
)
