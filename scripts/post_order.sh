#!/usr/bin/env bash
# Post an order document to the demo shop's channel, signed as Shopify signs its webhooks:
#     scripts/post_order.sh <file.json> [channel number] [secret]
# HTTP_PORT says where `make run` serves.
. "$(dirname "$0")/lib.sh"

file=${1:?which file?}
channel=${2:-}
secret=${3:-demo-shopify-secret}
[ -f "$file" ] || die "No file $file"
if [ -z "$channel" ]; then
    eval "$("$ROOT/scripts/postgres.sh" env run)"
    channel=$(psql -XAtq -d "${DB_NAME:-order_suite}" -c \
        "SELECT res_id FROM ir_model_data WHERE module = 'order_processing' AND name = 'channel_shopify'") ||
        die "No demo database answers; is make run serving? Or give the channel's number."
fi
signature=$("$VENV/bin/python" - "$file" "$secret" <<'PY'
import base64, hashlib, hmac, pathlib, sys
body = pathlib.Path(sys.argv[1]).read_bytes()
print(base64.b64encode(hmac.new(sys.argv[2].encode(), body, hashlib.sha256).digest()).decode())
PY
)
curl -sS -X POST "http://localhost:${HTTP_PORT:-8069}/order/intake/$channel" \
    -H "Content-Type: application/json" -H "X-Shopify-Topic: orders/create" \
    -H "X-Shopify-Hmac-Sha256: $signature" --data-binary @"$file"
echo
