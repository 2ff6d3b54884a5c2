"""Pure decisions of order processing: plain values in, plain values out, no ``odoo`` import."""
