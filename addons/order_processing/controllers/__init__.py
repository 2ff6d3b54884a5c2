from . import (
    order_agreement_portal,
    order_approval,
    order_availability,
    order_health,
    order_intake,
    order_portal,
    order_status,
    queue_job,
)
