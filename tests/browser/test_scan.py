"""A batch picked and packed by scanning, right and wrong, with the connection lost in between."""

import pytest
import scanning_cases
from handheld import ITEMS, PLACES, SHOTS, make_batch, make_picker
from playwright.sync_api import expect

PHONE, DESKTOP = (390, 844), (1366, 900)
CASES = scanning_cases.cases()


def pick_lines(client, prefix, shot):
    """Pick five lines in the order of the walk, with mistakes, and for two of them offline."""
    page = client.page
    totes = {}
    mistakes(client, prefix, totes, shot)
    page.context.set_offline(True)
    pick_line(client, prefix, totes)
    expect(page.locator(".o_scan")).to_have_attribute("data-online", "no")
    client.scan("NOT-A-PLACE")
    client.feedback("Wrong")
    pick_line(client, prefix, totes)
    expect(page.locator(".o_scan")).not_to_have_attribute("data-waiting", "0")
    shot("pick_offline")
    page.context.set_offline(False)
    client.all_sent()
    client.press("l")
    page.locator(".o_scan_sheet svg").wait_for()
    shot("pick_list")
    client.press("Escape")
    client.press("s")
    page.locator("[data-reason=missing]").wait_for()
    shot("pick_short")
    client.press("Escape")
    pick_line(client, prefix, totes, by_typing=True)
    pick_line(client, prefix, totes)
    client.feedback("Last line picked")
    expect(page.locator(".o_scan_end")).to_be_visible()
    shot("pick_end")
    client.all_sent()


def current(client, prefix):
    """What the screen asks for: (place, rank of the item, pieces, transfer or tote)."""
    page = client.page
    name = page.locator(".o_scan_what strong").inner_text()
    return (
        page.locator(".o_scan_place strong").inner_text(),
        ITEMS.index(name.removeprefix(f"{prefix} ")),
        int(page.locator(".o_scan_quantity b").inner_text()),
        page.locator(".o_scan_item .o_scan_tote").inner_text().strip(),
    )


def mistakes(client, prefix, totes, shot):
    """Everything wrong that can be scanned at the first line, before it is picked."""
    page = client.page
    place, rank, pieces, transfer = current(client, prefix)
    client.prompt(place)
    shot("pick_place")
    client.scan(f"EAST-{PLACES[rank - 1]}")
    client.feedback("Wrong place")
    shot("pick_wrong_place")
    client.scan(f"EAST-{place}")
    client.prompt(ITEMS[rank])
    shot("pick_item")
    client.scan(f"{prefix}-{(rank + 2) % 4}")
    client.feedback("Wrong item")
    shot("pick_wrong_item")
    client.press("q")
    page.locator("input[name=quantity]").fill("99")
    page.locator("input[name=quantity]").press("Enter")
    client.feedback("Too many")
    client.scan(f"{prefix}-{rank}")
    client.prompt("empty tote")
    client.scan("NO-TOTE")
    client.feedback("no empty tote")
    totes[transfer] = f"{prefix}-T1"
    client.scan(totes[transfer])
    client.all_sent()
    client.press("u")
    client.feedback("Undone")
    assert current(client, prefix)[:3] == (place, rank, pieces)
    for _piece in range(pieces):
        client.scan(f"{prefix}-{rank}")
    client.prompt(f"Put {pieces} into tote {prefix}-T1")
    shot("pick_tote")
    client.scan(f"{prefix}-T2")
    client.feedback("Wrong tote")
    client.scan(totes[transfer])
    client.all_sent()


def pick_line(client, prefix, totes, by_typing=False):
    """Pick the line the screen asks for."""
    page = client.page
    place, rank, pieces, into = current(client, prefix)
    number = page.locator(".o_scan_task").get_attribute("data-line")
    if page.locator(".o_scan_task").get_attribute("data-step") == "place":
        client.scan(f"EAST-{place}")
    client.prompt(ITEMS[rank])
    for _piece in range(pieces):
        if by_typing:
            client.press("t")
            page.locator("input[name=code]").fill(f"{prefix}-{rank}")
            page.locator("input[name=code]").press("Enter")
        else:
            client.scan(f"{prefix}-{rank}")
    client.prompt("tote")
    if not into.startswith(prefix):
        into = totes.setdefault(into, f"{prefix}-T{len(totes) + 1}")
    client.scan(into)
    expect(page.locator(f".o_scan_task[data-line='{number}']")).to_have_count(0)


