"""From forty orders to parcels: plan, pick by scanning with the connection lost, pack, print."""

import re

import pypdfium2
import zxingcpp
from handheld import SHOTS, make_customer, make_picker, make_totes
from playwright.sync_api import expect

PREFIX, ORDERS, KINDS, WEIGHT, BOX = "JRN", 40, 20, 0.4, 0.1
#: Where the page that shows the papers of a packed order fetches them.
PAPERS = "**/order_shipping/pack_papers/*"


def make_orders(call):
    """Forty confirmed orders of one to three of twenty products, each in a bay of its own.

    :return: ids of their reserved deliveries
    """
    [warehouse] = call(
        "stock.warehouse", "search_read", [["code", "=", "EAST"]], ["lot_stock_id", "out_type_id"]
    )
    stock, kind = warehouse["lot_stock_id"][0], warehouse["out_type_id"][0]
    call("stock.picking.type", "write", [kind], {"pick_to_tote": True})
    bins = call("stock.location", "search", [["location_id", "=", stock], ["aisle", "!=", False]])
    for rank in range(KINDS):
        call("stock.location", "write", [bins[3 * rank]], {"barcode": f"{PREFIX}-BAY{rank:02}"})
    goods = [
        {
            "name": f"{PREFIX} Item {rank:02}",
            "is_storable": True,
            "barcode": f"{PREFIX}-{rank:02}",
            "weight": WEIGHT,
            "list_price": 10,
            "pack_length": 100,
            "pack_width": 50,
            "pack_height": 20,
        }
        for rank in range(KINDS)
    ]
    products = call("product.product", "create", goods)
    quants = call(
        "stock.quant",
        "create",
        [
            {"product_id": product, "location_id": bins[3 * rank], "inventory_quantity": 100}
            for rank, product in enumerate(products)
        ],
        context={"inventory_mode": True},
    )
    call("stock.quant", "action_apply_inventory", quants)
    make_totes(call, PREFIX, 12)
    partner = make_customer(call, PREFIX)
    orders = call(
        "sale.order",
        "create",
        [
            {
                "partner_id": partner,
                "warehouse_id": warehouse["id"],
                "order_line": [
                    [
                        0,
                        0,
                        {
                            "product_id": products[(order * 7 + line * 3) % KINDS],
                            "product_uom_qty": 1 + order % 2,
                        },
                    ]
                    for line in range(1 + order % 3)
                ],
            }
            for order in range(ORDERS)
        ],
    )
    call("sale.order", "action_confirm", orders)
    deliveries = call(
        "stock.picking", "search", [["sale_id", "in", orders], ["picking_type_id", "=", kind]]
    )
    assert len(deliveries) == ORDERS
    call("stock.picking", "action_assign", deliveries)
    return deliveries


def plan(client, deliveries):
    """Plan on the screen and make the batches.

    :return: (id, name, ids of transfers) of the fullest batch with none but our own orders
    """
    page = client.page
    client.plan_picking("East Coast: carts of twelve totes")
    expect(page.locator(".o_picking_plan_totals")).to_contain_text("less")
    assert page.locator(".o_picking_plan_chip").count() >= ORDERS
    client.shot("journey_plan")
    client.button("Make Batches")
    expect(page.locator(".o_list_view .o_data_row").first).to_be_visible()
    planned = client.call(
        "stock.picking", "search_read", [["id", "in", deliveries]], ["batch_id", "state"]
    )
    assert all(one["batch_id"] and one["state"] == "assigned" for one in planned)
    batches = client.call(
        "stock.picking.batch",
        "search_read",
        [["picking_ids", "in", deliveries]],
        ["name", "picking_ids", "state"],
    )
    assert {batch["state"] for batch in batches} == {"in_progress"}
    own = [batch for batch in batches if set(batch["picking_ids"]) <= set(deliveries)]
    batch = max(own, key=lambda one: len(one["picking_ids"]))
    return batch["id"], batch["name"], batch["picking_ids"]


