from . import shipping_pricelist, shipping_quote
from . import warehouse_layout_generate, warehouse_layout_import, warehouse_slotting
