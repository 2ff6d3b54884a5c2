"""ZIP files of documents, opened in memory within bounds: no bombs, no paths, no nesting."""

import io
import lzma
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import NamedTuple

from .reading import MAX_FILE_BYTES, clean
from .spreadsheets import is_xlsx, is_zip

MAX_ENTRIES = 2000
#: All entries together, uncompressed.
MAX_TOTAL = 100 * 1024 * 1024
#: Documents shrink to a fiftieth at most in practice; what shrinks more was made to burst.
MAX_RATIO = 200
#: Below this size any ratio is harmless.
SMALL = 1024 * 1024
#: What file managers add to archives.
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


class Problem(NamedTuple):
    """Why an archive, or the file ``name`` in it, was left out."""

    code: str
    name: str = ""
    args: dict = {}


def is_archive(payload):
    """Whether a file is a ZIP of documents; a spreadsheet is a ZIP, too, and isn't."""
    return is_zip(payload) and not is_xlsx(payload)


def unpack(payload):
    """The documents in a ZIP.

    Names lose their folders; nothing is ever written anywhere. One that breaks a limit is left
    out with a problem; the others are given all the same, as long as the whole is harmless.

    :param bytes payload: the archive
    :return: ``(list of (bytes, name), list of :class:`Problem`)``
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(payload))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return [], [Problem("bad_zip")]
    with archive:
        entries = [each for each in archive.infolist() if _is_document(each)]
        if not entries:
            return [], [Problem("zip_empty")]
        if len(entries) > MAX_ENTRIES:
            args = {"count": str(len(entries)), "limit": str(MAX_ENTRIES)}
            return [], [Problem("zip_entries", args=args)]
        return _read_entries(archive, entries)


def _read_entries(archive, entries):
    files, problems, total = [], [], 0
    for entry in entries:
        name = clean(PurePosixPath(entry.filename.replace("\\", "/")).name, 120)
        content, problem = _read(archive, entry, name)
        total += len(content)
        if total > MAX_TOTAL:
            limit = str(MAX_TOTAL // (1024 * 1024))
            return [], [Problem("zip_total", args={"limit": limit})]
        if problem:
            problems.append(problem)
        else:
            files.append((content, name))
    return files, problems


def _is_document(entry):
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    # An entry without a name, which only a damaged archive has, can't even be asked.
    if not entry.filename:
        return False
    return not entry.is_dir() and parts and parts[0] != "__MACOSX" and parts[-1] not in _LITTER


def _read(archive, entry, name):
    """Bytes of an entry, whatever its header says of their number; and what is wrong with it."""
    if entry.flag_bits & 1:
        return b"", Problem("zip_encrypted", name)
    bound = min(MAX_FILE_BYTES, max(SMALL, entry.compress_size * MAX_RATIO))
    try:
        with archive.open(entry) as stream:
            content = stream.read(bound + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        ValueError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ):
        return b"", Problem("bad_zip", name)
    if len(content) > bound:
        beyond = "zip_size" if bound == MAX_FILE_BYTES else "zip_ratio"
        return content, Problem(beyond, name, {"limit": str(MAX_FILE_BYTES // (1024 * 1024))})
    if is_archive(content):
        return content, Problem("zip_nested", name)
    return content, None
