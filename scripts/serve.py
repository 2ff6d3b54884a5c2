"""Odoo's command line as a file.

With several workers Odoo starts itself once more, for websockets, by the path of its program. There
is none after ``python -m odoo``: it would start in vain several times a second.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Our scripts are no modules for Odoo to import.
    here = Path(__file__).resolve().parent
    sys.path = [path for path in sys.path if Path(path).resolve() != here]
    from odoo.cli import main

    main()
