import logging
import operator
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, split_every

from odoo.addons.order_processing.flow import HOLD_BLOCKING, STEP_RANK

from ..engine import facts, literal
from .order_cockpit import BUS
from .order_fact_gather import Gathered

_logger = logging.getLogger(__name__)

CHUNK = 5000
#: "Rebuild all" works at once up to this many orders, and in the background beyond.
FOREGROUND_LIMIT = 5000

#: Orders that anything changed since %(since)s, that became overdue meanwhile, or that have no
#: fact yet (so that nothing stays missing, whatever happened).
TOUCHED = """
    SELECT DISTINCT touched.id FROM (
        SELECT id FROM sale_order WHERE write_date >= %(since)s
        UNION ALL
        SELECT order_id FROM sale_order_line WHERE write_date >= %(since)s
        UNION ALL
        SELECT order_id FROM order_event WHERE date >= %(since)s AND order_id IS NOT NULL
        UNION ALL
        SELECT order_id FROM order_hold WHERE write_date >= %(since)s
        UNION ALL
        SELECT order_id FROM order_discrepancy WHERE write_date >= %(since)s
        UNION ALL
        SELECT res_id FROM rating_rating
         WHERE res_model = 'sale.order' AND consumed AND write_date >= %(since)s
        UNION ALL
        SELECT order_id FROM order_allocation WHERE write_date >= %(since)s
        UNION ALL
        SELECT sale_id FROM stock_picking WHERE write_date >= %(since)s AND sale_id IS NOT NULL
        UNION ALL
        SELECT l.order_id FROM stock_move m JOIN sale_order_line l ON l.id = m.sale_line_id
         WHERE m.write_date >= %(since)s
        UNION ALL
        SELECT l.order_id
          FROM account_move m
          JOIN account_move_line a ON a.move_id = m.id
          JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = a.id
          JOIN sale_order_line l ON l.id = r.order_line_id
         WHERE m.write_date >= %(since)s
            OR m.id IN (SELECT d.move_id
                          FROM account_partial_reconcile pr
                          JOIN account_move_line d ON d.id IN (pr.debit_move_id, pr.credit_move_id)
                         WHERE pr.create_date >= %(since)s)
        UNION ALL
        SELECT order_id FROM order_fact WHERE promise_state = 'open' AND date_promised < %(now)s
        UNION ALL
        SELECT o.id FROM sale_order o
         WHERE NOT EXISTS (SELECT FROM order_fact f WHERE f.order_id = o.id)
    ) touched
    WHERE touched.id > %(after)s
    ORDER BY touched.id
"""


