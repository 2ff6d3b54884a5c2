import dataclasses
import datetime

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from ..engine import reliability

#: Older parcels say little about today's carriers.
DAYS = 180


class ShippingLane(models.Model):
    """What is learnt of a carrier's service on the way to a zone, a country, or anywhere.

    Nobody enters it: the daily job counts delivered parcels anew, in one statement.
    """

    _name = "shipping.lane"
    _description = "Reliability of a Lane"
    _order = "carrier_id, service_code, country_id, zone, id"
    _rec_name = "carrier_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    carrier_id = fields.Many2one(
        "delivery.carrier", required=True, readonly=True, index=True, ondelete="cascade"
    )
    service_code = fields.Char(string="Service", readonly=True, help="The carrier's own code.")
    warehouse_id = fields.Many2one(
        "stock.warehouse", string="From", required=True, readonly=True, ondelete="cascade"
    )
    country_id = fields.Many2one(
        "res.country", string="To", readonly=True, help="Empty: to wherever parcels went."
    )
    zone = fields.Char(
        readonly=True, help="First letters of the postal codes; empty: the whole country."
    )
    parcels = fields.Integer(readonly=True, help="Delivered in the last half year.")
    judged = fields.Integer(
        string="With Promise", readonly=True, help="Parcels whose carrier had promised a day."
    )
    on_time = fields.Integer(readonly=True, aggregator="sum")
    on_time_share = fields.Float(
        string="On Time (%)", readonly=True, aggregator="avg", help="Of those with a promise."
    )
    days_p50 = fields.Integer(
        string="Days (half)", readonly=True, aggregator="avg", help="Half took no longer."
    )
    days_p90 = fields.Integer(
        string="Days (9 of 10)",
        readonly=True,
        aggregator="avg",
        help="Nine of ten took no longer: promises are corrected to this.",
    )
    date_learnt = fields.Datetime(string="Learnt On", readonly=True)

    _lane_uniq = models.UniqueIndex(
        "(company_id, carrier_id, service_code, warehouse_id, COALESCE(country_id, 0), zone)",
        "A lane is counted once.",
    )

    # === BUSINESS === #

    @api.model
    def _cron_learn(self):
        """Count the parcels of the last half year; lanes nobody uses any more are forgotten.

        Parcels whose delivery somebody entered by hand don't count: the day may be any later one.
        Days are working days, Monday to Friday. Percentiles are PostgreSQL's ``percentile_disc``.
        """
        self.env.flush_all()
        # To the microsecond: what an earlier run of this second learnt is old, too.
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        since = now - datetime.timedelta(days=DAYS)
        self.env.cr.execute(_learn(now, since, self.env.uid))
        self.env.cr.execute(SQL("DELETE FROM shipping_lane WHERE date_learnt < %s", now))
        self.invalidate_model()
        self.env.registry.clear_cache()

    @api.model
    def _get_book(self, companies):
        """Everything learnt for these companies, as ``reliability.find`` wants it."""
        return self._read_book(tuple(sorted(companies.ids)))

    @api.model
    @ormcache("company_ids")
    def _read_book(self, company_ids):
        # sudo: counts without names; whoever rates may not read all lanes.
        lanes = self.sudo().search([("company_id", "in", company_ids)])
        return {
            (
                (lane.carrier_id.id, lane.service_code or "", lane.warehouse_id.id),
                lane.country_id.id or 0,
                lane.zone or "",
            ): reliability.Lane(
                lane.parcels, lane.judged, lane.on_time, lane.days_p50, lane.days_p90
            )
            for lane in lanes
        }

    @api.model
    def _find(self, carrier, service, warehouse, partner):
        """The lane of one question: ``reliability.Lane`` or None."""
        book = self._get_book(warehouse.company_id)
        way = (carrier.id, service or "", warehouse.id)
        return reliability.find(book, way, partner.country_id.id, partner.zip)


class ShippingRate(models.Model):
    _inherit = "shipping.rate"

    date_carrier = fields.Date(
        string="Carrier's Promise",
        readonly=True,
        help="As the carrier says; “Arrives By” is later where experience is.",
    )
    on_time_share = fields.Float(
        string="On Time (%)", readonly=True, help="Of its parcels there, as learnt; 0: unknown."
    )

    @api.model
    def _apply_lane(self, picking, offer, book):
        """Give an offer what is known of its lane: a share on time, an honest day of arrival."""
        carrier, quote = offer["carrier"], offer["quote"]
        vals = offer.setdefault("vals", {})
        vals["date_carrier"] = quote.arrives
        partner = picking.partner_id
        way = (carrier.id, vals.get("service_code") or "", picking._get_origin_warehouse().id)
        lane = reliability.find(book, way, partner.country_id.id, partner.zip)
        if not lane or quote.problem:
            return
        share = lane.share
        vals["on_time_share"] = float(share or 0) * 100
        ship_date = picking._get_ship_date()
        offer["quote"] = dataclasses.replace(
            quote,
            on_time=share,
            days=reliability.honest_days(quote.days, lane),
            arrives=carrier._get_honest_arrival(quote.arrives, ship_date, lane),
        )


