import {_t} from "@web/core/l10n/translation";
import {ScanStart} from "./scan_start";

/** The returns desk: scan a parcel, or tap a return that waits. */
export class ReturnStart extends ScanStart {
    static template = "order_shipping.ReturnStart";

    setup() {
        super.setup();
        this.state.choices = [];
        this.state.work = {returns: []};
    }

    get loader() {
        return "get_return_work";
    }

    get title() {
        return _t("Returns");
    }

    get prompt() {
        return this.state.choices.length
            ? _t("Several returns have this item: tap one, or scan the parcel")
            : _t("Scan the parcel, the return, the order or an item");
    }

    get listed() {
        return this.state.choices.length ? this.state.choices : (this.state.work.returns ?? []);
    }

    find(code) {
        return this.orm.silent.call("picking.scan", "find_return", [code]);
    }

    found(found) {
        if (found.choices) {
            this.state.choices = found.choices;
            this.scanner.say("ok", "");
        } else {
            super.found({screen: "return", ...found});
        }
    }
}
