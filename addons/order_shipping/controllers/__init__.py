from . import (
    pack_papers,
    shipping_labels,
    shipping_track,
)
