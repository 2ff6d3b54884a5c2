import contextlib
import errno
import os
import uuid

from odoo import api, models
from odoo.exceptions import UserError

#: What the system says when there is no room: the disk, the quota, the limit of the process.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FilestoreFull(UserError):
    """A document can't be kept: there is no room where Odoo keeps files."""


class IrAttachment(models.Model):
    """Files are there whole or not at all.

    Odoo writes a file under its final name. Where the disk is full, or the process is killed, half
    of it stays, and the same document is refused ever after: "collides with an existing file".
    """

    _inherit = "ir.attachment"

    @api.model
    def _file_write(self, bin_value, checksum):
        """Write aside and rename, see the class.

        :raise FilestoreFull: no room for it
        """
        name = f"{checksum[:2]}/{checksum}"
        path = self._full_path(name)
        if os.path.exists(path):
            return super()._file_write(bin_value, checksum)
        try:
            # First on the list of what is looked for when the transaction aborts.
            self._mark_for_gc(name)
            _write_whole(path, bin_value)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise FilestoreFull(
                self.env._(
                    "The server has no room left for files, so nothing was kept. Try again when"
                    " the administrator has made room."
                )
            ) from error
        return name


def _write_whole(path, content):
    """Write a file that appears only when all of it is on the disk.

    :raise OSError: it couldn't be written; nothing of it is left
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    aside = f"{path}.{uuid.uuid4().hex}.part"
    try:
        with open(aside, "xb") as file:
            file.write(content)
        os.replace(aside, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise
