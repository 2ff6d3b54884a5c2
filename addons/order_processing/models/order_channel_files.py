from odoo import models

from ..engine.intake import archive
from ..engine.intake.reading import MAX_FILE_BYTES
from ..engine.intake.registry import READERS, sniff

#: Tables of any shape may be meant for a channel with a column mapping of its own.
TABLES = frozenset({"csv", "amazon_flat", "shopify_csv"})


class OrderChannel(models.Model):
    _inherit = "order.channel"

    def _take_files(self, files, source):
        """Take in files: archives are unpacked, files of several orders taken apart.

        A file that is no document of this channel is left out, and stops no other.

        :param files: list of ``(payload bytes, file name)``
        :param str source: as in :meth:`_receive_documents`
        :return: ``(order.intake, list of messages about files that were left out)``
        """
        self.ensure_one()
        documents, problems = [], []
        unpacked, left_out = self._unpack_files(files)
        problems += left_out
        for payload, name in unpacked:
            problem = self._check_file(payload, name)
            if problem:
                problems.append(problem)
            else:
                documents.append((payload, name))
        return self._receive_documents(documents, source=source), problems

    def _unpack_files(self, files):
        """Files with those in archives in place of the archives, and what was left out."""
        found, problems = [], []
        for payload, name in files:
            if not archive.is_archive(payload):
                found.append((payload, name))
                continue
            inside, wrong = archive.unpack(payload)
            found += inside
            problems += [self._archive_problem(name, each) for each in wrong]
        return found, problems

    def _archive_problem(self, name, problem):
        """In words, what is wrong with an archive, or with a file in it."""
        env = self.env
        words = {
            "bad_zip": env._("it is damaged. Pack it again."),
            "zip_empty": env._("the archive is empty."),
            "zip_entries": env._("it has %(count)s files, more than %(limit)s. Pack fewer."),
            "zip_total": env._("it unpacks to more than %(limit)s MB. Pack fewer files."),
            "zip_encrypted": env._("it is protected by a password. Pack it without one."),
            "zip_size": env._("it is larger than %(limit)s MB."),
            "zip_ratio": env._("it is compressed far more than a document can be."),
            "zip_nested": env._("it is an archive in an archive. Unpack it first."),
        }
        where = f"{name} ▸ {problem.name}" if problem.name else name
        return f"{where}: {words[problem.code] % problem.args}"

    def _check_file(self, payload, name):
        """Why a file can't be of this channel, in words; nothing when it may be."""
        self.ensure_one()
        env = self.env
        if not payload.strip():
            return env._("%(file)s is empty.", file=name)
        if len(payload) > MAX_FILE_BYTES:
            return env._(
                "%(file)s is larger than %(limit)s MB. Split it.",
                file=name,
                limit=MAX_FILE_BYTES // (1024 * 1024),
            )
        found = sniff(payload, name or "")
        if not found or found == self.kind or (self.kind == "csv" and found in TABLES):
            return None  # what isn't readable at all is kept, and says why
        args = {"file": name, "found": READERS[found].label, "channel": self.name}
        others = self.env["order.channel"].search(
            [("kind", "=", found), ("company_id", "=", self.company_id.id)], limit=3
        )
        if others:
            return env._(
                "%(file)s looks like %(found)s, which channel %(channel)s doesn't take. Choose"
                " channel %(others)s.",
                others=", ".join(others.mapped("name")),
                **args,
            )
        return env._(
            "%(file)s looks like %(found)s, which channel %(channel)s doesn't take. Create a"
            " channel of that kind.",
            **args,
        )
