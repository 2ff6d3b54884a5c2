from odoo import Command
from odoo.tests import tagged

from odoo.addons.order_processing.bulk import write_rows
from odoo.addons.order_processing.models import account_move_line_bulk

from .common_flow import FlowCommon

#: What an item of an invoice says, apart from who it is.
ITEM = (
    "name display_type account_id quantity price_unit discount price_subtotal price_total tax_ids"
    " tax_line_id tax_tag_ids tax_base_amount currency_id amount_currency balance debit credit"
    " amount_residual amount_residual_currency date_maturity"
).split()
#: What the invoice itself says.
MOVE = (
    "state move_type amount_untaxed amount_tax amount_total amount_residual amount_total_signed"
    " payment_state currency_id invoice_date_due payment_reference"
).split()


@tagged("post_install", "-at_install")
class TestInvoiceBulk(FlowCommon):
    """Many invoices made at once are what each alone would be, to the last tag."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.company.chart_template:
            cls.env["account.chart.template"].try_loading("generic_coa", cls.company)
        tags = cls.env["account.account.tag"].create(
            [{"name": name, "applicability": "taxes"} for name in ("Base", "Tax", "Base back")]
        )
        cls.added = cls._tax("Added", 21.0, tags, price_include_override="tax_excluded")
        cls.included = cls._tax("Included", 7.0, tags, price_include_override="tax_included")
        cls.fixed = cls._tax("Fixed", 1.1, tags, amount_type="fixed", include_base_amount=True)
        cls.service = cls._product(
            "SERVICE", 33.33, type="service", is_storable=False, invoice_policy="order"
        )
        cls.foreign = cls.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "¤",
                "rounding": 0.01,
                "rate_ids": [
                    Command.create({"name": "2020-01-01", "rate": 1.37, "company_id": False})
                ],
            }
        )
        cls.pricelist = cls.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": cls.foreign.id}
        )
        cls.term = cls.env["account.payment.term"].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )

    @classmethod
    def _tax(cls, name, amount, tags, **vals):
        def lines(base):
            return [
                Command.create({"repartition_type": "base", "tag_ids": [Command.set(base.ids)]}),
                Command.create({"repartition_type": "tax", "tag_ids": [Command.set(tags[1].ids)]}),
            ]

        return cls.env["account.tax"].create(
            {
                "name": name,
                "amount": amount,
                "type_tax_use": "sale",
                "invoice_repartition_line_ids": lines(tags[0]),
                "refund_repartition_line_ids": lines(tags[2]),
                **vals,
            }
        )

    def _orders(self):
        """Without tax, with all taxes, in another currency, and one that is paid by halves."""
        every = self.added | self.included | self.fixed
        ways = [
            {},
            {"taxes": [self.added, self.included, self.fixed, every]},
            {"taxes": [self.added, every], "pricelist_id": self.pricelist.id},
            {"taxes": [self.included], "payment_term_id": self.term.id},
        ]
        orders = self.env["sale.order"]
        for way in ways:
            taxes = way.pop("taxes", [self.env["account.tax"]])
            lines = [
                Command.create(
                    {
                        "product_id": self.service.id,
                        "product_uom_qty": 1 + at,
                        "discount": 10.0 * at,
                        "tax_ids": [Command.set(tax.ids)],
                    }
                )
                for at, tax in enumerate(taxes)
            ]
            section = Command.create({"display_type": "line_section", "name": "What you ordered"})
            orders |= self.env["sale.order"].create(
                {"partner_id": self.partner.id, "order_line": [section, *lines], **way}
            )
        orders.action_confirm()
        return orders

    def _describe(self, move):
        own = {move.name: "INVOICE", move.invoice_origin: "ORDER"}

        def plain(record, name):
            value = record._fields[name].convert_to_write(record[name], record)
            if isinstance(value, str):
                for what, text in own.items():
                    value = value.replace(what, text) if what else value
            return value

        items = move.line_ids.sorted(lambda item: (item.sequence, item.id))
        return (
            {name: plain(move, name) for name in MOVE},
            [{name: plain(item, name) for name in ITEM} for item in items],
        )

    def _invoice(self, orders):
        moves = orders._create_invoices(grouped=True)
        moves._post(soft=False)
        self.env.flush_all()
        self.env.invalidate_all()
        return moves

    def test_as_one_by_one(self):
        alone, together = self._orders(), self._orders()
        for order in alone:
            self._invoice(order)
        written = []

        def watch(rows):
            written.append(rows)
            write_rows(rows)

        self.patch(account_move_line_bulk, "write_rows", watch)
        self._invoice(together)
        self.assertEqual(len(max(written, key=len)), 8, "eight items get their amounts in one go")
        for one, other in zip(alone, together, strict=True):
            self.assertEqual(self._describe(other.invoice_ids), self._describe(one.invoice_ids))
        moves = together.invoice_ids
        self.assertTrue(moves.line_ids.tax_tag_ids, "or nothing was compared")
        self.assertNotEqual(moves[2].currency_id, self.company.currency_id)
        for move in moves:
            self.assertFalse(move.company_currency_id.round(sum(move.line_ids.mapped("balance"))))

    def test_credits_as_one_by_one(self):
        alone, together = self._orders(), self._orders()
        for order in alone | together:
            self._invoice(order)
            lines = order.order_line.filtered(lambda line: not line.display_type)
            lines[0].product_uom_qty = 0  # what was billed too much is credited
        for order in alone:
            order._create_invoices(grouped=True, final=True)
        together._create_invoices(grouped=True, final=True)
        self.env.flush_all()
        self.env.invalidate_all()
        for one, other in zip(alone, together, strict=True):
            old, new = (each.invoice_ids.sorted("id")[-1] for each in (one, other))
            self.assertEqual(new.move_type, "out_refund")
            self.assertEqual(self._describe(new), self._describe(old))
