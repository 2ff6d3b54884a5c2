import datetime
import logging
from concurrent.futures import ThreadPoolExecutor

from odoo import api, fields, models

from odoo.addons.order_processing.logs import log_line

from ..carriers.base import REJECTED, AddressCheck, CarrierError

_logger = logging.getLogger(__name__)

AT_ONCE = 200
MOST_THREADS = 4
#: Quotations older than this are nobody's any more.
LAST_DAYS = 30


class ResCompany(models.Model):
    _inherit = "res.company"

    check_addresses = fields.Boolean(
        string="Check Addresses of Orders",
        help="Delivery addresses of open orders are checked by the first carrier that can, before "
        "rates are asked for. Orders to an address it doesn't know are held.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    check_addresses = fields.Boolean(related="company_id.check_addresses", readonly=False)


class ResPartner(models.Model):
    """Addresses of open orders, checked without anybody pressing a button."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "res.partner"

    # === BUSINESS === #

    @api.model
    def _cron_check_addresses(self):
        """Check the delivery addresses of open orders that nobody has checked yet."""
        done, left = 0, 0
        for company in self.env["res.company"].search([("check_addresses", "=", True)]):
            carrier = self.with_company(company)._get_checking_carrier()
            if not carrier:
                continue
            orders = self.env["sale.order"].search(self._get_unchecked_domain(company))
            partners = orders.partner_shipping_id
            partners[:AT_ONCE]._check_addresses(carrier)
            done += len(partners[:AT_ONCE])
            left += len(partners[AT_ONCE:])
            self._hold_undeliverable(orders, carrier)
        self.env["ir.cron"]._commit_progress(done, remaining=left)

    @api.model
    def _get_unchecked_domain(self, company):
        """Orders that still are to be delivered, to an address that was never asked about."""
        recent = fields.Datetime.now() - datetime.timedelta(days=LAST_DAYS)
        quoted = fields.Domain("state", "in", ("draft", "sent")) & fields.Domain(
            "create_date", ">", recent
        )
        waiting = fields.Domain("state", "=", "sale") & fields.Domain(
            "picking_ids.state", "not in", ("done", "cancel")
        )
        return (
            (quoted | waiting)
            & fields.Domain("company_id", "=", company.id)
            & fields.Domain("partner_shipping_id.date_address_checked", "=", False)
            & fields.Domain("partner_shipping_id.country_id", "!=", False)
            & fields.Domain("partner_shipping_id.street", "!=", False)
        )

    @api.model
    def _hold_undeliverable(self, orders, carrier):
        """Hold orders to an address that the carrier doesn't know, and let go those it knows now.

        Quotations are held by the rules, as ever; what was confirmed before by a hold of its own.
        """
        bad = orders.filtered(lambda order: order.partner_shipping_id._is_undeliverable())
        confirmed = bad.filtered(lambda order: order.state == "sale")
        (bad - confirmed).action_validate_order()
        confirmed._place_hold(
            "address",
            "ship",
            self.env._("%s knows no such delivery address: correct it.", carrier.name),
        )
        known = orders.filtered(
            lambda order: order.partner_shipping_id.address_verdict == "deliverable"
        )
        known.hold_ids.filtered(
            lambda hold: (
                (hold.kind, hold.gate, hold.state) == ("address", "ship", "pending")
                and not hold.rule_id
            )
        )._lift(self.env._("The carrier knows the address now."))

    def _check_addresses(self, carrier):
        """Ask a carrier about these addresses, and keep what it says.

        What it refuses to look at counts as asked; who didn't answer is asked again.
        """
        try:
            port = carrier._get_port()
        except ValueError as error:
            _logger.info("%s", log_line("address not checked", carrier=carrier.id, error=error))
            return
        addresses = [partner._get_label_address() for partner in self]
        with ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="addresses") as pool:
            answers = list(pool.map(lambda address: _ask(port, address), addresses))
        for partner, answer in zip(self, answers, strict=True):
            if isinstance(answer, AddressCheck):
                partner._keep_address_check(answer)
            elif answer.outcome == REJECTED:
                partner.write({"date_address_checked": fields.Datetime.now()})

    def _keep_address_check(self, answer):
        """Keep what a carrier says of this address.

        :param AddressCheck answer: of ``carriers.base``
        :return: "residential", "business", or False where it doesn't tell
        """
        self.ensure_one()
        kind = {True: "residential", False: "business"}.get(answer.residential, False)
        vals = {
            "address_verdict": "deliverable" if answer.is_deliverable else "undeliverable",
            "date_address_checked": fields.Datetime.now(),
        }
        self.write(vals | ({"address_kind": kind} if kind else {}))
        return kind


def _ask(port, address):
    """In a thread: what the carrier says, or the CarrierError."""
    try:
        return port.check_address(address)
    except CarrierError as error:
        return error
    except Exception as error:
        # A shape nobody foresaw in one answer must not stop the others.
        return CarrierError("unknown", f"Its answer can't be read ({type(error).__name__}).")
