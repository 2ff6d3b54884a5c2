"""A clerk's order is held; the manager who entered one herself is refused; another approves it.

Also: every screen of holds, approvals, duties and the audit log, wide and on a phone.
"""

import subprocess
import sys
import textwrap

import pytest
import suite
import web_client
from playwright.sync_api import expect

PHONE = (390, 844)

#: Users and a policy; the passwords are the logins.
SETUP = """
group = lambda name: env.ref(name).id
def user(login, *groups):
    return env['res.users'].with_context(no_reset_password=True).create({
        'odoobot_state': 'disabled',
        'name': login.title(), 'login': login, 'password': login, 'email': login + '@example.com',
        'group_ids': [(4, group(name)) for name in ('base.group_user', *groups)],
    })
clerk = user('clara', 'order_processing.group_order_user')
maria = user('maria', 'order_processing.group_order_user', 'stock.group_stock_user')
otto = user('otto', 'order_processing.group_order_user')
env['order.approval.policy'].search([]).active = False
env['order.approval.policy'].create({
    'name': 'Discounts', 'kind': 'manual', 'step_ids': [(0, 0, {
        'name': 'Managers', 'user_ids': [(6, 0, (maria | otto).ids)], 'hours': 4})],
})
product = env['product.product'].create({
    'name': 'Approval Lamp', 'type': 'consu', 'is_storable': True, 'list_price': 500,
    'taxes_id': False})
warehouse = env['stock.warehouse'].search([('company_id', '=', env.company.id)], limit=1)
env['stock.quant']._update_available_quantity(product, warehouse.lot_stock_id, 50)
partner = env['res.partner'].create({
    'name': 'Approval Customer', 'street': '1 Main Street', 'city': 'Albany', 'zip': '12201',
    'country_id': env.ref('base.us').id, 'state_id': env.ref('base.state_us_27').id,
    'email': 'customer@example.com'})
def order(by):
    return env['sale.order'].with_user(by).create({
        'partner_id': partner.id, 'warehouse_id': warehouse.id,
        'order_line': [(0, 0, {'product_id': product.id, 'product_uom_qty': 2, 'discount': 20})]})
env['res.users'].search([]).odoobot_state = 'disabled'
theirs, hers, third, mailed = order(clerk), order(maria), order(clerk), order(clerk)
for each in (theirs, hers, third, mailed):
    each.with_user(clerk)._place_hold('manual', 'release', 'Discount of 20 %')
order(clerk)._place_hold('credit', 'release', 'Over the limit by 300')
order(clerk)._place_hold('stock', 'ship', 'Two pieces short', date_due='2026-01-02')
order(clerk)._place_hold('address', 'release', 'The delivery address lacks: street')
asked = env['order.approval.request'].search([
    ('hold_id', 'in', mailed.hold_ids.ids), ('user_id', '=', otto.id)])
env['order.event.anchor']._cron_anchor()
env.cr.commit()
print('ORDERS', theirs.id, hers.id, third.id, theirs.name, hers.name, third.name, asked._token())
"""


@pytest.fixture(scope="module")
def orders(server):
    """Prepare users, a policy and held orders: (ids, names, token of a mail's link)."""
    _address, _log, env, database = server
    config = suite.write_config(env, "setup-approval", data_dir=suite.LOCAL / "data" / "test")
    done = subprocess.run(
        [sys.executable, "-m", "odoo", "shell", "-c", config, "-d", database, "--no-http"],
        input=textwrap.dedent(SETUP),
        env=env,
        capture_output=True,
        text=True,
    )
    line = next((row for row in done.stdout.splitlines() if "ORDERS" in row), None)
    assert line, done.stdout[-2000:] + done.stderr[-4000:]
    words = line[line.index("ORDERS") :].split()
    return [int(word) for word in words[1:4]], words[4:7], words[7]


@pytest.fixture
def window(server, browser, request):
    """Open a window as some user; every window is checked and closed at the end."""
    opened = []

    def open_as(login, size=(1366, 900)):
        client = web_client.WebClient(browser, server[0], login=login, size=size)
        opened.append(client)
        return client

    yield open_as
    shots = suite.LOCAL / "reports"
    shots.mkdir(parents=True, exist_ok=True)
    for number, client in enumerate(opened):
        client.no_dialog_error()
        client.page.screenshot(path=shots / f"{request.node.name}-{number}.png")
        client.close()
        assert not client.problems, "\n".join(client.problems)


def shot(client, name):
    client.page.wait_for_timeout(300)
    client.page.screenshot(path=suite.LOCAL / "reports" / f"approval-{name}.png")


def banner(client):
    return client.page.locator(".o_order_hold").first