def pack_first(client, prefix, tote, shot):
    """Pack the first order into a box, weigh it wrong and right, print, ship."""
    page = client.page
    client.press("p")
    client.prompt("Scan a tote or a transfer to pack")
    shot("pack_start")
    client.scan(tote)
    client.prompt("scan what goes into it")
    client.press("b")
    page.locator(".o_scan_choices button", has_text="Small Box").click()
    shot("pack_open")
    client.scan(f"{prefix}-3")
    client.feedback("Wrong item")
    shot("pack_wrong")
    client.scan(f"{prefix}-0")
    client.scan(f"{prefix}-0")
    client.scan(f"{prefix}-0")
    client.feedback("Too many")
    client.scan(f"{prefix}-1")
    client.prompt("Weigh")
    client.press("w")
    page.locator("input[name=weight]").fill("3,9")
    shot("pack_weigh")
    page.locator("input[name=weight]").press("Enter")
    client.feedback("should weigh")
    shot("pack_wrong_weight")
    client.press("w")
    page.locator("input[name=weight]").fill("1.12")
    page.locator("input[name=weight]").press("Enter")
    client.prompt("All packed")
    shot("pack_packed")
    client.press("p")
    page.locator(".o_scan_papers").wait_for()
    client.settle()
    shot("pack_printed")
    client.feedback("Label and packing slip are ready")
    url = page.locator(".o_scan_papers").get_attribute("href")
    papers = page.request.get(f"{client.address}{url}")
    assert papers.ok and papers.body().startswith(b"%PDF"), papers.status
    (SHOTS / f"papers_{prefix}.pdf").write_bytes(papers.body())
    client.press("v")
    client.feedback("is shipped")
    shot("pack_shipped")


def check_stock(admin, work):
    """What left, and what is still on the shelf and reserved, in Odoo's own records."""
    first = work["pickings"][0]
    lines = admin.call(
        "stock.move.line",
        "search_read",
        [["picking_id", "=", first]],
        ["product_id", "quantity", "state", "result_package_id"],
    )
    assert {(line["product_id"][0], line["quantity"]) for line in lines} == {
        (work["products"][0], 2),
        (work["products"][1], 1),
    }
    assert {line["state"] for line in lines} == {"done"}
    assert len({line["result_package_id"][0] for line in lines}) == 1
    quants = admin.call(
        "stock.quant",
        "search_read",
        [["product_id", "in", work["products"]], ["location_id", "in", work["places"]]],
        ["product_id", "quantity", "reserved_quantity"],
    )
    left = {
        quant["product_id"][0]: (quant["quantity"], quant["reserved_quantity"]) for quant in quants
    }
    assert [left[product] for product in work["products"]] == [(48, 1), (49, 0), (50, 1), (50, 1)]
    scans = admin.call(
        "picking.scan",
        "search_read",
        [["batch_id", "=", work["batch"]]],
        ["kind", "is_accepted", "sequence", "device", "quantity", "is_undone"],
        order="id",
    )
    picks = [scan for scan in scans if scan["kind"] == "pick"]
    assert sum(scan["quantity"] for scan in picks if not scan["is_undone"]) == 6
    assert all(scan["is_accepted"] for scan in picks)
    for device in {scan["device"] for scan in scans}:
        numbers = [scan["sequence"] for scan in scans if scan["device"] == device]
        assert numbers == list(range(1, len(numbers) + 1))


def check_papers(admin, work, kind):
    """Every paper is a PDF; they are kept beside the pictures of the screens, to be looked at."""
    picking = work["pickings"][0]
    [line] = admin.call(
        "stock.move.line",
        "search_read",
        [["picking_id", "=", picking]],
        ["result_package_id"],
        limit=1,
    )
    box = line["result_package_id"][0]
    for name, number in (
        ("pick_list", work["batch"]),
        ("batch_tote_labels", work["batch"]),
        ("packing_slip", picking),
        ("box_contents", box),
        ("gs1_label", box),
    ):
        paper = admin.page.request.get(
            f"{admin.address}/report/pdf/order_shipping.report_{name}/{number}"
        )
        assert paper.ok and paper.body().startswith(b"%PDF"), name
        (SHOTS / f"{kind}_{name}.pdf").write_bytes(paper.body())


