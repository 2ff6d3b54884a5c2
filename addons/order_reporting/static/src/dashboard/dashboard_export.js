import {onWillStart} from "@odoo/owl";
import {download} from "@web/core/network/download";
import {patch} from "@web/core/utils/patch";
import {user} from "@web/core/user";
import {SpreadsheetDashboardAction} from "@spreadsheet_dashboard/bundle/dashboard_action/dashboard_action";
import {waitForDataLoaded} from "@spreadsheet/helpers/model";

/** Dashboards as a workbook and on paper (or as PDF, by the browser's print dialog). */
patch(SpreadsheetDashboardAction.prototype, {
    setup() {
        super.setup();
        onWillStart(async () => {
            this.mayExport = await user.hasGroup("base.group_allow_export");
        });
    },

    async downloadDashboard() {
        const {model, data} = this.loader.getActiveDashboard();
        await waitForDataLoaded(model);
        const {files} = model.exportXLSX();
        await download({
            url: "/order_reporting/dashboard/xlsx",
            data: {
                name: data.name,
                files: new Blob([JSON.stringify(files)], {type: "application/json"}),
            },
        });
    },

    printDashboard() {
        // What Ctrl+P does in a dashboard: Odoo shows the whole sheet before it prints.
        window.dispatchEvent(
            new KeyboardEvent("keydown", {key: "p", ctrlKey: true, cancelable: true})
        );
    },
});
