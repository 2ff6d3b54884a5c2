import {rpc, rpcBus} from "@web/core/network/rpc";

/**
 * The day a delivery method promises, below its name in eCommerce's checkout.
 *
 * Each method's rate comes with it (see delivery.carrier's rate_shipment); eCommerce itself only shows
 * the price. The method that is chosen already isn't rated again by eCommerce: it is asked for here,
 * and its rate is in the cache. Without eCommerce nothing happens here.
 */
rpcBus.addEventListener("RPC:RESPONSE", ({detail: {data, result}}) => {
    const id = Number(data?.params?.dm_id);
    if (!id || !result) {
        return;
    }
    const radio = document.querySelector(`input[name="o_delivery_radio"][data-dm-id="${id}"]`);
    const method = radio?.closest("[name='o_delivery_method']");
    if (!method) {
        return;
    }
    let line = method.querySelector(".o_order_shipping_promise");
    if (!("promise" in result)) {
        if (!line && "amount_total" in result) {
            rpc("/shop/get_delivery_rate", {dm_id: id}, {silent: true}).catch(() => {
                // The price stands; only the day isn't known.
            });
        }
        return;
    }
    if (!line) {
        line = document.createElement("div");
        line.className = "o_order_shipping_promise small text-muted ms-4";
        method.appendChild(line);
    }
    line.textContent = result.promise || "";
});
