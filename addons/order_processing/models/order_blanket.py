from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..engine import calling


class OrderBlanket(models.Model):
    """Quantities and prices agreed with a customer until a day, called off by normal orders."""

    _name = "order.blanket"
    _description = "Blanket Order"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", readonly=True, copy=False, default="/", index=True)
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("closed", "Closed")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    reference = fields.Char(
        string="Customer's Reference",
        copy=False,
        tracking=True,
        help="How the customer calls the agreement: orders that name it are its call-offs.",
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", default=lambda self: self.env.user, tracking=True
    )
    pricelist_id = fields.Many2one(
        "product.pricelist", compute="_compute_pricelist_id", store=True, readonly=False
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", store=True)
    date_start = fields.Date(string="From", default=lambda self: self._get_today(), tracking=True)
    date_end = fields.Date(string="Until", tracking=True, help="The last day for call-offs.")
    over_call = fields.Selection(
        [("refuse", "Is refused"), ("hold", "Waits for approval")],
        string="More Than Agreed",
        required=True,
        default="refuse",
        tracking=True,
        help="What becomes of an order for more than is left, or for other goods.",
    )
    note = fields.Text(string="Terms")
    line_ids = fields.One2many("order.blanket.line", "blanket_id", string="Goods", copy=True)
    order_ids = fields.One2many("sale.order", "blanket_id", string="Call-Offs")
    order_count = fields.Integer(compute="_compute_order_count")
    is_expired = fields.Boolean(compute="_compute_is_expired", search="_search_is_expired")

    _name_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'", "Each blanket order has a number of its own."
    )
    _reference_uniq = models.UniqueIndex(
        "(company_id, partner_id, reference) WHERE reference IS NOT NULL AND state != 'closed'",
        "This customer has an open agreement of that reference.",
    )

    # === COMPUTE === #

    @api.depends("partner_id")
    def _compute_pricelist_id(self):
        for blanket in self:
            partner = blanket.partner_id.with_company(blanket.company_id)
            blanket.pricelist_id = partner.property_product_pricelist

    @api.depends("pricelist_id", "company_id")
    def _compute_currency_id(self):
        for blanket in self:
            blanket.currency_id = blanket.pricelist_id.currency_id or blanket.company_id.currency_id

    def _compute_order_count(self):
        for blanket in self:
            blanket.order_count = len(blanket.order_ids)

    @api.depends("date_end")
    def _compute_is_expired(self):
        for blanket in self:
            today = blanket._get_today()
            blanket.is_expired = bool(blanket.date_end) and blanket.date_end < today

    def _search_is_expired(self, operator, _value):
        if operator != "in":
            return NotImplemented
        return [("date_end", "<", self._get_today())]

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        for blanket in self:
            if blanket.date_start and blanket.date_end and blanket.date_end < blanket.date_start:
                raise ValidationError(self.env._("It ends before it begins: enter a later end."))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Number the agreements."""
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("order.blanket") or "/"
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        if any(blanket.state != "draft" or blanket.order_ids for blanket in self):
            raise UserError(self.env._("Close agreements instead: their orders refer to them."))

    # === ACTION === #

    def action_run(self):
        """The customer agreed: from now on it can be called off.

        :raise UserError: nothing is agreed
        """
        for blanket in self:
            if not blanket.line_ids:
                raise UserError(self.env._("%s: enter what is agreed.", blanket.name))
        self.filtered(lambda blanket: blanket.state != "running").state = "running"
        return True

    def action_close(self):
        """Nothing more is called off; repeated deliveries of it end."""
        self.state = "closed"
        return True

    def action_call_off(self):
        """Draft an order of all that is left, to be lessened, and open it.

        :raise UserError: nothing can be called off
        """
        self.ensure_one()
        self._check_open()
        left = {line: line.quantity_left for line in self.line_ids if line.quantity_left > 0}
        if not left:
            raise UserError(self.env._("%s: all is called off.", self.name))
        order = self.env["sale.order"].create(self._prepare_call_off(left))
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": order.id,
            "view_mode": "form",
        }

    def action_view_orders(self):
        """Open the call-offs."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return action | {"domain": [("blanket_id", "in", self.ids)], "context": {}}

    # === BUSINESS === #

    def _get_today(self):
        """The company's day, whoever asks: its customers call off from other time zones."""
        company = (self.company_id[:1] or self.env.company).sudo()  # sudo: its time zone
        zone = company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
        return fields.Date.context_today(self.with_context(tz=zone))

    def _check_open(self):
        """:raise UserError: it can't be called off today"""
        for blanket in self:
            if problems := blanket._judge([], blanket._get_today()):
                raise UserError(blanket._describe(problems))

    def _prepare_call_off(self, quantities, date=None):
        """Values of an order under this agreement.

        :param quantities: dict line → quantity in its unit
        :param date: the day the goods are wanted
        """
        self.ensure_one()
        vals = {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "pricelist_id": self.pricelist_id.id,
            "user_id": self.user_id.id,
            "client_order_ref": self.reference,
            "origin": self.name,
            "blanket_id": self.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": line.product_id.id,
                        "product_uom_qty": quantity,
                        "product_uom_id": line.uom_id.id,
                    }
                )
                for line, quantity in quantities.items()
            ],
        }
        if date:
            vals["commitment_date"] = fields.Datetime.to_datetime(date).replace(hour=12)
        return vals

    def _lock_for_call(self):
        """Of two call-offs at once, the second starts again and sees what the first called.

        A mere lock would let it go on with what it saw before, so the row is changed.
        """
        if not self:
            return
        self.env.cr.execute(
            SQL(
                "UPDATE order_blanket SET write_date = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)",
                self.ids,
            )
        )

    def _judge(self, calls, today, apart_from=None):
        """What of a call-off this agreement doesn't cover; see ``engine.calling.judge``."""
        self.ensure_one()
        called = self.line_ids._get_called(apart_from)
        return calling.judge(
            calls,
            [
                calling.Agreed(
                    line,
                    calling.Decimal(str(line.quantity)),
                    calling.Decimal(str(called[line])),
                    calling.Decimal(str(line.uom_id.rounding or 0.01)),
                )
                for line in self.line_ids
            ],
            today,
            is_running=self.state == "running",
            start=self.date_start or None,
            end=self.date_end or None,
        )

    def _describe(self, problems):
        """Why a call-off isn't covered, for people."""
        words = {
            calling.NOT_AGREED: self.env._("it isn't running"),
            calling.NOT_YET: self.env._("it begins on %s", self.date_start),
            calling.ENDED: self.env._("it ended on %s", self.date_end),
            calling.NOT_LISTED: self.env._("%(product)s isn't part of it"),
            calling.TOO_MANY: self.env._("of %(product)s only %(left)s are left"),
        }
        texts = [
            words[each.code]
            if each.key is None
            else words[each.code]
            % {"product": each.key.product_id.display_name, "left": f"{each.left.normalize():f}"}
            for each in problems
        ]
        return self.env._("Blanket order %(name)s: %(why)s.", name=self.name, why="; ".join(texts))

    @api.model
    def _find_for(self, partner, company, *references):
        """The running agreement that an order of a customer names; empty if none.

        :param references: texts of the order that may be the agreement's number or reference
        """
        names = [text.strip() for text in references if text and text.strip()]
        if not names:
            return self.browse()
        owner = partner.commercial_partner_id
        return self.search(
            [
                ("company_id", "=", company.id),
                ("partner_id.commercial_partner_id", "=", owner.id),
                ("state", "=", "running"),
                "|",
                ("reference", "in", names),
                ("name", "in", names),
            ],
            limit=1,
        )


