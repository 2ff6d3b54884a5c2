from collections import defaultdict
from datetime import timezone
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.tools import SQL

from ..engine import validation

#: Customers' other orders are looked at this far back at most.
WEEKS = 4


def _day(moment, zone):
    """The day of a moment of the database in a time zone."""
    return moment.replace(tzinfo=timezone.utc).astimezone(zone).date()


class SaleOrder(models.Model):
    """What rules look at: facts of many orders, read in a handful of queries."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    client_ip = fields.Char(
        string="Network Address",
        copy=False,
        groups="base.group_user",
        help="Where the customer ordered from, if the channel says so.",
    )
    ip_country_id = fields.Many2one(
        "res.country",
        string="Ordered From",
        copy=False,
        groups="base.group_user",
        help="Country of the network address.",
    )

    def _gather_facts(self, rules, asked=False, changed=frozenset(), locking=False):
        """What ``rules`` look at, of these orders; read only as far as some rule needs it.

        :param rules: list of ``validation.RuleFacts``
        :param bool asked: somebody pressed Check
        :param changed: ids of confirmed orders that changed since
        :param bool locking: take turns with others who use the same customers' credit
        :return: ``(list of validation.OrderFacts, credit standings by payer)``
        """
        # sudo: contacts, products and invoices a salesperson may not read count too.
        orders = self.sudo()
        kinds = {rule.kind for rule in rules}
        standings = orders._gather_standings(kinds, locking)
        if "tax" in kinds:
            # all at once: the lines of each order would read theirs apart
            orders.order_line.mapped("tax_ids")
        more = {
            "missing": orders._gather_missing() if "stock" in kinds else {},
            "list_price": orders._gather_list_prices() if "price_list" in kinds else {},
            "duplicates": orders._gather_duplicates(rules),
            "history": orders._gather_history() if "fraud" in kinds else {},
            "served": orders._gather_served()
            if any(rule.check_served and rule.kind == "address" for rule in rules)
            else {},
            "feasible": orders._gather_feasible() if "promise" in kinds else {},
            "holding": orders._gather_holding(rules, asked),
            "tagged": any(rule.tag_ids for rule in rules),
        }
        facts = [
            order._prepare_order_facts(kinds, more, standings, asked, order.id in changed)
            for order in orders
        ]
        return facts, standings

    def _prepare_order_facts(self, kinds, more, standings, asked, changed):
        """The facts of one order. See :meth:`_gather_facts`."""
        self.ensure_one()
        payer = self._get_payer()
        standing = standings.get(payer)
        earlier, ages = more["history"].get(self.id, (0, ()))
        lines = self.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        partners = (
            self.partner_id
            | self.partner_id.commercial_partner_id
            | self.partner_invoice_id
            | self.partner_shipping_id
        )
        return validation.OrderFacts(
            lines=tuple(line._prepare_line_facts(kinds, more) for line in lines),
            addresses=self._prepare_address_facts(),
            needs_delivery=any(line.product_id.type == "consu" for line in lines),
            amount_total=self.amount_total,
            channel_total=self.channel_total
            if self.channel_id and self.channel_ref and self.channel_total_stated
            else None,
            differences=self._stated_otherwise(),
            tolerance=self.currency_id.rounding / 2,
            customer_active=self.partner_id.active,
            order_id=self.id,
            company_id=self.company_id.id,
            channel_id=self.channel_id.id or 0,
            partner_ids=frozenset(partners.ids),
            # one by one: a union of records would read the tags of each order apart
            tag_ids=frozenset(
                self.partner_id.category_id.ids
                + self.partner_id.commercial_partner_id.category_id.ids
            )
            if more["tagged"]
            else frozenset(),
            date=fields.Date.context_today(self),
            confirmed=self.state == "sale",
            changed=changed,
            asked=asked,
            held_by=more["holding"].get(self.id, frozenset()),
            amount_company=self._get_company_amount(),
            company_tolerance=self.company_id.currency_id.rounding / 2,
            delivery_country_id=self.partner_shipping_id.country_id.id or 0,
            invoice_country_id=self.partner_invoice_id.country_id.id or 0,
            company_country_id=self.company_id.account_fiscal_country_id.id or 0
            if "tax" in kinds
            else 0,
            is_served=more["served"].get(self.id, True),
            duplicates=more["duplicates"].get(self.id, {}),
            captured=self._captured_amount() if "payment" in kinds else 0.0,
            overdue_amount=standing.overdue if standing else 0.0,
            overdue_days=standing.overdue_days if standing else 0,
            payer=payer if standing else (),
            email=(self.partner_id.email or self.partner_invoice_id.email or "")
            if "fraud" in kinds
            else "",
            ip_country_id=self.ip_country_id.id or 0,
            earlier_orders=earlier,
            hourly_orders=ages,
            **more["feasible"].get(self.id, {}),
        )

    def _prepare_address_facts(self):
        """The addresses of one order, the invoice's if it is another one."""
        addresses = [("delivery", self.partner_shipping_id)]
        if self.partner_invoice_id != self.partner_shipping_id:
            addresses.append(("invoice", self.partner_invoice_id))
        return tuple(
            validation.AddressFacts(
                role=role,
                name=partner.name or partner.parent_id.name or "",
                street=partner.street or "",
                city=partner.city or "",
                zip=partner.zip or "",
                state=partner.state_id.name or "",
                country=partner.country_id.code or "",
                zip_required=partner.country_id.zip_required,
                state_required=partner.country_id.state_required,
                is_undeliverable=partner._is_undeliverable(),
            )
            for role, partner in addresses
        )

    # === hooks === #

    def _captured_amount(self):
        """What the customer has paid or authorised for this order, in its currency."""
        self.ensure_one()
        # sudo: a salesperson may not read payments; only their sum is compared.
        paid = self.sudo().transaction_ids.filtered(lambda tx: tx.state in ("authorized", "done"))
        return sum(
            tx.currency_id._convert(tx.amount, self.currency_id, self.company_id)
            if tx.currency_id != self.currency_id
            else tx.amount
            for tx in paid
        )

    def _get_company_amount(self):
        """The order's total in its company's currency."""
        self.ensure_one()
        return self.amount_total / (self.currency_rate or 1.0)

    # === gathering, each a constant number of queries === #

    def _gather_holding(self, rules, asked):
        """The rules that hold each order now, where that matters: dict order id → frozenset.

        It does for confirmed orders, and for typed ones that some rules leave alone.
        """
        typed = not asked and any(rule.asked_only for rule in rules)
        if not self.filtered(
            lambda order: order.state == "sale" or (typed and not order.channel_id)
        ):
            return {}
        holds = self.env["order.hold"].search(
            [
                ("order_id", "in", self.ids),
                ("rule_id", "!=", False),
                ("state", "in", ("pending", "rejected")),
            ]
        )
        return {
            order.id: frozenset(held.rule_id.ids)
            for order, held in holds.grouped("order_id").items()
        }

    def _gather_duplicates(self, rules):
        """The order each may repeat: dict order id → {hours: name}."""
        found = defaultdict(dict)
        quotations = self.filtered(lambda order: order.state in ("draft", "sent"))
        for hours in {rule.hours for rule in rules if rule.kind == "duplicate"}:
            for order, other in quotations._find_duplicates(hours).items():
                found[order.id][hours] = other.name
        return found

    def _gather_history(self):
        """Of each order's customer: confirmed orders before it, and how old his others are.

        :return: dict order id → (number, tuple of hours)
        """
        self.flush_model(["partner_id", "state", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT mine.id,
                          COUNT(other.id) FILTER (WHERE other.state = 'sale'),
                          ARRAY_AGG(ABS(EXTRACT(EPOCH FROM mine.create_date - other.create_date))
                                    / 3600.0)
                          FILTER (WHERE other.create_date
                                  BETWEEN mine.create_date - make_interval(weeks => %(weeks)s)
                                      AND mine.create_date)
                     FROM sale_order mine
                     JOIN res_partner who ON who.id = mine.partner_id
                     JOIN res_partner kin
                       ON kin.commercial_partner_id = who.commercial_partner_id
                     JOIN sale_order other
                       ON other.partner_id = kin.id AND other.company_id = mine.company_id
                      AND other.id < mine.id AND other.state != 'cancel'
                    WHERE mine.id = ANY(%(ids)s)
                 GROUP BY mine.id""",
                weeks=WEEKS,
                ids=self.ids,
            )
        )
        return {
            order: (number, tuple(float(age) for age in ages or ())) for order, number, ages in rows
        }

    def _gather_served(self):
        """Whether some delivery method goes to each order's address: dict order id → bool."""
        carriers = self.env["delivery.carrier"].search(
            [("company_id", "in", [False, *self.company_id.ids])]
        )
        if not carriers:
            return {}
        return {
            order.id: any(
                carrier._match_address(order.partner_shipping_id)
                for carrier in carriers
                if carrier.company_id.id in (False, order.company_id.id)
            )
            for order in self
        }

    def _gather_missing(self):
        """How much of each line is in none of its order's warehouses: dict line id → quantity.

        In the product's unit. Lines of one order draw on the same stock, one after the other.
        """
        missing = {}
        quotations = self.filtered(lambda order: order.state in ("draft", "sent"))
        everywhere = self.env["stock.warehouse"].search(
            [("company_id", "in", quotations.company_id.ids)]
        )
        for places, orders in quotations.grouped(
            lambda order: (
                order.channel_id.warehouse_ids
                or everywhere.filtered(lambda place: place.company_id == order.company_id)
            )
        ).items():
            lines = orders.order_line.filtered(lambda line: line.product_id.is_storable)
            products = lines.product_id.with_context(warehouse_id=places.ids)
            free = {product.id: product.free_qty for product in products}
            for order in orders:
                left = dict(free)
                for line in order.order_line & lines:
                    wanted = line.product_uom_id._compute_quantity(
                        line.product_uom_qty, line.product_id.uom_id
                    )
                    missing[line.id] = max(wanted - max(left[line.product_id.id], 0.0), 0.0)
                    left[line.product_id.id] -= wanted
        return missing

    def _gather_feasible(self):
        """Of orders with a delivery date agreed, that date and the earliest possible one.

        Quotations are promised anew, all at once; of confirmed orders it is what is expected now.

        :return: dict order id → values of ``validation.OrderFacts``
        """
        agreed = self.filtered("commitment_date")
        quotations = agreed.filtered(lambda order: order.state in ("draft", "sent"))
        promises = quotations.order_line._get_promises()
        found = {}
        for order in agreed:
            lines = order.order_line.filtered(
                lambda line: line.product_id.type == "consu" and not line.display_type
            )
            if order in quotations:
                lines = lines.filtered(lambda line: line.product_uom_qty > 0)
                dates = [promises[line].dates.deliver_at for line in lines if line in promises]
            else:
                # what is delivered already has no forecast
                dates = [line.forecast_deliver_at for line in lines if line.forecast_deliver_at]
            zone = ZoneInfo(order.warehouse_id._get_shipping_tz() if order.warehouse_id else "UTC")
            found[order.id] = {
                "promised": _day(order.commitment_date, zone),
                "feasible": _day(max(dates), zone) if dates and all(dates) else None,
                "is_covered": all(dates),
            }
        return found

    def _gather_list_prices(self):
        """The pricelist's unit price of each line: dict line id → price in the line's unit.

        The pricelist's rules are read once for each pricelist and currency; which of them applies
        to a line is then decided as Odoo decides it.
        """
        prices = {}
        for pricelist, orders in self.grouped("pricelist_id").items():
            lines = orders.order_line.filtered(
                lambda line: line.product_id and not line.display_type and not line.is_downpayment
            )
            dates = [order.date_order or fields.Datetime.now() for order in orders]
            items = pricelist._get_applicable_rules(lines.product_id, max(dates)) if lines else None
            for line in lines:
                prices[line.id] = line._get_listed_price(items)
        return prices
