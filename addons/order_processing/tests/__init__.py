from . import (
    test_access,
    test_event,
    test_hold,
    test_invoice,
    test_query_count,
    test_route,
)
