import json
import re
from datetime import date, datetime, timedelta

from odoo import fields
from odoo.tests import tagged

from ..engine import period
from ..models.report_dashboard_paper import Window
from ..tools import sheets
from ..tools.dashboards import DASHBOARDS
from .common import ReportingCommon

VALUE = re.compile(r'PIVOT\.VALUE\((\d+),"([^"]+)"\)')


def where(domain):
    """A domain of the dashboards as SQL, written by hand: no ORM is between."""
    items = [*domain]

    def take():
        item = items.pop(0)
        if item in ("|", "&"):
            left, right = take(), take()
            return f"({left} {'OR' if item == '|' else 'AND'} {right})"
        name, comparison, value = item
        if value is False:
            return f"t.{name} IS {'NOT ' if comparison == '!=' else ''}NULL"
        if isinstance(value, list | tuple):
            among = ", ".join(literal(one) for one in value)
            unknown = f"t.{name} IS NULL OR " if comparison == "not in" else ""
            return f"({unknown}t.{name} {comparison.upper()} ({among}))"
        if comparison == "!=" and value != 0:
            return f"(t.{name} IS NULL OR t.{name} != {literal(value)})"
        return f"t.{name} {comparison} {literal(value)}"

    parts = []
    while items:
        parts.append(take())
    return " AND ".join(parts) or "TRUE"


def literal(value):
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


