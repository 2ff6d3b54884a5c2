from . import test_match, test_statement_import
