import {Component, onMounted, onWillUnmount} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const EVERY = 2000;

/**
 * Reads a form again every two seconds while the widget is visible: for records that jobs work on.
 * What somebody is typing is left alone, and so is the server while nobody looks at the page.
 */
export class RefreshWidget extends Component {
    static template = "order_processing.RefreshWidget";
    static props = {...standardWidgetProps};

    setup() {
        this.timer = null;
        this.gone = false;
        onMounted(() => this.wait());
        onWillUnmount(() => {
            this.gone = true;
            clearTimeout(this.timer);
        });
    }

    wait() {
        this.timer = setTimeout(() => this.refresh(), EVERY);
    }

    async refresh() {
        const record = this.props.record;
        try {
            if (record.resId && !document.hidden && !(await record.isDirty())) {
                await record.load();
            }
        } finally {
            if (!this.gone) {
                this.wait();
            }
        }
    }
}

registry.category("view_widgets").add("order_refresh", {component: RefreshWidget});
