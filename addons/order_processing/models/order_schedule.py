import datetime

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import calling

#: Orders one run of the cron makes for one schedule; the rest the next time.
MOST_AT_ONCE = 12


class OrderSchedule(models.Model):
    """The same goods again and again: an order for each delivery day, made some days before."""

    _name = "order.schedule"
    _description = "Repeated Delivery"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_next, id"
    _check_company_auto = True

    name = fields.Char(string="Number", readonly=True, copy=False, default="/", index=True)
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("paused", "Paused"), ("ended", "Ended")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True)
    partner_shipping_id = fields.Many2one(
        "res.partner",
        string="Delivery Address",
        compute="_compute_partner_shipping_id",
        store=True,
        readonly=False,
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", default=lambda self: self.env.user, tracking=True
    )
    blanket_id = fields.Many2one(
        "order.blanket",
        string="Blanket Order",
        check_company=True,
        index="btree_not_null",
        help="Its prices hold, and its quantities are called off.",
    )
    every = fields.Integer(default=1, required=True, tracking=True)
    unit = fields.Selection(
        [("week", "Weeks"), ("month", "Months")], required=True, default="month", tracking=True
    )
    date_next = fields.Date(
        string="Next Delivery", required=True, tracking=True, help="The day the goods shall arrive."
    )
    anchor = fields.Integer(
        string="Day of the Month",
        readonly=True,
        help="The day that is meant, where a month is too short for it.",
    )
    date_end = fields.Date(string="Until", tracking=True)
    lead_days = fields.Integer(
        string="Order Days Before",
        default=7,
        help="How many days before the delivery its order is made.",
    )
    line_ids = fields.One2many("order.schedule.line", "schedule_id", string="Goods", copy=True)
    run_ids = fields.One2many("order.schedule.run", "schedule_id", string="Deliveries")
    order_count = fields.Integer(compute="_compute_order_count")

    _every_positive = models.Constraint("CHECK (every > 0)", "Enter how many weeks or months.")
    _lead_positive = models.Constraint("CHECK (lead_days >= 0)", "Days can't be below zero.")

    # === COMPUTE === #

    @api.depends("partner_id")
    def _compute_partner_shipping_id(self):
        for schedule in self:
            partner = schedule.partner_id
            schedule.partner_shipping_id = partner and partner.address_get(["delivery"])["delivery"]

    def _compute_order_count(self):
        for schedule in self:
            schedule.order_count = len(schedule.run_ids.order_id)

    @api.constrains("blanket_id", "partner_id", "date_next", "date_end")
    def _check_terms(self):
        for schedule in self:
            owner = schedule.partner_id.commercial_partner_id
            # sudo: whose it is matters here, not who looks after it.
            theirs = schedule.blanket_id.sudo().partner_id.commercial_partner_id
            if schedule.blanket_id and theirs != owner:
                raise ValidationError(self.env._("The blanket order is another customer's."))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Number the schedules."""
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("order.schedule") or "/"
        return super().create([self._with_anchor(vals) for vals in vals_list])

    def write(self, vals):
        """Another next day is another day of the month, unless it is moved on."""
        return super().write(self._with_anchor(vals))

    @api.model
    def _with_anchor(self, vals):
        if not vals.get("date_next") or "anchor" in vals:
            return vals
        return vals | {"anchor": fields.Date.to_date(vals["date_next"]).day}

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        if any(schedule.run_ids for schedule in self):
            raise UserError(self.env._("End it instead: its orders refer to it."))

    # === ACTION === #

    def action_run(self):
        """Begin, or go on after a pause; days that passed meanwhile aren't delivered afterwards.

        :raise UserError: there are no goods
        """
        for schedule in self.filtered(lambda each: each.state in ("draft", "paused")):
            if not schedule.line_ids:
                raise UserError(self.env._("%s: enter what is delivered.", schedule.name))
            today = fields.Date.context_today(schedule)
            while schedule.date_next < today:
                following = schedule._get_following()
                schedule.write({"date_next": following, "anchor": schedule.anchor})
            schedule.state = "running"
        return True

    def action_pause(self):
        """No more orders until it goes on."""
        self.filtered(lambda each: each.state == "running").state = "paused"
        return True

    def action_end(self):
        """No more orders; those that are made stay."""
        self.filtered(lambda each: each.state != "ended").state = "ended"
        return True

    def action_skip(self):
        """Leave out the next delivery.

        :raise UserError: it isn't running
        """
        for schedule in self:
            if schedule.state not in ("running", "paused"):
                raise UserError(self.env._("%s isn't running.", schedule.name))
            schedule.lock_for_update()
            self.env["order.schedule.run"].sudo().create(
                {"schedule_id": schedule.id, "date": schedule.date_next, "state": "skipped"}
            )
            schedule._move_on()
        return True

    def action_make_now(self):
        """Make the orders that are due, without waiting for the cron."""
        self.check_access("write")
        self.filtered(lambda each: each.state == "running")._make_due()
        return True

    def action_view_orders(self):
        """Open the orders made so far."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return action | {"domain": [("id", "in", self.run_ids.order_id.ids)], "context": {}}

    # === BUSINESS === #

    def _get_following(self):
        return calling.following(self.date_next, self.every, self.unit, self.anchor or None)

    def _move_on(self):
        """On to the following day; the last one ends it."""
        self.ensure_one()
        vals = {"date_next": self._get_following(), "anchor": self.anchor}
        if self.date_end and vals["date_next"] > self.date_end:
            vals["state"] = "ended"
        self.write(vals)

    def _get_coming(self, count=3):
        """The next delivery days, for people."""
        self.ensure_one()
        if self.state != "running":
            return []
        far = fields.Date.context_today(self) + datetime.timedelta(days=3660)
        days, _after = calling.due(
            self.date_next, far, self.every, self.unit, self.anchor or None, self.date_end, count
        )
        return days

    def _get_customer_wishes(self):
        """What customers may do with it on their page: list of (wish, label)."""
        self.ensure_one()
        going = [
            ("skip", self.env._("Leave out the next one")),
            ("pause", self.env._("Pause")),
        ]
        paused = [("resume", self.env._("Go on"))]
        ways = going if self.state == "running" else paused
        return [*ways, ("end", self.env._("End"))]

    @api.model
    def _cron_make(self):
        """Make the orders of all schedules that are due; one that fails stops no other."""
        schedules = self.search(
            [
                ("state", "=", "running"),
                "|",
                ("blanket_id", "=", False),
                ("blanket_id.state", "!=", "closed"),
            ]
        )
        for schedule in schedules:
            try:
                with self.env.cr.savepoint():
                    schedule._make_due()
            except UserError as error:
                schedule._tell_failed(str(error.args[0]))
            self.env["ir.cron"]._commit_progress(1)

    def _tell_failed(self, note):
        """A task on the schedule, once."""
        summary = self.env._("The next delivery can't be ordered")
        if summary not in self.activity_ids.mapped("summary"):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=summary,
                note=note,
                user_id=(self.user_id or self.env.user).id,
            )

    def _make_due(self):
        """An order for each delivery day that is near, each day once."""
        for schedule in self:
            # Of two crons at once, the second leaves it to the first.
            if not schedule.try_lock_for_update():
                continue
            schedule.invalidate_recordset()
            today = fields.Date.context_today(schedule)
            until = today + datetime.timedelta(days=schedule.lead_days)
            for _each in range(MOST_AT_ONCE):
                ended = schedule.date_end and schedule.date_next > schedule.date_end
                if schedule.state != "running" or ended or schedule.date_next > until:
                    break
                schedule._make(schedule.date_next)
                schedule._move_on()

    def _make(self, date):
        """The order of one day; what keeps it from being confirmed is told on it.

        The unique run of the day keeps it from being made twice, whoever tries.
        """
        self.ensure_one()
        run = self.env["order.schedule.run"].sudo()
        if run.search_count([("schedule_id", "=", self.id), ("date", "=", date)], limit=1):
            return
        run = run.create({"schedule_id": self.id, "date": date})
        # sudo: made by the cron, and by whoever may change the schedule.
        orders = self.env["sale.order"].sudo().with_company(self.company_id)
        order = orders.create(self._prepare_order(date))
        run.order_id = order
        failed = order._confirm_each()
        if failed:
            run.message = failed[order]
            order._warn_responsible(self.env._("Repeated delivery isn't confirmed"), run.message)

    def _prepare_order(self, date):
        """Values of the order of one delivery day."""
        vals = {
            "partner_id": self.partner_id.id,
            "partner_shipping_id": self.partner_shipping_id.id,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "origin": self.name,
            "commitment_date": fields.Datetime.to_datetime(date).replace(hour=12),
            "order_line": [
                Command.create(
                    {
                        "product_id": line.product_id.id,
                        "product_uom_qty": line.quantity,
                        "product_uom_id": line.uom_id.id,
                    }
                )
                for line in self.line_ids
            ],
        }
        blanket = self.blanket_id.sudo()
        if blanket:
            vals |= {"blanket_id": blanket.id, "client_order_ref": blanket.reference}
            vals["pricelist_id"] = blanket.pricelist_id.id
        return vals


