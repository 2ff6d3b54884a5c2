#!/usr/bin/env bash
# Ask PyPI's advisories about every package that is installed here, Odoo's own included. Fails when one
# has a known weakness, and when the advisories can't be asked.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
AUDIT=$LOCAL/audit
say "Dependencies with known weaknesses"
if ! [ -x "$AUDIT/bin/pip-audit" ]; then
    "$VENV/bin/python" -m venv "$AUDIT"
    "$AUDIT/bin/pip" install -q pip-audit==2.10.1
fi
"$VENV/bin/pip" freeze | grep == >"$AUDIT/installed.txt"
"$AUDIT/bin/pip-audit" --strict --no-deps --disable-pip -r "$AUDIT/installed.txt" ||
    die "see above; a package that could not be audited is one whose advisories could not be asked: run this where pypi.org is reached"
