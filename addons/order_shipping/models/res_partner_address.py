from odoo import api, fields, models
from odoo.exceptions import UserError

from ..carriers.base import CarrierError
from .delivery_carrier_network import NETWORK_TYPES

#: What a check is about: changing one of them makes it worthless.
CHECKED_FIELDS = frozenset({"street", "street2", "city", "zip", "state_id", "country_id"})


class ResPartner(models.Model):
    """Addresses held against what carriers know."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "res.partner"

    address_verdict = fields.Selection(
        [("deliverable", "Deliverable"), ("undeliverable", "Undeliverable")],
        string="Address Check",
        readonly=True,
        copy=False,
        help="What the carrier said when it was asked last. Orders to an undeliverable address are "
        "held. Changing the address makes the check void.",
    )
    date_address_checked = fields.Datetime(string="Checked On", readonly=True, copy=False)

    def write(self, vals):
        if CHECKED_FIELDS & vals.keys() and "address_verdict" not in vals:
            vals = {**vals, "address_verdict": False, "date_address_checked": False}
        return super().write(vals)

    # === ACTION === #

    def action_check_address(self):
        """Ask a carrier about this address and show what it says beside what is entered.

        :raise UserError: no carrier can be asked, or it doesn't answer
        """
        self.ensure_one()
        self.check_access("write")
        carrier = self._get_checking_carrier()
        if not carrier:
            raise UserError(
                self.env._(
                    "No carrier can be asked: set up UPS, USPS, DHL Express or EasyPost under "
                    "Carriers and Rate Tables."
                )
            )
        try:
            answer = carrier._get_port().check_address(self._get_label_address())
        except (CarrierError, ValueError) as error:
            raise UserError(
                self.env._(
                    "%(carrier)s can't check this address: %(reason)s",
                    carrier=carrier.name,
                    reason=getattr(error, "message", error),
                )
            )
        check = self.env["shipping.address.check"]._make(self, carrier, answer)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Address Check"),
            "res_model": check._name,
            "res_id": check.id,
            "view_mode": "form",
            "target": "new",
        }

    # === BUSINESS === #

    @api.model
    def _get_checking_carrier(self):
        """The first carrier of the company that checks addresses; empty if none does."""
        Carrier = self.env["delivery.carrier"].sudo()  # sudo: the account stays unread
        domain = [
            ("delivery_type", "in", NETWORK_TYPES),
            *Carrier._check_company_domain(self.env.company),
        ]
        return next(
            (
                carrier
                for carrier in Carrier.search(domain)
                if "check_address" in carrier._get_port_class().offers
            ),
            Carrier,
        )

    def _is_undeliverable(self):
        return self.address_verdict == "undeliverable" or super()._is_undeliverable()
