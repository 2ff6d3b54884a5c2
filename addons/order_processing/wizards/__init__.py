from . import order_intake_upload
