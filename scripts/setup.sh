#!/usr/bin/env bash
# Everything a fresh machine needs, in order. Each part looks first and does only what is missing.
. "$(dirname "$0")/lib.sh"

say "Setting up (in $LOCAL)"
"$ROOT/scripts/setup_system.sh"
"$ROOT/scripts/setup_odoo.sh"
"$ROOT/scripts/setup_python.sh"
if [ "${1:-run}" = test ]; then "$ROOT/scripts/setup_prism.sh"; fi
"$ROOT/scripts/postgres.sh" start "${1:-run}"
