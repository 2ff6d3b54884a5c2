from . import order_availability, order_intake, order_status
