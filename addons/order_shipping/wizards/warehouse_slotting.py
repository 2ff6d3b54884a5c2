from collections import defaultdict
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..engine import picking, slotting


class WarehouseSlotting(models.TransientModel):
    _name = "warehouse.slotting"
    _description = "Slotting"

    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        default=lambda self: (
            self.env.context.get("active_model") == "stock.warehouse"
            and self.env.context.get("active_id")
        ),
    )
    days = fields.Integer(default=90, required=True, help="Days of picks that are looked at.")
    most = fields.Integer(string="Moves at Most", default=20, required=True)
    line_ids = fields.One2many(
        "warehouse.slotting.line",
        "slotting_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    # === COMPUTE === #

    @api.depends("warehouse_id", "days", "most")
    def _compute_line_ids(self):
        for wizard in self:
            vals_list = wizard._suggest() if wizard.warehouse_id else []
            wizard.line_ids = [Command.clear(), *map(Command.create, vals_list)]

    # === BUSINESS === #

    def _suggest(self):
        """Gather picks and stock, and decide what should lie elsewhere."""
        plan = self.warehouse_id._get_layouts().get(self.warehouse_id)
        if not plan or self.days < 1 or self.most < 1:
            return []
        places = (
            self.env["stock.location"]
            .search(
                [
                    ("warehouse_id", "=", self.warehouse_id.id),
                    ("aisle", "!=", False),
                    ("usage", "=", "internal"),
                    ("child_ids", "=", False),
                ]
            )
            .filtered(lambda place: place._find_spot(plan))
        )
        metres = {
            place.id: picking.walk_metres(plan.block, [picking.Stop(place, *place._get_spot(plan))])
            for place in places
        }
        quants = self._get_quants(places)
        picks, values, weeks = self._get_picks(places)
        items = [
            slotting.Item(quant.product_id.id, place.id, picks.get(quant.product_id.id, 0))
            for place, quant in quants.items()
            if len(quant) == 1
            and quant.quantity > 0
            and not (quant.reserved_quantity or quant.lot_id or quant.package_id)
        ]
        free = [place.id for place in places if place not in quants]
        moves = slotting.suggest(items, metres, free, self.most)
        by_picks, by_value = slotting.classify_share(picks), slotting.classify_share(values)
        variation = slotting.classify_variation(weeks)
        return [
            {
                "product_id": move.key,
                "location_id": move.source,
                "location_dest_id": move.target,
                "other_product_id": move.other,
                "picks": picks.get(move.key, 0),
                "metres_saved": move.saved,
                "class_picks": by_picks.get(move.key, "C"),
                "class_value": by_value.get(move.key, "C"),
                "class_variation": variation.get(move.key, "Z"),
            }
            for move in moves
        ]

    @api.model
    def _get_quants(self, places):
        """Quants by place."""
        quants = self.env["stock.quant"].search([("location_id", "in", places.ids)])
        return quants.grouped("location_id")

    def _get_picks(self, places):
        """How often, what value, and how often each week every product was picked, by its id."""
        since = fields.Datetime.now() - timedelta(days=self.days)
        groups = self.env["stock.move.line"]._read_group(
            [
                ("location_id", "in", places.ids),
                ("location_dest_id", "not in", places.ids),
                ("state", "=", "done"),
                ("date", ">=", since),
            ],
            ["product_id", "date:week"],
            ["__count", "quantity_product_uom:sum"],
        )
        picks, values, by_week = defaultdict(int), defaultdict(float), defaultdict(list)
        for product, _week, count, quantity in groups:
            picks[product.id] += count
            values[product.id] += quantity * product.standard_price
            by_week[product.id].append(count)
        periods = max(self.days // 7, 1)
        weeks = {key: [*counts, *[0] * (periods - len(counts))] for key, counts in by_week.items()}
        return dict(picks), dict(values), weeks

    # === ACTION === #

    def action_create_transfers(self):
        """Make a draft internal transfer of each chosen suggestion.

        :return: action that shows them
        :raise UserError: no suggestion is chosen
        """
        self.ensure_one()
        lines = self.line_ids.filtered("is_chosen")
        if not lines:
            raise UserError(self.env._("Choose at least one move."))
        quantities = lines._get_quantities()
        transfers = self.env["stock.picking"].create(
            [line._prepare_transfer(quantities) for line in lines]
        )
        action = self.env["ir.actions.actions"]._for_xml_id("stock.action_picking_tree_all")
        return action | {"domain": [("id", "in", transfers.ids)], "context": {}}


class WarehouseSlottingLine(models.TransientModel):
    _name = "warehouse.slotting.line"
    _description = "Suggested Move"
    _order = "metres_saved desc, id"

    slotting_id = fields.Many2one("warehouse.slotting", required=True, ondelete="cascade")
    is_chosen = fields.Boolean(string="Move", default=True)
    product_id = fields.Many2one("product.product", readonly=True)
    location_id = fields.Many2one("stock.location", string="From", readonly=True)
    location_dest_id = fields.Many2one("stock.location", string="To", readonly=True)
    other_product_id = fields.Many2one(
        "product.product", string="In Exchange for", readonly=True, help="It takes the old place."
    )
    picks = fields.Integer(readonly=True)
    metres_saved = fields.Float(
        readonly=True,
        help="Over the days looked at, as if every pick were a walk of its own.",
    )
    class_picks = fields.Char(string="ABC (picks)", readonly=True)
    class_value = fields.Char(string="ABC (value)", readonly=True)
    class_variation = fields.Char(string="XYZ", readonly=True)

    def _get_quantities(self):
        """What lies at the places of these moves, by product and place."""
        groups = self.env["stock.quant"]._read_group(
            [
                ("product_id", "in", (self.product_id | self.other_product_id).ids),
                ("location_id", "in", (self.location_id | self.location_dest_id).ids),
            ],
            ["product_id", "location_id"],
            ["quantity:sum"],
        )
        return {(product, place): quantity for product, place, quantity in groups}

    def _prepare_transfer(self, quantities):
        """Values of a draft internal transfer: the product there, the other one back."""
        self.ensure_one()
        warehouse = self.slotting_id.warehouse_id
        ways = [(self.product_id, self.location_id, self.location_dest_id)]
        if self.other_product_id:
            ways.append((self.other_product_id, self.location_dest_id, self.location_id))
        return {
            "picking_type_id": warehouse.int_type_id.id,
            "location_id": self.location_id.id,
            "location_dest_id": self.location_dest_id.id,
            "origin": self.env._("Slotting"),
            "move_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_qty": quantities.get((product, source), 0.0),
                        "location_id": source.id,
                        "location_dest_id": target.id,
                    }
                )
                for product, source, target in ways
            ],
        }
