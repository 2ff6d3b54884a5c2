from . import (
    delivery_carrier,
    res_company,
    res_config_settings,
    res_partner,
    shipping_label,
    shipping_rate,
    shipping_rate_table_line,
    stock_location,
    stock_move_line,
    stock_picking,
    stock_picking_batch,
    stock_warehouse,
)