@pytest.mark.parametrize(("kind", "size"), [("phone", PHONE), ("desktop", DESKTOP)])
def test_pick_and_pack(handheld, kind, size):
    """Three orders from the shelf to the truck by a picker, with a lost connection in between."""
    admin = handheld(DESKTOP)
    prefix = {"phone": "ALP", "desktop": "BER"}[kind]
    journey(handheld, admin, prefix, kind, size)


def journey(handheld, admin, prefix, kind, size):
    work = make_batch(admin, prefix, [[(0, 2), (1, 1)], [(0, 1), (2, 1)], [(3, 1)]])
    login = make_picker(admin, prefix)
    client = handheld(size, login)

    def shot(name):
        client.shot(f"{kind}_{name}")

    client.page.goto(f"{client.address}/odoo/scan")
    client.page.locator(".o_scan_work", has_text=work["name"]).wait_for()
    shot("start")
    client.scan("NOTHING-THERE")
    client.feedback("No open batch")
    client.scan(work["name"])
    pick_lines(client, prefix, shot)
    admin.call("stock.picking", "action_rate", work["pickings"])
    [first] = admin.call("stock.picking", "read", work["pickings"][:1], ["tote_id"])
    pack_first(client, prefix, first["tote_id"][1], shot)
    check_stock(admin, work)
    check_papers(admin, work, kind)


def test_buttons_on_batch_and_transfer(handheld):
    """*Scan* opens the screen of the record it is on, and the arrow leads back there."""
    admin = handheld(DESKTOP)
    page = admin.page
    work = make_batch(admin, "CAY", [[(0, 1)]])
    for model, number in (
        ("stock.picking.batch", work["batch"]),
        ("stock.picking", work["pickings"][0]),
    ):
        admin.record(model, number)
        admin.button("Scan")
        admin.prompt("A-03")
        page.get_by_role("button", name="Back").click()
        page.locator(".o_form_view").wait_for()
        expect(page.locator(".o_scan")).to_have_count(0)


def test_screen_has_the_servers_rules(handheld):
    """The cases that tests/unit/test_scanning.py runs on the server's rules, on the screen's."""
    verdicts = handheld(DESKTOP).page.evaluate(
        """(cases) => {
            const {judge} = odoo.loader.modules.get("@order_shipping/scan/scan_rules");
            return cases.map(({line, attempt}) => judge(line, attempt));
        }""",
        CASES,
    )
    wrong = [
        (case["name"], verdict)
        for case, verdict in zip(CASES, verdicts, strict=True)
        if verdict != case["verdict"]
    ]
    assert not wrong


def test_queue_sends_once_and_in_order(handheld):
    """Answers that get lost, a busy transfer, a reload: each operation arrives once, in order."""
    result = handheld(DESKTOP).page.evaluate(
        """async () => {
            const {ScanQueue} = odoo.loader.modules.get("@order_shipping/scan/scan_queue");
            class Lost extends Error {}
            const done = new Map(); // what the server did, by key
            const troubles = ["lost before", "lost after", "busy", "", "lost after"];
            const options = {
                owner: "test",
                scope: {model: "stock.picking", id: 1},
                isConnectionLost: (error) => error instanceof Lost,
                async send(scope, device, operations) {
                    const trouble = troubles.shift();
                    if (trouble === "busy") {
                        return {busy: true, answers: []};
                    }
                    if (trouble === "lost before") {
                        throw new Lost();
                    }
                    const answers = [];
                    for (const operation of operations) {
                        if (!done.has(operation.key)) {
                            if (operation.sequence !== done.size + 1) {
                                break;
                            }
                            done.set(operation.key, operation.n);
                        }
                        answers.push({key: operation.key});
                    }
                    if (trouble === "lost after") {
                        throw new Lost();
                    }
                    return {answers, expected: done.size + 1};
                },
            };
            const first = new ScanQueue(options);
            for (let n = 1; n <= 30; n++) {
                first.add({kind: "pick", n});
            }
            await first.flush();
            const offline = {online: first.online, waiting: first.waiting.length};
            first.stop(); // the page is reloaded
            const [second] = ScanQueue.leftovers(options);
            while (!(await second.flush())) {
                second.stop();
            }
            return {
                offline,
                done: [...done.values()],
                waiting: second.waiting.length,
                left: ScanQueue.leftovers(options).length,
            };
        }"""
    )
    assert result == {
        "offline": {"online": False, "waiting": 30},
        "done": list(range(1, 31)),
        "waiting": 0,
        "left": 0,
    }
