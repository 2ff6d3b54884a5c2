import base64
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime, formatLang

from ..engine import period, picture
from ..engine.period import Span
from ..tools import sheets
from ..tools.blocks import DASHBOARD_OF

MOST_SERIES, MOST_ROWS = 6, 10
DATES = ("date", "datetime")


@dataclass(frozen=True)
class Window:
    """What a dashboard is filtered by: the period, the one before it, and ids."""

    now: Span
    before: Span
    companies: tuple = ()
    channels: tuple = ()
    warehouses: tuple = ()


class DashboardPaper(models.AbstractModel):
    """One of our dashboards, or a copy, as a PDF made on the server.

    It reads the same descriptions as the document for the browser, with the reader's rights.
    """

    _name = "report.order_reporting.dashboard_paper"
    _description = "Dashboard on Paper"

    @api.model
    def _get_report_values(self, docids, data=None):
        # From the browser's dashboard the ids come with the filters.
        data = data or {}
        ids = docids or self._read_ids(data, "ids")
        dashboards = self.env["spreadsheet.dashboard"].browse(ids).exists()
        dashboards.check_access("read")
        self.env["order.fact"].check_access("read")
        if not dashboards or not all(dashboards.mapped("order_code")):
            raise UserError(self.env._("Only dashboards of the order flow can be printed here."))
        return {
            "doc_ids": dashboards.ids,
            "doc_model": dashboards._name,
            "docs": dashboards,
            "papers": {one.id: self._prepare_paper(one, data) for one in dashboards},
        }

    def _prepare_paper(self, dashboard, data):
        """All texts and pictures of one dashboard."""
        described = self._describe(dashboard)
        window = self._read_window(described, data)
        translate = self.env["order.dashboard.block"]._translate_titles()
        scores = self._read_scores(described, window)
        return {
            "title": dashboard.name,
            "filters": self._tell_filters(window),
            "made": format_datetime(self.env, fields.Datetime.now(), tz=self._zone().zone),
            "scores": [
                self._prepare_score(score, now, before, translate)
                for score, (now, before) in zip(described.scores, scores, strict=True)
            ],
            "charts": [
                self._prepare_chart(chart, self._read_chart(chart, window), translate)
                for chart in described.charts
            ],
            "lists": [
                self._prepare_list(listing, window, translate) for listing in described.listings
            ],
        }

    def _describe(self, dashboard):
        if dashboard.is_order_copy:
            # sudo: as in the browser, readers of a copy need no right on its parts.
            return dashboard.sudo()._compose_order_copy()
        return DASHBOARD_OF[dashboard.order_code]

    # === FILTERS === #

    def _zone(self):
        return pytz.timezone(self.env.context.get("tz") or self.env.user.tz or "UTC")

    def _read_window(self, described, data):
        """The filters: those the browser sent along, else the dashboard's own.

        :raise UserError: what was sent can't be read
        """
        today = datetime.now(pytz.utc).astimezone(self._zone()).date()
        if "now" not in data:
            return Window(
                period.span(described.period, today),
                period.span(described.period, today, -1),
                channels=described.channels,
                warehouses=described.warehouses,
            )
        try:
            spans = [
                Span(*(fields.Date.to_date(day or None) for day in data[name]))
                for name in ("now", "before")
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(self._tell_unreadable()) from error
        names = ("companies", "channels", "warehouses")
        return Window(*spans, *(self._read_ids(data, name) for name in names))

    def _read_ids(self, data, name):
        try:
            return tuple(int(one) for one in data.get(name) or ())
        except (TypeError, ValueError) as error:
            raise UserError(self._tell_unreadable()) from error

    def _tell_unreadable(self):
        return self.env._("The filters can't be read. Reload the dashboard and print it again.")

    def _tell_filters(self, window):
        """The filters in words, one line each."""
        first, last = (
            format_date(self.env, day) if day else "…"
            for day in (window.now.first, window.now.last)
        )
        lines = [self.env._("Period: %(first)s to %(last)s", first=first, last=last)]
        companies = self.env.companies
        if window.companies:
            companies = companies.filtered(lambda company: company.id in window.companies)
        lines.append(", ".join(companies.mapped("name")))
        for label, model, ids in (
            (self.env._("Channels"), "order.channel", window.channels),
            (self.env._("Warehouses"), "stock.warehouse", window.warehouses),
        ):
            if ids:
                # sudo: names that the filters of the dashboard show anyway.
                found = self.env[model].sudo().browse(ids).exists()
                lines.append(f"{label}: {', '.join(found.mapped('display_name'))}")
        return lines

    def _get_domain(self, source, window, offset=0):
        clock, kind, has_channel, has_warehouse, _menu = sheets.MODELS[source.model]
        domain = Domain(sheets.domain_of(source))
        ids = [("company_id", window.companies, True)]
        ids += [("channel_id", window.channels, has_channel)]
        ids += [("warehouse_id", window.warehouses, has_warehouse)]
        for name, values, is_there in ids:
            if values and is_there:
                domain &= Domain(name, "in", values)
        if source.dated:
            days = window.before if offset else window.now
            if days.first:
                domain &= Domain(clock, ">=", self._moment(days.first, kind))
            if days.last:
                after = days.last + timedelta(days=1)
                domain &= Domain(clock, "<", self._moment(after, kind))
        return domain

    def _moment(self, day, kind):
        """A day's beginning where the reader is, as the database has it."""
        if kind == "date":
            return day
        local = self._zone().localize(datetime.combine(day, time()))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def _model(self, source):
        return self.env[source.model].with_context(tz=self._zone().zone)

    # === FIGURES === #

    def _read_scores(self, described, window):
        """A pair (value, value before) for each score; None where there is no data."""
        found = {}
        for source in dict.fromkeys(score.source for score in described.scores):
            scores = [score for score in described.scores if score.source == source]
            codes = [measure["id"] for measure in sheets.measures_of(scores)]
            for offset in (0, -1) if source.dated else (0,):
                [row] = self._model(source)._read_group(
                    self._get_domain(source, window, offset), [], codes
                )
                found[source, offset] = dict(zip(codes, row, strict=True))
        return [
            (
                self._score(score, found[score.source, 0]),
                self._score(score, found[score.source, -1]) if score.source.dated else None,
            )
            for score in described.scores
        ]

    @api.model
    def _score(self, score, row):
        if score.over:
            top, bottom = row[f"{score.field}:sum"], row[f"{score.over}:sum"]
            return (top or 0.0) / bottom if bottom else None
        code = f"{score.field}:{score.aggregator}" if score.aggregator else score.field
        value = row[code]
        return None if value is False else value

    def _read_chart(self, chart, window):
        """Rows (groups…, value) of a chart, as Odoo's own chart reads them."""
        model = self._model(chart.source)
        measure = chart.measure
        if measure != "__count":
            measure = f"{measure}:{model._fields[measure].aggregator}"
        return model._read_group(
            self._get_domain(chart.source, window), list(chart.group_by), [measure]
        )

    # === TEXTS === #

    def _currency(self):
        """The currency of all companies chosen; none if they have several."""
        currency = self.env.companies.currency_id
        return currency if len(currency) == 1 else None

    def _tell(self, value, unit):
        if value is None:
            return self.env._("no data")
        if unit == "percent":
            return f"{formatLang(self.env, value * 100, 1)} %"
        if unit == "money":
            return formatLang(self.env, value, currency_obj=self._currency(), digits=0)
        return formatLang(self.env, value, 0 if unit == "count" else 1)

    def _prepare_score(self, score, now, before, translate):
        trend = 0
        if before is not None and now is not None and now != before:
            trend = 1 if (now > before) == score.more_is_better else -1
        note = self.env._("now")
        if score.source.dated:
            note = self.env._("before: %s", self._tell(before, score.unit))
        return {
            "label": translate(score.label),
            "value": self._tell(now, score.unit),
            "note": note,
            "trend": trend,
            "definition": translate(score.definition),
        }

    def _prepare_list(self, listing, window, translate):
        model = self._model(listing.source)
        order = f"{listing.order} {'asc' if listing.ascending else 'desc'}, id"
        rows = model.search(self._get_domain(listing.source, window), limit=MOST_ROWS, order=order)
        names = model.fields_get(listing.columns, ["string"])
        return {
            "title": translate(listing.title),
            "heads": [names[column]["string"] for column in listing.columns],
            "rows": [[self._text(row, column) for column in listing.columns] for row in rows],
        }

    def _text(self, row, name):
        """A field's value as people read it."""
        field, value = row._fields[name], row[name]
        if field.type == "many2one":
            # sudo: a name that every view of the fact shows anyway.
            return value.sudo().display_name or ""
        if value is False or value is None:
            return ""
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "datetime":
            return format_datetime(self.env, value, tz=self._zone().zone, dt_format="short")
        if field.type == "date":
            return format_date(self.env, value)
        if field.type == "monetary":
            return formatLang(self.env, value, currency_obj=row[field.get_currency_field(row)])
        return str(value)

    # === CHARTS === #

    def _prepare_chart(self, chart, rows, translate):
        """The picture of a chart; without the library for pictures, its figures as a table."""
        fields_of = self.env[chart.source.model]._fields
        name, _colon, size = chart.group_by[0].partition(":")
        is_share = chart.measure.endswith("_rate")
        is_mean = chart.measure != "__count" and fields_of[chart.measure].aggregator == "avg"
        if fields_of[name].type in DATES:
            labels, series = self._series(chart, rows, size, is_mean)
            shape = picture.columns if chart.kind == "bar" else picture.lines
            drawn = (shape, (labels, series), {"is_share": is_share and not is_mean})
            table = [
                (label, sum(one.values[place] or 0 for one in series))
                for place, label in enumerate(labels)
            ]
        else:
            # None has no data; 0 and less are figures, as on the screen.
            table = [
                (self._label(chart, 0, key), float(value))
                for key, value in rows
                if value is not None and value is not False
            ]
            if fields_of[name].type != "selection":
                largest = sorted(table, key=lambda pair: -abs(pair[1]))[: picture.MOST_BARS]
                table = sorted(largest, key=lambda pair: -pair[1])
            drawn = (
                picture.bars,
                (table, chart.color),
                {"is_share": is_share, "decimals": int(is_mean)},
            )
        image = None
        if rows and table and self._draws():
            shape, positional, named = drawn
            size = picture.WHOLE if chart.wide else picture.HALF
            image = base64.b64encode(shape(*positional, **named, size=size)).decode()
        return {
            "title": translate(chart.title),
            "is_wide": chart.wide,
            "image": image,
            "table": [
                (label, self._tell(value, "percent" if is_share else "number"))
                for label, value in table
            ],
        }

    @api.model
    def _draws(self):
        return picture.available()

    def _series(self, chart, rows, size, is_mean):
        """Labels of all days, weeks or months, and a line for each second group."""
        nothing = None if is_mean else 0.0
        rows = [(self._day(row[0]), *row[1:]) for row in rows if row[0]]
        if not rows:
            return [], []
        places = period.steps(min(row[0] for row in rows), max(row[0] for row in rows), size)
        totals, lines = {}, {}
        for day, *keys, value in rows:
            key = keys[0] if keys else None
            line = lines.setdefault(key, dict.fromkeys(places, nothing))
            line[day] = value
            totals[key] = totals.get(key, 0.0) + (value or 0.0)
        largest = sorted(lines, key=lambda key: -totals[key])
        kept = {key: lines[key] for key in largest[:MOST_SERIES]}
        series = [
            (self._label(chart, 1, key) if len(chart.group_by) > 1 else "", line)
            for key, line in kept.items()
        ]
        if rest := [lines[key] for key in largest[MOST_SERIES:]]:
            others = {day: sum(line[day] or 0.0 for line in rest) for day in places}
            series.append((self.env._("Others"), others))
        colors = (chart.color,) if len(series) == 1 else picture.COLORS
        return [self._short_day(day, size) for day in places], [
            picture.Series(tuple(line[day] for day in places), colors[number], name=name)
            for number, (name, line) in enumerate(series)
        ]

    @api.model
    def _day(self, moment):
        return moment.date() if isinstance(moment, datetime) else moment

    def _short_day(self, day, size):
        formats = {"month": "MMM yy", "quarter": "QQQ yy", "year": "yyyy"}
        return format_date(self.env, day, date_format=formats.get(size, "d MMM"))

    def _label(self, chart, place, key):
        name = chart.group_by[place].partition(":")[0]
        field = self.env[chart.source.model]._fields[name]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(key) or self.env._("Without")
        if isinstance(key, models.BaseModel):
            # sudo: a name that every view of the fact shows anyway.
            return key.sudo().display_name or self.env._("Without")
        return str(key) if key else self.env._("Without")
