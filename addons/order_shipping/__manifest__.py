# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl-3.0).
{
    "name": "Order Shipping",
    "summary": "From batch to label: pick routes, rates side by side, one label for each parcel",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "license": "LGPL-3",
    "author": "Order Suite contributors",
    "website": "https://github.com/order-suite/order-suite",
    "application": True,
    "depends": [
        "order_processing",
        "stock_picking_batch",
        "delivery_stock_picking_batch",
    ],
    "external_dependencies": {"python": ["reportlab"]},
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "security/rules.xml",
        "data/sequence_data.xml",
        "views/shipping_rate_views.xml",
        "views/shipping_label_views.xml",
        "views/delivery_carrier_views.xml",
        "views/stock_location_views.xml",
        "views/stock_picking_batch_views.xml",
        "views/stock_picking_views.xml",
        "views/picking_scan_views.xml",
        "report/pack_papers.xml",
        "report/pick_papers.xml",
        "views/menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "order_shipping/static/src/scan/**/*",
        ],
    },
    "demo": [
        "demo/carriers.xml",
        "demo/layouts.xml",
        "demo/scanning.xml",
    ],
}
