"""Shops whose orders are fetched over HTTP. No ``odoo`` import: each is tried by itself."""

from . import shopify, woocommerce

#: How each kind of channel is fetched from.
SHOPS = {"shopify": shopify.Shopify, "woocommerce": woocommerce.WooCommerce}
