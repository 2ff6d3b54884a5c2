"""A floor manager plans forty transfers, moves one by hand, and makes the batches."""

import re
from datetime import UTC, datetime, timedelta

import suite
from playwright.sync_api import expect

TEMPLATE = "East Coast: carts of twelve totes"


def make_deliveries(client, count, shift=0):
    """Reserved deliveries of the East Coast warehouse, each for one to three products."""
    return client.page.evaluate(
        """async ([count, shift]) => {
            let id = 0;
            const call = async (model, method, args, kwargs = {}) => {
                const answer = await fetch(`/web/dataset/call_kw/${model}/${method}`, {
                    method: "POST",
                    headers: {"Content-Type": "application/json"},
                    body: JSON.stringify({jsonrpc: "2.0", id: ++id, method: "call",
                        params: {model, method, args, kwargs}}),
                }).then((response) => response.json());
                if (answer.error) throw new Error(answer.error.data.message);
                return answer.result;
            };
            const [warehouse] = await call("stock.warehouse", "search_read",
                [[["code", "=", "EAST"]], ["lot_stock_id", "out_type_id"]]);
            const bins = await call("stock.location", "search", [[
                ["location_id", "=", warehouse.lot_stock_id[0]], ["aisle", "!=", false]]]);
            const names = Array.from({length: 24}, (_, rank) => ({
                name: `Boxed ${rank}`, is_storable: true, weight: 0.5, list_price: 10}));
            const products = await call("product.product", "create", [names]);
            const quants = await call("stock.quant", "create", [products.map((product, rank) => ({
                product_id: product, location_id: bins[(rank * 11 + shift) % bins.length],
                inventory_quantity: 500}))], {context: {inventory_mode: true}});
            await call("stock.quant", "action_apply_inventory", [quants]);
            const partner = await call("res.partner", "create", [{name: "Forty Orders"}]);
            const moves = (order) => Array.from({length: 1 + order % 3}, (_, line) => [0, 0, {
                product_id: products[(order * 7 + line * 5) % 24], product_uom_qty: 1,
                location_id: warehouse.lot_stock_id[0], location_dest_id: customers}]);
            const [customers] = await call("stock.location", "search",
                [[["usage", "=", "customer"]]], {limit: 1});
            const pickings = await call("stock.picking", "create", [
                Array.from({length: count}, (_, order) => ({
                    partner_id: partner, picking_type_id: warehouse.out_type_id[0],
                    location_id: warehouse.lot_stock_id[0], location_dest_id: customers,
                    move_ids: moves(order)}))]);
            await call("stock.picking", "action_confirm", [pickings]);
            await call("stock.picking", "action_assign", [pickings]);
            return pickings;
        }""",
        [count, shift],
    )


def set_pickers(client, is_set):
    """Give the template one picker, or none."""
    client.page.evaluate(
        """async ([name, isSet]) => {
            const call = (model, method, args) => fetch("/web/dataset/call_kw", {
                method: "POST",
                headers: {"Content-Type": "application/json"},
                body: JSON.stringify({jsonrpc: "2.0", id: 1, method: "call",
                    params: {model, method, args, kwargs: {}}}),
            }).then((response) => response.json()).then(({result}) => result);
            const ids = await call("picking.wave.template", "search", [[["name", "=", name]]]);
            const users = await call("res.users", "search", [[["login", "=", "admin"]]]);
            await call("picking.wave.template", "write",
                [ids, {picker_ids: [[6, 0, isSet ? users : []]]}]);
        }""",
        [TEMPLATE, is_set],
    )


def plan_by(page, strategy):
    """Plan again by another strategy."""
    screen = page.locator(".o_picking_plan")
    before = screen.get_attribute("data-plan")
    page.get_by_label("Strategy").select_option(label=strategy)
    expect(screen).not_to_have_attribute("data-plan", before)
    expect(screen).to_have_attribute("data-stage", "best")


