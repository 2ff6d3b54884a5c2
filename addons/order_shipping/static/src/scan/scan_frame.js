import {_t} from "@web/core/l10n/translation";
import {Component, onMounted, useRef, useState} from "@odoo/owl";

/** A number or a barcode typed by hand. */
export class ScanInput extends Component {
    static template = "order_shipping.ScanInput";
    static props = {
        label: String,
        type: {type: String, optional: true},
        unit: {type: String, optional: true},
        name: String,
        onDone: Function,
    };
    static defaultProps = {type: "text"};

    setup() {
        this.state = useState({value: ""});
        this.input = useRef("input");
        onMounted(() => this.input.el.focus());
    }

    onKeydown(event) {
        if (event.key === "Enter") {
            event.preventDefault();
            event.stopPropagation();
            this.done();
        }
    }

    done() {
        const isNumber = this.props.type === "number";
        const value = isNumber ? Number(this.state.value.replace(",", ".")) : this.state.value;
        this.props.onDone(value);
    }
}

/** The frame of every scanning screen: head with connection, body, what to do, buttons. */
export class ScanFrame extends Component {
    static template = "order_shipping.ScanFrame";
    static props = {
        title: String,
        subtitle: {type: String, optional: true},
        progress: {type: Object, optional: true},
        scanner: Object,
        queue: {type: Object, optional: true},
        prompt: String,
        actions: Array,
        onBack: Function,
        onDiscard: {type: Function, optional: true},
        slots: Object,
    };

    get percent() {
        const {done, all} = this.props.progress;
        return all ? Math.round((100 * done) / all) : 0;
    }

    get connection() {
        const {online, waiting} = this.props.queue ?? {online: true, waiting: 0};
        if (!online) {
            return waiting ? _t("No connection · %s kept", waiting) : _t("No connection");
        }
        return waiting ? _t("Sending %s", waiting) : _t("Connected");
    }

    /** On a phone there is room for a few letters beside the picture. */
    get connectionShort() {
        const {online, waiting} = this.props.queue;
        if (!online) {
            return waiting ? _t("%s kept", waiting) : _t("off");
        }
        return waiting || "";
    }
}

ScanFrame.components = {ScanInput};
