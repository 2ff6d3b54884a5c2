from . import shipping_labels
