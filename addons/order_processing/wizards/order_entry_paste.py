from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..engine.entry import MAX_ROWS, parse_lines
from ..engine.intake.aliases import PRODUCT, alias_key


class OrderEntryPaste(models.TransientModel):
    """Lines pasted from a spreadsheet or e-mail, and what was understood of each."""

    _name = "order.entry.paste"
    _description = "Paste Lines"

    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="order_id.partner_id")
    company_id = fields.Many2one(related="order_id.company_id")
    text = fields.Text(
        string="Lines", help="Product, quantity and perhaps a price in each row, as copied."
    )
    state = fields.Selection([("paste", "Paste"), ("check", "Check")], default="paste")
    line_ids = fields.One2many("order.entry.paste.line", "wizard_id", string="Understood")
    open_count = fields.Integer(compute="_compute_open_count")

    @api.depends("line_ids.product_id", "line_ids.quantity")
    def _compute_open_count(self):
        for wizard in self:
            wizard.open_count = len(wizard.line_ids.filtered(lambda line: not line._is_ready()))

    # === ACTION === #

    def action_read(self):
        """Show what is understood of each row.

        :raises UserError: if nothing or too much was pasted
        """
        self.ensure_one()
        rows = parse_lines(self.text or "")
        if not rows:
            raise UserError(
                self.env._("Paste rows with a product's number and a quantity, then try again.")
            )
        if len((self.text or "").splitlines()) > MAX_ROWS:
            raise UserError(
                self.env._(
                    "More than %(most)s rows: take them in as a CSV file, in the Inbox.",
                    most=MAX_ROWS,
                )
            )
        found = self.order_id._resolve_codes([row.code for row in rows])
        unknown = [row.code for row in rows if row.code and row.code not in found]
        proposed = self.order_id._propose_products(list(dict.fromkeys(unknown)))
        self.line_ids = [Command.clear()] + [
            Command.create(self._prepare_line(row, found.get(row.code), proposed.get(row.code)))
            for row in rows
        ]
        self.state = "check"
        return self._reopen()

    def action_back(self):
        """Change the pasted text."""
        self.state = "paste"
        return self._reopen()

    def action_add(self):
        """Add what is ready to the order; the rest as notes, so that nothing is lost."""
        self.ensure_one()
        self.order_id.check_access("write")
        remembered = self.line_ids.filtered("is_remembered")
        if remembered:
            remembered._remember()
        last = max(self.order_id.order_line.mapped("sequence"), default=9)
        vals_list = [
            line._prepare_order_line(last + number)
            for number, line in enumerate(self.line_ids.sorted(), start=1)
        ]
        self.order_id.write({"order_line": [Command.create(vals) for vals in vals_list]})
        if not self.open_count:
            return {"type": "ir.actions.act_window_close"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "Not understood: %(count)s. These rows are notes on the order now.",
                    count=self.open_count,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS === #

    def _prepare_line(self, row, found, proposed):
        """Values of a line of this dialog for one pasted row."""
        product, unit = found or (self.env["product.product"], self.env["uom.uom"])
        return {
            "sequence": row.row,
            "text": row.text[:500],
            "code": row.code,
            "quantity": float(row.quantity or 0),
            "has_price": row.price is not None,
            "price": float(row.price or 0),
            "problem": row.problem or (False if product else "unknown"),
            "product_id": product.id,
            "uom_id": unit.id or product.uom_id.id,
            "proposal_id": proposed.ids[0] if proposed else False,
            "proposal_ids": [Command.set(proposed.ids[1:] if proposed else [])],
        }

    def _reopen(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_entry_paste_action"
        )
        return action | {"res_id": self.id}


class OrderEntryPasteLine(models.TransientModel):
    """One pasted row, and what was understood of it."""

    _name = "order.entry.paste.line"
    _description = "Pasted Line"
    _order = "sequence, id"

    wizard_id = fields.Many2one("order.entry.paste", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="wizard_id.company_id")
    sequence = fields.Integer(string="Row", readonly=True)
    text = fields.Char(string="Pasted", readonly=True)
    code = fields.Char(readonly=True)
    quantity = fields.Float(digits="Product Unit")
    has_price = fields.Boolean(string="Own Price", help="Otherwise today's price.")
    price = fields.Float(digits="Product Price")
    problem = fields.Selection(
        [
            ("unknown", "Unknown number"),
            ("quantity", "No quantity"),
            ("price", "No price"),
            ("code", "No product"),
        ],
        readonly=True,
    )
    product_id = fields.Many2one(
        "product.product",
        domain="[('sale_ok', '=', True), ('company_id', 'in', (False, company_id))]",
    )
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    proposal_id = fields.Many2one("product.product", string="Perhaps", readonly=True)
    proposal_ids = fields.Many2many("product.product", string="Or", readonly=True)
    is_remembered = fields.Boolean(
        string="Remember", help="From now on this number means this product for this customer."
    )
    is_ready = fields.Boolean(compute="_compute_is_ready")

    @api.depends("product_id", "quantity", "problem", "has_price")
    def _compute_is_ready(self):
        for line in self:
            line.is_ready = line._is_ready()

    def _is_ready(self):
        """Whether this row says what to order."""
        self.ensure_one()
        unit = self.uom_id or self.product_id.uom_id
        return bool(self.product_id) and unit.compare(self.quantity, 0.0) > 0

    # === ACTION === #

    def action_take_proposal(self):
        """Take the best proposal for each of these rows."""
        for line in self.filtered("proposal_id"):
            line.product_id = line.proposal_id
            line.uom_id = line.product_id.uom_id
        return self.wizard_id[:1]._reopen()

    # === BUSINESS === #

    def _prepare_order_line(self, sequence):
        """Values of the order line this row becomes: goods, or a note with what was pasted."""
        self.ensure_one()
        if not self._is_ready():
            label = dict(self._fields["problem"]._description_selection(self.env))
            return {
                "display_type": "line_note",
                "sequence": sequence,
                "name": self.env._(
                    "Not understood (%(reason)s): %(text)s",
                    reason=label.get(self.problem, label["unknown"]),
                    text=self.text,
                ),
            }
        unit = self.uom_id
        if not unit or not unit._has_common_reference(self.product_id.uom_id):
            unit = self.product_id.uom_id
        vals = {
            "sequence": sequence,
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "product_uom_id": unit.id,
        }
        return vals | {"price_unit": self.price} if self.has_price else vals

    def _remember(self):
        """Keep these numbers as the customer's own, so that they are known from now on."""
        aliases = self.env["order.channel.alias"]
        aliases.check_access("create")
        for line in self.filtered(lambda line: line.code and line.product_id):
            customer = line.wizard_id.partner_id.commercial_partner_id
            company = line.wizard_id.company_id
            known = aliases.search(
                [
                    ("kind", "=", PRODUCT),
                    ("company_id", "=", company.id),
                    ("channel_id", "=", False),
                    ("partner_id", "=", customer.id),
                    ("code_key", "=", alias_key(line.code)),
                ]
            )
            if known:
                known.product_id = line.product_id
            else:
                aliases.create(
                    {
                        "kind": PRODUCT,
                        "code": line.code,
                        "company_id": company.id,
                        "partner_id": customer.id,
                        "product_id": line.product_id.id,
                    }
                )
