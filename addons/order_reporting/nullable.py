"""Numbers that may be unknown."""

from odoo import fields


class _Nullable:
    """Keeps "no data" apart from zero.

    Odoo's own numbers read NULL as 0.0, so a rate nobody could measure yet would show as 0 %. Here
    NULL is kept: it reads as ``False``, shows as an empty cell, is left out of averages (as SQL's
    ``AVG`` does) and is found by ``(field, "=", False)``.
    """

    falsy_value = None

    def convert_to_column(self, value, record, values=None, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_column(value, record, values, validate)

    def convert_to_column_insert(self, value, record, values=None, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_column_insert(value, record, values, validate)

    def convert_to_cache(self, value, record, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value, record):
        return False if value is None else value

    def convert_to_read(self, value, record, use_display_name=True):
        return False if value is None else value


class NullableFloat(_Nullable, fields.Float):
    """A float that may be unknown."""


class NullableMonetary(_Nullable, fields.Monetary):
    """An amount that may be unknown."""
