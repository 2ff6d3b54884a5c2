from odoo import SUPERUSER_ID
from odoo.http import request

from ..models.order_channel import OWN_KINDS

#: Wrong keys and signatures of one address for one secret, and the seconds it waits after them.
MOST_MISSES, MISS_SECONDS = 60, 900
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


def refuse(scope, is_proven, refusal):
    """The answer to a sender who isn't proven; None for one who is.

    Wrong tries are counted by address: after :data:`MOST_MISSES` nothing is looked at any more for
    a while, so that nobody can try keys. Other addresses, and other secrets, go on as ever.

    :param str scope: what the secret is for
    :param is_proven: function that looks at the key or signature
    :param refusal: function that makes the answer to a wrong one
    """
    # sudo: everybody is counted; whoever asks is nobody here.
    rate = request.env["order.portal.rate"].sudo()
    key = f"key:{scope}:{request.httprequest.remote_addr or '-'}"
    if rate._is_over(key, MOST_MISSES, MISS_SECONDS):
        reason = request.env._("Too many wrong keys or signatures. Try again in 15 minutes.")
        return answer(429, "too_many", reason, {"Retry-After": str(MISS_SECONDS)})
    if is_proven():
        return None
    rate._take(key, MOST_MISSES, MISS_SECONDS)
    return refusal()
