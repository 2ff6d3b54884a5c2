import base64

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import returning
from .shipping_rate import to_decimal

STATES = [
    ("requested", "Requested"),
    ("approved", "Approved"),
    ("label_sent", "Label Sent"),
    ("received", "Received"),
    ("inspected", "Inspected"),
    ("refunded", "Refunded"),
    ("exchanged", "Exchanged"),
    ("closed", "Closed"),
    ("refused", "Refused"),
    ("cancelled", "Cancelled"),
]
#: Returns in these states take nothing away from what may still come back.
DEAD = ("refused", "cancelled")
#: Goods of returns in these states haven't arrived yet.
COMING = ("requested", "approved", "label_sent")
#: Moved by the methods below only.
GUARDED = {"state", "hold_id", "exchange_order_id", "is_warranty"}


class ShippingReturn(models.Model):
    """An authorisation to send goods back, from the request to the refund."""

    _name = "shipping.return"
    _description = "Return"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", readonly=True, copy=False, default="/", index=True)
    state = fields.Selection(
        STATES, required=True, default="requested", readonly=True, copy=False, tracking=True
    )
    order_id = fields.Many2one(
        "sale.order",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('state', '=', 'sale')]",
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    partner_id = fields.Many2one(related="order_id.partner_id", store=True, index=True)
    user_id = fields.Many2one("res.users", string="Responsible", tracking=True)
    source = fields.Selection(
        [("staff", "Staff"), ("portal", "Customer's page"), ("blind", "Came without notice")],
        required=True,
        default="staff",
        help="Who asked for it. What came without notice is received first and approved later.",
    )
    settlement = fields.Selection(
        [
            ("refund", "Money back"),
            ("credit", "Store credit"),
            ("exchange", "Exchange"),
            ("repair", "Repair and send back"),
        ],
        required=True,
        default="refund",
        tracking=True,
        help="What the customer gets. Money goes back to the original payment where its provider"
        " can do that.",
    )
    policy_id = fields.Many2one("shipping.return.policy", check_company=True, tracking=True)
    is_warranty = fields.Boolean(string="Warranty Claim", readonly=True)
    note = fields.Text(string="Customer's Words")
    refusal = fields.Char(string="Why Refused", tracking=True)
    line_ids = fields.One2many("shipping.return.line", "return_id", string="Goods")
    carrier_id = fields.Many2one("delivery.carrier", string="Return Carrier", check_company=True)
    picking_ids = fields.One2many("stock.picking", "shipping_return_id", string="Transfers")
    label_ids = fields.One2many(
        "shipping.label",
        "return_id",
        string="Labels",
        domain=[("is_return", "=", True)],
        readonly=True,
    )
    hold_id = fields.Many2one("order.hold", string="Approval", readonly=True, copy=False)
    refund_ids = fields.One2many("account.move", "shipping_return_id", string="Credit Notes")
    exchange_order_id = fields.Many2one("sale.order", readonly=True, copy=False, index=True)
    photo_ids = fields.Many2many("ir.attachment", string="Photos", copy=False)
    photo_count = fields.Integer(compute="_compute_counts")
    transfer_count = fields.Integer(compute="_compute_counts")
    refund_count = fields.Integer(compute="_compute_counts")
    is_complete = fields.Boolean(
        compute="_compute_is_complete", help="All that was announced has come."
    )
    amount_goods = fields.Monetary(compute="_compute_amounts", string="Value")
    amount_fee = fields.Monetary(compute="_compute_amounts", string="Restocking Fee")
    amount_way = fields.Monetary(compute="_compute_amounts", string="Way Back")
    amount_refund = fields.Monetary(
        compute="_compute_amounts", string="Refund", help="Goods minus fee and way back, with tax."
    )

    _name_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'", "Each return has a number of its own."
    )

    # === COMPUTE === #

    @api.depends("photo_ids", "picking_ids", "refund_ids")
    def _compute_counts(self):
        for each in self:
            each.photo_count = len(each.photo_ids)
            # sudo: whoever sees the return is told how many there are.
            each.transfer_count = len(each.sudo().picking_ids)
            each.refund_count = len(each.sudo().refund_ids)

    @api.depends("line_ids.quantity", "line_ids.quantity_received")
    def _compute_is_complete(self):
        for each in self:
            each.is_complete = all(
                line.uom_id.compare(line.quantity_received, line.quantity) >= 0
                for line in each.line_ids
            )

    @api.depends(
        "state",
        "settlement",
        "label_ids.cost",
        "line_ids.quantity",
        "line_ids.quantity_refund",
        "line_ids.fee_percent",
        "policy_id.payer",
        "line_ids.reason_id",
    )
    def _compute_amounts(self):
        for each in self:
            money = to_decimal(each.currency_id.rounding or 0.01)
            goods = fee = returning.ZERO
            for line in each.line_ids:
                price = line._get_unit_price()
                many = to_decimal(line._get_refund_quantity())
                goods += returning.to_rounding(price * many, money)
                percent = to_decimal(line.fee_percent)
                fee += returning.fee(price, returning.ZERO, many, percent, money)
            way = returning.way_charge(to_decimal(each._get_way_cost()), goods - fee, money)
            each.amount_goods, each.amount_fee, each.amount_way = map(float, (goods, fee, way))
            each.amount_refund = float(goods - fee - way)

    def _get_way_cost(self):
        """What the customer is charged for our label: 0 where we pay or they sent it themselves."""
        self.ensure_one()
        reasons = [line.reason_id._get_facts() for line in self.line_ids if line.quantity]
        if not returning.customer_pays_way(self.policy_id._get_facts(), reasons):
            return 0.0
        # sudo: what a label cost is deducted whoever looks.
        labels = self.sudo().label_ids.filtered(lambda row: row.state == "bought")
        return labels._get_cost_in(self.currency_id, self.company_id)

    @api.onchange("order_id")
    def _onchange_order_id(self):
        """Offer all that may still come back, and the order's policy."""
        if not self.order_id:
            return
        self.policy_id = self.env["shipping.return.policy"]._get_for(self.order_id)
        self.carrier_id = self.policy_id.carrier_id
        left = self.order_id._get_returnable()
        self.line_ids = [
            Command.clear(),
            *[
                Command.create({"sale_line_id": line.id, "quantity": 0.0})
                for line, facts in left.items()
                if facts["left"] > 0
            ],
        ]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Number returns, drop lines of nothing, and judge them by their policy."""
        for vals in vals_list:
            if not self.env.su and GUARDED & vals.keys() - {"state"}:
                raise AccessError(self.env._("A return goes on by its buttons."))
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("shipping.return") or "/"
            vals["state"] = "requested"
        # Before anything is read: of two requests for one order, the second is run again.
        self.env["sale.order"].browse({v["order_id"] for v in vals_list})._lock_for_return()
        returns = super().create(vals_list)
        returns.line_ids.filtered(lambda line: not line.quantity).unlink()
        for each in returns:
            if not each.policy_id:
                each.policy_id = self.env["shipping.return.policy"]._get_for(each.order_id)
            if not each.carrier_id:
                each.carrier_id = each.policy_id.carrier_id
            each.line_ids._set_fee()
        returns._judge()
        return returns

    def write(self, vals):
        """Keep what only the buttons change."""
        if not self.env.su and GUARDED & vals.keys():
            raise AccessError(self.env._("A return goes on by its buttons."))
        result = super().write(vals)
        if "carrier_id" in vals:
            self._set_carrier()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Returns are kept: cancel them instead."))

    # === ACTION === #

    def action_approve(self):
        """Authorise: the customer may send it, and a receipt waits for it.

        :raise UserError: it isn't waiting, or its approval isn't given yet
        """
        self.check_access("write")
        self._check_state("requested")
        waiting = self.filtered(lambda each: each._is_held())
        if waiting:
            raise UserError(
                self.env._(
                    "%(returns)s: approve the hold first (Order Flow ▸ Orders ▸ Holds).",
                    returns=", ".join(waiting.mapped("name")),
                )
            )
        self._approve()
        return True

    def action_refuse(self):
        """Refuse: nothing is sent, and the customer is told why.

        :raise UserError: no reason is entered, or goods came already
        """
        self.check_access("write")
        self._check_state(*COMING)
        if any(not each.refusal for each in self):
            raise UserError(self.env._("Enter why it is refused: the customer is told."))
        self._stop("refused")
        return True

    def action_cancel(self):
        """Cancel what hasn't arrived: its receipt and label are taken back."""
        self.check_access("write")
        self._check_state(*COMING)
        self._stop("cancelled")
        return True

    def action_close(self):
        """Nothing more is to be done, such as after a repair."""
        self.check_access("write")
        self._check_state("inspected")
        self._move_on("closed", self.env._("closed"))
        return True

    def action_view_pickings(self):
        """Open the transfers of this return."""
        return self._open("stock.picking", self.picking_ids, self.env._("Transfers"))

    def action_view_refunds(self):
        """Open the credit notes of this return."""
        return self._open("account.move", self.refund_ids, self.env._("Credit Notes"))

    def action_view_exchange(self):
        """Open the order that replaces what came back."""
        return self._open("sale.order", self.exchange_order_id, self.env._("Exchange"))

    def _open(self, model, records, title):
        action = {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "view_mode": "list,form",
            "domain": [("id", "in", records.ids)],
        }
        if len(records) == 1:
            action |= {"view_mode": "form", "res_id": records.id}
        return action

    # === BUSINESS === #

    def _check_state(self, *states):
        """:raise UserError: one of these returns isn't in one of ``states``"""
        labels = dict(self._fields["state"]._description_selection(self.env))
        for each in self:
            if each.state not in states:
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s: that isn't possible now.",
                        name=each.name,
                        state=labels[each.state].lower(),
                    )
                )

    def _is_held(self):
        """Whether an approval is asked for and not given."""
        self.ensure_one()
        hold = self.sudo().hold_id  # sudo: whoever handles the return, the hold counts
        return bool(hold) and hold.state in ("pending", "rejected")

    def _judge(self):
        """Refuse what can't come back, approve what the policy lets through, ask about the rest.

        :raise UserError: more is asked for than may come back, or too late
        """
        for each in self:
            verdict = returning.judge(
                [line._get_ask() for line in each.line_ids],
                each.policy_id._get_facts(),
                fields.Date.context_today(each),
                by_customer=each.source == "portal",
                is_blind=each.source == "blind",
            )
            if verdict.state == returning.REFUSED:
                raise UserError(each._describe_problems(verdict.problems))
            # sudo: guarded fields are written by these methods only.
            each.sudo().is_warranty = verdict.is_warranty
            each._record(each.env._("requested: %s", each._describe_goods()))
            if verdict.causes:
                each._ask_approval(verdict.causes)
            elif each.source == "portal" and each.policy_id.auto_approve:
                each._approve()

    def _describe_goods(self):
        return ", ".join(
            f"{line.quantity:g} × {line.product_id.display_name}" for line in self.line_ids
        )

    def _describe_problems(self, problems):
        """Why a request isn't possible, for people."""
        words = {
            "nothing": self.env._("Enter how many of which goods come back."),
            "too_many": self.env._("%(product)s: at most %(most)s may still come back."),
            "too_late": self.env._(
                "%(product)s: goods may come back within %(most)s days of delivery."
            ),
        }
        return "\n".join(
            words[code]
            % {
                "product": key.product_id.display_name if key else "",
                "most": f"{most.normalize():f}",
            }
            for key, code, most in problems
        )

    def _ask_approval(self, causes):
        """Shut the order's refund gate until somebody approved this return."""
        words = {
            "too_late": self.env._("after the days of the policy"),
            "warranty": self.env._("warranty claim"),
            "blind": self.env._("came without notice"),
            "value": self.env._("value above the policy's limit"),
        }
        reason = self.env._(
            "Return %(name)s: %(causes)s",
            name=self.name,
            causes=", ".join(words[cause] for cause in causes),
        )
        # sudo: whoever asks for a return, it is held.
        hold = self.order_id.sudo()._place_hold("return", "refund", reason)
        self.sudo().hold_id = hold

    def _approve(self):
        """Authorise these returns: make their receipts, have their labels bought."""
        for each in self:
            each._create_receipt()
            each._move_on("approved", each.env._("approved"))
        self._tell_customer("return_approved")
        self._buy_labels_later()

    def _stop(self, state):
        """End these returns before anything arrived."""
        for each in self:
            # sudo: whoever ends a return takes back its receipt and label.
            pickings = each.sudo().picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
            pickings.action_cancel()
            word = each.refusal if state == "refused" else each.env._("cancelled")
            each._move_on(state, word)
            each._lift_hold(each.env._("Return %s", word))
        self.filtered(lambda each: each.state == "refused")._tell_customer("return_refused")

    def _lift_hold(self, resolution):
        """The hold of this return goes, unless another one waits for it too."""
        hold = self.sudo().hold_id
        others = self.sudo().search_count(
            [("hold_id", "=", hold.id), ("id", "!=", self.id), ("state", "not in", DEAD)]
        )
        if hold.state == "pending" and not others:
            hold._lift(resolution, state="expired")

    def _move_on(self, state, words):
        """Write the state and log it on the order."""
        # sudo: guarded; callers checked who may do it.
        self.sudo().write({"state": state})
        self._record(words)

    def _record(self, words):
        """Log on the orders what happened to these returns."""
        for each in self:
            order = each.order_id.sudo()  # sudo: logged whoever does it
            arrived = each.state not in (*COMING, *DEAD)
            text = self.env._("Return %(name)s: %(words)s", name=each.name, words=words)
            details = {"return": each.name, "state": each.state}
            if arrived:
                order._record_event("return", text, details, source=order._event_source())
            else:
                order._record_change(text, details, order._event_source())

    def _tell_customer(self, kind):
        """Send a message about these returns: once for each return and kind."""
        for each in self:
            # sudo: the customer gets the paper that was bought for them.
            labels = each.sudo().label_ids.filtered(lambda row: row.state == "bought")
            self.env["order.message"]._queue(
                each.order_id.sudo(),
                kind,
                event=f"return:{each.id}",
                words=f"{each.name} {each.refusal or ''}".strip(),
                attachments=labels.attachment_id if kind == "return_label" else None,
            )

    def _add_photos(self, files):
        """Keep checked uploads as photos of this return.

        :param files: list of (name, bytes, mimetype)
        """
        self.ensure_one()
        # sudo: a customer may add to what is theirs, and nothing else.
        photos = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        "name": name,
                        "datas": base64.b64encode(data),
                        "mimetype": mimetype,
                        "res_model": self._name,
                        "res_id": self.id,
                    }
                    for name, data, mimetype in files
                ]
            )
        )
        self.sudo().photo_ids = [Command.link(photo.id) for photo in photos]
