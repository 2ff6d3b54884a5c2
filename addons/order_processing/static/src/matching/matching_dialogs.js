import {Component, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {useAutofocus} from "@web/core/utils/hooks";

/** Where a difference, or a whole bank line, is booked, and under which label. */
export class WriteOffDialog extends Component {
    static template = "order_processing.MatchingWriteOff";
    static components = {Dialog};
    static props = {
        detail: Object,
        amount: String,
        hasItems: Boolean,
        isTooMuch: Boolean,
        save: Function,
        close: Function,
    };

    setup() {
        const {detail} = this.props;
        this.state = useState({
            account_id: detail.account_id || (detail.accounts[0] || {}).id || 0,
            name: detail.label,
        });
        useAutofocus({refName: "account"});
    }

    onKey(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            this.confirm();
        }
    }

    confirm() {
        if (this.props.isTooMuch) {
            return;
        }
        this.props.close();
        this.props.save({...this.state});
    }
}

/** What matching would post, before it is allowed to. */
export class DryRunDialog extends Component {
    static template = "order_processing.MatchingDryRun";
    static components = {Dialog};
    static props = {result: Object, close: Function};
}
