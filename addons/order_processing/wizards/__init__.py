from . import order_intake_upload, sale_advance_payment_inv
