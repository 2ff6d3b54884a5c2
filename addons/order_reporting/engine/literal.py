"""Many values → the text of one PostgreSQL array. Pure Python.

A column of thousands of values goes to the database as one piece of text, which PostgreSQL reads
in C; as many parameters, each would be quoted here and parsed there.
"""

import json
from datetime import date

NUMBERS, TEXTS, TRUTHS = {int, float}, {str}, {bool}
NOTHING = type(None)


def array(values):
    """The values as an array's text, to be cast to the array's type.

    :param values: all of one kind, or None: numbers, bool, str, date and datetime, or dicts and
        lists (for ``jsonb``)
    :raise TypeError: for anything else, and for kinds mixed
    """
    kinds = set(map(type, values))
    kinds.discard(NOTHING)
    if kinds <= NUMBERS:
        texts = ["NULL" if value is None else repr(value) for value in values]
    elif all(issubclass(kind, date) for kind in kinds):  # and datetime
        texts = ["NULL" if value is None else f'"{value}"' for value in values]
    elif kinds <= TRUTHS:
        texts = ["NULL" if value is None else "t" if value else "f" for value in values]
    elif kinds <= TEXTS:
        texts = ["NULL" if value is None else _quoted(value) for value in values]
    elif kinds <= {dict, list}:
        texts = ["NULL" if value is None else _quoted(json.dumps(value)) for value in values]
    else:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"One array can't hold these kinds of values: {names}")
    return "{" + ",".join(texts) + "}"


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
