"""The returns desk on a hand-held: receive, wrong and missing items, inspect, without notice."""

import re

from customer_page import Shop, call, one
from handheld import make_picker
from playwright.sync_api import expect

PHONE, DESKTOP = (390, 844), (1366, 900)


def make_return(admin, order, quantity):
    """An approved return of the order's only line: (id, number)."""
    (line,) = one(admin, "sale.order", order, "order_line")["order_line"]
    reason = call(admin, "shipping.return.reason", "search", [["code", "=", "damaged"]])
    values = {"sale_line_id": line, "quantity": quantity, "reason_id": reason[0]}
    back = call(
        admin, "shipping.return", "create", {"order_id": order, "line_ids": [[0, 0, values]]}
    )
    call(admin, "shipping.return", "action_approve", [back])
    return back, one(admin, "shipping.return", back, "name")["name"]


def at_the_dock(admin, shop, product=None):
    """Pieces that wait to be inspected, and pieces put aside."""
    warehouse = one(
        admin,
        "stock.warehouse",
        shop.warehouse,
        "return_location_id",
        "quarantine_location_id",
    )
    places = [place and place[0] for place in list(warehouse.values())[1:]]
    rows = call(
        admin,
        "stock.quant",
        "search_read",
        [["product_id", "=", product or shop.product], ["location_id", "in", places]],
        ["location_id", "quantity"],
    )
    found = {row["location_id"][0]: row["quantity"] for row in rows if row["quantity"]}
    return [found.get(place, 0) for place in places]


def test_returns_desk(handheld):
    admin = handheld(DESKTOP)
    shop, wrong = Shop(admin, "rhea"), Shop(admin, "rolf")
    call(admin, "product.product", "write", [shop.product], {"barcode": "RHEA-LAMP"})
    call(admin, "product.product", "write", [wrong.product], {"barcode": "ROLF-LAMP"})
    order = shop.order(4)
    shop.deliver(order, paid=True)
    back, name = make_return(admin, order, 3)
    client = handheld(PHONE, make_picker(admin, "RET"))
    page = client.page

    page.goto(f"{client.address}/odoo/receive-returns")
    page.locator(".o_scan_work", has_text=name).wait_for()
    client.shot("return_start")
    client.scan("NOTHING-THERE")
    client.feedback("No open return")
    client.scan(name)
    client.prompt("Scan what is in the parcel")
    client.scan("NOTHING-THERE")
    client.feedback("Nobody knows")
    client.scan("RHEA-LAMP")
    client.feedback("is here")
    client.scan("ROLF-LAMP")
    client.feedback("Wrong item")
    client.scan("RHEA-LAMP")
    client.shot("return_counted")
    page.reload()  # what was scanned is kept
    client.prompt("Scan the parcel")
    client.scan(name)
    client.prompt("Scan the next item")
    expect(page.locator(".o_scan_todo li").first.locator("> b")).to_contain_text(
        re.compile(r"2\s*of 3")
    )
    client.press("d")
    page.locator("[data-rest=never]").wait_for()
    client.shot("return_missing")
    page.locator("[data-rest=never]").click()

    client.prompt("Take an item")
    assert at_the_dock(admin, shop)[0] == 2
    assert at_the_dock(admin, wrong)[0] == 1
    client.scan("RHEA-LAMP")
    client.prompt("What becomes of it")
    client.shot("return_outcomes")
    client.press("m")
    page.locator("input[name=note]").fill("the switch is broken")
    page.locator("input[name=note]").press("Enter")
    client.press("3")
    client.feedback("Repair")
    client.scan("ROLF-LAMP")
    page.locator("[data-outcome=quarantine]").click()
    client.feedback("Quarantine")
    client.scan("RHEA-LAMP")
    client.press("u")
    client.feedback("Taken back")
    client.press("a")
    client.prompt("All is inspected")
    client.shot("return_decided")
    client.press("d")
    client.feedback("is inspected")
    page.locator(".o_scan_start").wait_for()

    assert one(admin, "shipping.return", back, "state")["state"] == "inspected"
    assert shop.in_stock() == 17  # 20, less 4 sent, plus 1 that is fine
    assert at_the_dock(admin, shop) == [0, 1]
    assert at_the_dock(admin, wrong) == [0, 1]
    call(admin, "shipping.return", "action_refund", [back])
    (note,) = call(
        admin,
        "account.move",
        "search_read",
        [["shipping_return_id", "=", back]],
        ["amount_total"],
    )
    assert note["amount_total"] == 100  # two lamps came of three announced


def test_goods_without_notice(handheld):
    admin = handheld(DESKTOP)
    shop = Shop(admin, "bea")
    call(admin, "product.product", "write", [shop.product], {"barcode": "BEA-LAMP"})
    order = shop.order(2)
    shop.deliver(order)
    client = handheld(PHONE, make_picker(admin, "BLI"))
    client.page.goto(f"{client.address}/odoo/receive-returns")
    client.prompt("Scan the parcel")
    client.scan(one(admin, "sale.order", order, "name")["name"])
    client.prompt("Scan what is in the parcel")
    client.scan("BEA-LAMP")
    client.feedback("is here")
    client.press("d")
    client.prompt("Take an item")
    client.shot("return_blind")
    (back,) = call(admin, "shipping.return", "search", [["order_id", "=", order]])
    facts = one(admin, "shipping.return", back, "state", "source", "hold_id")
    assert (facts["state"], facts["source"], bool(facts["hold_id"])) == ("received", "blind", True)
    client.scan("BEA-LAMP")
    client.press("1")
    client.press("d")
    client.feedback("is inspected")
    assert shop.in_stock() == 19
