#!/usr/bin/env bash
# The virtual environment: pinned requirements.txt, and Odoo made importable by a .pth file.
. "$(dirname "$0")/lib.sh"

odoo_root=$(cat "$LOCAL/odoo.root")
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' ||
    die "Odoo 19.0 needs Python 3.10 to 3.13; $python is $("$python" --version 2>&1)." \
        "Name another one: PYTHON=python3.12 make run"

stamp=$VENV/.installed
wanted=$(
    {
        cat "$ROOT/requirements.txt" "$ROOT/scripts/setup_python.sh"
        printf '%s %s' "$odoo_root" "$("$python" --version)"
    } | sha256sum | cut -c1-16
)
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    note "Python packages: as in requirements.txt"
    exit 0
fi
say "Installing the Python packages of requirements.txt into $VENV"
[ -x "$VENV/bin/python" ] || "$python" -m venv "$VENV"
site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$odoo_root" >"$site/odoo-19.pth"
# OCA's addons name "odoo" as a requirement. A package has the metadata pip looks for; for a plain
# checkout we say it here.
if ! ls -d "$odoo_root"/odoo-19*.egg-info >/dev/null 2>&1; then
    mkdir -p "$site/odoo-19.0.dist-info"
    printf 'Metadata-Version: 2.1\nName: odoo\nVersion: 19.0\n' >"$site/odoo-19.0.dist-info/METADATA"
    : >"$site/odoo-19.0.dist-info/RECORD"
fi
log=$LOCAL/pip.log
"$VENV/bin/python" -m pip install --disable-pip-version-check -r "$ROOT/requirements.txt" >"$log" 2>&1 || {
    grep -E 'ERROR|error:' "$log" | tail -5 >&2
    die "pip could not install requirements.txt; its log is $log"
}
"$VENV/bin/python" -c 'import odoo.release as r; assert r.version_info[:2] == (19, 0), r.version' ||
    die "Odoo can't be imported from $odoo_root"
printf '%s\n' "$wanted" >"$stamp"
note "installed $("$VENV/bin/python" -m pip list --disable-pip-version-check 2>/dev/null | tail -n +3 | wc -l) packages"
