import hashlib
from os.path import splitext

from psycopg2 import errorcodes, errors

from odoo import api, models
from odoo.fields import Domain

from ..engine.intake import replay
from ..engine.intake.canonical import Finding, ParseResult
from ..engine.intake.reading import clean
from ..engine.intake.registry import READERS
from ..engine.intake.spreadsheets import is_zip


class IntakeRace(errors.SerializationFailure):
    """Another worker has just taken in the same document.

    Its row isn't visible to this transaction, so that only a new one can replay its answer. Odoo
    and queue_job both repeat a transaction that fails with this class; they look its code up,
    which psycopg2 only sets on errors that came from the server.
    """

    pgcode = errorcodes.SERIALIZATION_FAILURE


def copy_ref(ref, sha256):
    """The reference of a document that has other content than the order of that reference."""
    return f"{ref}#{sha256[:16]}"


class OrderChannel(models.Model):
    """What comes in: read for its reference, and kept once, whatever is repeated."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.channel"

    def _receive(self, payload, filename=None, source="webhook"):
        """Keep a document that came in, or find the one it repeats.

        :param bytes payload: the document, kept as it is
        :param str filename: its name, if it had one
        :param str source: ``webhook``, ``upload`` or ``api``
        :return: ``order.intake``, new to be processed or the earlier one; one for each order in
            the document
        """
        return self._receive_documents([(payload, filename)], source=source)

    def _receive_documents(self, documents, source="upload"):
        """Keep documents that came in, or find those they repeat; see ``engine.intake.replay``.

        :param documents: list of ``(payload bytes, file name or None)``; those of several orders
            are taken apart
        :return: ``order.intake``, one per order, in their order
        """
        self.ensure_one()
        parts = [part for each in documents for part in self._split_document(*each)]
        return self._receive_parts(parts, source)

    def _receive_parts(self, documents, source):
        """Keep documents of one order each; see :meth:`_receive_documents`."""
        Intake = self.env["order.intake"].with_context(active_test=False)
        keyed = [self._get_document_key(payload) for payload, _filename in documents]
        earlier = Intake.search(
            Domain("channel_id", "=", self.id)
            & (
                Domain("external_ref", "in", [key["external_ref"] for key in keyed])
                | Domain("original_ref", "in", [key["external_ref"] for key in keyed])
                | Domain("payload_sha256", "in", [key["payload_sha256"] for key in keyed])
            )
        )
        answers, fresh, rest, seen = {}, [], [], set()
        for position, key in enumerate(keyed):
            identity = key["external_ref"] or key["payload_sha256"]
            if identity in seen:
                rest.append(position)  # decided once its twin before it is there
                continue
            seen.add(identity)
            known, vals = self._decide_document(key, earlier)
            if vals is None:
                known._count_replay()
                answers[position] = known
            else:
                fresh.append((position, vals))
        created = Intake._create_received(
            [
                vals | {"channel_id": self.id, "source": source, "filename": documents[position][1]}
                for position, vals in fresh
            ],
            [documents[position][0] for position, _vals in fresh],
        )
        answers.update(zip((position for position, _vals in fresh), created, strict=True))
        if rest:
            again = self._receive_parts([documents[position] for position in rest], source)
            answers.update(zip(rest, again, strict=True))
        # Ids, since two documents may have the same answer.
        return self.env["order.intake"].browse([answers[i].id for i in range(len(documents))])

    @api.model
    def _get_document_key(self, payload):
        """What tells a document from others: its reference if readable, and its hash."""
        result = self._read_document(payload)
        return {
            "external_ref": result.ref or False,
            "order_number": result.number or False,
            "payload_sha256": hashlib.sha256(payload).hexdigest(),
            "is_change": bool(result.change),
            "original_ref": result.change.original_ref if result.change else False,
        }

    def _read_document(self, payload):
        """Read a document in this channel's format.

        :return: :class:`..engine.intake.canonical.ParseResult`
        """
        reader = READERS.get(self.kind)
        if not reader:
            return ParseResult(None, (Finding("no_reader", args={"channel": self.name}),))
        return reader.parse(payload, **self._get_reader_options())

    def _split_document(self, payload, filename=None):
        """Take a file of several orders apart: each is a document that stands alone.

        :return: list of ``(payload, file name)``; the file as it is when it has one order
        """
        filename = " ".join(clean(filename or "", 200).split())
        reader = READERS.get(self.kind)
        parts = reader.split(payload, **self._get_reader_options()) if reader else [payload]
        if len(parts) == 1:
            return [(payload, filename)]
        stem, ending = splitext(filename)
        # Parts of a workbook are CSV.
        ending = ".csv" if is_zip(payload) else ending or reader.extensions[0]
        stem = stem or self.env._("Order")
        return [(part, f"{stem}-{number}{ending}") for number, part in enumerate(parts, start=1)]

    def _get_reader_options(self):
        """What the reader of this channel's format needs to know besides the document."""
        mapping = self._get_column_mapping() if self.kind == "csv" else None
        # Without a mapping the reader guesses.
        return {"mapping": mapping} if mapping else {}

    def _decide_document(self, key, earlier):
        """Apply the idempotency rules to one document.

        :param dict key: see :meth:`_get_document_key`
        :param earlier: intakes that may be the same document or order
        :return: ``(intake to replay, None)`` or ``(intake it follows, values of the new one)``
        """
        same = earlier.filtered(
            lambda intake: (
                intake.external_ref == key["external_ref"]
                if key["external_ref"]
                else not intake.external_ref and intake.payload_sha256 == key["payload_sha256"]
            )
        )
        live = same.filtered(lambda intake: intake.state not in ("duplicate", "superseded"))[:1]
        # Other content under the reference of an accepted order: see below.
        copies = earlier.filtered(
            lambda intake: (
                live
                and intake.original_id == live
                and intake.external_ref == copy_ref(live.external_ref, intake.payload_sha256)
            )
        )
        verdict = replay.decide(
            key["payload_sha256"],
            (live.state, live.payload_sha256) if live else None,
            set(copies.mapped("payload_sha256")),
        )
        if verdict == replay.REPLAY:
            twin = copies.filtered(lambda intake: intake.payload_sha256 == key["payload_sha256"])
            return (live if live.payload_sha256 == key["payload_sha256"] else twin[:1]), None
        vals = dict(key, original_id=live.id)
        if verdict == replay.SUPERSEDE:
            # sudo: see ``order.intake.write``; here and below, the document itself decides.
            live.sudo().write({"state": "superseded"})
            live.flush_recordset()  # the unique index must see it before the new row
        elif verdict == replay.DUPLICATE:
            # A change, with a reference of its own. It takes the place of one that still waits.
            waiting = copies.filtered(lambda intake: intake.state == "rejected")
            waiting.sudo().write({"state": "superseded"})
            vals |= {"is_change": True, "original_ref": key["external_ref"]}
            vals["external_ref"] = copy_ref(key["external_ref"], key["payload_sha256"])
        return live, vals
