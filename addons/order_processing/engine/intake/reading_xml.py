"""Reading of XML that strangers send: nothing fetched, nothing expanded, nothing raised."""

import re

from lxml import etree

from .canonical import ERROR, Finding
from .reading import MAX_BYTES, MAX_ITEMS, MAX_TEXT, clean, to_number

_DOCTYPE = re.compile(rb"<!DOCTYPE")
_ELEMENT = re.compile(rb"<[A-Za-z_:\x80-\xff]")


def load(payload, max_bytes=MAX_BYTES):
    """Read XML bytes.

    Document types are refused, and with them entities, external or nested.

    :return: ``(root element, None)`` or ``(None, finding)``
    """
    if not payload.strip():
        return None, Finding("empty_document")
    if len(payload) > max_bytes:
        return None, Finding("too_large", args={"limit": str(max_bytes // (1024 * 1024))})
    if declares_type(payload):
        return None, Finding("xml_doctype")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )
    try:
        root = etree.fromstring(payload, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line, column = getattr(error, "position", (0, 0))
        return None, Finding("not_xml", args={"line": str(line), "column": str(column)})
    if root is None:
        return None, Finding("not_xml", args={"line": "0", "column": "0"})
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        return None, Finding("xml_doctype")
    return root, None


def declares_type(payload):
    """Tell whether a document type comes before the first element, in any usual encoding."""
    # UTF-16 and UTF-32 put zero bytes between the letters.
    head = payload.replace(b"\0", b"")
    found = _DOCTYPE.search(head)
    if not found:
        return False
    element = _ELEMENT.search(head)
    return element is None or found.start() < element.start()


def local_name(element):
    """The element's name without its namespace."""
    return etree.QName(element).localname


def namespace(element):
    """The element's namespace."""
    return etree.QName(element).namespace or ""


class XmlReader:
    """Typed access to an element by local names; shares its notes with the readers below it.

    A path names elements from parent to child: ``Party/PartyName/Name``. A reader of a missing
    element reads as nothing.
    """

    def __init__(self, element, notes, path=""):
        self.element = element
        self.notes = notes
        self.path = path

    def __bool__(self):
        return self.element is not None

    def at(self, path):
        """Path in the whole document."""
        dotted = path.replace("/", ".")
        return f"{self.path}.{dotted}" if self.path and dotted else self.path or dotted

    def note(self, code, path="", severity=ERROR, /, **args):
        """Keep a finding about ``path``."""
        self.notes.note(code, self.at(path), severity, **args)

    def _find(self, path):
        if self.element is None or path == ".":
            return self.element
        return self.element.find("/".join(f"{{*}}{name}" for name in path.split("/")))

    def text(self, path, limit=MAX_TEXT):
        """Clean text of the element at ``path``."""
        found = self._find(path)
        return "" if found is None else clean(found.text or "", limit)

    def first(self, *paths):
        """The first text that any of ``paths`` has."""
        return next(filter(None, map(self.text, paths)), "")

    def attribute(self, path, name, limit=80):
        """Clean text of an attribute of the element at ``path``."""
        found = self._find(path)
        return "" if found is None else clean(found.get(name) or "", limit)

    def amount(self, path, default=None, currency=""):
        """The number at ``path``, ``default`` when there is none, a finding when it isn't one.

        :param currency: what its ``currencyID`` must be
        """
        text = self.text(path)
        if not text:
            return default
        number = to_number(text)
        if number is None:
            self.note("not_a_number", path, value=clean(text, 60))
            return default
        stated = self.attribute(path, "currencyID", 8).upper()
        if currency and stated and stated != currency:
            self.note("mixed_currency", path, currency=currency, other=stated)
        return number

    def child(self, path):
        """A reader of the first element at ``path``."""
        return XmlReader(self._find(path), self.notes, self.at(path))

    def children(self, path):
        """Readers of all elements at ``path``."""
        if self.element is None:
            return []
        found = self.element.findall("/".join(f"{{*}}{name}" for name in path.split("/")))
        if len(found) > MAX_ITEMS:
            self.note("too_many_items", path, limit=str(MAX_ITEMS), count=str(len(found)))
            return []
        where = self.at(path)
        return [
            XmlReader(element, self.notes, f"{where}[{position}]")
            for position, element in enumerate(found)
        ]