def test_plan_forty_transfers(client):
    page = client.page
    make_deliveries(client, 40)
    client.plan_picking(TEMPLATE)
    cards = page.locator(".o_picking_plan_card[data-id]")
    chips = page.locator(".o_picking_plan_chip")
    expect(page.locator(".o_picking_plan_totals")).to_contain_text("less")
    expect(page.locator(".o_picking_plan_route svg")).to_be_visible()
    # The demo's own open transfers may come on top of the forty.
    assert chips.count() >= 40
    saving = page.locator("[name=saving] .badge").inner_text()
    assert float(saving.split("%")[0]) > 0, saving
    page.screenshot(path=suite.LOCAL / "reports" / "plan_picking.png")

    # One by one there are more batches than are sent at first: the last ones come as one scrolls.
    plan_by(page, "Single")
    last = cards.last
    assert cards.count() >= 40
    expect(last.locator(".o_picking_plan_chip")).to_have_count(0)
    last.scroll_into_view_if_needed()
    expect(last.locator(".o_picking_plan_chip")).to_have_count(1)
    last.click()
    expect(page.locator(".o_picking_plan_route")).to_contain_text(
        last.locator(".card-header b").inner_text()
    )
    expect(page.locator(".o_picking_plan_route svg")).to_be_visible()
    plan_by(page, "Cluster with totes")

    # Drag a transfer from the first batch into the second.
    first, second = cards.nth(0), cards.nth(1)
    before = (
        first.locator(".o_picking_plan_chip").count(),
        second.locator(".o_picking_plan_chip").count(),
    )
    first.locator(".o_picking_plan_chip").first.drag_to(second.locator(".card-header"))
    expect(first.locator(".o_picking_plan_chip")).to_have_count(before[0] - 1)
    expect(second.locator(".o_picking_plan_chip")).to_have_count(before[1] + 1)
    # And, without a mouse, another one into a batch of its own.
    count = cards.count()
    first.get_by_label("Move to").first.select_option(label="New batch")
    expect(cards).to_have_count(count + 1)
    planned = chips.count()

    client.button("Make Batches")
    expect(page.locator(".o_list_view .o_data_row")).to_have_count(count + 1)
    page.screenshot(path=suite.LOCAL / "reports" / "plan_picking_batches.png")
    page.locator(".o_data_row").first.click()
    page.get_by_role("tab", name="Pick Route").click()
    expect(page.locator("[name=route_svg] svg")).to_be_visible()

    client.plan_picking(TEMPLATE)
    expect(page.locator(".o_nocontent_help")).to_contain_text("Nothing to pick")
    assert planned >= 40


def test_many_batches_are_made_in_jobs(client):
    """More batches than somebody waits for: the screen tells how far the jobs are."""
    page = client.page
    make_deliveries(client, 30)
    set_pickers(client, True)
    client.plan_picking(TEMPLATE)
    plan_by(page, "Single")
    load = page.locator(".o_picking_plan_load")
    expect(load).to_have_count(1)
    expect(load).to_contain_text(re.compile(r"[1-9]\d* min in \d+ batches"))
    page.screenshot(path=suite.LOCAL / "reports" / "plan_picking_pickers.png")
    set_pickers(client, False)
    planned = page.locator(".o_picking_plan_card[data-id]").count()
    assert planned >= 30
    client.button("Make Batches")
    progress = page.locator(".o_picking_plan_progress")
    expect(progress).to_contain_text("Making batches")
    page.screenshot(path=suite.LOCAL / "reports" / "plan_picking_jobs.png")
    # Whoever leaves and comes back sees how far they are, or that nothing is left to plan.
    client.action("order_shipping.picking_plan_action")
    expect(progress.or_(page.locator(".o_list_view, .o_nocontent_help")).first).to_be_visible()
    expect(page.locator(".o_list_view, .o_nocontent_help").first).to_be_visible(timeout=60_000)
    open_count = client.page.evaluate(
        """async () => {
            const params = {model: "stock.picking", method: "search_count", kwargs: {},
                args: [[["partner_id.name", "=", "Forty Orders"], ["batch_id", "=", false],
                    ["state", "=", "assigned"]]]};
            const answer = await fetch("/web/dataset/call_kw/stock.picking/search_count", {
                method: "POST",
                headers: {"Content-Type": "application/json"},
                body: JSON.stringify({jsonrpc: "2.0", id: 1, method: "call", params}),
            }).then((response) => response.json());
            return answer.result;
        }"""
    )
    assert open_count == 0


