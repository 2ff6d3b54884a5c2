"""A dashboard's description → the spreadsheet's own JSON document.

Pure Python. ``dashboards.py`` describes what each dashboard shows; here is how that looks: scores
on top, charts below, a list, and what the figures mean.
"""

import json
import uuid
from dataclasses import dataclass

PERIOD, COMPANY = "filter-period", "filter-company"
CHANNEL, WAREHOUSE = "filter-channel", "filter-warehouse"
#: As wide as a window of 1280 points leaves it, beside the list of dashboards.
WIDTH, GAP = 1056, 12
LIST_ROWS = 10
ROW_HEIGHT = 23
SCORE_HEIGHT, CHART_HEIGHT, PER_ROW = 105, 240, 3
COLUMNS = (191, 210, 137, 156, 186, 176)
FORMATS = {"1": "#,##0", "2": "0.0%", "3": "#,##0.0"}
FORMAT_OF = {"count": 1, "percent": 2, "number": 3}
#: Units whose change is told as a difference: so many percent more than -2 days says nothing.
MEANS = ("percent", "number")
KPI_MENU = "order_reporting.menu_order_kpi"
#: model → its date, and which of company, channel and warehouse it has, and its menu.
MODELS = {
    "order.fact": ("date_received", "datetime", True, True, "menu_order_fact"),
    "order.line.fact": ("date_received", "datetime", True, True, "menu_order_line_fact"),
    "order.shipment.fact": ("date_shipped", "datetime", True, True, "menu_order_shipment_fact"),
    "order.pick.fact": ("date_done", "datetime", False, True, "menu_order_pick_fact"),
    "order.hold.fact": ("date_placed", "datetime", True, True, "menu_order_hold_fact"),
    "order.intake.fact": ("date_received", "datetime", True, False, "menu_order_intake_fact"),
    "order.match.fact": ("date", "date", False, False, "menu_order_match_fact"),
    "order.invoice.fact": ("date_invoiced", "date", False, False, "menu_order_invoice_fact"),
    "order.forecast": ("date", "date", False, True, "menu_order_forecast"),
    "order.discrepancy.fact": (
        "date_found",
        "datetime",
        True,
        True,
        "menu_order_discrepancy_fact",
    ),
    "order.return.fact": ("date_requested", "datetime", True, True, "menu_order_return_fact"),
}


@dataclass(frozen=True)
class Source:
    """Rows of a model; ``dated`` ones follow the period, others are as of now."""

    model: str = "order.fact"
    domain: tuple = ()
    dated: bool = True


@dataclass(frozen=True)
class Score:
    """One figure: ``field`` summed, averaged or counted, or the ratio of two sums."""

    label: str
    field: str
    aggregator: str | None
    unit: str
    definition: str
    more_is_better: bool = True
    over: str | None = None
    source: Source = Source()


@dataclass(frozen=True)
class Chart:
    kind: str
    title: str
    group_by: tuple
    measure: str
    source: Source = Source()
    color: str = "#4EA7F2"
    wide: bool = False


@dataclass(frozen=True)
class Listing:
    title: str
    source: Source
    columns: tuple
    order: str
    ascending: bool = True


@dataclass(frozen=True)
class Dashboard:
    code: str
    name: str
    scores: tuple
    charts: tuple
    listing: Listing | None
    period: str = "last_90_days"
    more: tuple = ()
    channels: tuple = ()
    warehouses: tuple = ()

    @property
    def listings(self):
        return (self.listing, *self.more) if self.listing else ()


def matching(source, offset=0):
    """How the filters apply to a data source; ``offset`` -1 is the period before."""
    clock, kind, channel, warehouse, _menu = MODELS[source.model]
    found = {COMPANY: {"chain": "company_id", "type": "many2one"}}
    if source.dated:
        found[PERIOD] = {"chain": clock, "type": kind, "offset": offset}
    if channel:
        found[CHANNEL] = {"chain": "channel_id", "type": "many2one"}
    if warehouse:
        found[WAREHOUSE] = {"chain": "warehouse_id", "type": "many2one"}
    return found


def domain_of(source):
    return [list(item) if isinstance(item, tuple) else item for item in source.domain]


