"""Pure tests: no database is opened."""

import addons_path  # noqa: F401
