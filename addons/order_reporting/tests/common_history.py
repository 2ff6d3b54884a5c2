import random
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command, fields

from .common import ReportingCommon

#: The day on which the histories are looked at, and the seed that makes them the same each time.
NOW, SEED = "2026-04-15 12:00:00", 20260302
START, DAYS = datetime(2026, 1, 2), 75
ORDERS = 30


class HistoryCommon(ReportingCommon):
    """Random histories of two fresh companies: each with a currency and time zone of its own.

    Orders in either currency and in dozens, delivered whole, in parts, late or never; cancelled
    ones and drafts; goods and returns that come back; credit notes, payments, ratings and
    differences between the documents. By real documents, except where a moment is set by SQL.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dice = random.Random(SEED)
        cls.dollar, cls.euro = cls.env.ref("base.USD"), cls.env.ref("base.EUR")
        (cls.dollar + cls.euro).active = True
        cls.companies = cls._make_company("East", cls.dollar, "America/New_York")
        cls.companies += cls._make_company("West", cls.euro, "Pacific/Auckland")
        cls.env = cls.env(
            context=cls.env.context | {"allowed_company_ids": cls.companies.ids, "tz": False}
        )
        cls.facts = cls.env["order.fact"]
        cls.buyers = cls.env["res.partner"].create([{"name": f"Buyer {n}"} for n in range(14)])
        cls.buyers[:5].property_payment_term_id = cls.env.ref("account.account_payment_term_30days")
        cls.pricelists = cls.env["product.pricelist"].create(
            [
                {"name": one.name, "currency_id": one.id, "company_id": False}
                for one in (cls.dollar, cls.euro)
            ]
        )
        cls.reasons = cls._make_reasons()
        cls._make_vendors()
        cls.orders = cls.env["sale.order"]
        for number in range(ORDERS):
            # Each fate comes up, in an order that has nothing to do with the companies.
            fate = number * 7 % ORDERS / ORDERS
            cls.orders += cls._live(cls.companies[number % 2], fate)
        cls.facts._refresh(cls.orders)
        cls.env.flush_all()
        cls.env.invalidate_all()

    # === MASTER DATA === #

    @classmethod
    def _make_company(cls, name, currency, tz):
        company = cls.env["res.company"].create({"name": name, "currency_id": currency.id})
        cls.env.user.company_ids += company
        cls.env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
        company.currency_id = currency
        other = cls.dollar + cls.euro - currency
        cls.env["res.currency.rate"].create(
            {
                "currency_id": other.id,
                "company_id": company.id,
                "name": "2025-01-01",
                "rate": 1.25,
            }
        )
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        warehouse.partner_id = cls.env["res.partner"].create({"name": f"{name} Hall", "tz": tz})
        for product in (cls.product, cls.other):
            cls.env["stock.quant"]._update_available_quantity(
                product, warehouse.lot_stock_id, 100_000.0
            )
        return company

    @classmethod
    def _make_reasons(cls):
        flags = ("is_our_fault", "is_supplier_fault", "is_warranty")
        return cls.env["shipping.return.reason"].create(
            [
                {"name": f"Reason {n}", "code": f"history_{n}"}
                | {flag: cls.dice.random() < 0.5 for flag in flags}
                for n in range(4)
            ]
        )

    @classmethod
    def _make_vendors(cls):
        vendors = cls.env["res.partner"].create([{"name": f"Vendor {n}"} for n in range(3)])
        for product in (cls.product, cls.other):
            product.seller_ids = [
                Command.create(
                    {
                        "partner_id": vendor.id,
                        "sequence": cls.dice.randint(1, 2),
                        "min_qty": cls.dice.choice((0, 5)),
                        "price": cls.dice.choice((1, 2)),
                        "company_id": cls.dice.choice((False, *cls.companies.ids)),
                    }
                )
                for vendor in vendors
            ]

    # === HISTORIES === #

    @classmethod
    def _moment(cls, first, days):
        """Some moment of ``days`` days from another one on."""
        return first + timedelta(minutes=cls.dice.randrange(days * 24 * 60) + 1)

    @classmethod
    def _live(cls, company, fate):
        """One order's life; ``fate`` from 0 (never confirmed) to 1."""
        entered = cls._moment(START, DAYS)
        order = cls._enter(company, entered)
        if fate < 0.1:
            return order
        with freeze_time(entered):
            order.action_confirm()
        if fate < 0.2:
            order._action_cancel()
            return order
        shipped = cls._moment(entered, 12)
        if fate > 0.3:
            cls._ship(order, shipped, cls.dice.choice((0.5, 1, 1)))
            if cls.dice.random() < 0.5:
                cls._ship(order, cls._moment(shipped, 6), 1)
            if cls.dice.random() < 0.7:
                cls._bill(order, shipped)
            if cls.dice.random() < 0.4:
                cls._bring_back(order, cls._moment(shipped, 40))
            for _number in range(cls.dice.choice((0, 1, 2))):
                cls._announce_return(order, cls._moment(shipped, 10))
        cls._rate(order)
        cls._differ(order, shipped)
        return order

    @classmethod
    def _enter(cls, company, moment):
        dozen = cls.env.ref("uom.product_uom_dozen")
        lines = [
            {
                "product_id": product.id,
                "product_uom_qty": cls.dice.randint(1, 9),
                "product_uom_id": cls.dice.choice((dozen, product.uom_id, product.uom_id)).id,
                "price_unit": cls.dice.choice((9.99, 20.0, 33.33)),
                "tax_ids": [Command.clear()],
            }
            for product in (cls.product, cls.other)[: cls.dice.choice((1, 2))]
        ]
        with freeze_time(moment):
            order = (
                cls.env["sale.order"]
                .with_company(company)
                .create(
                    {
                        "partner_id": cls.dice.choice(cls.buyers).id,
                        "company_id": company.id,
                        "warehouse_id": cls.env["stock.warehouse"]
                        .search([("company_id", "=", company.id)], limit=1)
                        .id,
                        "pricelist_id": cls.dice.choice(cls.pricelists).id,
                        "commitment_date": moment + timedelta(days=cls.dice.randint(1, 9)),
                        "order_line": [Command.create(line) for line in lines],
                    }
                )
            )
        return order

    @classmethod
    def _ship(cls, order, moment, share):
        pickings = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        if not pickings:
            return
        with freeze_time(moment):
            pickings.action_assign()
            for move in pickings.move_ids:
                move.quantity = max(round(move.product_uom_qty * share), 1)
                move.picked = True
            pickings.with_context(skip_backorder=True, skip_sms=True).button_validate()

    @classmethod
    def _bill(cls, order, moment):
        day = fields.Date.to_date(moment)
        with freeze_time(moment):
            bill = order._create_invoices()
            bill.invoice_date = day
            bill.action_post()
        for _number in range(cls.dice.choice((0, 1, 2, 2))):
            if not bill.currency_id.is_zero(bill.amount_residual):
                cls._pay(bill, day + timedelta(days=cls.dice.randint(1, 45)))

    @classmethod
    def _pay(cls, bill, day):
        register = cls.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        )
        wizard = register.create({"payment_date": day})
        wizard.amount = bill.currency_id.round(bill.amount_residual * cls.dice.choice((0.5, 1, 1)))
        wizard.action_create_payments()

    @classmethod
    def _bring_back(cls, order, moment):
        """Goods come back, without any notice."""
        done = order.picking_ids.filtered(
            lambda p: p.state == "done" and p.picking_type_code == "outgoing"
        )[:1]
        wizard = (
            cls.env["stock.return.picking"]
            .with_context(active_id=done.id, active_ids=done.ids, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 1
        with freeze_time(moment):
            back = cls.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
            back.action_assign()
            back.move_ids.picked = True
            back.with_context(skip_sms=True).button_validate()

    @classmethod
    def _announce_return(cls, order, moment):
        left = order._get_returnable(cls.env["shipping.return"])
        lines = order.order_line.filtered(lambda line: left.get(line, {}).get("left", 0) >= 0.5)
        if not lines:
            return
        back = cls.env["shipping.return"].create(
            {
                "order_id": order.id,
                "settlement": cls.dice.choice(("refund", "credit", "repair")),
                "line_ids": [
                    Command.create(
                        {
                            "sale_line_id": line.id,
                            "quantity": 0.5,
                            "reason_id": cls.dice.choice((False, *cls.reasons.ids)),
                        }
                    )
                    for line in lines
                ],
            }
        )
        back.state = cls.dice.choice(
            ("requested", "approved", "received", "refunded", "closed", "refused", "cancelled")
        )
        back.line_ids.quantity_received = cls.dice.choice((0, 0.5))
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE shipping_return SET create_date = %s WHERE id = %s", [moment, back.id]
        )
        cls.env.invalidate_all()
        for _number in range(cls.dice.choice((0, 1, 2))):
            cls._credit(back, moment)

    @classmethod
    def _credit(cls, back, moment):
        day = fields.Date.to_date(moment) + timedelta(days=cls.dice.randint(-1, 20))
        note = (
            cls.env["account.move"]
            .with_company(back.company_id)
            .create(
                {
                    "move_type": "out_refund",
                    "partner_id": back.partner_id.id,
                    "invoice_date": day,
                    "shipping_return_id": back.id,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Goods", "price_unit": 5.0, "tax_ids": [Command.clear()]}
                        )
                    ],
                }
            )
        )
        if cls.dice.random() < 0.7:
            note.action_post()

    @classmethod
    def _rate(cls, order):
        for _number in range(cls.dice.choice((0, 0, 1, 2))):
            cls.env["rating.rating"].create(
                {
                    "res_model_id": cls.env["ir.model"]._get_id("sale.order"),
                    "res_id": order.id,
                    "partner_id": order.partner_id.id,
                    "rating": cls.dice.randint(0, 5),
                    "consumed": cls.dice.random() < 0.8,
                }
            )

    @classmethod
    def _differ(cls, order, moment):
        """Differences, some settled, one before it was found (as a clock set back has it)."""
        found = cls._moment(moment, 5)
        for line in order.order_line:
            if cls.dice.random() < 0.5:
                continue
            state = cls.dice.choice(("open", "ignored", "resolved"))
            settled = cls._moment(found - timedelta(days=1), 9) if state != "open" else False
            amount = cls.dice.choice((-12.5, 8.0, 100.0))
            cls.env["order.discrepancy"].create(
                {
                    "line_id": line.id,
                    "order_id": order.id,
                    "verdict": cls.dice.choice(("other_price", "credit_missing", "over_shipped")),
                    "state": state,
                    "amount": amount,
                    "amount_abs": abs(amount) / order.currency_rate,
                    "date_found": found,
                    "date_resolved": settled,
                }
            )
