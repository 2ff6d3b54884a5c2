import {Component, onWillStart, useState} from "@odoo/owl";
import {AvailabilityDetail} from "./availability_detail";
import {Layout} from "@web/search/layout";
import {deserializeDate, formatDate} from "@web/core/l10n/dates";
import {formatFloat} from "@web/core/utils/numbers";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useDebounced} from "@web/core/utils/timing";
import {useService} from "@web/core/utils/hooks";

/** Products by warehouses or dates: what may be promised, and by a click what makes it. */
export class Availability extends Component {
    static template = "order_processing.Availability";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.display = {controlPanel: {}};
        const context = this.props.action.context || {};
        this.state = useState({
            data: null,
            loading: false,
            options: {
                search: context.availability_search || "",
                columns: "warehouses",
                date: "",
                warehouse_ids: [],
                channel_id: false,
                offset: 0,
            },
        });
        this.onSearch = useDebounced((text) => this.change({search: text}), 250);
        onWillStart(() => this.load());
    }

    async load() {
        this.state.loading = true;
        const options = {...this.state.options};
        const data = await this.orm.call("product.product", "get_availability", [options]);
        // An answer that was overtaken by the next question isn't shown.
        if (JSON.stringify(options) === JSON.stringify({...this.state.options})) {
            this.state.data = data;
            this.state.loading = false;
        }
    }

    change(options) {
        Object.assign(this.state.options, {offset: 0}, options);
        return this.load();
    }

    onWarehouse(ev) {
        const id = parseInt(ev.target.value, 10);
        this.change({warehouse_ids: id ? [id] : []});
    }

    onChannel(ev) {
        this.change({channel_id: parseInt(ev.target.value, 10) || false});
    }

    get range() {
        const {offset, page, count, rows} = this.state.data;
        return {
            text: `${count ? offset + 1 : 0}-${offset + rows.length} / ${count}`,
            previous: offset > 0,
            next: offset + page < count,
        };
    }

    turn(direction) {
        const {offset, page} = this.state.data;
        this.change({offset: Math.max(offset + direction * page, 0)});
    }

    columnName(column) {
        return column.name || formatDate(deserializeDate(column.date));
    }

    cellText(cell) {
        return cell.quantity === null
            ? "∞"
            : formatFloat(cell.quantity, {trailingZeros: false, digits: [16, 2]});
    }

    cellClass(cell) {
        return {
            enough: "text-success",
            incoming: "text-warning-emphasis bg-warning-subtle",
            short: "text-danger bg-danger-subtle",
            elsewhere: "text-muted",
            unlimited: "text-muted",
        }[cell.state];
    }

    open(row, column) {
        this.dialog.add(AvailabilityDetail, {
            productId: row.id,
            warehouseIds: column.ids,
            channelId: this.state.options.channel_id,
        });
    }
}

registry.category("actions").add("order_processing.availability", Availability);
