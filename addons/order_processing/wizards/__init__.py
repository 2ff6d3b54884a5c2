from . import order_intake_alias, order_intake_upload
