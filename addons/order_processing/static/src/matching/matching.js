import {Component, onWillStart, useExternalListener, useRef, useState} from "@odoo/owl";
import {DryRunDialog, WriteOffDialog} from "./matching_dialogs";
import {Layout} from "@web/search/layout";
import {RPCError} from "@web/core/network/rpc";
import {_t} from "@web/core/l10n/translation";
import {formatFloat} from "@web/core/utils/numbers";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useDebounced} from "@web/core/utils/timing";
import {useService} from "@web/core/utils/hooks";

const MODEL = "account.bank.statement.line";

/** Bank lines left, what they may pay right; everything by keyboard, each action one call. */
export class Matching extends Component {
    static template = "order_processing.Matching";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.display = {controlPanel: {}};
        this.lineSearch = useRef("lineSearch");
        this.itemSearch = useRef("itemSearch");
        this.root = useRef("root");
        const context = this.props.action.context || {};
        this.state = useState({
            data: null,
            detail: null,
            current: false,
            proposal: 0,
            choosing: false,
            found: {items: [], count: 0},
            cursor: 0,
            text: "",
            searching: false,
            chosen: [],
            done: [],
            busy: false,
            help: false,
            shown: false,
            options: {
                journal_id: context.match_journal_id || false,
                filter: "todo",
                search: "",
                offset: 0,
            },
        });
        this.onLineSearch = useDebounced((text) => this.change({search: text}), 250);
        this.findSoon = useDebounced((text) => this.findItems(text), 250);
        this.keys = this.getKeys();
        useExternalListener(window, "keydown", (ev) => this.onKey(ev));
        onWillStart(() => this.load());
    }

    // === READING === //

    async load(current) {
        const options = {...this.state.options};
        const data = await this.orm.call(MODEL, "get_match_screen", [options]);
        // An answer that was overtaken by the next question isn't shown.
        if (JSON.stringify(options) !== JSON.stringify({...this.state.options})) {
            return;
        }
        this.state.data = data;
        const known = data.lines.find((line) => line.id === current);
        await this.select((known || data.lines[0] || {}).id || false);
    }

    change(options) {
        Object.assign(this.state.options, {offset: 0}, options);
        return this.load();
    }

    async select(id) {
        this.state.current = id;
        this.state.choosing = false;
        this.state.chosen = [];
        this.state.proposal = 0;
        this.state.text = "";
        this.state.searching = false;
        this.state.detail = id ? await this.read(id) : null;
        const row = id && this.root.el?.querySelector(`[data-line="${id}"]`);
        row?.scrollIntoView({block: "nearest"});
    }

    async read(id) {
        const detail = await this.run("get_match_detail", [id], false);
        // Whoever moves on quickly sees only the line that is current by then.
        return id === this.state.current ? detail : this.state.detail;
    }

    open(id) {
        this.state.shown = true;
        return this.select(id);
    }

    onItemSearch(text) {
        this.state.searching = true;
        this.findSoon(text);
    }

    async findItems(text = "") {
        this.state.text = text;
        const id = this.state.current;
        const found = await this.run("search_match_items", [id, text], false);
        if (found && text === this.state.text && id === this.state.current) {
            this.state.found = found;
            this.state.cursor = 0;
            this.state.searching = false;
        }
    }

    // === ACTING === //

    /** Call the server; what it refuses is told, never a dialog with a stack of calls. */
    async run(method, args, reload = true) {
        try {
            return await this.orm.call(MODEL, method, args);
        } catch (error) {
            if (!(error instanceof RPCError) || !error.exceptionName?.includes("exceptions.")) {
                throw error;
            }
            this.notification.add(error.data.message, {type: "danger"});
            if (reload) {
                await this.load(this.state.current);
            }
            return null;
        }
    }

    /** One action on the current line: then on to the next that is left. */
    async act(method, args, message) {
        if (this.state.busy || !this.state.current) {
            return;
        }
        this.state.busy = true;
        try {
            const {id, label} = this.state.detail;
            const next = this.neighbour(1);
            const answer = await this.run(method, [id, ...args]);
            if (answer) {
                const closed = !["open", "suggested", "partial"].includes(answer.state);
                if (method !== "match_line_reject") {
                    this.state.done.push({id, label});
                }
                this.notification.add(
                    closed ? message : _t("%s is still open on this line.", answer.left_text),
                    {type: closed ? "success" : "info"}
                );
                await this.load(closed ? next : id);
            }
        } finally {
            this.state.busy = false;
        }
    }

    accept(index = this.state.proposal) {
        const proposal = this.state.detail?.proposals[index];
        if (!proposal) {
            return this.choose();
        }
        return this.act("match_line_accept", [proposal.id], proposal.reason);
    }

    reject(index = this.state.proposal) {
        const proposal = this.state.detail?.proposals[index];
        return proposal && this.act("match_line_reject", [proposal.id], "");
    }

    async choose() {
        if (!this.isOpen) {
            return;
        }
        this.state.choosing = true;
        const proposal = this.state.detail.proposals[this.state.proposal];
        this.state.chosen = proposal && !this.state.chosen.length ? [...proposal.items] : [];
        await this.findItems("");
        this.itemSearch.el?.blur();
    }

    async searchItems() {
        if (!this.state.choosing) {
            await this.choose();
            this.state.chosen = [];
        }
        this.itemSearch.el?.focus();
        this.itemSearch.el?.select();
    }

    toggle(item) {
        const {chosen} = this.state;
        const place = chosen.findIndex((each) => each.id === item.id);
        if (place < 0) {
            chosen.push(item);
        } else {
            chosen.splice(place, 1);
        }
    }

    post(writeOff = null) {
        const ids = this.state.chosen.map((item) => item.id);
        return this.act("match_line_choose", [ids, writeOff], _t("Matched."));
    }

    writeOff() {
        if (!this.isOpen) {
            return;
        }
        const {detail} = this.state;
        if (!this.state.choosing) {
            this.state.chosen = [];
        }
        this.dialog.add(WriteOffDialog, {
            detail,
            amount: this.amountText(this.rest),
            isTooMuch:
                detail.limits.most !== false && Math.abs(this.rest) > detail.limits.most + 1e-9,
            hasItems: Boolean(this.state.chosen.length),
            save: (values) => this.post(values),
        });
    }

    async undo(id) {
        const last = this.state.done[this.state.done.length - 1];
        const line = id || last?.id;
        if (!line) {
            this.notification.add(_t("There is nothing to undo on this screen."), {type: "info"});
            return;
        }
        const answer = await this.run("match_line_undo", [line]);
        if (answer) {
            this.state.done = this.state.done.filter((each) => each.id !== line);
            this.notification.add(_t("Undone: %s", answer.label), {type: "info"});
            await this.load(line);
        }
    }

    skip() {
        return this.select(this.neighbour(1));
    }

    async matchAll() {
        const ids = this.state.data.lines.map((line) => line.id);
        const answer = ids.length && (await this.run("action_match", [ids]));
        if (answer) {
            this.notification.add(answer.params.message, {type: answer.params.type});
            await this.load(this.state.current);
        }
    }

    async dryRun() {
        const result = await this.run("get_match_dry_run", [this.state.options.journal_id]);
        if (result) {
            this.dialog.add(DryRunDialog, {result});
        }
    }

    openDocument(item) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "account.move",
            res_id: item.move_id,
            views: [[false, "form"]],
        });
    }

    openLine() {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: MODEL,
            res_id: this.state.current,
            views: [[false, "form"]],
        });
    }

    importFile() {
        this.action.doAction("order_processing.account_statement_import_action", {
            additionalContext: {journal_id: this.state.options.journal_id || undefined},
            onClose: () => this.load(),
        });
    }

    // === KEYBOARD === //

    getKeys() {
        const move = (step) => () => this.move(step);
        return {
            j: move(1),
            ArrowDown: move(1),
            k: move(-1),
            ArrowUp: move(-1),
            ArrowRight: () => this.moveProposal(1),
            ArrowLeft: () => this.moveProposal(-1),
            Enter: () => (this.state.choosing ? this.post() : this.accept()),
            " ": () => this.toggleUnderCursor(),
            x: () => this.toggleUnderCursor(),
            s: () => this.choose(),
            w: () => this.writeOff(),
            "/": () => this.searchItems(),
            f: () => this.lineSearch.el?.focus(),
            n: () => this.skip(),
            r: () => this.reject(),
            u: () => this.undo(),
            "?": () => (this.state.help = !this.state.help),
            Escape: () => this.leave(),
        };
    }

    onKey(ev) {
        if (
            ev.ctrlKey ||
            ev.metaKey ||
            ev.altKey ||
            document.querySelector(".modal.show, .o-overlay-item .modal")
        ) {
            return;
        }
        const typing = ev.target.closest?.("input, textarea, select, [contenteditable]");
        if (typing) {
            if (ev.key === "Escape") {
                typing.blur();
            } else if (typing === this.itemSearch.el && ["Enter", "ArrowDown"].includes(ev.key)) {
                ev.preventDefault();
                typing.blur();
            }
            return;
        }
        if (ev.key === "Enter" && ev.target.closest?.("button, a")) {
            return;
        }
        const act = this.keys[ev.key];
        if (act && (ev.key !== " " || this.state.choosing)) {
            ev.preventDefault();
            act();
        }
    }

    move(step) {
        if (!this.state.choosing) {
            const next = this.neighbour(step);
            return next && next !== this.state.current ? this.select(next) : undefined;
        }
        const last = this.state.found.items.length - 1;
        this.state.cursor = Math.max(0, Math.min(last, this.state.cursor + step));
        this.root.el?.querySelector(".o_matching_cursor")?.scrollIntoView({block: "nearest"});
    }

    moveProposal(step) {
        const last = (this.state.detail?.proposals.length || 1) - 1;
        this.state.proposal = Math.max(0, Math.min(last, this.state.proposal + step));
    }

    toggleUnderCursor() {
        const item = this.state.found.items[this.state.cursor];
        // Not what an older search had found: it is about to go.
        if (this.state.choosing && item && !this.state.searching) {
            this.toggle(item);
        }
    }

    leave() {
        if (this.state.help) {
            this.state.help = false;
        } else if (this.state.choosing) {
            this.state.choosing = false;
            this.state.chosen = [];
        } else {
            this.state.shown = false;
        }
    }

    // === SHOWING === //

    /** Id of the line so many further; at the ends the line itself. */
    neighbour(step) {
        const lines = this.state.data?.lines || [];
        const place = lines.findIndex((line) => line.id === this.state.current);
        const next = lines[Math.max(0, Math.min(lines.length - 1, place + step))];
        return next ? next.id : false;
    }

    get isOpen() {
        return ["open", "suggested", "partial"].includes(this.state.detail?.state);
    }

    get rest() {
        const {detail, chosen} = this.state;
        return detail ? detail.left - chosen.reduce((sum, item) => sum + item.open, 0) : 0;
    }

    /** A rest beyond the line's sign stays open on the last document. */
    get restKind() {
        const {detail} = this.state;
        if (Math.abs(this.rest) < 10 ** -detail.digits / 2) {
            return "exact";
        }
        return this.rest > 0 === detail.left > 0 ? "line" : "document";
    }

    get otherCurrency() {
        return this.state.chosen.some((item) => item.currency !== this.state.detail.currency);
    }

    amountText(amount) {
        const {digits, currency} = this.state.detail;
        return `${formatFloat(amount, {digits: [16, digits]})} ${currency}`;
    }

    isChosen(item) {
        return this.state.chosen.some((each) => each.id === item.id);
    }

    get journal() {
        return this.state.data.journals.find((each) => each.id === this.state.options.journal_id);
    }

    get percent() {
        const {done, total} = this.state.data.progress;
        return total ? Math.round((100 * done) / total) : 100;
    }

    get range() {
        const {offset, page, count, lines} = this.state.data;
        return {
            text: `${count ? offset + 1 : 0}-${offset + lines.length} / ${count}`,
            previous: offset > 0,
            next: offset + page < count,
        };
    }

    turn(direction) {
        const {offset, page} = this.state.data;
        return this.change({offset: Math.max(offset + direction * page, 0)});
    }
}

registry.category("actions").add("order_processing.matching", Matching);
