"""Reading of tables that strangers send (CSV, tab separated, XLSX): bounded, never raising.

A row is a :class:`~.reading.Reader` over its cells by column name, so that values are read and
found wanting just as in JSON.
"""

import csv
import io
import re
from dataclasses import dataclass, replace

from .canonical import WARNING, Finding
from .reading import MAX_BYTES, MAX_FILE_BYTES, Reader, clean

MAX_ROWS = 100_000
MAX_COLUMNS = 500
DELIMITERS = (",", ";", "\t", "|")
#: Signs that a file comes from Japan, whose legacy encoding can't be told from others otherwise.
_JAPANESE = re.compile(rb"amazon\.co\.jp|\bJPY\b", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns; each row has at least as many cells as there are columns.

    Cells beyond the last column have a finding, and are kept for the documents made of the table.
    """

    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    delimiter: str = ","
    findings: tuple[Finding, ...] = ()
    encoding: str = "utf-8"

    @property
    def failed(self):
        """Whether nothing of the table could be read."""
        return not self.headers

    def readers(self, findings):
        """One :class:`~.reading.Reader` a row; row 1 is the one with the names."""
        for number, row in enumerate(self.rows, start=2):
            yield Reader(dict(zip(self.headers, row, strict=False)), f"row[{number}]", findings)


def failure(code, **args):
    """A table that couldn't be read, with the reason."""
    return Table(findings=(Finding(code, args=args),))


def decode(payload):
    """The text of ``payload`` in the encoding it most likely has.

    A byte order mark decides; then UTF-8 if it is that; then Shift-JIS where the content speaks of
    Japan, and Windows-1252 elsewhere. A guess is a finding, as names may come out wrong.

    :return: ``(text, findings, encoding)``; the text is None when nothing fits
    """
    for mark, encoding in _BOMS:
        if payload.startswith(mark):
            guesses = [encoding]
            break
    else:
        legacy = ["cp932", "cp1252"] if _JAPANESE.search(payload) else ["cp1252", "cp932"]
        guesses = ["utf-8", *legacy]
    for encoding in guesses:
        try:
            text = payload.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding.startswith("utf"):
            return text, (), "utf-8"
        args = {"encoding": {"cp932": "Shift-JIS", "cp1252": "Windows-1252"}[encoding]}
        return text, (Finding("encoding_guessed", "", args, WARNING),), encoding
    return None, (Finding("unknown_encoding"),), ""


def sniff_delimiter(text):
    """Which of :data:`DELIMITERS` parts the first line into most columns, quoted ones aside."""
    line = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return max(DELIMITERS, key=lambda delimiter: line.count(delimiter))


def read_csv(payload, delimiter=None, quoted=True, max_bytes=MAX_BYTES):
    """Read a table with its column names in the first row.

    :param delimiter: sniffed when not given
    :param quoted: whether quotes are about cells; else they belong to their text
    :return: :class:`Table`
    """
    if not payload.strip():
        return failure("empty_document")
    if len(payload) > max_bytes:
        return failure("too_large", limit=str(max_bytes // (1024 * 1024)))
    text, findings, encoding = decode(payload)
    if text is None:
        return Table(findings=findings)
    delimiter = delimiter or sniff_delimiter(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    if not quoted:
        lines = (line.split(delimiter) for line in _LINE_END.split(text))
    try:
        return replace(make_table(lines, delimiter, findings), encoding=encoding)
    except csv.Error:
        return failure("not_a_table", line=str(lines.line_num))


def make_table(lines, delimiter=",", findings=()):
    """A table of ``lines`` (lists of texts), the first of which names the columns."""
    findings, headers, rows = list(findings), None, []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if headers is None:
            headers = _headers(cells, findings)
            if not headers:
                return Table(findings=tuple(findings))
            continue
        if len(rows) == MAX_ROWS:
            return failure("too_many_rows", limit=str(MAX_ROWS))
        if len(cells) > len(headers) and any(cell.strip() for cell in cells[len(headers) :]):
            field = f"row[{len(rows) + 2}]"
            findings.append(Finding("too_many_cells", field, {"columns": str(len(headers))}))
        rows.append((*cells, *[""] * (len(headers) - len(cells))))
    if headers is None:
        return failure("empty_document")
    return Table(headers, tuple(rows), delimiter, tuple(findings))


def _headers(cells, findings):
    """Clean column names without the empty ones at the end; none when they can't be told apart."""
    names = [clean(cell.lstrip("\ufeff"), 120) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        limit = {"limit": str(MAX_COLUMNS), "count": str(len(names))}
        findings.append(Finding("too_many_columns", "row[1]", limit))
        return ()
    if not names:
        findings.append(Finding("empty_document"))
        return ()
    seen = set()
    for position, name in enumerate(names):
        if not name:
            names[position] = f"({position + 1})"
        elif name in seen:
            findings.append(Finding("duplicate_column", "row[1]", {"column": name}))
            return ()
        seen.add(names[position])
    return tuple(names)


def write_csv(table, rows, quoted=True):
    """The bytes of some rows of a table, with its column names; the same for the same cells.

    They are in UTF-8, or in the table's encoding if that was guessed and will be again.
    """
    if quoted:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\r\n")
        writer.writerow(table.headers)
        writer.writerows(rows)
        text = out.getvalue()
    else:
        lines = [table.delimiter.join(cells) for cells in (table.headers, *rows)]
        text = "\r\n".join([*lines, ""])
    if table.encoding != "utf-8":
        legacy = text.encode(table.encoding, "replace")
        if decode(legacy)[0] == text:
            return legacy
    return text.encode("utf-8", "replace")


def group_rows(table, columns):
    """Rows by the value of the first of ``columns`` that the table has, in order of appearance.

    A row without a value goes on with the order above it; above all orders it has none, "".

    :return: dict of lists of rows; empty when the table has none of the columns
    """
    position = next((table.headers.index(name) for name in columns if name in table.headers), None)
    groups, current = {}, ""
    if position is None:
        return groups
    for row in table.rows:
        current = clean(row[position]) or current
        groups.setdefault(current, []).append(row)
    return groups


def split_table(payload, columns, delimiter=None, quoted=True):
    """One document (names and rows) for each order of a file.

    :param columns: names the column with the order's number may have
    :return: list of bytes; ``[payload]`` when it is one order or can't be read
    """
    table = read_csv(payload, delimiter, quoted, MAX_FILE_BYTES)
    groups = group_rows(table, columns)
    if len(groups) < 2:
        return [payload]
    return [write_csv(table, rows, quoted) for rows in groups.values()]
