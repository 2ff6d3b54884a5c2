#!/usr/bin/env bash
# A private PostgreSQL: postgres.sh start|stop|env [run|test]
#
# "run" keeps the demo data safely; "test" trades safety for speed (no fsync). Both listen on a
# socket only, in a folder nobody else can enter. PGHOST, or db_host in odoo.conf, names a server of
# your own instead: then nothing is started here.
# "env" prints the libpq variables (PGHOST, PGPORT, PGUSER) to be evaluated by a shell.
. "$(dirname "$0")/lib.sh"

action=${1:?start, stop or env}
name=${2:-run}

conf_value() { sed -nE "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*([^[:space:];#]+).*/\1/p" "$ROOT/odoo.conf" | tail -1; }
own_host=${PGHOST:-$(conf_value db_host)}
if [ -n "$own_host" ] && [ "$own_host" != False ]; then
    user=${PGUSER:-$(conf_value db_user)}
    if [ "$action" = env ]; then
        printf 'export PGHOST=%q PGPORT=%q PGUSER=%q\n' "$own_host" "${PGPORT:-$(conf_value db_port)}" "${user:-odoo}"
    else
        note "PostgreSQL: $own_host (named by PGHOST or odoo.conf)"
    fi
    exit 0
fi

owner=$(id -un)
if [ "$owner" = root ]; then owner=postgres; fi # PostgreSQL refuses to run as root
as_owner() {
    if [ "$(id -un)" = "$owner" ]; then "$@"; else (cd / && runuser -u "$owner" -- "$@"); fi
}

key=$(printf '%s' "$LOCAL" | sha256sum | cut -c1-8)
home=$LOCAL/postgres/$name
if [ "$owner" = postgres ]; then
    # A checkout in root's own home can't be entered by the user postgres.
    as_owner test -x "$ROOT" -a -x "$LOCAL" || home=/var/lib/postgresql/order-suite-$key/$name
fi
socket=$home
# The name of a socket has room for about 100 characters.
if [ ${#socket} -gt 85 ]; then socket=/tmp/order-suite-$key-$name; fi

if [ "$action" = env ]; then
    printf 'export PGHOST=%q PGPORT=5432 PGUSER=suite\n' "$socket"
    exit 0
fi

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
[ -x "$bin/initdb" ] || bin=$(dirname "$(command -v initdb)") || die "No PostgreSQL server found; run make setup."

running() { as_owner "$bin/pg_ctl" -D "$home/data" status >/dev/null 2>&1; }

case $action in
start)
    if [ ! -e "$home/data/PG_VERSION" ]; then
        say "Creating a private PostgreSQL ($name) in $home"
        for folder in "$home" "$socket"; do
            mkdir -p "$folder"
            chmod 700 "$folder"
            [ "$(id -un)" = "$owner" ] || chown "$owner:" "$folder"
        done
        as_owner "$bin/initdb" -D "$home/data" -U suite --auth=trust -E UTF8 --locale=C.UTF-8 >"$LOCAL/initdb.log" 2>&1 ||
            as_owner "$bin/initdb" -D "$home/data" -U suite --auth=trust -E UTF8 --locale=C >"$LOCAL/initdb.log" 2>&1 ||
            die "initdb failed; see $LOCAL/initdb.log"
    fi
    if ! running; then
        mkdir -p "$socket"
        [ "$(id -un)" = "$owner" ] || chown "$owner:" "$socket"
        options="-k $socket -p 5432 -c listen_addresses= -c max_connections=200 -c shared_buffers=512MB"
        if [ "$name" = test ]; then
            options="$options -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        fi
        as_owner "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w -t 60 -o "$options" start >/dev/null ||
            die "PostgreSQL did not start; see $home/log"
    fi
    note "PostgreSQL ($name): socket in $socket"
    ;;
stop)
    if [ -e "$home/data/PG_VERSION" ] && running; then
        as_owner "$bin/pg_ctl" -D "$home/data" -m fast -w stop >/dev/null
        note "PostgreSQL ($name) stopped"
    fi
    ;;
*) die "postgres.sh start|stop|env [run|test]" ;;
esac
