import {FloatField, floatField} from "@web/views/fields/float/float_field";
import {IntegerField, integerField} from "@web/views/fields/integer/integer_field";
import {parseFloat, parseInteger} from "@web/views/fields/parsers";
import {useEffect, useRef} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useDebounced} from "@web/core/utils/timing";

/** Milliseconds after the last key before the form is told. */
const PAUSE = 150;

/**
 * Tell the form what is typed while it is typed, and leave the text in the input as it is: Odoo's
 * own input does that when it is left.
 */
function useLive(component, parse) {
    const input = useRef("numpadDecimal");
    const update = useDebounced(() => {
        const {record, name} = component.props;
        let value = 0;
        try {
            value = parse(input.el?.value ?? "");
        } catch {
            return; // half a number
        }
        if (input.el?.value && value !== record.data[name]) {
            record.update({[name]: value});
        }
    }, PAUSE);
    useEffect(
        (element) => {
            element?.addEventListener("input", update);
            return () => element?.removeEventListener("input", update);
        },
        () => [input.el]
    );
}

class LiveIntegerField extends IntegerField {
    setup() {
        super.setup();
        useLive(this, parseInteger);
    }
}

class LiveFloatField extends FloatField {
    setup() {
        super.setup();
        useLive(this, parseFloat);
    }
}

registry.category("fields").add("live_integer", {...integerField, component: LiveIntegerField});
registry.category("fields").add("live_float", {...floatField, component: LiveFloatField});