def measures_of(scores):
    """The pivot measures that some scores read, each once."""
    names = {}
    for score in scores:
        for field in filter(None, (score.field, score.over)):
            aggregator = "sum" if score.over else score.aggregator
            code = f"{field}:{aggregator}" if aggregator else field
            names[code] = {"id": code, "fieldName": field}
            if aggregator:
                names[code]["aggregator"] = aggregator
    return list(names.values())


def pivots(dashboard):
    """Two pivots for each source: the period and the one before; and which score reads which."""
    sources = list(dict.fromkeys(score.source for score in dashboard.scores))
    made, numbers = {}, {}
    for source in sources:
        scores = [score for score in dashboard.scores if score.source == source]
        for offset in (0, -1) if source.dated else (0,):
            number = str(len(made) + 1)
            numbers[source, offset] = number
            made[number] = {
                "type": "ODOO",
                "model": source.model,
                "name": "Scores" if not offset else "Scores of the period before",
                "domain": domain_of(source),
                "context": {},
                "columns": [],
                "rows": [],
                "sortedColumn": None,
                "measures": measures_of(scores),
                "fieldMatching": matching(source, offset),
                "formulaId": number,
            }
    return made, numbers


def formula(score, number):
    def value(field, aggregator):
        code = f"{field}:{aggregator}" if aggregator else field
        return f'PIVOT.VALUE({number},"{code}")'

    if score.over:
        return f"{value(score.field, 'sum')}/{value(score.over, 'sum')}"
    return value(score.field, score.aggregator)


def figure(left, top, width, height, data):
    code = str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([left, top, data], sort_keys=True)))
    return {
        "id": code,
        "tag": "chart",
        "col": 0,
        "row": 0,
        "offset": {"x": left, "y": top},
        "width": width,
        "height": height,
        "data": {**data, "chartId": code},
    }


def scorecards(dashboard):
    """Rows of three; the arrow compares with the period before."""
    width = (WIDTH - GAP * (PER_ROW - 1)) // PER_ROW
    good, bad = "#00A04A", "#DC6965"
    return [
        figure(
            index % PER_ROW * (width + GAP),
            10 + index // PER_ROW * (SCORE_HEIGHT + GAP),
            width,
            SCORE_HEIGHT,
            {
                "type": "scorecard",
                "title": {"text": score.label, "bold": True, "color": "#434343"},
                "background": "#FFF7ED" if score.unit in MEANS else "#EFF6FF",
                "keyValue": f"Data!D{index + 2}",
                "baselineMode": "difference" if score.unit in MEANS else "percentage",
                "baselineColorUp": good if score.more_is_better else bad,
                "baselineColorDown": bad if score.more_is_better else good,
                # A phone has room for 755k, not for 755,412.60.
                "humanize": score.unit == "money",
                **(
                    {
                        "baseline": f"Data!E{index + 2}",
                        "baselineDescr": {"text": "vs before"},
                    }
                    if score.source.dated
                    else {"baselineDescr": {"text": "now"}}
                ),
            },
        )
        for index, score in enumerate(dashboard.scores)
    ]


