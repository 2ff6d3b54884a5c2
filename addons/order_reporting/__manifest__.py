# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl-3.0).
{
    "name": "Order Reporting",
    "summary": "One fact for each order, KPIs with their definitions, a dashboard to drill into",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "license": "LGPL-3",
    "author": "Order Suite contributors",
    "website": "https://github.com/order-suite/order-suite",
    "depends": ["order_processing", "order_shipping", "spreadsheet_dashboard"],
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "security/rules.xml",
        "data/ir_cron.xml",
        "data/order_kpi_data.xml",
        "views/order_fact_views.xml",
        "views/order_kpi_views.xml",
        "data/spreadsheet_dashboard_data.xml",
    ],
    "demo": ["demo/channels.xml"],
    "post_init_hook": "post_init_hook",
}