def test_generate_a_layout_and_look_at_the_map(client):
    page = client.page
    client.action("order_shipping.stock_warehouse_action_map")
    client.row("West Coast").locator("td[name=name]").click()
    expect(page.locator("[name=map_svg] svg")).to_be_visible()
    page.screenshot(path=suite.LOCAL / "reports" / "warehouse_map.png")
    client.button("Generate Layout")
    dialog = page.locator(".modal")
    expect(dialog.locator("[name=svg] svg")).to_be_visible()
    for name, value in (("blocks", "2"), ("aisles", "8"), ("bays", "10")):
        dialog.locator(f"[name={name}] input").fill(value)
    # The drawing follows every key: nothing has been left yet.
    expect(dialog.locator("[name=summary]")).to_contain_text("160 places, A-01 to H-20")
    expect(dialog.locator("[name=bays] input")).to_be_focused()
    pitch = dialog.locator("[name=bay_pitch] input")
    pitch.fill("")
    pitch.press_sequentially("2.5", delay=250)
    expect(dialog.locator("[name=summary]")).to_contain_text("× 55.5")
    expect(pitch).to_have_value("2.5")
    pitch.fill("1.2")
    expect(dialog.locator("[name=summary]")).to_contain_text("× 28.2")
    page.screenshot(path=suite.LOCAL / "reports" / "layout_generator.png")
    client.button("Create Places")
    expect(page.locator("[name=place_count]")).to_contain_text("160")
    expect(page.locator("[name=map_svg] svg")).to_contain_text("H")
    # Somebody enters a back wall in the middle of the racks.
    page.locator("[name=aisle_length] input").fill("20")
    with page.expect_event("load"):  # Odoo loads the page anew once a warehouse is saved
        page.locator(".o_form_button_save").click()
    expect(page.locator("[name=layout_problems]")).to_contain_text(
        "lie behind the back cross aisle"
    )
    page.screenshot(path=suite.LOCAL / "reports" / "layout_problems.png")


def test_wave_template_form(client):
    page = client.page
    client.action("order_shipping.picking_wave_template_action")
    client.row("East Coast").locator("td[name=name]").click()
    expect(page.locator(".o_form_view")).to_be_visible()
    page.screenshot(path=suite.LOCAL / "reports" / "wave_template.png")
    client.button("Plan Picking")
    expect(page.locator(".o_picking_plan")).to_be_visible()


def test_slotting_moves_what_is_picked_often(client):
    page = client.page
    # In bays of their own: goods that share a bay with others stay where they are.
    transfers = make_deliveries(client, 9, shift=48)
    page.evaluate(
        """async (ids) => {
            const params = {model: "stock.picking", method: "button_validate", args: [ids],
                kwargs: {}};
            const answer = await fetch("/web/dataset/call_kw/stock.picking/button_validate", {
                method: "POST",
                headers: {"Content-Type": "application/json"},
                body: JSON.stringify({jsonrpc: "2.0", id: 1, method: "call", params}),
            }).then((response) => response.json());
            if (answer.error) throw new Error(answer.error.data.message);
        }""",
        transfers,
    )
    client.action("order_shipping.stock_warehouse_action_map")
    client.row("East Coast").locator("td[name=name]").click()
    expect(page.locator("[name=map_svg] svg")).to_be_visible()
    page.screenshot(path=suite.LOCAL / "reports" / "warehouse_map_heat.png")
    client.button("Slotting")
    expect(page.locator(".modal .o_data_row").first).to_be_visible()
    page.screenshot(path=suite.LOCAL / "reports" / "slotting.png")
    client.button("Create Draft Transfers")
    expect(page.locator(".o_list_view .o_data_row").first).to_contain_text("Draft")


