"""Units of measure: codes of UN/ECE recommendation 20 and the units that Odoo comes with.

Source: UNECE Recommendation 20, revision 17; packages (BX, CT, PK …) are of recommendation 21 and
mean as much as two partners agreed, so they take an alias.
"""

#: External id in Odoo's ``uom`` module → the codes that mean it. PCE, UN and NAR are widespread.
_BY_UNIT = {
    "product_uom_unit": "C62 EA H87 PCE PCS PC UN NAR NIU ST STK",
    "product_uom_dozen": "DZN DZ",
    "product_uom_hour": "HUR",
    "product_uom_day": "DAY",
    "product_uom_minute": "MIN",
    "product_uom_millimeter": "MMT",
    "product_uom_cm": "CMT",
    "product_uom_meter": "MTR LM",
    "product_uom_km": "KMT KTM",
    "product_uom_inch": "INH",
    "product_uom_foot": "FOT",
    "product_uom_yard": "YRD",
    "product_uom_mile": "SMI",
    "product_uom_square_meter": "MTK",
    "product_uom_square_foot": "FTK",
    "product_uom_milliliter": "MLT",
    "product_uom_litre": "LTR L",
    "product_uom_cubic_meter": "MTQ",
    "product_uom_cubic_inch": "INQ",
    "product_uom_cubic_foot": "FTQ",
    "product_uom_floz": "OZA",
    "product_uom_qt": "QT QTL",
    "product_uom_gal": "GLL",
    "product_uom_gram": "GRM",
    "product_uom_kgm": "KGM KG",
    "product_uom_ton": "TNE",
    "product_uom_oz": "ONZ",
    "product_uom_lb": "LBR",
    "product_uom_kwh": "KWH",
}
#: Code → external id.
UNITS = {code: unit for unit, codes in _BY_UNIT.items() for code in codes.split()}
