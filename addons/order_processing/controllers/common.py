from odoo import SUPERUSER_ID
from odoo.http import request

from ..models.order_channel import OWN_KINDS

#: The largest number PostgreSQL keeps in an id.
MAX_ID = 2**31 - 1


def find_channel(channel_id):
    """The channel that listens at a number, in superuser mode; empty when none does.

    sudo: whoever asks is nobody here. Only the channel's secrets are read before the sender is
    proven, and only what belongs to that channel is read or written after that.
    """
    channels = request.env["order.channel"].with_user(SUPERUSER_ID)
    if not 0 < channel_id <= MAX_ID:
        return channels
    channel = channels.browse(channel_id).exists()
    return channel.filtered(lambda each: each.active and each.kind not in OWN_KINDS)


def answer(status, code, reason, headers=None):
    """An answer that is about no document that was kept.

    :param int status: HTTP status
    :param str code: one of the codes of the published description
    :param str reason: what is wrong and what to do, in words
    """
    return request.make_json_response(
        {"status": code, "intake": None, "order": None, "reason": reason, "findings": []},
        headers=headers,
        status=status,
    )