class OrderScheduleLine(models.Model):
    """Goods of a repeated delivery."""

    _name = "order.schedule.line"
    _description = "Repeated Delivery Line"
    _rec_name = "product_id"

    schedule_id = fields.Many2one("order.schedule", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="schedule_id.company_id", store=True)
    product_id = fields.Many2one(
        "product.product", required=True, domain="[('sale_ok', '=', True)]"
    )
    quantity = fields.Float(digits="Product Unit", required=True, default=1.0)
    uom_id = fields.Many2one(
        "uom.uom", compute="_compute_uom_id", store=True, readonly=False, string="Unit"
    )

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "Enter how many.")

    @api.depends("product_id")
    def _compute_uom_id(self):
        for line in self:
            line.uom_id = line.product_id.uom_id


class OrderScheduleRun(models.Model):
    """One delivery day of a schedule: its order, or that it was left out."""

    _name = "order.schedule.run"
    _description = "Repeated Delivery Day"
    _order = "date desc, id desc"
    _rec_name = "date"

    schedule_id = fields.Many2one("order.schedule", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="schedule_id.company_id", store=True)
    date = fields.Date(required=True, readonly=True)
    state = fields.Selection(
        [("made", "Ordered"), ("skipped", "Left Out")],
        required=True,
        default="made",
        readonly=True,
    )
    order_id = fields.Many2one("sale.order", readonly=True, index="btree_not_null")
    message = fields.Char(readonly=True, help="Why its order isn't confirmed.")

    _day_uniq = models.Constraint(
        "UNIQUE (schedule_id, date)", "Each delivery day is ordered once."
    )