class DeliveryCarrier(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "delivery.carrier"

    def _get_honest_arrival(self, promised, ship_date, lane):
        """The promised day, or the one by which nine of ten parcels arrived, if that is later.

        :param promised: day the carrier promises, or None
        :param lane: ``reliability.Lane``, or None where nothing is known
        """
        learnt = self._get_arrival(ship_date, lane.days_p90) if lane else None
        return max(filter(None, (promised, learnt)), default=None)


class StockPicking(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    def _get_origin_warehouse(self):
        """The warehouse that a delivery's parcels come from."""
        self.ensure_one()
        return self.picking_type_id.warehouse_id


def _learn(now, since, uid):
    """One statement: parcels, counted by zone, by country and altogether."""
    return SQL(
        """
        WITH parcel AS (
            SELECT l.company_id, l.carrier_id, COALESCE(l.service_code, '') AS service_code,
                   t.warehouse_id, a.country_id,
                   upper(left(regexp_replace(COALESCE(a.zip, ''), '[^[:alnum:]]', '', 'g'),
                              %(len)s)) AS zone,
                   (SELECT count(*)
                      FROM generate_series(p.date_done::date + 1, l.date_track::date, '1 day') day
                     WHERE extract(isodow FROM day) < 6)::int AS days,
                   l.date_track::date <= COALESCE(r.date_carrier, r.date_promised) AS in_time
              FROM shipping_label l
              JOIN stock_picking p ON p.id = l.picking_id
              JOIN stock_picking_type t ON t.id = p.picking_type_id
              JOIN res_partner a ON a.id = p.partner_id
              LEFT JOIN shipping_rate r ON r.picking_id = p.id AND r.chosen
                   AND r.state = 'quoted' AND r.carrier_id = l.carrier_id
             WHERE l.state = 'bought' AND l.is_return IS NOT TRUE
               AND l.track_status = 'delivered'
               AND l.date_track > %(since)s AND l.date_track >= p.date_done
               AND a.country_id IS NOT NULL AND t.warehouse_id IS NOT NULL
               AND NOT EXISTS (SELECT FROM shipping_track_event e
                                WHERE e.label_id = l.id AND e.code = 'manual')
        )
        INSERT INTO shipping_lane
            (company_id, carrier_id, service_code, warehouse_id, country_id, zone, parcels, judged,
             on_time, on_time_share, days_p50, days_p90, date_learnt, create_uid, write_uid,
             create_date, write_date)
        SELECT company_id, carrier_id, service_code, warehouse_id, country_id, COALESCE(zone, ''),
               count(*), count(in_time), count(*) FILTER (WHERE in_time),
               COALESCE(100.0 * count(*) FILTER (WHERE in_time) / NULLIF(count(in_time), 0), 0),
               percentile_disc(0.5) WITHIN GROUP (ORDER BY days),
               percentile_disc(0.9) WITHIN GROUP (ORDER BY days),
               %(now)s, %(uid)s, %(uid)s, %(now)s, %(now)s
          FROM parcel
         GROUP BY GROUPING SETS (
               (company_id, carrier_id, service_code, warehouse_id, country_id, zone),
               (company_id, carrier_id, service_code, warehouse_id, country_id),
               (company_id, carrier_id, service_code, warehouse_id))
        HAVING NOT (GROUPING(zone) = 0 AND zone = '')
            ON CONFLICT (company_id, carrier_id, service_code, warehouse_id,
                         COALESCE(country_id, 0), zone)
            DO UPDATE SET parcels = EXCLUDED.parcels, judged = EXCLUDED.judged,
               on_time = EXCLUDED.on_time, on_time_share = EXCLUDED.on_time_share,
               days_p50 = EXCLUDED.days_p50, days_p90 = EXCLUDED.days_p90,
               date_learnt = EXCLUDED.date_learnt, write_date = EXCLUDED.write_date
        """,
        len=reliability.ZONE_LETTERS,
        since=since,
        now=now,
        uid=uid,
    )
