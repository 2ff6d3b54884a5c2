import {Component, onWillStart, onWillUnmount, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

const CHANNEL = "order_exceptions";

/** How many orders wait for my approval; a click opens them. */
export class ApprovalsSystray extends Component {
    static template = "order_processing.ApprovalsSystray";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        const bus = useService("bus_service");
        this.state = useState({count: 0});
        const refresh = () => this.load();
        onWillStart(async () => {
            this.asked = await user.hasGroup("order_processing.group_order_user");
            if (this.asked) {
                bus.addChannel(CHANNEL);
                bus.subscribe(CHANNEL, refresh);
                this.load();
            }
        });
        onWillUnmount(() => bus.unsubscribe(CHANNEL, refresh));
    }

    async load() {
        this.state.count = await this.orm.silent.searchCount("order.hold", [
            ["awaits_me", "=", true],
        ]);
    }

    open() {
        this.action.doAction("order_processing.order_approval_action", {clearBreadcrumbs: true});
    }
}

registry
    .category("systray")
    .add("order_processing.approvals", {Component: ApprovalsSystray}, {sequence: 26});
