from . import shipping_table_import  # isort:skip
from . import (
    shipping_address_check,
    shipping_pickup_import,
    shipping_pricelist,
    shipping_quote,
    warehouse_layout_generate,
    warehouse_layout_import,
    warehouse_slotting,
)