def current(page):
    """What the screen asks for, read at once."""
    return page.evaluate(
        """() => {
            const task = document.querySelector(".o_scan_task");
            const text = (selector) => task.querySelector(selector)?.innerText.trim();
            return {
                step: task.dataset.step,
                line: task.dataset.line,
                item: text(".o_scan_what strong")?.split(" ").pop(),
                pieces: Number(text(".o_scan_quantity b")),
                tote: text(".o_scan_tote"),
            };
        }"""
    )


def step(page, name):
    expect(page.locator(".o_scan_task")).to_have_attribute("data-step", name)


def pick_line(client, totes):
    """Pick the line the screen asks for; the tote is the transfer's, or the next empty one."""
    page = client.page
    now = current(page)
    if now["step"] == "place":
        client.scan(f"{PREFIX}-BAY{now['item']}")
        step(page, "item")
    for _piece in range(now["pieces"]):
        client.scan(f"{PREFIX}-{now['item']}")
    step(page, "tote")
    tote = now["tote"]
    if not tote.startswith(f"{PREFIX}-T"):
        tote = totes.setdefault(tote, f"{PREFIX}-T{len(totes) + 1}")
    client.scan(tote)
    expect(page.locator(f".o_scan_task[data-line='{now['line']}']")).to_have_count(0)


def wrong_scans(client):
    """What doesn't belong here is refused, and counts for nothing."""
    page = client.page
    first = current(page)
    other = f"{(int(first['item']) + 1) % KINDS:02}"
    client.scan(f"{PREFIX}-BAY{other}")
    client.feedback("Wrong place")
    client.scan(f"{PREFIX}-BAY{first['item']}")
    step(page, "item")
    client.scan(f"{PREFIX}-{other}")
    client.feedback("Wrong item")
    client.scan("NEVER-SEEN")
    client.feedback("Wrong item")
    client.press("q")
    page.locator("input[name=quantity]").fill("50")
    page.locator("input[name=quantity]").press("Enter")
    client.feedback("Too many")
    now = current(page)
    assert (now["line"], now["pieces"]) == (first["line"], first["pieces"])
    client.shot("journey_wrong")


def pick(client, name):
    """Pick the whole batch; the third to the tenth line without a connection."""
    page = client.page
    page.goto(f"{client.address}/odoo/scan")
    page.locator(".o_scan_work", has_text=name).wait_for()
    client.scan(name)
    page.locator(".o_scan_task").wait_for()
    totes, picked = {}, 0
    wrong_scans(client)
    while current(page)["step"] != "end":
        if picked == 2:
            client.all_sent()
            page.context.set_offline(True)
        pick_line(client, totes)
        picked += 1
        if picked == 10:
            expect(page.locator(".o_scan")).to_have_attribute("data-online", "no")
            client.scan("NOT-HERE")
            client.feedback("Wrong")
            client.shot("journey_offline")
            page.context.set_offline(False)
            client.all_sent()
    client.all_sent()
    client.shot("journey_picked")
    return totes, picked


def check_scans(manager, batch, lines):
    """Everything scanned arrived once and in order, also what was scanned offline."""
    scans = manager.call(
        "picking.scan",
        "search_read",
        [["batch_id", "=", batch]],
        ["kind", "quantity", "is_accepted", "sequence"],
        order="sequence",
    )
    assert [scan["sequence"] for scan in scans] == list(range(1, len(scans) + 1))
    picks = [scan for scan in scans if scan["kind"] == "pick"]
    assert all(scan["is_accepted"] for scan in picks)
    assert sum(scan["quantity"] for scan in picks) == sum(line["quantity"] for line in lines)


