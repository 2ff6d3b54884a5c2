from . import (
    account_statement_columns,
    order_change_wish,
    order_channel_mapping,
    order_entry_paste,
    order_entry_repeat,
    order_hold_reject,
    order_intake_alias,
    order_intake_upload,
    order_routing_activate,
    order_routing_dryrun,
    order_routing_reject,
    sale_advance_payment_inv,
)
