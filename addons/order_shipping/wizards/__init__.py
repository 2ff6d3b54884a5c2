from . import shipping_pricelist, shipping_quote
