from . import warehouse_layout_generate, warehouse_layout_import, warehouse_slotting
