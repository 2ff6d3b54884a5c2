from . import order_approval, order_intake, order_status
from . import order_availability, order_intake, order_status
