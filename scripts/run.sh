#!/usr/bin/env bash
# Serve the suite with demo data: sets up what is missing, then runs until Ctrl-C.
. "$(dirname "$0")/lib.sh"

port=${HTTP_PORT:-8069}
database=${DB_NAME:-order_suite}
[[ $port =~ ^[0-9]+$ ]] || die "HTTP_PORT must be a number, not '$port'"
[[ $database =~ ^[A-Za-z0-9_-]+$ ]] || die "DB_NAME may hold letters, digits, _ and -, not '$database'"

"$ROOT/scripts/setup.sh" run
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    die "Something already listens on port $port." "Choose another one: HTTP_PORT=8070 make run"
fi
say "Database $database"
"$VENV/bin/python" "$ROOT/scripts/suite.py" ensure "$database"
config=$LOCAL/run.conf

stop() { "$ROOT/scripts/postgres.sh" stop run; }
trap stop EXIT
say "Serving on http://localhost:$port"
note "Log in as   admin / admin   (everything), or as demo / demo (an employee)"
note "Look at     Order Flow ▸ Orders ▸ Inbox, and README.md, 'A first order'"
note "Stop with   Ctrl-C; start again with make run: your data stays"
note "Start over  make clean-demo"
(
    eval "$("$ROOT/scripts/postgres.sh" env run)"
    exec "$VENV/bin/python" scripts/serve.py -c "$config" -d "$database" --http-port="$port"
) &
server=$!
trap 'kill -INT $server 2>/dev/null; wait $server; exit 0' INT TERM
wait $server
