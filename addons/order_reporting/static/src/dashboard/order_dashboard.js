import {onWillStart} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {patch} from "@web/core/utils/patch";
import {user} from "@web/core/user";
import {SpreadsheetDashboardAction} from "@spreadsheet_dashboard/bundle/dashboard_action/dashboard_action";
import {getDateRange} from "@spreadsheet/global_filters/helpers";
import {Status} from "@spreadsheet_dashboard/bundle/dashboard_action/dashboard_loader_service";

/** What the server calls the dashboard's filters by records. */
const FILTERS = [
    ["companies", "filter-company"],
    ["channels", "filter-channel"],
    ["warehouses", "filter-warehouse"],
];
/** Copies being changed: read anew when somebody comes back to them. */
const beingChanged = new Set();

/** The way from one of our dashboards to a copy of it, from a copy to its form, and to a PDF. */
patch(SpreadsheetDashboardAction.prototype, {
    setup() {
        super.setup();
        /** @type {Map<number, boolean>} id of each of our dashboards, and whether it's a copy */
        this.orderDashboards = new Map();
        onWillStart(async () => {
            const active = this.loader.activeDashboardId;
            if (beingChanged.delete(active) && this.loader.dashboards[active]) {
                this.loader.dashboards[active].status = Status.NotLoaded;
            }
            const [mayChange, found] = await Promise.all([
                user.hasGroup("order_processing.group_order_manager"),
                this.orm.searchRead(
                    "spreadsheet.dashboard",
                    [["order_code", "!=", false]],
                    ["is_order_copy"]
                ),
            ]);
            this.mayChange = mayChange;
            this.orderDashboards = new Map(
                found.map((dashboard) => [dashboard.id, dashboard.is_order_copy])
            );
        });
    },

    /** A PDF made on the server, of what the filters show now. */
    async downloadOrderDashboard() {
        const {getters} = this.loader.getActiveDashboard().model;
        const period = getters.getGlobalFilterValue("filter-period");
        const days = (offset) => {
            const {from, to} = getDateRange(period, offset);
            return [from ? from.toISODate() : false, to ? to.toISODate() : false];
        };
        const data = {ids: [this.activeDashboardId], now: days(0), before: days(-1)};
        for (const [name, filter] of FILTERS) {
            const value = getters.getGlobalFilterValue(filter);
            if (value && value.operator !== "in" && value.operator !== "child_of") {
                this.env.services.notification.add(
                    _t("A PDF can be made of filters by names only. Choose names in the filters."),
                    {type: "warning"}
                );
                return;
            }
            data[name] = value ? value.ids : [];
        }
        await this.actionService.doAction({
            type: "ir.actions.report",
            report_type: "qweb-pdf",
            report_name: "order_reporting.dashboard_paper",
            report_file: "order_reporting.dashboard_paper",
            data,
        });
    },

    async changeOrderDashboard() {
        const id = this.activeDashboardId;
        const action = await this.orm.call(
            "spreadsheet.dashboard",
            "action_change_order_dashboard",
            [id]
        );
        beingChanged.add(id);
        await this.actionService.doAction(action);
    },
});