def charts(dashboard):
    """Charts below the scores: two in a row, or one over the whole width."""
    rows = -(-len(dashboard.scores) // PER_ROW)
    top = 10 + rows * (SCORE_HEIGHT + GAP) + 4
    half = (WIDTH - GAP) // 2
    made, left = [], 0
    for chart in dashboard.charts:
        if chart.wide and left:
            top, left = top + CHART_HEIGHT + GAP, 0
        width = WIDTH if chart.wide else half
        made.append((figure(left, top, width, CHART_HEIGHT, _chart(chart)), chart.source.model))
        left += width + GAP
        if left > WIDTH:
            top, left = top + CHART_HEIGHT + GAP, 0
    if left:
        top += CHART_HEIGHT + GAP
    return made, top


def _chart(chart):
    group_by = list(chart.group_by)
    return {
        "type": f"odoo_{chart.kind}",
        "title": {"text": chart.title, "bold": True, "fontSize": 16, "color": "#434343"},
        "background": "#FFFFFF",
        # Odoo's own map of the world, coloured by country: Community has no view of this kind.
        **({"colorScale": "blues", "region": "world"} if chart.kind == "geo" else {}),
        "legendPosition": "top" if len(group_by) > 1 or chart.kind == "pie" else "none",
        "metaData": {
            "groupBy": group_by,
            "measure": chart.measure,
            # The longest bar first, but days and steps in their own order.
            "order": "DESC" if chart.kind == "bar" and group_by[0].endswith("_id") else None,
            "resModel": chart.source.model,
            "mode": "bar" if chart.kind == "geo" else chart.kind,
        },
        "searchParams": {
            "comparison": None,
            "context": {},
            "domain": domain_of(chart.source),
            "groupBy": group_by,
            "orderBy": [],
        },
        "dataSets": [] if len(group_by) > 1 else [{"backgroundColor": chart.color}],
        "verticalAxisPosition": "left",
        "stacked": len(group_by) > 1,
        "fillArea": chart.kind == "line",
        "fieldMatching": matching(chart.source),
    }


def lists(dashboard):
    return {
        str(number): {
            "id": str(number),
            "name": listing.title,
            "model": listing.source.model,
            "columns": list(listing.columns),
            "domain": domain_of(listing.source),
            "context": {},
            "orderBy": [{"name": listing.order, "asc": listing.ascending}],
            "fieldMatching": matching(listing.source),
        }
        for number, listing in enumerate(dashboard.listings, 1)
    }


def list_cells(listing, number, start):
    """Cells, styles and borders of one list: its title, its head and its rows."""
    views = ["list", "pivot", "graph", "search"]
    if listing.source.model == "order.fact":
        views.insert(3, "form")
    link = {
        "viewType": "list",
        "action": {
            "domain": domain_of(listing.source),
            "context": {},
            "modelName": listing.source.model,
            "views": [[False, view] for view in views],
        },
        "threshold": 0,
        "name": listing.title,
    }
    cells = {f"A{start}": f"[{listing.title}](odoo://view/{json.dumps(link)})"}
    for column, field in enumerate(listing.columns):
        letter = "ABCDEF"[column]
        cells[f"{letter}{start + 1}"] = f'=ODOO.LIST.HEADER({number},"{field}")'
        for row in range(1, LIST_ROWS + 1):
            cells[f"{letter}{start + 1 + row}"] = f'=ODOO.LIST({number},{row},"{field}")'
    styles = {
        f"A{start}": 1,
        f"A{start + 1}:F{start + 1}": 2,
        f"A{start + 2}:F{start + 1 + LIST_ROWS}": 3,
    }
    return cells, styles, {f"A{start}:F{start}": 1}


def text_cells(dashboard, start):
    """Cells, styles, borders and merges of the lists and of the definitions below them."""
    row, cells, styles, borders, merges, heights = start, {}, {}, {}, [], {}
    for number, listing in enumerate(dashboard.listings, 1):
        for whole, part in zip(
            (cells, styles, borders), list_cells(listing, number, row), strict=True
        ):
            whole.update(part)
        row += LIST_ROWS + 4
    if not dashboard.scores:
        return cells, styles, borders, merges, heights, row
    cells[f"A{row}"] = f"[What the figures mean](odoo://ir_menu_xml_id/{KPI_MENU})"
    styles[f"A{row}"], borders[f"A{row}:F{row}"] = 1, 1
    for score in dashboard.scores:
        row += 1
        cells[f"A{row}"] = f'=_t("{score.label}")'
        cells[f"B{row}"] = f'=_t("{score.definition}")'
        styles[f"A{row}"], styles[f"B{row}:F{row}"] = 5, 6
        merges.append(f"B{row}:F{row}")
        lines = max(len(score.definition) // 112, len(score.label) // 22)
        heights[str(row - 1)] = {"size": 23 + 18 * lines}
    return cells, styles, borders, merges, heights, row


def data_cells(dashboard, numbers):
    """The hidden sheet: each score now and before, and "no data" where there is none."""
    cells = {"A1": '=_t("KPI")'}
    cells.update(B1='=_t("Current")', C1='=_t("Previous")', D1='=_t("Shown")')
    formats = {}
    for row, score in enumerate(dashboard.scores, 2):
        cells[f"A{row}"] = f'=_t("{score.label}")'
        cells[f"B{row}"] = f'=IFERROR({formula(score, numbers[score.source, 0])},"")'
        cells[f"D{row}"] = f'=IF(ISNUMBER(B{row}),B{row},_t("no data"))'
        if score.source.dated:
            cells[f"C{row}"] = f'=IFERROR({formula(score, numbers[score.source, -1])},"")'
            known = f"ISNUMBER(B{row}),ISNUMBER(C{row})"
            if score.unit not in MEANS:
                known += f",C{row}<>0"  # so many percent more than nothing says nothing
            cells[f"E{row}"] = f'=IF(AND({known}),C{row},"")'
        if score.unit in FORMAT_OF:  # money keeps the currency of the figure itself
            formats[f"B{row}:E{row}"] = FORMAT_OF[score.unit]
    return cells, formats


def sheet(code, name, **parts):
    return {
        "id": code,
        "name": name,
        "colNumber": 6,
        "rowNumber": 80,
        "rows": {},
        "cols": {},
        "merges": [],
        "cells": {},
        "styles": {},
        "formats": {},
        "borders": {},
        "conditionalFormats": [],
        "dataValidationRules": [],
        "figures": [],
        "tables": [],
        "areGridLinesVisible": True,
        "isVisible": True,
        "headerGroups": {"ROW": [], "COL": []},
        **parts,
    }


def relation(code, label, model, ids=()):
    """A filter by records of a model, at first by those with the given ids, if any."""
    return {
        "id": code,
        "type": "relation",
        "label": label,
        "modelName": model,
        "defaultValueDisplayNames": [],
        **({"defaultValue": {"operator": "in", "ids": list(ids)}} if ids else {}),
    }


def document(dashboard):
    """The dashboard as the spreadsheet's own JSON document."""
    scores = scorecards(dashboard)
    drawn, bottom = charts(dashboard)
    start = bottom // ROW_HEIGHT + 2
    cells, styles, borders, merges, heights, last = text_cells(dashboard, start)
    sources, numbers = pivots(dashboard)
    data, formats = data_cells(dashboard, numbers)
    menus = {item["id"]: KPI_MENU for item in scores}
    menus |= {item["id"]: f"order_reporting.{MODELS[model][-1]}" for item, model in drawn}
    return {
        "version": "18.5.10",
        "sheets": [
            sheet(
                "dashboard",
                "Dashboard",
                rowNumber=last + 1,
                rows=heights,
                cols={str(index): {"size": size} for index, size in enumerate(COLUMNS)},
                merges=merges,
                cells=cells,
                styles=styles,
                borders=borders,
                figures=[*scores, *(item for item, _model in drawn)],
                areGridLinesVisible=False,
            ),
            sheet(
                "data",
                "Data",
                rowNumber=max(20, len(dashboard.scores) + 1),
                cols={"0": {"size": 220}},
                cells=data,
                styles={"A1:E1": 4},
                formats=formats,
            ),
        ],
        "styles": {
            "1": {"textColor": "#01666b", "bold": True, "fontSize": 16},
            "2": {"bold": True, "fontSize": 11, "textColor": "#434343"},
            "3": {"textColor": "#434343", "verticalAlign": "middle", "wrapping": "clip"},
            "4": {"bold": True},
            "5": {
                "bold": True,
                "textColor": "#434343",
                "wrapping": "wrap",
                "verticalAlign": "top",
            },
            "6": {"textColor": "#434343", "wrapping": "wrap", "verticalAlign": "top"},
        },
        "formats": FORMATS,
        "borders": {"1": {"bottom": {"style": "thin", "color": "#CCCCCC"}}},
        "revisionId": "START_REVISION",
        "uniqueFigureIds": True,
        "settings": {
            "locale": {
                "name": "English (US)",
                "code": "en_US",
                "thousandsSeparator": ",",
                "decimalSeparator": ".",
                "dateFormat": "mm/dd/yyyy",
                "timeFormat": "hh:mm:ss",
                "formulaArgSeparator": ",",
                "weekStart": 7,
            }
        },
        "pivots": sources,
        "pivotNextId": len(sources) + 1,
        "customTableStyles": {},
        "globalFilters": [
            {"id": PERIOD, "type": "date", "label": "Period", "defaultValue": dashboard.period},
            relation(COMPANY, "Company", "res.company"),
            relation(CHANNEL, "Channel", "order.channel", dashboard.channels),
            relation(WAREHOUSE, "Warehouse", "stock.warehouse", dashboard.warehouses),
        ],
        "lists": lists(dashboard),
        "listNextId": len(dashboard.listings) + 1,
        "chartOdooMenusReferences": menus,
    }
