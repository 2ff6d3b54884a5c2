import {Component, markup, onWillStart, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {deserializeDateTime, formatDateTime} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

/** Open transfers as proposed batches; people move transfers between them, then confirm. */
export class PickingPlan extends Component {
    static template = "order_shipping.PickingPlan";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({plan: null, busy: false, selected: null, over: null});
        this.dragged = null;
        const {template_id, warehouse_id} = this.props.action.params || {};
        onWillStart(() => this.open(template_id || false, false, warehouse_id || false));
    }

    async open(templateId, strategy, warehouseId) {
        await this.run("open_plan", [templateId, strategy, warehouseId || false]);
        this.state.selected = this.proposals.length ? this.proposals[0].id : null;
    }

    /**
     * Call the server and show the plan it answers with. Meanwhile nothing can be moved: what was
     * moved in the plan before would be lost with it.
     */
    async run(method, args) {
        this.state.busy = true;
        try {
            this.state.plan = await this.orm.call("picking.plan", method, args);
        } finally {
            this.state.busy = false;
        }
        if (!this.proposals.some((proposal) => proposal.id === this.state.selected)) {
            this.state.selected = this.proposals.length ? this.proposals[0].id : null;
        }
    }

    get proposals() {
        return this.state.plan ? this.state.plan.proposals : [];
    }

    get selected() {
        return this.proposals.find((proposal) => proposal.id === this.state.selected);
    }

    svg(proposal) {
        // Drawn by the server, which escapes every name in it.
        return markup(proposal.svg);
    }

    number(value, digits = 0) {
        return value.toLocaleString(undefined, {
            minimumFractionDigits: digits,
            maximumFractionDigits: digits,
        });
    }

    percent(share) {
        return `${this.number(100 * share, 1)} %`;
    }

    due(chip) {
        return chip.due ? formatDateTime(deserializeDateTime(chip.due)) : "";
    }

    cardClass(proposal) {
        return {
            "border-primary": proposal.id === this.state.selected,
            o_over: proposal.id === this.state.over,
        };
    }

    title(proposal) {
        return _t("Batch %s", proposal.number);
    }

    // --- Changes ---

    onTemplate(ev) {
        return this.open(Number(ev.target.value), false);
    }

    onStrategy(ev) {
        return this.open(this.state.plan.template_id, ev.target.value);
    }

    replan() {
        return this.open(this.state.plan.template_id, this.state.plan.strategy);
    }

    onPicker(proposal, ev) {
        const args = [this.state.plan.id, proposal.id, Number(ev.target.value) || false];
        return this.run("assign_picker", args);
    }

    move(transferId, proposalId) {
        return this.run("move_transfer", [this.state.plan.id, transferId, proposalId]);
    }

    /** Without a mouse: choose the batch from the list beside the transfer. */
    onMove(chip, ev) {
        const choice = ev.target.value;
        ev.target.value = "";
        return this.move(chip.id, choice === "new" ? false : Number(choice));
    }

    onDragStart(chip, proposal, ev) {
        this.dragged = {id: chip.id, from: proposal.id};
        ev.dataTransfer.effectAllowed = "move";
        ev.dataTransfer.setData("text/plain", chip.name);
    }

    onDragOver(proposalId, ev) {
        if (this.dragged) {
            ev.preventDefault();
            this.state.over = proposalId;
        }
    }

    async onDrop(proposalId, ev) {
        ev.preventDefault();
        const dragged = this.dragged;
        this.dragged = null;
        this.state.over = null;
        if (dragged && dragged.from !== proposalId) {
            await this.move(dragged.id, proposalId);
        }
    }

    onDragEnd() {
        this.dragged = null;
        this.state.over = null;
    }

    async confirm() {
        this.state.busy = true;
        try {
            const action = await this.orm.call("picking.plan", "action_apply", [
                this.state.plan.id,
            ]);
            await this.action.doAction(action);
        } finally {
            this.state.busy = false;
        }
    }

    openTransfer(chip) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "stock.picking",
            res_id: chip.picking_id,
            views: [[false, "form"]],
        });
    }

    openTemplate() {
        this.action.doAction("order_shipping.picking_wave_template_action");
    }
}

registry.category("actions").add("order_shipping_picking_plan", PickingPlan);