def test_clerk_manager_and_the_other_manager(window, orders):
    theirs, hers, _third = orders[0]
    clara = window("clara")
    clara.record("sale.order", theirs)
    expect(banner(clara)).to_contain_text("Discount of 20 %")
    expect(banner(clara)).to_contain_text("Managers")
    expect(banner(clara).get_by_role("button", name="Approve")).to_have_count(0)
    shot(clara, "clerk-order")

    maria = window("maria")
    expect(maria.page.locator(".o_order_approvals")).to_contain_text("3")
    maria.action("order_processing.order_approval_action")
    expect(maria.page.locator(".o_kanban_record:not(.o_kanban_ghost)")).to_have_count(3)
    maria.record("sale.order", hers)
    expect(banner(maria)).to_contain_text("Discount of 20 %")
    expect(banner(maria)).to_contain_text("one person may not do both (Enter orders × Approve)")
    expect(banner(maria).get_by_role("button", name="Approve")).to_have_count(0)
    shot(maria, "own-order")
    otto = window("otto")
    otto.record("sale.order", hers)
    banner(otto).get_by_role("button", name="Approve").click()
    expect(otto.page.locator(".o_order_hold")).to_have_count(0)
    otto.page.locator("button[name=action_confirm]").first.click()
    otto.settle()
    expect(otto.page.locator(".o_arrow_button_current, .o_statusbar_status").first).to_contain_text(
        "Sales Order"
    )
    otto.page.get_by_role("tab", name="Timeline").click()
    expect(otto.page.locator(".o_order_timeline")).to_contain_text("Released to the warehouse")
    shot(otto, "timeline")

    # It ships: the warehouse's part is maria's, who entered it but approved nothing.
    maria.action("order_shipping.stock_picking_action_to_ship")
    maria.page.locator(".o_searchview_input").fill(orders[1][1])
    maria.page.locator(".o_searchview_input").press("Enter")
    maria.settle()
    maria.row("OUT").locator("td.o_data_cell").nth(1).click()
    maria.page.locator(".o_form_view").wait_for()
    maria.button("Validate")
    expect(maria.page.locator(".o_form_view .o_arrow_button_current").first).to_contain_text("Done")


def test_approving_with_a_thumb(window, orders):
    otto = window("otto", PHONE)
    otto.action("order_processing.order_approval_action")
    card = otto.page.locator(".o_kanban_record", has_text=orders[1][2]).first
    expect(card).to_contain_text("Discount of 20 %")
    button = card.get_by_role("button", name="Approve")
    box = button.bounding_box()
    assert box["width"] >= 120 and box["height"] >= 36, box
    shot(otto, "phone-cards")
    button.click()
    expect(otto.page.locator(".o_kanban_record", has_text=orders[1][2])).to_have_count(0)


def test_the_link_of_a_mail(window, orders):
    otto = window("otto", PHONE)
    page = otto.page
    page.goto(f"{otto.address}/order/approval/{orders[2]}")
    expect(page.locator(".o_order_approval")).to_contain_text("Discount of 20 %")
    shot(otto, "link")
    page.fill("#note", "Agreed by phone")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".o_order_approval")).to_contain_text("Approved.")
    shot(otto, "link-done")


def test_the_board_follows_by_itself(window, orders):
    otto = window("otto")
    otto.action("order_processing.order_exception_action")
    mine = otto.page.locator("[data-key=mine]")
    expect(mine).to_contain_text(orders[1][0])
    shot(otto, "board")
    maria = window("maria")
    maria.record("sale.order", orders[0][0])
    banner(maria).get_by_role("button", name="Approve").click()
    expect(maria.page.locator(".o_order_hold")).to_have_count(0)
    expect(mine).not_to_contain_text(orders[1][0])


SCREENS = {
    "holds": "order_processing.order_hold_action",
    "approvals": "order_processing.order_approval_action",
    "board": "order_processing.order_exception_action",
    "policies": "order_processing.order_approval_policy_action",
    "conflicts": "order_processing.order_duty_conflict_action",
    "duty-report": "order_processing.order_duty_report_action",
    "exceptions": "order_processing.order_duty_exception_action",
    "substitutes": "order_processing.order_approval_delegation_action",
    "anchors": "order_processing.order_event_anchor_action",
    "verify": "order_processing.order_event_verification_action",
    "decisions": "order_processing.order_approval_history_action",
}


@pytest.mark.parametrize("size", [(1366, 900), PHONE], ids=["wide", "phone"])
def test_every_screen(window, orders, size):
    admin = window("admin", size)
    width = "wide" if size[0] > 400 else "phone"
    for name, action in SCREENS.items():
        admin.action(action)
        shot(admin, f"{name}-{width}")
        overflow = admin.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{name} is {overflow} px wider than the screen"


def test_verify_the_log(window, orders):
    admin = window("admin")
    admin.action("order_processing.order_event_verification_action")
    admin.button("Verify the Log")
    page = admin.page
    page.locator(".o_form_view").wait_for()
    for _attempt in range(60):
        if page.locator(".alert-success:visible, .alert-danger:visible").count():
            break
        page.wait_for_timeout(500)
        page.reload()
        admin.ready()
    expect(page.locator(".alert-success")).to_be_visible()
    shot(admin, "verified")


def test_put_on_hold_and_reject_with_a_reason(window, orders):
    admin = window("admin")
    admin.record("sale.order", orders[0][0])
    admin.button("Put on Hold")
    dialog = admin.page.locator(".modal-content")
    dialog.locator("[name=reason] input").fill("Address is a building site")
    dialog.locator("[name=kind] select, [name=kind] input").first.wait_for()
    dialog.get_by_label("Ship", exact=True).check()
    shot(admin, "place-dialog")
    admin.button("Put on Hold")
    expect(admin.page.locator(".o_order_hold")).to_contain_text("Address is a building site")
    shot(admin, "banner")
