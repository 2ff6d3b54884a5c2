from . import (
    test_access,
    test_event,
    test_hold,
    test_intake,
    test_intake_endpoint,
    test_intake_rights,
    test_intake_ways,
    test_invoice,
    test_match,
    test_query_count,
    test_route,
    test_statement_import,
)
