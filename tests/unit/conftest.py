"""Pure tests: no database is opened."""

import addons_path  # noqa: F401
from hypothesis import HealthCheck, settings

# How fast this machine is today is no property of an engine.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
