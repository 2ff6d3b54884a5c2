# Shared by the set-up scripts: paths, messages, and the one way to become root.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Everything that is downloaded, built or written while running lives here, ignored by git.
LOCAL=${SUITE_HOME:-$ROOT/.local}
VENV=$LOCAL/venv
mkdir -p "$LOCAL"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
    printf '\033[1;31mERROR:\033[0m %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Run a command as root: as it is when we are root, through sudo otherwise.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else return 127; fi
}

# One line that changes when any of the given files does.
hash_of() { cat "$@" | sha256sum | cut -c1-16; }
