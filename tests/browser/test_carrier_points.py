"""Pick-up points and dangerous goods with carriers on the network, who are a stand-in here."""

import base64

import carrier_stub
import pytest
from playwright.sync_api import expect
from test_carriers import make_order, ref, rpc, shoot  # noqa: F401 - a fixture among them

POINTS = b"""Code,Name,Street,Zip,City,Country,Latitude,Longitude,Hours
U12345678,Corner Shop,1 Oak St,94107,San Francisco,US,37.766,-122.394,Mo-Fr 9:00-18:00
"""


@pytest.fixture
def stub():
    with carrier_stub.serving() as stub:
        yield stub


def make_carrier(rpc, stub, kind, **vals):  # noqa: F811
    product = rpc("product.product", "create", {"name": kind, "type": "service"})
    account = {
        "account_url": stub.address,
        "account_client_id": "client",
        "account_client_secret": "very-secret",
        "account_number": "A1B2C3",
    }
    return rpc(
        "delivery.carrier",
        "create",
        {"name": f"Stand-in {kind}", "delivery_type": kind, "product_id": product} | account | vals,
    )


def test_the_parcel_waits_at_an_access_point(client, rpc, stub):  # noqa: F811
    page = client.page
    order = make_order(rpc)
    [line] = rpc("sale.order.line", "search_read", [["order_id", "=", order]], ["product_id"])
    rpc(
        "product.product",
        "write",
        [line["product_id"][0]],
        {
            "hazard_un": "1950",
            "hazard_class_id": ref(rpc, "order_shipping.hazard_class_2_1"),
            "hazard_name": "Aerosols, flammable",
            "hazard_net": 0.3,
            "hazard_unit": "L",
            "hazard_limit": 1,
        },
    )
    carrier = make_carrier(
        rpc,
        stub,
        "ups",
        service_code="03",
        hazard_class_ids=[[6, 0, [ref(rpc, "order_shipping.hazard_class_2_1")]]],
    )
    wizard = rpc(
        "shipping.pickup.import",
        "create",
        {"carrier_id": carrier, "file": base64.b64encode(POINTS).decode()},
    )
    rpc("shipping.pickup.import", "action_import", [wizard])
    client.record("delivery.carrier", carrier)
    expect(page.locator("[name=rate_table_use_locations] input").first).to_be_checked()
    expect(page.locator("[name=hazard_phone]").first).to_be_visible()
    shoot(client, "ups_form")
    client.record("product.product", line["product_id"][0])
    page.get_by_role("tab", name="Inventory").click()
    expect(page.locator("[name=hazard_name] input")).to_have_value("Aerosols, flammable")
    shoot(client, "hazard_product")
    rpc("sale.order", "write", [order], {"carrier_id": carrier})
    client.record("sale.order", order)
    field = page.locator("[name=pickup_point_id] input")
    field.fill("Corner")
    page.get_by_role("option", name="Corner Shop, 1 Oak St").click()
    shoot(client, "point_order")
    client.button("Confirm")
    expect(page.get_by_role("button", name="Create Invoice").first).to_be_visible()
    [values] = rpc("sale.order", "read", [order], ["picking_ids", "partner_shipping_id"])
    assert "Corner Shop" in values["partner_shipping_id"][1]
    picking = values["picking_ids"][0]
    rpc("stock.picking", "action_assign", [picking])
    client.record("stock.picking", picking)
    client.button("Buy Label")
    page.get_by_role("button", name="Print Label").first.wait_for()
    sent = stub.last["ShipmentRequest"]["Shipment"]
    assert sent["AlternateDeliveryAddress"]["UPSAccessPointID"] == "U12345678"
    assert sent["ShipTo"]["Name"] == "Rita Rates"
    [record] = sent["Package"][0]["PackageServiceOptions"]["HazMat"]
    assert (record["IDNumber"], record["CommodityRegulatedLevelCode"]) == ("UN1950", "LQ")


def test_dhl_is_asked_for_points_nearby(client, rpc, stub):  # noqa: F811
    page = client.page
    stub.points = [("SFO001", "Kiosk", "94107"), ("SFO002", "Book Shop", "94103")]
    carrier = make_carrier(rpc, stub, "dhl_express", rate_table_use_locations=True)
    order = make_order(rpc)
    rpc("sale.order", "write", [order], {"carrier_id": carrier})
    client.record("sale.order", order)
    client.button("Find Points Nearby")
    expect(page.locator(".o_notification").first).to_contain_text("2 found. The nearest: Kiosk")
    page.locator("[name=pickup_point_id] input").fill("Book")
    page.get_by_role("option", name="Book Shop, 1 Oak St").click()
    shoot(client, "dhl_point")
    client.button("Confirm")
    expect(page.get_by_role("button", name="Create Invoice").first).to_be_visible()
    [values] = rpc("sale.order", "read", [order], ["partner_shipping_id"])
    assert "Book Shop" in values["partner_shipping_id"][1]
