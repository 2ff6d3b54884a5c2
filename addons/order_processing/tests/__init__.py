from . import test_intake, test_intake_endpoint
