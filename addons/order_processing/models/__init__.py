from . import (
    account_bank_statement_line,
    account_move,
    account_statement_import,
    order_allocation,
    order_channel,
    order_event,
    order_hold,
    order_intake,
    order_match,
    sale_order,
    sale_order_line,
    stock_picking,
)