@tagged("post_install", "-at_install")
class TestDashboardFigures(ReportingCommon):
    """Every figure of every dashboard: by its document, by a pivot, on paper and by raw SQL."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        cls.company = cls.env.company
        cls._fill()
        cls.paper = cls.env["report.order_reporting.dashboard_paper"].with_context(tz="UTC")
        today = fields.Date.today()
        # The period of half a year and the one before it: whatever is there falls into one.
        cls.window = Window(
            period.Span(today - timedelta(days=180), today),
            period.Span(today - timedelta(days=900), today - timedelta(days=181)),
            companies=(cls.company.id,),
        )

    @classmethod
    def _fill(cls):
        """What the demo's past orders don't have: holds, documents, forecasts, differences."""
        now, made = fields.Datetime.now(), cls()
        orders = cls.env["sale.order"]
        for days in (2, 20, 300):
            moment = fields.Datetime.to_string(now - timedelta(days=days))
            orders += made.make_order(moment=moment, commitment_date=now - timedelta(days=days - 3))
        made.ship(orders[0], moment=fields.Datetime.to_string(now - timedelta(days=1)))
        made.invoice(orders[0], moment=fields.Datetime.to_string(now - timedelta(days=1)))
        orders[1]._place_hold("manual", "ship", "Wait")
        reason = cls.env["shipping.return.reason"].create(
            {"name": "Broken by them", "code": "theirs_figures", "is_supplier_fault": True}
        )
        cls.env["shipping.return"].create(
            {
                "order_id": orders[0].id,
                "line_ids": [
                    fields.Command.create(
                        {
                            "sale_line_id": orders[0].order_line.id,
                            "quantity": 2,
                            "reason_id": reason.id,
                        }
                    )
                ],
            }
        )
        cls.env["order.discrepancy"].create(
            {
                "line_id": orders[0].order_line.id,
                "order_id": orders[0].id,
                "verdict": "other_price",
                "amount": 20,
                "amount_abs": 20,
                "date_found": now,
            }
        )
        day = fields.Date.today() + timedelta(days=7)
        cls.env["order.forecast"].create(
            [
                {"kind": kind, "company_id": cls.company.id, "date": day, "expected": 7.0} | more
                for kind, more in (
                    ("orders", {}),
                    ("sales", {}),
                    ("picks", {"warehouse_id": cls.warehouse.id, "load_rate": 0.5}),
                )
            ]
        )
        cls.facts._refresh(cls.env["sale.order"].search([]))
        cls.env.flush_all()
        cls.env.invalidate_all()

    # === FOUR WAYS TO ONE FIGURE === #

    def filtered(self, source, offset=None):
        """The domain of a document's source, with the filters as the browser adds them."""
        domain = [*(source.get("domain") or source.get("searchParams", {}).get("domain", []))]
        matching = source["fieldMatching"]
        domain.append([matching[sheets.COMPANY]["chain"], "in", [self.company.id]])
        match = matching.get(sheets.PERIOD)
        if match:
            if offset is not None:
                self.assertEqual(match["offset"], offset)
            days = self.window.before if match["offset"] else self.window.now
            first, last = days.first, days.last
            if match["type"] == "datetime":
                first = datetime.combine(first, datetime.min.time())
                last = datetime.combine(last, datetime.max.time()).replace(microsecond=0)
            domain += [[match["chain"], ">=", first], [match["chain"], "<=", last]]
        return domain

    def table(self, model):
        query = self.env[model]._table_query
        return (
            f"({query.code if hasattr(query, 'code') else query})"
            if query
            else f'"{self.env[model]._table}"'
        )

    def by_sql(self, model, domain, column, group=""):
        query = f"SELECT {group + ', ' if group else ''}{column} FROM {self.table(model)} t"  # noqa: S608
        query += f" WHERE {where(domain)}" + (f" GROUP BY {group}" if group else "")
        self.env.cr.execute(query.replace("%", "%%"))
        return self.env.cr.fetchall()

    def column(self, code):
        if code == "__count":
            return "COUNT(*)"
        name, _colon, aggregator = code.partition(":")
        return f"{aggregator.upper()}(t.{name})"

    def cell(self, document, place):
        """What a cell of the hidden sheet comes to: its formula over its pivots."""
        text = document["sheets"][1]["cells"][place]
        values = []
        for number, code in VALUE.findall(text):
            pivot = document["pivots"][number]
            self.assertIn(code, [measure["id"] for measure in pivot["measures"]])
            domain = self.filtered(pivot)
            model = self.env[pivot["model"]]
            # As a pivot reads it: of all, and by company, of which there is one.
            [all_of_it] = model.formatted_read_group(domain, [], [code])
            grouped = model.formatted_read_group(domain, ["company_id"], [code])
            if grouped:
                self.assertEqual(all_of_it[code], grouped[0][code])
            [[raw]] = self.by_sql(pivot["model"], domain, self.column(code))
            values.append((all_of_it[code], raw))
        return text, values

    def assert_same(self, one, other, where):
        if one is None or one is False or other is None:
            self.assertFalse(one or other, where)
        else:
            self.assertAlmostEqual(float(one), float(other), 4, where)

    def test_scores(self):
        for described in DASHBOARDS:
            record = self.env.ref(f"order_reporting.spreadsheet_dashboard_{described.code}")
            document = json.loads(record.spreadsheet_data)
            on_paper = self.paper._read_scores(described, self.window)
            known = 0
            for row, (score, pair) in enumerate(zip(described.scores, on_paper, strict=True), 2):
                for letter, value in zip("BC", pair, strict=True):
                    if letter == "C" and not score.source.dated:
                        continue
                    label = (described.name, score.label, letter)
                    text, values = self.cell(document, f"{letter}{row}")
                    for pivot, raw in values:
                        self.assert_same(pivot, raw, label)
                    if len(values) == 2:
                        self.assertIn(")/PIVOT", text)
                        (top, _), (bottom, _) = values
                        wanted = (top or 0.0) / bottom if bottom else None
                    else:
                        [[wanted, _raw]] = values
                    self.assert_same(value, wanted, label)
                    known += letter == "B" and bool(wanted)
            # Else they would agree about nothing.
            self.assertGreaterEqual(known, 3, described.name)

    def test_charts(self):
        for described in DASHBOARDS:
            record = self.env.ref(f"order_reporting.spreadsheet_dashboard_{described.code}")
            document = json.loads(record.spreadsheet_data)
            drawn = [
                figure["data"]
                for figure in document["sheets"][0]["figures"]
                if figure["data"]["type"] != "scorecard"
            ]
            known = 0
            for chart, data in zip(described.charts, drawn, strict=True):
                label = (described.name, chart.title)
                meta, domain = data["metaData"], self.filtered(data)
                model = self.env[meta["resModel"]].with_context(tz="UTC")
                code = meta["measure"]
                if code != "__count":
                    code = f"{code}:{model._fields[code].aggregator}"
                shown = self.keyed(model._read_group(domain, meta["groupBy"], [code]))
                on_paper = self.keyed(self.paper._read_chart(chart, self.window))
                self.assertEqual(on_paper, shown, label)
                group = ", ".join(self.group(model, name) for name in meta["groupBy"])
                raw = self.keyed(self.by_sql(meta["resModel"], domain, self.column(code), group))
                self.assertEqual(set(raw), set(shown), label)
                for key, value in shown.items():
                    self.assert_same(value, raw[key], (*label, key))
                known += bool(shown)
            self.assertGreaterEqual(known, 3, described.name)

    def group(self, model, name):
        """A group of a chart as SQL; weeks begin on Sunday, as those of English (US) do."""
        name, _colon, size = name.partition(":")
        if not size:
            return f"t.{name}"
        shift = "interval '1 day'" if size == "week" else "interval '0'"
        return f"(date_trunc('{size}', t.{name} + {shift}) - {shift})::date"

    def keyed(self, rows):
        """{group or groups: value} with ids and days in place of records and moments."""

        def plain(key):
            if isinstance(key, datetime):
                return key.date()
            if isinstance(key, date | str):
                return key
            return getattr(key, "id", key) or None

        return {tuple(plain(key) for key in keys): value for *keys, value in rows}

    def test_lists(self):
        """A list shows the first rows of its domain; so do the rows by raw SQL."""
        for described in DASHBOARDS:
            record = self.env.ref(f"order_reporting.spreadsheet_dashboard_{described.code}")
            [data] = json.loads(record.spreadsheet_data)["lists"].values()
            domain = self.filtered(data)
            count = self.env[data["model"]].search_count(domain)
            [[raw]] = self.by_sql(data["model"], domain, "COUNT(*)")
            self.assertEqual(count, raw, described.name)
            on_paper = self.paper._prepare_list(described.listing, self.window, str)
            self.assertEqual(len(on_paper["rows"]), min(count, sheets.LIST_ROWS))
