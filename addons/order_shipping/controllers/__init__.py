from . import (
    pack_papers,
    shipping_labels,
    shipping_return_portal,
    shipping_track,
)
