import {BarcodeHandlerField, barcodeHandlerField} from "@barcodes/barcode_handler_field";
import {registry} from "@web/core/registry";
import {useRef} from "@odoo/owl";

/**
 * Takes barcodes from a scanner wherever the focus is outside of a field, and from its own input
 * when somebody types or scans there and presses Enter.
 */
export class OrderScanField extends BarcodeHandlerField {
    static template = "order_processing.OrderScanField";

    setup() {
        super.setup();
        this.input = useRef("input");
        // One after the other: a scanner is faster than the server.
        this.queue = Promise.resolve();
    }

    onBarcodeScanned(event) {
        const {barcode} = event.detail;
        if (/^(OBT|OCD)/.test(barcode) || this.props.readonly) {
            return; // commands of Odoo's own
        }
        this.scan(barcode);
    }

    scan(barcode) {
        this.queue = this.queue.then(() => this.props.record.update({[this.props.name]: barcode}));
        return this.queue;
    }

    onKeydown(ev) {
        if (ev.key !== "Enter") {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        const barcode = this.input.el.value.trim();
        this.input.el.value = "";
        if (barcode) {
            this.scan(barcode);
        }
    }
}

registry.category("fields").add("order_scan", {
    ...barcodeHandlerField,
    component: OrderScanField,
});
