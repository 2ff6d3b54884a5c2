from odoo import api, fields, models
from odoo.tools import format_date
from odoo.tools.misc import split_every

from ..engine import promise
from .sale_order import INTERNAL

#: Orders a cron looks at in one go.
CHUNK = 200


class SaleOrder(models.Model):
    """What was promised to the customer, what is expected now, and who must know of it."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _name = "sale.order"
    _inherit = ["sale.order", "order.promise.mixin"]

    _promised = frozenset({"promised_at", "forecast_deliver_at", "is_at_risk", "risk_note"})

    earliest_deliver_at = fields.Datetime(
        compute="_compute_earliest_deliver_at",
        string="Earliest Delivery",
        groups=INTERNAL,
        help="When all of the order can arrive, as stock, receipts, working days and the carrier"
        " are now.",
    )
    promised_at = fields.Datetime(
        string="Promised",
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="The delivery that was promised when the order was confirmed: Odoo's delivery date if"
        " one was agreed, else the earliest of that moment.",
    )
    forecast_deliver_at = fields.Datetime(
        string="Expected Delivery",
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="When the rest of the order is expected to arrive, as it is now.",
    )
    is_at_risk = fields.Boolean(
        string="At Risk",
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="It will arrive later than promised, unless somebody acts.",
    )
    risk_note = fields.Char(string="Why at Risk", readonly=True, copy=False, groups=INTERNAL)

    @api.depends("order_line.earliest_deliver_at")
    def _compute_earliest_deliver_at(self):
        for order in self:
            lines = order.order_line.filtered(
                lambda line: (
                    line.product_id.type == "consu"
                    and line.product_uom_qty > 0
                    and line.state in ("draft", "sent")
                )
            )
            dates = lines.mapped("earliest_deliver_at")
            order.earliest_deliver_at = max(dates) if dates and all(dates) else False

    # === ACTION === #

    def action_confirm(self):
        """Keep what was promised; a promise is made once."""
        quotations = self.filtered(lambda order: order.state in ("draft", "sent"))
        res = super().action_confirm()
        quotations.filtered(lambda order: order.state == "sale")._keep_promise()
        return res

    def action_update_promises(self):
        """Look again when these orders are expected to arrive."""
        self.check_access("read")
        self._update_forecasts()
        return True

    def _action_cancel(self):
        """What is cancelled can't be late."""
        res = super()._action_cancel()
        # sudo: a seller cancels, the flow keeps the watch.
        self.sudo().filtered("is_at_risk")._end_risks()
        return res

    # === BUSINESS === #

    def _get_promise_places(self):
        """The warehouses this order may leave from, the preferred first.

        As routing will choose: orders of channels from the channel's, others from their own.
        """
        self.ensure_one()
        # sudo: a portal user's order has a channel, too.
        channel = self.sudo().channel_id
        if channel:
            return channel._get_shipping_warehouses().sudo(self.env.su)
        return self.warehouse_id

    def _keep_promise(self):
        """Write down what is promised with the confirmation, for each line and the order."""
        now = fields.Datetime.now()
        # sudo: a promise is recorded, not edited; customers confirm over the portal.
        orders = self.sudo()
        found = orders.order_line._get_forecasts(is_new=True)
        workdays = orders.order_line.warehouse_id._get_workdays(now)
        for line in orders.order_line:
            if line not in found:
                continue
            answer = found[line]
            lead_until = line._expected_date()
            if answer.ship_at and lead_until > answer.ship_at:
                # What takes its time is promised no sooner, though the goods are there.
                answer = line._promise_from(
                    line.warehouse_id, lead_until, workdays[line.warehouse_id], now, lead=False
                )
            line.write({"promise_ship_at": answer.ship_at, "promise_deliver_at": answer.deliver_at})
        for order in orders:
            lines = order.order_line.filtered(lambda line: line in found)
            dates = lines.mapped("promise_deliver_at")
            complete = max(dates) if dates and all(dates) else False
            order.promised_at = order.commitment_date or complete
        self._update_forecasts(found)

    def _update_forecasts(self, found=None):
        """Bring what is expected of confirmed orders up to date, and tell whose promise is at risk.

        Whoever looks after an order has one activity as long as it is at risk; the order's
        timeline says when that began and ended.

        :param found: what is expected of their lines, where the caller knows it already
        """
        # sudo: see _keep_promise
        orders = self.sudo().filtered(lambda order: order.state == "sale")
        if found is None:
            found = orders.order_line._get_forecasts()
        endangered, safe = {}, self.browse().sudo()
        for order in orders:
            lines = order.order_line.filtered(lambda line: line in found)
            for line in lines | order.order_line.filtered("forecast_deliver_at"):
                line._set_changed(
                    forecast_ship_at=found[line].ship_at if line in found else False,
                    forecast_deliver_at=found[line].deliver_at if line in found else False,
                )
            dates = [found[line].deliver_at for line in lines]
            earliest = max(dates) if dates and all(dates) else False
            order._set_changed(
                forecast_deliver_at=earliest and max(earliest, order.commitment_date or earliest)
            )
            risk = order._assess_risk({line: found[line].deliver_at for line in lines})
            if risk.is_late:
                endangered[order] = risk
            elif order.is_at_risk:
                safe |= order
        self._raise_risks(endangered)
        safe._end_risks()

    def _get_promised_at(self):
        """What the customer relies on: the delivery date agreed, else what was promised."""
        self.ensure_one()
        return self.commitment_date or self.promised_at

    def _assess_risk(self, expected):
        """How this order stands to its promise; see ``engine.promise.assess``.

        :param expected: dict line → moment or None
        """
        self.ensure_one()
        promised = self._get_promised_at()
        warehouse = self.warehouse_id
        if not promised or not expected:
            return promise.Risk(False)
        tz = warehouse._get_shipping_tz() if warehouse else "UTC"
        return promise.assess(promise.end_of_day(promised, tz), list(expected.items()))

    @api.model
    def _raise_risks(self, endangered):
        """Mark orders as at risk, and tell it once.

        :param endangered: dict order → ``engine.promise.Risk``
        """
        raised = self.browse().sudo()
        for order, risk in endangered.items():
            note = order._explain_risk(risk)
            if not order.is_at_risk:
                raised |= order
            order._set_changed(is_at_risk=True, risk_note=note)
        for step, some in raised.grouped(lambda order: order.flow_step or "release").items():
            some._record_event(step, lambda order: self.env._("At risk: %s", order.risk_note))
        for order in raised:
            order._warn_responsible(self._get_risk_summary(), order.risk_note)

    def _end_risks(self):
        """These orders are in time again, or delivered."""
        self.write({"is_at_risk": False, "risk_note": False})
        for step, some in self.grouped(lambda order: order.flow_step or "release").items():
            some._record_event(step, self.env._("No longer at risk of being late"))
        self.activity_ids.filtered(
            lambda activity: activity.summary == self._get_risk_summary()
        ).unlink()

    @api.model
    def _get_risk_summary(self):
        return self.env._("At risk of being late")

    def _explain_risk(self, risk):
        """What makes an order late, in a sentence."""
        self.ensure_one()
        names = ", ".join(line.product_id.display_name for line in risk.keys[:3])
        if len(risk.keys) > 3:
            names += self.env._(" and %(count)s more", count=len(risk.keys) - 3)
        promised = format_date(self.env, self._get_promised_at())
        if risk.delay is None:
            return self.env._(
                "%(products)s: nothing in stock or incoming covers it; promised for %(promised)s.",
                products=names,
                promised=promised,
            )
        return self.env._(
            "%(products)s: expected %(expected)s, promised for %(promised)s.",
            products=names,
            expected=format_date(self.env, max(line.forecast_deliver_at for line in risk.keys)),
            promised=promised,
        )

    # === CRON === #

    @api.model
    def _cron_watch_promises(self):
        """Look after all open promises, in chunks; each chunk is kept as soon as it is done."""
        orders = self.search(
            [
                ("state", "=", "sale"),
                "|",
                ("is_at_risk", "=", True),
                "&",
                ("promised_at", "!=", False),
                ("delivery_status", "!=", "full"),
            ],
            order="promised_at, id",
        )
        cron, remaining = self.env["ir.cron"], len(orders)
        for ids in split_every(CHUNK, orders.ids):
            chunk = self.browse(ids).try_lock_for_update()
            chunk._update_forecasts()
            remaining -= len(ids)
            if not cron._commit_progress(len(ids), remaining=remaining):
                break


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        """What has left is no longer at risk."""
        res = super()._action_done()
        # sudo: the packer isn't the seller.
        self.sudo().sale_id.filtered("is_at_risk")._update_forecasts()
        return res
