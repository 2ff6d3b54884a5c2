"""A number that may be unknown."""

from odoo import fields


class NullableFloat(fields.Float):
    """A float that keeps "no data" apart from zero.

    Odoo's own floats read NULL as 0.0, so a rate nobody could measure yet would show as 0 %. Here
    NULL is kept: it reads as ``False``, shows as an empty cell, is left out of averages (as SQL's
    ``AVG`` does) and is found by ``(field, "=", False)``.
    """

    falsy_value = None

    def convert_to_column(self, value, record, values=None, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_column(value, record, values, validate)

    def convert_to_cache(self, value, record, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value, record):
        return False if value is None else value

    def convert_to_read(self, value, record, use_display_name=True):
        return False if value is None else value
