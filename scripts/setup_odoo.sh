#!/usr/bin/env bash
# Find Odoo 19.0, or fetch it, and leave two things in $LOCAL:
#   odoo.root    the folder that holds the Python package "odoo"
#   odoo.addons  its addons folders, comma-separated
# Looked at in this order: ODOO_SRC, an Odoo 19 that python3 can import, an earlier download,
# Debian's package odoo-19 (from the suite "sid", unpacked here, never installed).
. "$(dirname "$0")/lib.sh"

PACKAGE_VERSION=19.0.0+dfsg-1
PACKAGE_SHA256=9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf
# Fonts and scripts that the package only links to.
LINKED="fonts-font-awesome fonts-roboto-unhinted fonts-montserrat fonts-inconsolata fonts-ocr-b
    fonts-glyphicons-halflings libjs-jquery libjs-jquery-form libjs-underscore"

is_odoo19() { grep -qE '^version_info = \(19, 0' "$1/odoo/release.py" 2>/dev/null; }

accept() { # accept <root> <where it came from>
    local root addons
    root=$(cd "$1" && pwd)
    addons=$root/odoo/addons
    if [ -d "$root/addons/web" ]; then addons=$addons,$root/addons; fi
    printf '%s\n' "$root" >"$LOCAL/odoo.root"
    printf '%s\n' "$addons" >"$LOCAL/odoo.addons"
    note "Odoo 19.0: $root ($2)"
    exit 0
}

if [ -n "${ODOO_SRC:-}" ]; then
    is_odoo19 "$ODOO_SRC" || die "ODOO_SRC=$ODOO_SRC is no Odoo 19.0 (no odoo/release.py saying 19.0)." \
        "Give the folder of a checkout or unpacked tarball of Odoo's branch 19.0."
    accept "$ODOO_SRC" "ODOO_SRC"
fi

found=$(cd / && python3 -c 'import odoo.release as r, os; print(os.path.dirname(os.path.dirname(r.__file__)))' 2>/dev/null || true)
if [ -n "$found" ] && is_odoo19 "$found"; then accept "$found" "importable by python3"; fi

unpacked=$LOCAL/odoo-19/usr/lib/python3/dist-packages
if is_odoo19 "$unpacked" && [ -e "$LOCAL/odoo-19/.complete" ]; then accept "$unpacked" "Debian's package, unpacked before"; fi

how_to=("Get Odoo 19.0 Community yourself (a checkout or tarball of branch 19.0) and run again with" \
    "ODOO_SRC=/path/to/odoo-19.0 make run")
have apt-get && have dpkg-deb || die "No Odoo 19.0 here, and no apt-get to fetch Debian's package." "${how_to[@]}"

say "Fetching Odoo 19.0 (Debian's package odoo-19, 122 MB) into $LOCAL"
work=$LOCAL/odoo-download
rm -rf "$work" "$LOCAL/odoo-19"
mkdir -p "$work"/{sources,lists/partial,cache/archives/partial,debs}
# The machine's own Debian source, with the suite replaced: signed by the same keys, from the same
# place, and in a private apt configuration, so that nothing of the system changes.
python3 - "$work/sources" <<'PY' || die "No Debian source found in /etc/apt to fetch odoo-19 from." "${how_to[@]}"
import glob, pathlib, re, sys

target = pathlib.Path(sys.argv[1])
for name in sorted(glob.glob("/etc/apt/sources.list.d/*.sources")):
    for stanza in re.split(r"\n\s*\n", pathlib.Path(name).read_text()):
        if re.search(r"^URIs:.*/debian/?\s*$", stanza, re.M) and re.search(r"^Suites:", stanza, re.M):
            stanza = re.sub(r"^Suites:.*$", "Suites: sid", stanza, flags=re.M)
            stanza = re.sub(r"^Components:.*$", "Components: main", stanza, flags=re.M)
            (target / "sid.sources").write_text(stanza.strip() + "\n")
            sys.exit(0)
for name in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*.list"))]:
    if not pathlib.Path(name).exists():
        continue
    for line in pathlib.Path(name).read_text().splitlines():
        match = re.match(r"deb\s+(\[[^]]*\]\s+)?(\S+/debian/?)\s+\S+", line)
        if match:
            (target / "sid.list").write_text(f"deb {match[1] or ''}{match[2]} sid main\n")
            sys.exit(0)
sys.exit(1)
PY
cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/sources";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "";
CONF
export APT_CONFIG=$work/apt.conf
log=$work/apt.log
apt-get update >"$log" 2>&1 || die "Debian's package lists could not be read; see $log" "${how_to[@]}"
# shellcheck disable=SC2086
(cd "$work/debs" && apt-get download odoo-19 $LINKED >>"$log" 2>&1) ||
    die "The packages could not be downloaded; see $log" "${how_to[@]}"
deb=$(ls "$work"/debs/odoo-19_*.deb)
if [ "$(sha256sum "$deb" | cut -d' ' -f1)" != "$PACKAGE_SHA256" ]; then
    die "Debian now has another odoo-19 ($(basename "$deb")) than the one tested ($PACKAGE_VERSION)." \
        "Either update PACKAGE_VERSION and PACKAGE_SHA256 in scripts/setup_odoo.sh after testing it, or:" "${how_to[@]}"
fi
mkdir -p "$LOCAL/odoo-19"
for file in "$work"/debs/*.deb; do dpkg-deb -x "$file" "$LOCAL/odoo-19"; done
rm -rf "$work"
touch "$LOCAL/odoo-19/.complete"
accept "$unpacked" "Debian's package $PACKAGE_VERSION"
