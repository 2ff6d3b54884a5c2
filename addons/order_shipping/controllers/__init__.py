from . import shipping_labels, shipping_track
