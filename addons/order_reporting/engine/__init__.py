"""Pure measures: plain rows in, figures out, no ``odoo`` import."""
