from . import (
    account_statement_columns,
    order_channel_mapping,
    order_intake_alias,
    order_intake_upload,
    sale_advance_payment_inv,
)