class OrderBlanketLine(models.Model):
    """Goods of a blanket order: how many, at what price, and how many were called."""

    _name = "order.blanket.line"
    _description = "Blanket Order Line"
    _rec_name = "product_id"

    blanket_id = fields.Many2one(
        "order.blanket", required=True, index=True, ondelete="cascade", string="Blanket Order"
    )
    company_id = fields.Many2one(related="blanket_id.company_id", store=True)
    currency_id = fields.Many2one(related="blanket_id.currency_id")
    product_id = fields.Many2one(
        "product.product", required=True, domain="[('sale_ok', '=', True)]", index=True
    )
    uom_id = fields.Many2one(
        "uom.uom", compute="_compute_uom_id", store=True, readonly=False, string="Unit"
    )
    quantity = fields.Float(digits="Product Unit", required=True, default=1.0)
    price_unit = fields.Float(
        digits="Product Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        string="Agreed Price",
    )
    quantity_called = fields.Float(
        string="Called", digits="Product Unit", compute="_compute_quantity_called"
    )
    quantity_left = fields.Float(
        string="Left", digits="Product Unit", compute="_compute_quantity_called"
    )

    _product_uniq = models.Constraint("UNIQUE (blanket_id, product_id)", "Enter each product once.")
    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "Enter how many are agreed.")

    @api.depends("product_id")
    def _compute_uom_id(self):
        for line in self:
            line.uom_id = line.product_id.uom_id

    @api.depends("product_id")
    def _compute_price_unit(self):
        for line in self:
            line.price_unit = line.product_id.lst_price

    def _compute_quantity_called(self):
        called = self._get_called()
        for line in self:
            line.quantity_called = called[line]
            line.quantity_left = max(line.quantity - called[line], 0.0)

    def _get_called(self, apart_from=None):
        """How many confirmed orders called of each line: dict line → quantity in its unit.

        What was cancelled, or lessened since, is left again.

        :param apart_from: orders that don't count
        """
        domain = [("blanket_line_id", "in", self.ids), ("state", "=", "sale")]
        if apart_from:
            domain.append(("order_id", "not in", apart_from.ids))
        # sudo: what colleagues called counts, whoever looks.
        groups = (
            self.env["sale.order.line"]
            .sudo()
            ._read_group(domain, ["blanket_line_id", "product_uom_id"], ["product_uom_qty:sum"])
        )
        called = dict.fromkeys(self, 0.0)
        for line, uom, quantity in groups:
            mine = self.browse(line.id)
            called[mine] += uom._compute_quantity(quantity, mine.uom_id, round=False)
        return called
