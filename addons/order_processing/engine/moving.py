"""Orders that move from one database to another: a ZIP with a record and files for each order.

The record is described by ``static/openapi/moved_order.schema.json``; what doesn't fit it isn't
taken. Nothing is ever unpacked to a disk: entries are read in memory, within bounds, by the very
names that the record gives.
"""

import hashlib
import io
import json
import re
import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jsonschema

from .intake.reading import clean

FORMAT = "order-processing/moved-order"
VERSION = 1
RECORD = "record.json"
SCHEMA = Path(__file__).parents[1] / "static" / "openapi" / "moved_order.schema.json"
MAX_ENTRIES = 20_000
MAX_RECORD = 20 * 1024 * 1024
MAX_FILE = 100 * 1024 * 1024
#: What shrinks to less than a two hundredth, and isn't small, was made to burst.
MAX_RATIO = 200
SMALL = 1024 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    OSError,
    NotImplementedError,
    RuntimeError,
    KeyError,
)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


class MovingError(Exception):
    """Why a file or a record can't be taken: a code, and arguments for its message."""

    def __init__(self, code, **args):
        super().__init__(code, args)
        self.code, self.args_ = code, {name: clean(str(value)) for name, value in args.items()}


class Found(NamedTuple):
    """One order in a file: where it is, its record, or why it can't be read."""

    path: str
    record: dict | None
    error: MovingError | None


def safe_name(name, default="file"):
    """A file's name without anything that leads elsewhere."""
    plain = _UNSAFE.sub("-", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    return plain[-120:] or default


def digest(content):
    """SHA-256 of some bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def dump(record):
    """A record as JSON in UTF-8, the same for equal records."""
    return json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True).encode()


@cache
def _validator():
    schema = json.loads(SCHEMA.read_bytes())
    return jsonschema.Draft202012Validator(schema)


def check(record):
    """Raise unless a record is what its description says.

    :raise MovingError: with the place and what is wrong there
    """
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise MovingError("other_format")
    if record.get("version") != VERSION:
        raise MovingError("other_version", version=record.get("version"), ours=VERSION)
    error = jsonschema.exceptions.best_match(_validator().iter_errors(record))
    if error:
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
        raise MovingError("bad_record", where=where.lstrip(".") or "–", what=error.message[:300])


class Writer:
    """Writes orders into one ZIP, one after the other."""

    def __init__(self):
        self._stream = io.BytesIO()
        self._zip = zipfile.ZipFile(self._stream, "w", zipfile.ZIP_DEFLATED)
        self._folders = set()

    def add(self, name, record, renditions=(), files=()):
        """Add one order.

        :param str name: the order's, for its folder
        :param dict record: as described; its ``files`` are filled in here
        :param renditions: pairs of name and bytes: the order in open formats
        :param files: list of ``(dict with name, kind and mimetype, bytes)``
        """
        base = folder = safe_name(name, "order")
        count = 1
        while folder.casefold() in self._folders:
            count += 1
            folder = f"{base}-{count}"
        self._folders.add(folder.casefold())
        listed = []
        for number, (about, content) in enumerate(files, start=1):
            path = f"files/{number:03}-{safe_name(about['name'])}"
            self._zip.writestr(f"{folder}/{path}", content)
            listed.append({**about, "path": path, "size": len(content), "sha256": digest(content)})
        self._zip.writestr(f"{folder}/{RECORD}", dump({**record, "files": listed}))
        for rendition, content in renditions:
            self._zip.writestr(f"{folder}/{rendition}", content)

    def add_file(self, name, content):
        """Add a file that belongs to all orders."""
        self._zip.writestr(safe_name(name), content)

    def close(self):
        """The ZIP's bytes."""
        self._zip.close()
        return self._stream.getvalue()


class Bundle:
    """Reads a ZIP of orders, or JSON of one record or of ``{"orders": [record, …]}``."""

    def __init__(self, payload):
        """:raise MovingError: it is neither"""
        self._zip, self._records = None, []
        if payload[:4] == b"PK\x03\x04" or zipfile.is_zipfile(io.BytesIO(payload)):
            self._open_zip(payload)
        else:
            document = self._load(payload)
            orders = document.get("orders") if isinstance(document, dict) else document
            self._records = orders if isinstance(orders, list) else [document]

    def _open_zip(self, payload):
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(payload))
            entries = self._zip.infolist()
        except _BROKEN as error:
            raise MovingError("bad_zip") from error
        if len(entries) > MAX_ENTRIES:
            raise MovingError("many_entries", count=len(entries), limit=MAX_ENTRIES)
        names = [entry.filename for entry in entries]
        if len(set(names)) != len(names):
            raise MovingError("bad_zip")
        if not any(self._is_record(name) for name in names):
            raise MovingError("no_record", name=RECORD)

    @staticmethod
    def _is_record(name):
        return name == RECORD or name.endswith(f"/{RECORD}")

    @staticmethod
    def _load(content):
        if len(content) > MAX_RECORD:
            raise MovingError("large_record", limit=MAX_RECORD // SMALL)
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise MovingError("bad_json") from error

    def paths(self):
        """Where the orders are, in order."""
        if self._zip is None:
            return [str(number) for number in range(len(self._records))]
        return [name for name in self._zip.namelist() if self._is_record(name)]

    def find(self, path):
        """The order at one of :meth:`paths`, checked."""
        try:
            if self._zip is None:
                record = self._records[int(path)]
            else:
                record = self._load(self._read(path, MAX_RECORD))
            check(record)
        except MovingError as error:
            return Found(path, None, error)
        except RecursionError:
            return Found(path, None, MovingError("bad_json"))
        return Found(path, record, None)

    def __iter__(self):
        return (self.find(path) for path in self.paths())

    def files(self, found):
        """The files of one order, as pairs of their description and their bytes.

        :raise MovingError: one is missing, was changed or is none
        """
        folder = found.path.removesuffix(RECORD)
        for about in found.record["files"]:
            if self._zip is None:
                raise MovingError("no_files", name=about["name"])
            content = self._read(folder + about["path"], MAX_FILE)
            if len(content) != about["size"] or digest(content) != about["sha256"]:
                raise MovingError("changed_file", name=about["name"])
            yield about, content

    def _read(self, name, limit):
        """Bytes of an entry, whatever its header says of their number."""
        try:
            entry = self._zip.getinfo(name)
            if entry.flag_bits & 1:
                raise MovingError("encrypted", name=name)
            bound = min(limit, max(SMALL, entry.compress_size * MAX_RATIO))
            with self._zip.open(entry) as stream:
                content = stream.read(bound + 1)
        except _BROKEN as error:
            raise MovingError("bad_entry", name=name) from error
        if len(content) > bound:
            raise MovingError("large_entry", name=name, limit=limit // SMALL)
        return content
