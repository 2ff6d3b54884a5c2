"""Every carrier that is asked over the network, by its ``delivery_type``. No ``odoo`` import."""

from typing import Any, NamedTuple

from . import dhl, easypost, fedex, ups, usps


class Kind(NamedTuple):
    """A carrier to choose from: its class, and what its account needs besides a key and secret."""

    label: str
    make: Any
    url: str
    test_url: str
    options: tuple = ()


KINDS = {
    "ups": Kind("UPS", ups.Ups, ups.URL, ups.TEST_URL),
    "usps": Kind("USPS", usps.Usps, usps.URL, usps.TEST_URL, ("crid", "mid", "manifest_mid")),
    "fedex": Kind("FedEx", fedex.FedEx, fedex.URL, fedex.TEST_URL),
    "dhl_express": Kind("DHL Express", dhl.Dhl, dhl.URL, dhl.TEST_URL),
    "easypost": Kind("EasyPost", easypost.EasyPost, easypost.URL, easypost.TEST_URL),
}


def make(kind, account):
    """The carrier of a ``delivery_type`` for an account.

    :raise ValueError: the account's address isn't safe to call
    """
    return KINDS[kind].make(account)
