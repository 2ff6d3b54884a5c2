"""The first sheet of an XLSX file as a table: measured before it is unpacked, never raising."""

import datetime
import io
import zipfile
from decimal import Decimal
from itertools import islice

from openpyxl import load_workbook

from .reading import MAX_FILE_BYTES
from .tables import MAX_COLUMNS, MAX_ROWS, failure, make_table, read_csv

MAX_MEMBERS = 1000
#: A sheet of 10,000 lines and 40 columns unpacks to some 20 MB.
MAX_UNPACKED = 64 * 1024 * 1024
_DOCTYPE = (b"<!doctype", b"<!entity")


def is_zip(payload):
    """Tell whether a file is a zip archive, as every XLSX is."""
    return payload[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def is_xlsx(payload):
    """Tell whether a file is a zip archive with a workbook in it."""
    if not is_zip(payload):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


def read_table(payload):
    """Read a table that is either an XLSX workbook or CSV, as its content says.

    :return: :class:`~.tables.Table`
    """
    return read_xlsx(payload) if is_xlsx(payload) else read_csv(payload)


def read_xlsx(payload):
    """Read the first sheet. Formulas give the value the spreadsheet program last showed.

    :return: :class:`~.tables.Table`
    """
    if len(payload) > MAX_FILE_BYTES:
        return failure("too_large", limit=str(MAX_FILE_BYTES // (1024 * 1024)))
    try:
        problem = _check_archive(payload)
        if problem:
            return problem
        workbook = load_workbook(io.BytesIO(payload), read_only=True, data_only=True)
        try:
            rows = workbook.worksheets[0].iter_rows(
                values_only=True, max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS + 1
            )
            return make_table([_text(value) for value in row] for row in islice(rows, MAX_ROWS + 2))
        finally:
            workbook.close()
    except Exception:  # A broken workbook fails anywhere in openpyxl, with any exception.
        return failure("not_a_workbook")


def _check_archive(payload):
    """What is wrong with the archive: too much in it, or XML that declares entities."""
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        members = archive.infolist()
        size = sum(member.file_size for member in members)
        if len(members) > MAX_MEMBERS or size > MAX_UNPACKED:
            return failure("zip_bomb", limit=str(MAX_UNPACKED // (1024 * 1024)))
        for member in members:
            if not member.filename.lower().endswith((".xml", ".rels")):
                continue
            # Reading stops at the size that was checked above, whatever is packed behind it.
            text = archive.read(member).replace(b"\x00", b"").lower()
            if any(word in text for word in _DOCTYPE):
                return failure("not_a_workbook")
    return None


def _text(value):
    """A cell as the text a CSV would have: points for decimals, ISO dates."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f") if value == value else ""
        return text.removesuffix(".0")
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time():
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)
