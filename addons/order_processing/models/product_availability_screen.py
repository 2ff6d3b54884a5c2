from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import availability
from .order_allocation import OPEN_MOVES

#: Products on one page of the screen, and columns of dates.
PAGE = 40
DAYS = (0, 3, 7, 14, 28, 56)


class ProductProduct(models.Model):
    """The screen *Availability*: products by warehouses or dates, and what makes each figure."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "product.product"

    @api.model
    @api.readonly
    def get_availability(self, options=None):
        """One page of the screen.

        :param dict options: ``search`` (text), ``warehouse_ids``, ``channel_id``, ``columns``
            (``warehouses`` or ``dates``), ``date`` (ISO date for the warehouses' figures),
            ``offset``
        :return: dict with ``columns``, ``rows`` (each with its ``cells``), ``count``, ``offset``,
            and the warehouses and channels to choose from
        :raises UserError: if the date isn't one
        """
        self._check_availability_access()
        options = options or {}
        warehouses = self.env["stock.warehouse"].search(
            [("company_id", "in", self.env.companies.ids)]
        )
        chosen = warehouses.filtered(lambda each: each.id in (options.get("warehouse_ids") or []))
        channel = (
            self.env["order.channel"]
            .search([("id", "=", options.get("channel_id") or 0)])
            .filtered(lambda each: each.company_id in self.env.companies)
        )
        places = chosen or (channel._get_shipping_warehouses() if channel else warehouses)
        domain = self._get_availability_domain(options.get("search"), places.company_id)
        offset = max(int(options.get("offset") or 0), 0)
        products = self.search(domain, order="default_code, name, id", limit=PAGE, offset=offset)
        outlooks = products._get_outlooks(places, channel or None)
        if options.get("columns") == "dates":
            columns, cells = products._availability_by_date(places, outlooks)
        else:
            moment = self._read_day(options.get("date"))
            columns, cells = products._availability_by_warehouse(places, outlooks, moment)
        return {
            "columns": columns,
            "rows": [
                {
                    "id": product.id,
                    "name": product.display_name,
                    "unit": product.uom_id.name,
                    "cells": cells[product.id],
                }
                for product in products
            ],
            "count": self.search_count(domain),
            "offset": offset,
            "page": PAGE,
            "warehouses": [{"id": each.id, "name": each.name} for each in warehouses],
            "channels": [
                {"id": each.id, "name": each.name}
                for each in self.env["order.channel"].search(
                    [("company_id", "in", self.env.companies.ids)]
                )
            ],
        }

    @api.model
    @api.readonly
    def get_availability_detail(self, product_id, warehouse_ids, channel_id=False):
        """What makes one figure of the screen, or of an order line.

        :return: dict with the parts of today's figure, and ``events``: open moves by date with
            the projected stock after each and what may be promised then
        """
        self._check_availability_access()
        product = self.search([("id", "=", product_id)])
        warehouses = self.env["stock.warehouse"].search(
            [("id", "in", warehouse_ids), ("company_id", "in", self.env.companies.ids)]
        )
        if not product or not warehouses:
            raise UserError(self.env._("This product or warehouse isn't there any more."))
        channel = self.env["order.channel"].search([("id", "=", channel_id or 0)])
        outlooks = product._get_outlooks(warehouses, channel or None)
        places = [outlooks[product.id, warehouse.id] for warehouse in warehouses]
        unlimited = any(place.is_unlimited for place in places)
        total = availability.pool([place.steps for place in places])
        return {
            "product": product.display_name,
            "warehouses": ", ".join(warehouses.mapped("name")),
            "unit": product.uom_id.name,
            "unlimited": unlimited,
            "on_hand": sum(place.on_hand for place in places),
            "reserved": sum(place.reserved for place in places),
            "committed": sum(place.committed for place in places),
            "incoming": sum(place.incoming for place in places),
            "held": sum(place.held for place in places),
            "kept_back": sum(place.kept_back for place in places),
            "available": 0.0 if unlimited else product._promisable(sum(p.at() for p in places)),
            "steps": []
            if unlimited
            else [
                {
                    "date": fields.Datetime.to_string(step.when),
                    "quantity": product._promisable(step.quantity),
                }
                for step in total
            ],
            "events": [] if unlimited else product._availability_events(warehouses, places),
        }

    # === BUSINESS === #

    @api.model
    def _check_availability_access(self):
        """Customers read products, too; what is in stock is told to them by channels only."""
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Availability is for the company's own people."))
        self.env["stock.warehouse"].check_access("read")

    @api.model
    def _get_availability_domain(self, search, companies):
        domain = Domain("is_storable", "=", True) & Domain(
            "company_id", "in", [False, *companies.ids]
        )
        if search:
            domain &= (
                Domain("default_code", "ilike", search)
                | Domain("name", "ilike", search)
                | Domain("barcode", "=", search)
                | Domain("categ_id", "ilike", search)
            )
        return domain

    @api.model
    def _read_day(self, day):
        """The end of a day, or now for today and before."""
        try:
            date = fields.Date.to_date(day or None)
        except ValueError:
            raise UserError(self.env._("“%s” is no date.", day))
        now = fields.Datetime.now()
        return max(datetime.combine(date, time.max), now) if date else now

    def _availability_by_warehouse(self, warehouses, outlooks, moment):
        """Columns and cells: one for each warehouse, and their sum."""
        columns = [{"key": each.id, "name": each.name, "ids": each.ids} for each in warehouses]
        columns.append({"key": "all", "name": self.env._("Total"), "ids": warehouses.ids})
        cells = {}
        for product in self:
            places = [outlooks[product.id, warehouse.id] for warehouse in warehouses]
            row = [product._availability_cell([place], moment) for place in places]
            total = product._availability_cell(places, moment)
            if total["quantity"]:
                # What is to be had elsewhere isn't short here: nobody needs to look.
                row = [
                    cell | {"state": "elsewhere"} if cell["state"] == "short" else cell
                    for cell in row
                ]
            cells[product.id] = [*row, total]
        return columns, cells

    def _availability_by_date(self, warehouses, outlooks):
        """Columns and cells: one for each of some days from today on, all warehouses together."""
        today = fields.Date.context_today(self)
        now = fields.Datetime.now()
        moments = {number: now if not number else now + timedelta(days=number) for number in DAYS}
        columns = [
            {
                "key": number,
                "date": fields.Date.to_string(today + timedelta(days=number)),
                "name": self.env._("Today") if not number else "",
                "ids": warehouses.ids,
            }
            for number in DAYS
        ]
        cells = {}
        for product in self:
            places = [outlooks[product.id, warehouse.id] for warehouse in warehouses]
            cells[product.id] = [
                product._availability_cell(places, moments[number]) for number in DAYS
            ]
        return columns, cells

    def _availability_cell(self, places, moment):
        """One figure with its colour: there, comes in later, nothing, or not counted."""
        if any(place.is_unlimited for place in places):
            return {"quantity": None, "state": "unlimited"}
        quantity = self._promisable(sum(place.at(moment) for place in places))
        later = sum(place.most for place in places)
        state = "enough" if quantity > 0 else "incoming" if later > 0 else "short"
        return {"quantity": quantity, "state": state}

    def _availability_events(self, warehouses, places):
        """Open moves of one product over the warehouses' borders, with running balances."""
        self.ensure_one()
        self.env["stock.move"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT move.date, move.product_qty,
                       (target.warehouse_id IN %(warehouses)s)::int
                       - (COALESCE(source.warehouse_id, 0) IN %(warehouses)s)::int,
                       COALESCE(picking.name, move.reference), move.origin
                  FROM stock_move move
                  JOIN stock_location source ON source.id = move.location_id
                  JOIN stock_location target
                    ON target.id = COALESCE(move.location_final_id, move.location_dest_id)
             LEFT JOIN stock_picking picking ON picking.id = move.picking_id
                 WHERE move.product_id = %(product)s
                   AND move.state IN %(states)s
                   AND source.warehouse_id IS DISTINCT FROM target.warehouse_id
                   AND (source.warehouse_id IN %(warehouses)s
                        OR target.warehouse_id IN %(warehouses)s)
              ORDER BY move.date, move.id
                 LIMIT 200
                """,
                product=self.id,
                states=OPEN_MOVES,
                warehouses=tuple(warehouses.ids),
            )
        )
        balance = sum(place.on_hand - place.held - place.kept_back for place in places)
        events = []
        for when, quantity, sign, name, origin in rows:
            sign = sign if sign is not None else -1
            balance += sign * quantity
            events.append(
                {
                    "date": fields.Datetime.to_string(when),
                    "name": name or "",
                    "origin": origin or "",
                    "quantity": sign * quantity,
                    "balance": balance,
                }
            )
        return events
