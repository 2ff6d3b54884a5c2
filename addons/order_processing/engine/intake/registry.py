"""Every format orders come in: how it is read, taken apart, and told from the others."""

import importlib
import json
from collections.abc import Callable
from typing import NamedTuple

from . import amazon_api, amazon_flat, canonical_json, csv_mapped, shopify, shopify_csv, woocommerce
from .canonical import ParseResult
from .mapping import NEEDED, guess_mapping
from .reading import MAX_FILE_BYTES
from .spreadsheets import is_xlsx, is_zip
from .tables import read_csv


class Reader(NamedTuple):
    """A format.

    :param parse: bytes of one order → :class:`~.canonical.ParseResult`
    :param split: bytes of a file → list of bytes, one document per order; never empty
    :param label: the format's name
    :param extensions: of its files, the usual one first
    """

    parse: Callable[[bytes], ParseResult]
    split: Callable[[bytes], list[bytes]]
    label: str
    extensions: tuple[str, ...]


def _reader(name, label, *extensions):
    """The reader in module ``name`` of this package, or None when there is no such module."""
    try:
        module = importlib.import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        if error.name != f"{__package__}.{name}":
            raise
        return None
    return Reader(module.parse, module.split, label, extensions)


_ALL = {
    "shopify": Reader(shopify.parse, shopify.split, "Shopify", (".json",)),
    "woocommerce": Reader(woocommerce.parse, woocommerce.split, "WooCommerce", (".json",)),
    "amazon_api": Reader(amazon_api.parse, amazon_api.split, "Amazon SP-API", (".json",)),
    "json": Reader(canonical_json.parse, canonical_json.split, "Order JSON", (".json",)),
    "amazon_flat": Reader(
        amazon_flat.parse, amazon_flat.split, "Amazon order report", (".txt", ".tsv")
    ),
    "shopify_csv": Reader(shopify_csv.parse, shopify_csv.split, "Shopify export", (".csv",)),
    "csv": Reader(
        csv_mapped.parse,
        csv_mapped.split,
        "Table with column mapping",
        (".csv", ".xlsx", ".tsv", ".txt"),
    ),
    "ubl": _reader("ubl", "UBL / Peppol", ".xml"),
    "edifact": _reader("edifact", "EDIFACT", ".edi", ".txt"),
    "x12": _reader("x12", "X12", ".x12", ".edi", ".txt"),
}
#: The formats that can be read, by kind of channel.
READERS = {kind: reader for kind, reader in _ALL.items() if reader}
#: How much of a file tells its format; JSON is read as a whole.
_HEAD = 64 * 1024
_UBL = b"urn:oasis:names:specification:ubl:schema:xsd:"


def sniff(payload, filename=""):
    """The kind of an uploaded file, by its content; the name only decides where that doesn't.

    :param bytes payload: the file
    :return: key of :data:`READERS`, or None when it is of no known format
    """
    kind = _sniff(payload)
    if kind is None and filename.lower().endswith(".csv") and payload.strip():
        kind = "csv" if b"\n" in payload[:_HEAD] and not is_zip(payload) else None
    return kind if kind in READERS else None


def _sniff(payload):
    if is_zip(payload):
        return "csv" if is_xlsx(payload) else None
    if len(payload) > MAX_FILE_BYTES:
        return None
    # UTF-16 has a zero beside each ASCII character.
    start = payload[:_HEAD].removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip()
    start = start.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").lstrip()
    if start[:3] in (b"UNA", b"UNB"):
        return "edifact"
    if start[:3] == b"ISA" and len(start) > 100 and not start[3:4].isalnum():
        return "x12"
    if start[:1] == b"<":
        return "ubl" if _UBL in start else None
    if start[:1] in (b"{", b"["):
        return _sniff_json(payload)
    return _sniff_table(payload)


def _sniff_json(payload):
    """The format of a JSON document, by the keys of its first order."""
    try:
        value = json.loads(payload.decode("utf-8-sig"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    for key in ("orders", "order"):
        if isinstance(value, dict) and key in value and "items" not in value:
            value = value[key]
        if isinstance(value, list):
            value = value[0] if value else None
    keys = value.keys() if isinstance(value, dict) else set()
    if {"order", "items"} <= keys:
        return "amazon_api"
    if {"ref", "lines"} <= keys:
        return "json"
    if "line_items" in keys and keys & {"order_key", "prices_include_tax", "created_via"}:
        return "woocommerce"
    if keys & {"total_price", "financial_status"}:
        return "shopify"
    return None


def _sniff_table(payload):
    """The format of a table, by its column names."""
    # A line that is cut in the middle doesn't matter: only the names count.
    head = payload[:_HEAD] if payload[:2] in (b"\xff\xfe", b"\xfe\xff") else None
    head = head or payload[:_HEAD].rpartition(b"\n")[0] or payload[:_HEAD]
    headers = read_csv(head).headers
    names = set(headers)
    if "sku" in names and names & set(amazon_flat.REF_COLUMNS) and "item-price" in names:
        return "amazon_flat"
    if {"Name", "Lineitem name", "Lineitem quantity"} <= names:
        return "shopify_csv"
    return "csv" if set(NEEDED) <= guess_mapping(headers).keys() else None
