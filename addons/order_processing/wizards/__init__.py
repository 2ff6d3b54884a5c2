from . import (
    order_channel_mapping,
    order_intake_alias,
    order_intake_upload,
    order_routing_activate,
    order_routing_dryrun,
    order_routing_reject,
    sale_advance_payment_inv,
)
