from . import shipping_labels, shipping_track
from . import pack_papers, shipping_labels
