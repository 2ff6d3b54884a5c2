"""Pure decisions of the warehouse and of shipping: plain values in and out, no ``odoo`` import."""
