import {rpcBus} from "@web/core/network/rpc";

/**
 * The day a delivery method promises, below its name in eCommerce's checkout.
 *
 * Each method's rate comes with it (see delivery.carrier's rate_shipment); eCommerce itself only shows
 * the price. Nothing is asked for twice, and without eCommerce nothing happens here.
 */
rpcBus.addEventListener("RPC:RESPONSE", ({detail: {data, result}}) => {
    if (!data?.params?.dm_id || !result || !("promise" in result)) {
        return;
    }
    const radio = document.querySelector(
        `input[name="o_delivery_radio"][data-dm-id="${Number(data.params.dm_id)}"]`
    );
    const method = radio?.closest("[name='o_delivery_method']");
    if (!method) {
        return;
    }
    let line = method.querySelector(".o_order_shipping_promise");
    if (!line) {
        line = document.createElement("div");
        line.className = "o_order_shipping_promise small text-muted ms-4";
        method.appendChild(line);
    }
    line.textContent = result.promise || "";
});