class OrderFact(models.Model):
    _inherit = "order.fact"

    # === BUSINESS: one set of orders === #

    @api.model
    def _refresh(self, orders):
        """Derive the facts of ``orders`` again: gather, measure, one upsert.

        Never raises for a single bad order: what fails is logged, and said on the fact itself.

        :param orders: sale.order, any number; those deleted meanwhile are left out
        :return: the facts
        """
        self.env.flush_all()
        for ids in split_every(CHUNK, orders.ids, list):
            self._refresh_chunk(ids)
        self.invalidate_model()
        if orders:
            # The cockpit's board reads itself again; the message says nothing but that.
            self.env["bus.bus"]._sendone(BUS, BUS, {})
        return self.search([("order_id", "in", orders.ids)])

    def _refresh_chunk(self, order_ids):
        """Refresh some orders in one statement; if that fails, halves, down to the bad order."""
        now, tolerance, costs = self._get_terms()
        try:
            with self.env.cr.savepoint():
                self._derive(order_ids, now, tolerance, costs)
        except OperationalError:
            raise  # a conflict with another transaction: whoever called us tries again
        except Exception:  # whatever is wrong with one order
            if len(order_ids) == 1:
                _logger.warning("Sale order %s is derived by the engine", *order_ids, exc_info=True)
                self._refresh_by_engine(order_ids)
                return
            middle = len(order_ids) // 2
            self._refresh_chunk(order_ids[:middle])
            self._refresh_chunk(order_ids[middle:])

    def _refresh_by_engine(self, order_ids):
        """Refresh some orders by the engine; if that fails, say so on their facts."""
        try:
            with self.env.cr.savepoint():
                facts_vals, lines_vals = self._measure(order_ids)
                self._upsert(facts_vals, "order.fact", "order_id")
                self.env["order.line.fact"]._store(order_ids, lines_vals)
        except OperationalError:
            raise
        except Exception as error:  # whatever is wrong with one order
            _logger.exception("The fact of sale order %s could not be derived", order_ids)
            self.env.cr.execute(
                "UPDATE order_fact SET refresh_error = %s WHERE order_id = ANY(%s)",
                [str(error)[:500] or type(error).__name__, order_ids],
            )

    def _get_terms(self):
        """What deriving goes by: the moment, the smallest quantity, and the costs."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return fields.Datetime.now(), 10**-digits / 2, self._get_costs()

    def _measure(self, order_ids):
        """Rows of values, by the engine, for these orders (those that exist) and their lines."""
        gathered = Gathered(self.env.cr, order_ids, HOLD_BLOCKING)
        now, tolerance, costs = self._get_terms()
        facts_vals = [
            self._prepare_fact_vals(gathered, order_id, now, tolerance, costs)
            for order_id in sorted(gathered.headers)
        ]
        lines = self.env["order.line.fact"]
        lines_vals = [
            vals
            for fact_vals in facts_vals
            for vals in lines._prepare_line_vals(gathered, fact_vals, tolerance)
        ]
        return facts_vals, lines_vals

    @api.model
    def _get_costs(self):
        """What the company reckons with, from the settings (system parameters)."""
        parameters = self.env["ir.config_parameter"].sudo()  # sudo: two numbers of ours

        def number(name):
            try:
                return float(parameters.get_param(f"order_reporting.{name}") or 0.0)
            except ValueError:
                _logger.warning("System parameter order_reporting.%s is no number", name)
                return 0.0

        return facts.Costs(line=number("cost_of_line"), capital=number("cost_of_capital"))

    def _prepare_fact_vals(self, gathered, order_id, now, tolerance, costs):
        """Values of one fact. Amounts become company currency at the order's own rate."""
        header = gathered.headers[order_id]
        rate = float(header["rate"])
        lines = gathered.lines[order_id]
        history = gathered.history(order_id)
        vals = facts.measure(history, now, tolerance)
        steps = [vals.pop("document_step"), header["flow_step"]]
        for name in ("company_id", "currency_id", "order_currency_id", "channel_id", "team_id"):
            vals[name] = header[name]
        for name in ("user_id", "partner_id", "country_id", "state_id", "state"):
            vals[name] = header[name]
        vals.update(
            order_id=order_id,
            warehouse_id=gathered.warehouse(order_id),
            flow_step=max(filter(None, steps), key=STEP_RANK.__getitem__, default=None),
            amount_ordered=float(header["amount_untaxed"] or 0) / rate,
            amount_total=float(header["amount_total"] or 0) / rate,
            margin=float(header["margin"] or 0) / rate,
            amount_delivered=sum(float(line["delivered"] or 0) for line in lines) / rate,
            freight_charged=sum(
                float(line["price_subtotal"] or 0) for line in lines if line["is_freight"]
            )
            / rate,
            freight_cost=gathered.freight_cost(order_id, self._to_company_currency),
            carrier_id=gathered.shipments.get(order_id, {}).get("carrier_id"),
            customer_rating=header["customer_rating"],
            satisfied_rate=facts.satisfied(header["customer_rating"]),
            confirmed_quantities=history.confirmed or None,
            date_refreshed=now,
            refresh_error=None,
        )
        freight = vals["freight_cost"]
        vals["fulfilment_cost"] = (
            None if freight is None else freight + costs.line * vals["goods_line_count"]
        )
        vals["profit"] = facts.profit(
            vals["margin"],
            freight,
            vals["amount_credited"],
            vals["hours_to_pay"],
            vals["amount_total"],
            costs,
            vals["goods_line_count"],
        )
        return vals

    def _to_company_currency(self, amount, currency_id, company_id, day):
        company = self.env["res.company"].browse(company_id)
        currency = self.env["res.currency"].browse(currency_id)
        return currency._convert(
            float(amount), company.currency_id, company, day or fields.Date.today()
        )

    @api.model
    def _upsert(self, rows, model, key):
        """Write many rows of derived values in one statement, whatever their number.

        :param rows: dicts with the same keys
        :param str model: the model whose rows they are
        :param str key: the column that tells rows apart
        """
        if not rows:
            return
        columns = sorted(rows[0])
        fields_of = self.env[model]._fields
        kinds = [fields_of[name].column_type[1] for name in columns]
        cells = operator.itemgetter(*columns)
        # One array for each column: the quickest way in that has no table of its own.
        values = SQL(", ").join(
            SQL(f"%s::{kind}[]", literal.array(column))
            for kind, column in zip(kinds, zip(*map(cells, rows), strict=True), strict=True)
        )
        names = SQL(", ").join(map(SQL.identifier, columns))
        source = SQL("unnest(%s) AS derived (%s)", values, names)
        self.env.cr.execute(self._prepare_upsert(model, key, columns, source))

    def _prepare_upsert(self, model, key, columns, source):
        """The statement that writes ``columns`` of ``source`` into a kind of fact.

        SQL and not ``create``/``write``: it is one statement for thousands of rows, safe when two
        refreshes meet (``ON CONFLICT``), and it keeps NULL for "not known". The ORM isn't
        bypassed for anything else: the models have no computed field and nobody extends their
        CRUD. Rows that would stay as they are aren't written at all.
        """
        names = list(map(SQL.identifier, columns))
        compared = [name for name in columns if name != "date_refreshed"]
        return SQL(
            "INSERT INTO %(table)s AS kept (%(names)s)"
            # Two refreshes that meet lock rows in one order: none waits for the other for good.
            " SELECT %(names)s FROM %(source)s ORDER BY %(key)s"
            " ON CONFLICT (%(key)s) DO UPDATE SET %(updates)s"
            " WHERE (%(old)s) IS DISTINCT FROM (%(new)s)",
            table=SQL.identifier(self.env[model]._table),
            names=SQL(", ").join(names),
            source=source,
            key=SQL.identifier(key),
            updates=SQL(", ").join(SQL("%s = EXCLUDED.%s", name, name) for name in names),
            old=SQL(", ").join(SQL.identifier("kept", name) for name in compared),
            new=SQL(", ").join(SQL("EXCLUDED.%s", SQL.identifier(name)) for name in compared),
        )

    # === BUSINESS: which orders === #

    @api.model
    def _touched_order_ids(self, since, after=0):
        """Ids, ascending and above ``after``, of orders whose fact may be out of date."""
        self.env.flush_all()
        self.env.cr.execute(
            TOUCHED,
            {"since": since or "1970-01-01", "after": after, "now": fields.Datetime.now()},
        )
        return [order_id for (order_id,) in self.env.cr.fetchall()]

    @api.model
    def _cron_refresh(self):
        """Refresh the orders touched since the last sweep, in chunks, each in its transaction.

        What time doesn't allow is taken up by the next run where this one stopped.
        """
        sweep = self.env["order.fact.sweep"]._current()
        if not sweep.horizon:
            sweep.write({"horizon": sweep._get_horizon(), "after_order": 0})
        ids = self._touched_order_ids(sweep.since, sweep.after_order)
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(ids))
        for chunk in split_every(CHUNK, ids, list):
            self._refresh(self.env["sale.order"].browse(chunk))
            sweep.after_order = chunk[-1]
            if not cron._commit_progress(len(chunk)) and chunk[-1] != ids[-1]:
                return
        sweep.write({"since": sweep.horizon, "horizon": False, "after_order": 0})

    @api.model
    def _cron_heal(self):
        """Once a day, start a sweep over all orders.

        A few changes leave no date behind (a payment taken back, a row changed by SQL); this
        finds them, whatever they were.
        """
        self.env["order.fact.sweep"]._current().write(
            {"since": False, "horizon": False, "after_order": 0}
        )
        self.env.ref("order_reporting.ir_cron_refresh")._trigger()

    @api.model
    def _rebuild(self):
        """Derive the facts of all orders again, in this transaction."""
        self._refresh(self.env["sale.order"].browse(self._touched_order_ids(None)))

    # === ACTION === #

    def action_refresh_now(self):
        """Refresh whatever changed since the last sweep, without waiting for the next one."""
        self.check_access("read")
        # sudo: facts are derived; whoever may read them may ask for them to be right.
        facts_sudo = self.sudo()
        sweep = facts_sudo.env["order.fact.sweep"]._current()
        # While the daily sweep over everything runs, the last day is enough for a button.
        since = sweep.since or fields.Datetime.now() - timedelta(days=1)
        ids = facts_sudo._touched_order_ids(since)
        facts_sudo._refresh(facts_sudo.env["sale.order"].browse(ids))
        return self._notify(self.env._("%(count)s orders refreshed.", count=len(ids)))

    def action_rebuild_all(self):
        """Derive all facts again: at once, or in the background when there are many.

        :raises AccessError: when the user isn't an order administrator
        """
        if not self.env.user.has_group("order_processing.group_order_manager"):
            raise AccessError(self.env._("Ask an order administrator to rebuild all facts."))
        # sudo: checked above; facts are derived and nobody writes them by hand.
        facts_sudo = self.sudo()
        count = facts_sudo.env["sale.order"].search_count([])
        if count > FOREGROUND_LIMIT:
            facts_sudo._cron_heal()
            return self._notify(
                self.env._("%(count)s orders are being refreshed in the background.", count=count)
            )
        facts_sudo._rebuild()
        return self._notify(self.env._("%(count)s orders refreshed.", count=count))

    def _notify(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
