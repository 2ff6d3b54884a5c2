"""The engines and carriers import as ``odoo.addons.<addon>…`` with no database opened."""

from pathlib import Path

import odoo.addons

ADDONS = str(Path(__file__).resolve().parents[2] / "addons")
if ADDONS not in odoo.addons.__path__:
    odoo.addons.__path__.append(ADDONS)
