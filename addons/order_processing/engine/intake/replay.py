"""What to do with a document of which an earlier one may be known: the idempotency rules."""

NEW = "new"
REPLAY = "replay"
SUPERSEDE = "supersede"
DUPLICATE = "duplicate"


def decide(sha256, live=None, duplicates=()):
    """Decide about a document.

    :param str sha256: hash of the document's bytes
    :param live: ``(state, sha256)`` of the one earlier intake that counts for the same reference
        (or, for an unreadable document, for the same bytes), or None
    :param duplicates: hashes of earlier documents set aside as duplicates of ``live``
    :return: ``new``: take it in; ``replay``: give the earlier answer again; ``supersede``: take
        it in instead of the earlier one, which came to nothing; ``duplicate``: keep it, but an
        order was made of other content already
    """
    if live is None:
        return NEW
    state, live_sha256 = live
    if sha256 == live_sha256 or sha256 in duplicates:
        return REPLAY
    return DUPLICATE if state == "accepted" else SUPERSEDE
