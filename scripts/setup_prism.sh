#!/usr/bin/env bash
# Prism, which serves the carriers' published descriptions to the contract tests. 90 MB from npm,
# needed by `make test` only; the version is pinned here.
. "$(dirname "$0")/lib.sh"

PRISM=@stoplight/prism-cli@5.14.2
folder=$LOCAL/prism
if [ "$(cat "$folder/.installed" 2>/dev/null)" = "$PRISM" ]; then
    note "Prism: there"
    exit 0
fi
say "Installing Prism ($PRISM) into $folder"
mkdir -p "$folder"
npm install --prefix "$folder" --no-save --no-audit --no-fund --loglevel=error "$PRISM" >"$folder/npm.log" 2>&1 || {
    tail -5 "$folder/npm.log" >&2
    die "npm could not install $PRISM; its log is $folder/npm.log"
}
printf '%s\n' "$PRISM" >"$folder/.installed"
note "installed"
