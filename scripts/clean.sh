#!/usr/bin/env bash
# Remove everything the other scripts made. Asks first: the demo database goes too.
. "$(dirname "$0")/lib.sh"

if [ "${FORCE:-}" != 1 ]; then
    read -r -p "Remove $LOCAL with the demo database and the downloaded Odoo? [y/N] " answer
    [ "$answer" = y ] || exit 1
fi
"$ROOT/scripts/postgres.sh" stop run
"$ROOT/scripts/postgres.sh" stop test
as_root rm -rf "$LOCAL"
key=$(printf '%s' "$LOCAL" | sha256sum | cut -c1-8)
as_root rm -rf "/var/lib/postgresql/order-suite-$key" "/tmp/order-suite-$key-run" "/tmp/order-suite-$key-test"
say "Removed."
