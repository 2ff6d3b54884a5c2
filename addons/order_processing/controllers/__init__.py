from . import order_approval, order_intake, order_status
