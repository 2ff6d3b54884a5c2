from . import order_intake, order_status
