import math
from collections import defaultdict

from odoo import api, fields, models

from ..engine import routing_geo, routing_rules
from ..engine.routing import Site

#: Kilometres of an address nobody can place: farther than any other.
UNKNOWN_KM = 20_000
#: Kilometres a parcel goes in a day, where no carrier says more.
KM_PER_DAY = 800


class OrderAllocation(models.Model):
    """Gather: what routing looks at, read for many orders in few queries."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.allocation"

    @api.model
    def _requests(self, lines, places, wanted, plans, definitions=None):
        """Orders as :class:`routing_rules.Request`, in the order they may take stock.

        :param lines: lines to place, of any number of orders
        :param places: see :meth:`_places_of`
        :param wanted: dict line → quantity to place
        :param plans: dict order → ``order.routing.plan``
        :param definitions: dict plan → definition of its rules, if not the active version's
        :return: dict order → Request
        """
        tried = self.env["order.routing.attempt"]._tried(lines, plans)
        rules = {
            plan: routing_rules.parse((definitions or {}).get(plan) or plan.version_id.definition)
            for plan in set(plans.values())
        }
        raw = {
            plan: (definitions or {}).get(plan) or plan.version_id.definition
            for plan in set(plans.values())
        }
        warehouses = self.env["stock.warehouse"].union(*[sites for sites, _d in places.values()])
        kinds = {f.kind for own in rules.values() for rule in own for f in rule.filters}
        load = self._open_orders(warehouses) if "capacity" in kinds else {}
        oldest = self._oldest_stock(warehouses, lines._routed_products()) if "age" in kinds else {}
        kits = lines._get_kits()
        requests = {}
        for order, own in lines.grouped("order_id").items():
            sites, default = places[order]
            plan = plans.get(order)
            if "carrier" in kinds and plan:
                served = self._served(order, sites, raw[plan])
            else:
                served = dict.fromkeys(sites.ids, True)
            rated = self._sites_of(order, sites, default)
            requests[order] = routing_rules.Request(
                key=order.id,
                needs=tuple(
                    line._routing_need(wanted[line], kits.get(line.product_id, ())) for line in own
                ),
                sites=tuple(site for site, _km in rated),
                default=default.id,
                rules=rules[plan] if plan else (routing_rules.Rule(),),
                facts={
                    site.key: routing_rules.SiteFacts(
                        distance=km,
                        open_orders=load.get(site.key, 0),
                        promise=site.promise,
                        served=served[site.key],
                        oldest=oldest.get(site.key, {}),
                    )
                    for site, km in rated
                },
                channel=order.channel_id.id,
                places=self._place_codes(order.partner_shipping_id),
                groups={line.id: self._product_codes(line.product_id) for line in own},
                tried={key: why for key, why in tried.items() if key[0] in own._ids},
            )
        return requests

    @api.model
    def _sites_of(self, order, warehouses, default):
        """The warehouses of one order, rated for its customer: list of (Site, kilometres)."""
        sequences = sorted(set(warehouses.mapped("sequence")))
        customer = self._locate(order.partner_shipping_id)
        sites = []
        for warehouse in warehouses:
            km = routing_geo.distance(self._locate(warehouse.partner_id), customer)
            near = UNKNOWN_KM if km is None else round(km)
            sites.append(
                (
                    Site(
                        warehouse.id,
                        priority=sequences.index(warehouse.sequence),
                        distance=near,
                        is_default=warehouse == default,
                        cost=warehouse.routing_cost + near * warehouse.routing_cost_km,
                        weight_cost=warehouse.routing_cost_kg,
                        promise=self._promise_days(order, warehouse, km),
                    ),
                    km,
                )
            )
        return sites

    @api.model
    def _promise_days(self, order, warehouse, km):
        """Days from now until the order would arrive from a warehouse.

        A hook: here the warehouse's cut-off and the company's working days, then a day for each
        ``KM_PER_DAY``. What knows carriers and stock to come may say it better.
        """
        now = fields.Datetime.context_timestamp(
            self.with_context(tz=warehouse.partner_id.tz or self.env.user.tz), fields.Datetime.now()
        )
        wait = int(now.hour + now.minute / 60 >= warehouse.routing_cutoff)
        worked = {
            int(day)
            for day in warehouse.company_id.resource_calendar_id.attendance_ids.mapped("dayofweek")
        } or set(range(7))
        while (now.weekday() + wait) % 7 not in worked:
            wait += 1
        return float(wait + math.ceil((UNKNOWN_KM if km is None else km) / KM_PER_DAY))

    @api.model
    def _locate(self, partner):
        """Coordinates of an address, see ``routing_geo.locate``."""
        return routing_geo.locate(
            partner.partner_latitude,
            partner.partner_longitude,
            partner.city or "",
            partner.state_id.code or "",
            partner.country_id.code or "",
        )

    @api.model
    def _place_codes(self, partner):
        """Country and state as filters name them."""
        codes = {f"c{partner.country_id.id}"} if partner.country_id else set()
        if partner.state_id:
            codes.add(f"s{partner.state_id.id}")
        return frozenset(codes)

    @api.model
    def _product_codes(self, product):
        """A product and its categories as filters name them."""
        categories = (product.categ_id.parent_path or "").split("/")
        return frozenset({f"p{product.id}", *(f"g{code}" for code in categories if code)})

    @api.model
    def _open_orders(self, warehouses):
        """Deliveries at work in each warehouse: dict id → count."""
        rows = self.env["stock.picking"]._read_group(
            [
                ("picking_type_id.warehouse_id", "in", warehouses.ids),
                ("picking_type_code", "=", "outgoing"),
                ("state", "in", ("waiting", "confirmed", "assigned")),
            ],
            ["picking_type_id"],
            ["__count"],
        )
        load = defaultdict(int)
        for picking_type, count in rows:
            load[picking_type.warehouse_id.id] += count
        return load

    @api.model
    def _oldest_stock(self, warehouses, products):
        """Age in days of the oldest stock: dict warehouse id → product id → days."""
        now = fields.Datetime.now()
        ages = defaultdict(dict)
        for warehouse, product, date in self.env["stock.quant"]._read_group(
            [
                ("product_id", "in", products.ids),
                ("location_id", "child_of", warehouses.lot_stock_id.ids),
                ("location_id.usage", "=", "internal"),
                ("quantity", ">", 0),
            ],
            ["location_id.warehouse_id", "product_id"],
            ["in_date:min"],
        ):
            ages[warehouse.id][product.id] = (now - date).days if date else 0
        return ages

    @api.model
    def _served(self, order, warehouses, definition):
        """Whether the carriers filters ask for go to the customer: dict warehouse id → bool."""
        served = dict.fromkeys(warehouses.ids, True)
        for rule in definition["rules"]:
            for row in rule["filters"]:
                if row["kind"] != "carrier":
                    continue
                carriers = self.env["delivery.carrier"].browse(row["carriers"]).exists()
                goes = any(
                    carrier._match_address(order.partner_shipping_id) for carrier in carriers
                )
                for key in row["warehouses"] or warehouses.ids:
                    served[key] = served.get(key, True) and goes
        return served
