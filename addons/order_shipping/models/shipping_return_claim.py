from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

#: Moved by the methods below only.
GUARDED = {"state", "return_id", "partner_id"}


class ShippingReturnClaim(models.Model):
    """What a vendor owes us for goods of a return that went back to it.

    Goods at our dock go by a transfer of their own; dropshipped goods went there at once. Where
    Odoo's purchases are installed, transfer and credit belong to the very purchase, so that its
    received and billed quantities are right.
    """

    _name = "shipping.return.claim"
    _description = "Vendor Claim"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", compute="_compute_name", store=True)
    state = fields.Selection(
        [
            ("open", "To Send"),
            ("sent", "With the Vendor"),
            ("settled", "Settled"),
            ("refused", "Refused"),
        ],
        required=True,
        default="open",
        readonly=True,
        tracking=True,
    )
    return_id = fields.Many2one(
        "shipping.return", required=True, readonly=True, index=True, ondelete="restrict"
    )
    order_id = fields.Many2one(related="return_id.order_id", string="Order")
    company_id = fields.Many2one(related="return_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Vendor", required=True, readonly=True, index=True
    )
    reference = fields.Char(
        string="Vendor's Reference", tracking=True, help="The number of the vendor's own case."
    )
    note = fields.Text(string="What Is Claimed")
    inspection_ids = fields.One2many("shipping.return.inspection", "claim_id", readonly=True)
    picking_ids = fields.One2many("stock.picking", "return_claim_id", string="Transfers")
    credit_ids = fields.One2many("account.move", "return_claim_id", string="Vendor Credits")
    purchases = fields.Char(compute="_compute_purchases", string="Bought With")
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        string="Claimed", readonly=True, help="What was paid for the goods, without tax."
    )

    _return_vendor_uniq = models.Constraint(
        "UNIQUE (return_id, partner_id)", "There is one claim for each return and vendor."
    )

    @api.depends("return_id.name", "partner_id.name")
    def _compute_name(self):
        for claim in self:
            claim.name = f"{claim.return_id.name} · {claim.partner_id.name}"

    def _compute_purchases(self):
        for claim in self:
            # sudo: purchases are optional, and packers may not read them.
            moves = claim.sudo().picking_ids.move_ids
            names = (
                moves.purchase_line_id.order_id.mapped("name")
                if "purchase_line_id" in moves._fields
                else []
            )
            claim.purchases = ", ".join(names)

    def write(self, vals):
        """Keep what only the buttons change."""
        if not self.env.su and GUARDED & vals.keys():
            raise AccessError(self.env._("A claim goes on by its buttons."))
        return super().write(vals)

    # === ACTION === #

    def action_send(self):
        """Open the transfer that takes the goods to the vendor.

        :raise UserError: nothing is to be sent
        """
        self.ensure_one()
        waiting = self.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        if not waiting:
            raise UserError(self.env._("Nothing of it waits here."))
        return self.return_id._open("stock.picking", waiting[:1], self.env._("To the Vendor"))

    def action_credit(self):
        """Draft the vendor's credit note over what it billed and got back.

        What it hasn't billed yet needs none: its bill will be for what we kept.

        :return: the window of the drafts, or True where there is nothing to credit
        :raise UserError: the goods aren't with the vendor
        :raise AccessError: the user may not make bills
        """
        self.check_access("write")
        self.env["account.move"].check_access("create")
        self.lock_for_update()
        for claim in self:
            if claim.state != "sent":
                raise UserError(self.env._("%s: send the goods to the vendor first.", claim.name))
            if not claim.credit_ids.filtered(lambda move: move.state != "cancel"):
                claim._draft_credit()
        drafts = self.credit_ids.filtered(lambda move: move.state == "draft")
        if not drafts:
            return True
        return self.return_id._open("account.move", drafts, self.env._("Vendor Credits"))

    def action_refuse(self):
        """The vendor doesn't pay: the claim ends, with the reason in its notes."""
        self.check_access("write")
        # sudo: guarded; the state of a claim is written by its buttons.
        self.filtered(lambda claim: claim.state in ("open", "sent")).sudo().state = "refused"
        return True

    def action_view_credits(self):
        """Open the vendor's credit notes."""
        return self.return_id._open("account.move", self.credit_ids, self.env._("Vendor Credits"))

    # === BUSINESS === #

    def _note_sent(self):
        """The goods are with the vendor."""
        for claim in self.filtered(lambda each: each.state == "open"):
            if all(p.state in ("done", "cancel") for p in claim.picking_ids):
                claim.state = "sent"

    def _draft_credit(self):
        """One draft credit note of the vendor for what it billed; settled where it billed nothing.

        The drafts are checked against the vendor's own paper before they are posted.
        """
        self.ensure_one()
        lines = [Command.create(vals) for vals in self._prepare_credit_lines()]
        if not lines:
            self.sudo().state = "settled"
            self.message_post(
                body=self.env._("The vendor hasn't billed it: its bill will be for what we kept.")
            )
            return
        # sudo: who may bill needn't read purchases; the line values come from there.
        self.env["account.move"].with_company(self.company_id).create(
            {
                "move_type": "in_refund",
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "currency_id": self._get_bought_lines().currency_id[:1].id or self.currency_id.id,
                "invoice_date": fields.Date.context_today(self),
                "invoice_origin": self.purchases or self.return_id.name,
                "ref": self.reference or self.return_id.name,
                "return_claim_id": self.id,
                "invoice_line_ids": lines,
            }
        )

    def _get_bought_lines(self):
        # sudo: who may bill needn't read purchases.
        moves = self.sudo().picking_ids.move_ids.filtered(lambda move: move.state == "done")
        return moves.purchase_line_id if "purchase_line_id" in moves._fields else self.browse()

    def _prepare_credit_lines(self):
        """Values of the credit's lines: what was billed and isn't here any more."""
        # sudo: who may bill needn't read transfers and purchases.
        moves = self.sudo().picking_ids.move_ids.filtered(lambda move: move.state == "done")
        bought = self._get_bought_lines()
        vals_list = []
        for line in bought:
            mine = moves.filtered(lambda move, line=line: move.purchase_line_id == line)
            back = sum(
                m.product_uom._compute_quantity(m.quantity, line.product_uom_id) for m in mine
            )
            count = min(back, max(line.qty_invoiced - line.qty_received, 0.0))
            if line.product_uom_id.compare(count, 0.0) > 0:
                vals_list.append(line._prepare_account_move_line() | {"quantity": count})
        for move in moves.filtered(lambda m: not bought or not m.purchase_line_id):
            vals_list.append(
                {
                    "product_id": move.product_id.id,
                    "quantity": move.quantity,
                    "product_uom_id": move.product_uom.id,
                    "price_unit": move.product_id.uom_id._compute_price(
                        move.product_id.with_company(self.company_id).standard_price,
                        move.product_uom,
                    ),
                }
            )
        return vals_list


class StockPicking(models.Model):
    _inherit = "stock.picking"

    return_claim_id = fields.Many2one(
        "shipping.return.claim",
        string="Vendor Claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )

    def _action_done(self):
        """Claims go on once their goods have left."""
        result = super()._action_done()
        # sudo: whoever validates it, the claim goes on.
        self.filtered(lambda p: p.state == "done").sudo().return_claim_id._note_sent()
        return result


class AccountMove(models.Model):
    _inherit = "account.move"

    return_claim_id = fields.Many2one(
        "shipping.return.claim",
        string="Vendor Claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )

    def _post(self, soft=True):
        """A claim is settled by the vendor's credit note."""
        posted = super()._post(soft)
        # sudo: who bills needn't work with returns.
        claims = posted.sudo().return_claim_id.filtered(lambda claim: claim.state == "sent")
        claims.state = "settled"
        return posted
