#!/usr/bin/env bash
# The parts that come from the operating system. Looks first, installs only what is missing, and
# says what; without apt it says exactly what to install and stops.
. "$(dirname "$0")/lib.sh"

missing=() why=()
want() { # want <package> <what for>; called when the thing was not found
    missing+=("$1")
    why+=("$1: $2")
}

uses_own_server() { [ -n "${PGHOST:-}" ] || grep -qE '^[[:space:]]*db_host[[:space:]]*=[[:space:]]*[^F[:space:]]' "$ROOT/odoo.conf"; }

if ! uses_own_server && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! have initdb; then
    want postgresql "database server (a private one is started; the system's own is not touched)"
fi
have psql || want postgresql-client "psql, createdb, pg_dump"
have chromium || have chromium-browser || have google-chrome || want chromium "browser tests and screenshots"
have wkhtmltopdf || want wkhtmltopdf "PDF papers"
have dpkg-deb || want dpkg "unpacking Odoo"
have node && have npm || want "nodejs npm" "formatting checks of XML and JavaScript (make lint)"
# (no grep -q on a pipe: it would close it early, which pipefail takes for a failure)
fc-list 2>/dev/null | grep -iE 'liberation|dejavu' >/dev/null || want "fontconfig fonts-liberation" "fonts of PDF papers and screenshots"
if ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then
    want "python3 python3-venv" "the virtual environment"
fi
if ! python3 -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("magic"))'; then
    want libmagic1 "recognising uploaded files"
fi

if [ ${#missing[@]} = 0 ]; then
    note "system parts: all there"
    exit 0
fi
say "System parts to install:"
for line in "${why[@]}"; do note "$line"; done
# shellcheck disable=SC2206  # one entry may name two packages
packages=(${missing[*]})
if ! have apt-get; then
    die "This system has no apt-get; install these with its own package manager, then run again:" \
        "${why[@]}"
fi
if ! as_root true; then
    die "Installing needs root: run this as root, or install sudo, or run yourself:" \
        "apt-get install ${packages[*]}"
fi
export DEBIAN_FRONTEND=noninteractive
log=$LOCAL/apt.log
as_root apt-get update >"$log" 2>&1 || note "apt-get update had errors (see $log); going on"
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    "${packages[@]}" >>"$log" 2>&1 || {
    tail -5 "$log" >&2
    die "apt-get could not install them; its log is $log" "Try: apt-get install ${packages[*]}"
}
note "installed: ${packages[*]}"