def pack(client, lines, tote):
    """Pack one order into a box, weigh it, print its papers, and ship it."""
    page = client.page
    client.prompt("Scan a tote or a transfer to pack")
    client.scan(tote)
    client.prompt("scan what goes into it")
    client.scan("BOX-S")
    client.feedback("Small Box taken")
    stranger = next(
        rank for rank in range(KINDS) if f"{rank:02}" not in {item for item, _count in lines}
    )
    client.scan(f"{PREFIX}-{stranger:02}")
    client.feedback("Wrong item")
    for item, count in lines:
        for _piece in range(count):
            client.scan(f"{PREFIX}-{item}")
    client.prompt("Weigh")
    client.press("w")
    weight = BOX + WEIGHT * sum(count for _item, count in lines)
    page.locator("input[name=weight]").fill(f"{weight:.2f}")
    page.locator("input[name=weight]").press("Enter")
    client.prompt("All packed")
    with page.context.expect_page() as opened:
        client.press("p")
    client.feedback("Label and packing slip are ready")
    papers = page.request.get(client.address + page.locator(".o_scan_papers").get_attribute("href"))
    assert papers.ok and papers.body().startswith(b"%PDF"), papers.status
    (SHOTS / f"journey_papers_{tote}.pdf").write_bytes(papers.body())
    opened.value.close()
    client.press("v")
    client.feedback("is shipped")


def read_paper(client, name, ids):
    """Texts of the barcodes on a printed paper, as a scanner reads them; a picture is kept."""
    path = f"/report/pdf/order_shipping.{name}/{','.join(map(str, ids))}"
    answer = client.page.request.get(client.address + path, timeout=120_000)
    assert answer.ok and answer.body().startswith(b"%PDF"), (name, answer.status)
    texts = []
    for number, page in enumerate(pypdfium2.PdfDocument(answer.body()), 1):
        picture = page.render(scale=300 / 72).to_pil()
        picture.save(SHOTS / f"journey_{name}_{number}.png")
        texts += [code.text for code in zxingcpp.read_barcodes(picture)]
    return texts


def check_picking_papers(manager, batch, name, totes):
    """The picking list and the tote labels are read by a scanner."""
    assert name in read_paper(manager, "report_pick_list", [batch])
    assert set(read_paper(manager, "report_batch_tote_labels", [batch])) == totes


def check_packing_papers(manager, transfer):
    """The packing slip and the logistic label are read by a scanner."""
    assert transfer["name"] in read_paper(manager, "report_packing_slip", [transfer["id"]])
    [line] = manager.call(
        "stock.move.line", "search_read", [["picking_id", "=", transfer["id"]]],
        ["result_package_id"], limit=1,
    )  # fmt: skip
    box = line["result_package_id"][0]
    codes = read_paper(manager, "report_gs1_label", [box])
    [package] = manager.call("stock.package", "read", [box], ["sscc"])
    assert any(f"00{package['sscc']}" in re.sub(r"\D", "", code) for code in codes), codes


def test_forty_orders_from_plan_to_parcel(handheld):
    manager = handheld()
    deliveries = make_orders(manager.call)
    batch, name, pickings = plan(manager, deliveries)
    assert len(pickings) == 12
    manager.call("stock.picking", "action_rate", pickings)
    lines = manager.call(
        "stock.move.line",
        "search_read",
        [["picking_id", "in", pickings]],
        ["picking_id", "product_id", "quantity"],
    )
    picker = handheld((390, 844), make_picker(manager, PREFIX))
    totes, picked = pick(picker, name)
    assert picked == len(lines)
    assert len(totes) == len(pickings)
    check_scans(manager, batch, lines)
    check_picking_papers(manager, batch, name, set(totes.values()))
    picker.press("p")
    by_picking = {}
    for line in lines:
        item = line["product_id"][1].split(" ")[-1]
        by_picking.setdefault(line["picking_id"][1], []).append((item, int(line["quantity"])))
    # The page that shows the papers would print them a second time, which takes seconds.
    picker.page.context.route(PAPERS, lambda route: route.abort())
    for transfer, tote in totes.items():
        pack(picker, by_picking[transfer], tote)
    picker.shot("journey_packed")
    transfers = manager.call(
        "stock.picking",
        "search_read",
        [["id", "in", pickings]],
        ["name", "state", "is_labelled", "carrier_tracking_ref"],
    )
    assert {one["name"] for one in transfers} == set(totes)
    assert {one["state"] for one in transfers} == {"done"}
    assert all(one["is_labelled"] for one in transfers)
    assert len({one["carrier_tracking_ref"] for one in transfers}) == len(totes)
    [done] = manager.call("stock.picking.batch", "read", [batch], ["state"])
    assert done["state"] == "done"
    check_packing_papers(manager, transfers[0])
