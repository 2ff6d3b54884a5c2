from . import order_intake
