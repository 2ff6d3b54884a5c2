import {
    Component,
    markup,
    onMounted,
    onPatched,
    onWillStart,
    onWillUnmount,
    useRef,
    useState,
} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {deserializeDateTime, formatDateTime} from "@web/core/l10n/dates";
import {ConnectionLostError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

/** Milliseconds between two looks at how far jobs are. */
const EVERY = 2000;

/** Open transfers as proposed batches; people move transfers between them, then confirm. */
export class PickingPlan extends Component {
    static template = "order_shipping.PickingPlan";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({
            plan: null,
            busy: false,
            improving: false,
            selected: null,
            over: null,
            choosing: null,
            drawing: null,
            progress: null,
        });
        this.isGone = false;
        this.dragged = null;
        this.waiting = null;
        this.asked = new Set();
        this.cards = useRef("cards");
        const {template_id, warehouse_id} = this.props.action.params || {};
        onWillStart(() => this.begin(template_id || false, false, warehouse_id || false));
        onMounted(() => {
            this.watchCards();
            if (this.state.plan.running_id) {
                this.follow(this.state.plan.running_id);
            } else {
                this.plan();
            }
        });
        onPatched(() => this.watchCards());
        onWillUnmount(() => {
            this.isGone = true;
            this.state.improving = false;
            this.observer?.disconnect();
        });
    }

    // --- Planning: a frame at once, a first plan, then a better one ---

    async begin(templateId, strategy, warehouseId) {
        this.state.improving = false;
        this.state.progress = null;
        this.state.plan = await this.orm.call("picking.plan", "open_plan", [
            templateId,
            strategy,
            warehouseId || false,
        ]);
    }

    async open(templateId, strategy) {
        this.state.busy = true;
        try {
            await this.begin(templateId, strategy);
        } finally {
            this.state.busy = false;
        }
        this.state.selected = null;
        await this.plan();
    }

    async plan() {
        await this.run("first_plan", [this.state.plan.id]);
        await this.improve();
    }

    /** Ask for a better plan; whatever somebody changes meanwhile counts more than that. */
    async improve() {
        const {id, revision, stage} = this.state.plan;
        if (stage !== "first") {
            return;
        }
        this.state.improving = true;
        let better = false;
        try {
            better = await this.orm.silent.call("picking.plan", "better_plan", [id, revision]);
        } catch {
            // The plan that is shown is good: nobody has to be told that there is no better one.
        }
        const plan = this.state.plan;
        if (!this.state.improving || plan.id !== id || plan.revision !== revision) {
            return;
        }
        this.state.improving = false;
        plan.stage = "best";
        if (better && this.dragged) {
            this.waiting = better;
        } else if (better) {
            this.show(better);
        }
    }

    /**
     * Call the server and show the plan it answers with. Meanwhile nothing can be moved: what was
     * moved in the plan before would be lost with it.
     */
    async run(method, args, isMoved = false) {
        this.state.busy = true;
        this.state.improving = false;
        try {
            this.show(await this.orm.call("picking.plan", method, args), isMoved);
        } finally {
            this.state.busy = false;
        }
    }

    show(plan, isMoved = false) {
        // After one move only what it touched is new: the other transfers were sent before.
        const before = this.state.plan;
        const isKnown = isMoved && plan.revision === before.revision + 1;
        const known = new Map(isKnown ? before.proposals.map((one) => [one.id, one]) : []);
        for (const proposal of plan.proposals) {
            proposal.transfers ||= known.get(proposal.id)?.transfers || false;
        }
        this.waiting = null;
        this.asked.clear();
        this.observer?.disconnect();
        this.state.plan = plan;
        this.state.choosing = null;
        const kept = this.proposals.some((proposal) => proposal.id === this.state.selected);
        this.select(kept ? this.state.selected : this.proposals[0]?.id || null);
    }

    async select(proposalId) {
        const {id, revision, is_measured} = this.state.plan;
        if (proposalId !== this.state.selected) {
            this.state.selected = proposalId;
            this.state.drawing = null;
        }
        if (proposalId && is_measured) {
            const svg = await this.orm.silent.call("picking.plan", "get_drawing", [id, proposalId]);
            if (this.state.selected === proposalId && this.state.plan.revision === revision) {
                // Drawn by the server, which escapes every name in it.
                this.state.drawing = svg && markup(svg);
            }
        }
    }

    // --- Cards get their transfers when they come into view ---

    watchCards() {
        this.observer ||= new IntersectionObserver((entries) => this.onView(entries), {
            rootMargin: "600px",
        });
        for (const card of this.cards.el?.querySelectorAll("[data-empty]") || []) {
            this.observer.observe(card);
        }
    }

    async onView(entries) {
        const ids = [];
        for (const {isIntersecting, target} of entries) {
            const id = Number(target.dataset.id);
            if (isIntersecting && !this.asked.has(id)) {
                this.asked.add(id);
                ids.push(id);
            }
        }
        const plan = this.state.plan;
        if (!ids.length) {
            return;
        }
        const cards = await this.orm.silent.call("picking.plan", "get_cards", [plan.id, ids]);
        const byId = new Map(cards.map((card) => [card.id, card]));
        for (const proposal of plan.proposals) {
            proposal.transfers ||= byId.get(proposal.id)?.transfers || false;
        }
    }

    get proposals() {
        return this.state.plan ? this.state.plan.proposals : [];
    }

    get selected() {
        return this.proposals.find((proposal) => proposal.id === this.state.selected);
    }

    /** Minutes that each picker has at work already, and gets by this plan. */
    get loads() {
        return this.state.plan.pickers.map((picker) => {
            const theirs = this.proposals.filter((one) => one.user_id === picker.id);
            const planned = theirs.reduce((sum, one) => sum + one.minutes, 0);
            return {...picker, planned, batches: theirs.length, total: picker.busy + planned};
        });
    }

    /** Share of the longest load, in per cent. */
    share(minutes) {
        const most = Math.max(...this.loads.map((load) => load.total), 1);
        return (100 * minutes) / most;
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
        return this.run("assign_picker", args, true);
    }

    /** The list of all batches is long: only the one list that somebody opens has it. */
    choose(chip) {
        this.state.choosing = chip.id;
    }

    move(transferId, proposalId) {
        return this.run("move_transfer", [this.state.plan.id, transferId, proposalId], true);
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
            this.waiting = null;
            await this.move(dragged.id, proposalId);
        }
        this.showWaiting();
    }

    onDragEnd() {
        this.dragged = null;
        this.state.over = null;
        this.showWaiting();
    }

    /** A better plan that came while somebody dragged a transfer, and then let it be. */
    showWaiting() {
        if (this.waiting) {
            this.show(this.waiting);
        }
    }

    async confirm() {
        this.state.busy = true;
        this.state.improving = false;
        try {
            const {id} = this.state.plan;
            const action = await this.orm.call("picking.plan", "action_apply", [id]);
            if (action) {
                await this.action.doAction(action);
            } else {
                this.follow(id);
            }
        } finally {
            this.state.busy = false;
        }
    }

    /** Show how far the jobs are that make the batches, whoever looks; then the batches. */
    async follow(id) {
        const plan = this.state.plan;
        plan.id = id;
        plan.stage = "making";
        let progress = null;
        while (!progress || progress.jobs) {
            try {
                progress = await this.orm.silent.call("picking.plan", "get_progress", [id]);
            } catch (error) {
                if (!(error instanceof ConnectionLostError)) {
                    throw error;
                }
            }
            if (this.isGone || this.state.plan !== plan) {
                return;
            }
            this.state.progress = progress || this.state.progress;
            if (!progress || progress.jobs) {
                await new Promise((resolve) => setTimeout(resolve, EVERY));
            }
        }
        if (!progress.left.length && progress.done === progress.total) {
            await this.showBatches();
        }
    }

    get madePercent() {
        const {done, total} = this.state.progress;
        return total ? Math.round((100 * done) / total) : 100;
    }

    async showBatches() {
        const {id} = this.state.plan;
        await this.action.doAction(
            await this.orm.call("picking.plan", "action_view_batches", [id])
        );
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