def ship_each_week(call, warehouse, product, weeks):
    """Deliveries of so many pieces in each of the past weeks, the oldest first."""
    stock, kind = warehouse["lot_stock_id"][0], warehouse["out_type_id"][0]
    [customers] = call("stock.location", "search", [["usage", "=", "customer"]], limit=1)
    ends = {"location_id": stock, "location_dest_id": customers}
    for age, quantity in enumerate(reversed(weeks)):
        move = ends | {"product_id": product, "product_uom_qty": quantity}
        transfer = call(
            "stock.picking",
            "create",
            ends | {"picking_type_id": kind, "move_ids": [[0, 0, move]]},
        )
        call("stock.picking", "action_confirm", [transfer])
        call("stock.picking", "action_assign", [transfer])
        call("stock.picking", "button_validate", [transfer])
        moves = call("stock.move", "search", [["picking_id", "=", transfer]])
        day = datetime.now(UTC) - timedelta(days=7 * age + 3)
        call("stock.move", "write", moves, {"date": f"{day:%Y-%m-%d %H:%M:%S}"})


def test_replenishment_refills_a_face_and_sets_a_reorder_rule(handheld):
    client = handheld()
    page, call = client.page, client.call
    [warehouse] = call(
        "stock.warehouse", "search_read", [["code", "=", "EAST"]], ["lot_stock_id", "out_type_id"]
    )
    bins = call(
        "stock.location",
        "search",
        [["location_id", "=", warehouse["lot_stock_id"][0]], ["aisle", "!=", False]],
    )
    product = call(
        "product.product",
        "create",
        {"name": "Tin Mug", "is_storable": True, "standard_price": 4},
    )
    face = {"product_id": product, "location_id": bins[-1], "min_qty": 10, "max_qty": 40}
    call("warehouse.pick.face", "create", face)
    quant = {"product_id": product, "location_id": bins[-2], "inventory_quantity": 500}
    quants = call("stock.quant", "create", quant, context={"inventory_mode": True})
    call("stock.quant", "action_apply_inventory", [quants])
    ship_each_week(call, warehouse, product, [7, 14, 7, 14, 7, 14])

    client.action("order_shipping.replenishment_suggestion_action_suggest")
    rows = page.locator(".o_data_row", has_text="Tin Mug")
    expect(rows).to_have_count(2)
    page.screenshot(path=suite.LOCAL / "reports" / "replenishment.png")
    rows.first.locator(".o_list_record_selector").click()
    client.button("Apply")
    transfer = page.locator(".o_list_view .o_data_row", has_text="Draft")
    expect(transfer).to_have_count(1)
    transfer.locator("td[name=name]").click()
    expect(page.locator(".o_form_view [name=move_ids]")).to_contain_text("Tin Mug")
    page.screenshot(path=suite.LOCAL / "reports" / "replenishment_transfer.png")

    client.action("order_shipping.replenishment_suggestion_action_suggest")
    expect(rows).to_have_count(1)  # the face is filled by that draft
    rows.locator(".o_list_record_selector").click()
    client.button("Apply")
    expect(page.locator(".o_list_view .o_data_row", has_text="Tin Mug")).to_have_count(1)
    page.screenshot(path=suite.LOCAL / "reports" / "replenishment_rule.png")
    [rule] = call(
        "stock.warehouse.orderpoint",
        "search_read",
        [["product_id", "=", product]],
        ["product_min_qty", "product_max_qty"],
    )
    assert 0 < rule["product_min_qty"] < rule["product_max_qty"]
