"""Find document numbers in free text as whole tokens: never inside longer numbers.

Text is cut into runs of letters and digits. A reference is found where its runs stand one after
the other ("INV/2025/00001", "inv 2025 00001") or written together ("INV20250001"), and where no
neighbour makes it part of a longer number. Look-ups are by dictionary, so that the work grows
with the length of the text and not with the number of references.
"""

import re
import unicodedata
from typing import NamedTuple

from . import structured

#: Below this many characters a number is too common to prove anything by itself.
STRONG_LENGTH = 5
#: Below this many a number is noise: "1 of 2", "50".
LEAST_LENGTH = 3
MAX_TEXT = 2000
MAX_RUNS = 8

_RUN = re.compile(r"[^\W_]+")
_GAP = re.compile(r"[^,;|\n]{0,3}\Z")


class Mention(NamedTuple):
    """A reference found in a text, and the documents that carry it.

    ``strong``: long enough to prove something; ``structured``: one with check digits.
    """

    text: str
    strong: bool
    documents: frozenset
    structured: bool = False


def normalise(text):
    """Upper case, one form for look-alike characters, bounded length."""
    return unicodedata.normalize("NFKC", (text or "")[:MAX_TEXT]).upper()


def runs(text):
    """The runs of letters and digits in ``text``, as they compare."""
    return tuple(_RUN.findall(normalise(text)))


def is_strong(key):
    """Tell whether a key (tuple of runs) is long enough to prove something."""
    text = "".join(key)
    return len(text) >= STRONG_LENGTH and _has_digit(text)


def _has_digit(text):
    return any(char.isdigit() for char in text)


def words_with_digits(text):
    """Blank-separated words that could be document numbers, to look up elsewhere."""
    words = (word.strip(".,;:()[]\"'") for word in normalise(text).split())
    return {word for word in words if len(word) >= STRONG_LENGTH and _has_digit(word)}


class ReferenceIndex:
    """Documents by their references; own numbers win over those of the orders they bill."""

    def __init__(self):
        self._own = {}
        self._order = {}
        self._together = {}
        self._structured = {}

    def add(self, document, references, order_references=()):
        """Register what ``document`` (any hashable) is called."""
        for table, names in ((self._own, references), (self._order, order_references)):
            for name in names:
                for key in self._keys(name):
                    table.setdefault(key, set()).add(document)
                    if len(key) > 1:
                        self._together.setdefault("".join(key), set()).add(key)
        for name in references:
            number = structured.canonical(name)
            if number:
                self._structured.setdefault(number, set()).add(document)

    @staticmethod
    def _keys(name):
        key = runs(name)
        together = "".join(key)
        if len(key) > MAX_RUNS or len(together) < LEAST_LENGTH or not _has_digit(together):
            return []
        if normalise(name).lstrip().startswith("#"):
            return [key, (f"#{key[0]}", *key[1:])]
        return [key]

    def find(self, text):
        """References in ``text``, longest first where they overlap.

        :return: list of :class:`Mention`
        """
        text = normalise(text)
        found = list(_RUN.finditer(text))
        hits = []
        for first, run in enumerate(found):
            for last in range(first, min(first + MAX_RUNS, len(found))):
                if last > first and not _GAP.match(
                    text[found[last - 1].end() : found[last].start()]
                ):
                    break
                start, end = run.start(), found[last].end()
                if not _stands_alone(text, start, end):
                    continue
                key = tuple(piece.group() for piece in found[first : last + 1])
                hits += self._hits(text, start, end, key)
        hits.sort(key=lambda hit: (hit[0] - hit[1], hit[0], -len(hit[2].text)))
        chosen, taken = [], []
        for start, end, mention in hits:
            if all(end <= left or start >= right for left, right in taken):
                taken.append((start, end))
                chosen.append(mention)
        return chosen

    def find_swapped(self, text):
        """References that are in ``text`` once two neighbouring digits change places.

        :return: list of :class:`Mention`; a typing error may be behind it, no more than that
        """
        text = normalise(text)
        found = {}
        for run in _RUN.finditer(text):
            for place in range(run.start(), run.end() - 1):
                one, two = text[place], text[place + 1]
                if one == two or not (one.isdigit() and two.isdigit()):
                    continue
                swapped = text[:place] + two + one + text[place + 2 :]
                for start, end, mention in self._every_hit(swapped, place):
                    if mention.strong and start <= place and place + 2 <= end:
                        found[mention.documents] = mention
        return sorted(found.values(), key=lambda mention: mention.text)

    def _every_hit(self, text, place):
        """Hits that may lie around ``place``, where they are no part of a longer number."""
        found = list(_RUN.finditer(text))
        near = next(n for n, run in enumerate(found) if run.start() <= place < run.end())
        for first in range(max(0, near - MAX_RUNS + 1), near + 1):
            for last in range(near, min(first + MAX_RUNS, len(found))):
                start, end = found[first].start(), found[last].end()
                gaps = zip(found[first:last], found[first + 1 : last + 1], strict=True)
                if all(_GAP.match(text[a.end() : b.start()]) for a, b in gaps) and _stands_alone(
                    text, start, end
                ):
                    key = tuple(piece.group() for piece in found[first : last + 1])
                    yield from self._hits(text, start, end, key)

    def _hits(self, text, start, end, key):
        together = "".join(key)
        if self._structured and len(together) >= structured.LEAST_DIGITS:
            documents = self._structured.get(structured.lookup_key(together))
            if documents:
                return [(start, end, Mention(text[start:end], True, frozenset(documents), True))]
        keys = [key]
        if start and text[start - 1] == "#":
            keys.insert(0, (f"#{key[0]}", *key[1:]))
        if len(key) == 1:
            keys += sorted(self._together.get(key[0], ()))
        documents, strong = set(), False
        marked = start - 1 if len(keys[0]) and keys[0][0].startswith("#") else start
        for table in (self._own, self._order):
            for candidate in keys:
                if candidate in table:
                    documents |= table[candidate]
                    strong = strong or is_strong(candidate)
                    if candidate[0].startswith("#"):
                        break
            if documents:
                return [(start, end, Mention(text[marked:end], strong, frozenset(documents)))]
        return []


def _stands_alone(text, start, end):
    """Tell whether text[start:end] is not a piece of a longer number or of an amount."""
    before, after = text[max(0, start - 2) : start], text[end : end + 4]
    if len(before) == 2 and (
        (before[1] in "/-_" and before[0].isalnum()) or (before[1] == "." and before[0].isdigit())
    ):
        return False
    if len(after) > 1 and after[0] in "/-._" and after[1].isdigit():
        return False
    return not re.match(r",\d{1,2}(\D|\Z)", after)
