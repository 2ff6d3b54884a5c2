from . import shipping_quote
