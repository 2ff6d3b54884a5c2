from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine.intake.samples import SampleFacts, sample


class _Undo(Exception):
    """Ends a trial; nothing it did is kept."""


class OrderChannel(models.Model):
    _inherit = "order.channel"

    def action_send_test_order(self):
        """Take in a made-up order as if it had been posted, tell what comes of it, keep nothing.

        :raise UserError: no product that the order could be about
        """
        self.ensure_one()
        self.check_access("write")
        payload = sample(self.kind, self._get_sample_facts())
        # Nobody is told of what won't have been.
        channel = self.with_context(
            tracking_disable=True,
            mail_notify_force_send=False,
            mail_activity_quick_update=True,
            mail_create_nosubscribe=True,
        )
        try:
            with self.env.cr.savepoint():
                found = channel._try_document(payload)
                raise _Undo
        except _Undo:
            self.env.invalidate_all()
        state, message = found
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if state == "accepted" else "warning",
                "sticky": True,
                "title": self.env._("Test order: nothing was kept"),
                "message": message,
            },
        }

    def _try_document(self, payload):
        """Take in a document and tell the state it gets, and why. Call it where it is undone."""
        self.ensure_one()
        # Releasing would reserve stock, for others to wait for.
        self.auto_confirm = False
        intake = self._receive(payload, filename="test", source="api")
        intake.action_process()
        if intake.state != "accepted":
            return intake.state, intake.error or self.env._("It couldn't be processed.")
        order = intake.order_id
        holds = order.hold_ids.mapped("reason")
        message = self.env._(
            "It would become a quotation of %(total)s for %(customer)s, with %(product)s.",
            total=order.currency_id.format(order.amount_total),
            customer=order.partner_id.display_name,
            product=", ".join(order.order_line.product_id.mapped("display_name")),
        )
        if holds:
            message += "\n" + self.env._("It would be held: %(reasons)s", reasons="; ".join(holds))
        if intake.warning_text:
            message += "\n" + intake.warning_text
        return intake.state, message

    def _get_sample_facts(self):
        """A product and a currency that an order of this channel may have."""
        self.ensure_one()
        product = (
            self.env["product.product"]
            .with_company(self.company_id)
            .search(
                [
                    *self.env["product.product"]._check_company_domain(self.company_id),
                    ("sale_ok", "=", True),
                    ("default_code", "!=", False),
                    ("type", "=", "consu"),
                    ("list_price", ">", 0),
                ],
                limit=1,
            )
        )
        if not product:
            raise UserError(
                self.env._("Create a product with an internal reference and a price first.")
            )
        currency = self.pricelist_id.currency_id or self.company_id.currency_id
        country = self.company_id.country_id or self.env.ref("base.us")
        price = currency.round(product.list_price)
        now = fields.Datetime.now()
        return SampleFacts(
            ref=f"{now:%j%H%M%S}",
            sku=product.default_code,
            title=product.name,
            price=Decimal(f"{price:.{currency.decimal_places}f}"),
            currency=currency.name,
            country=country.code,
            state=country.state_ids[:1].code or "",
            now=now,
        )
