"""An accountant's morning: a bank file, what is certain posted, the rest by keyboard, undone."""

from datetime import date

from playwright.sync_api import expect
from test_rules import rpc

LINE = "account.bank.statement.line"


def invoice(client, customer, amount):
    """A posted invoice: id and number."""
    line = (0, 0, {"name": "Goods", "price_unit": amount, "tax_ids": [(5,)]})
    vals = {
        "move_type": "out_invoice",
        "partner_id": customer,
        "invoice_date": date.today().isoformat(),
        "invoice_line_ids": [line],
    }
    move = rpc(client, "account.move", "create", vals)
    rpc(client, "account.move", "action_post", [move])
    return move, rpc(client, "account.move", "read", [move], ["name"])[0]["name"]


def bank_file(account, *entries):
    """An OFX file of (amount, label)."""
    day = date.today().strftime("%Y%m%d")
    body = "".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day}<TRNAMT>{amount}<FITID>M{number}"
        f"<NAME>{label}</STMTTRN>\n"
        for number, (amount, label) in enumerate(entries)
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
        "<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS>"
        f"<CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>{account}<ACCTTYPE>CHECKING</BANKACCTFROM>"
        f"<BANKTRANLIST>{body}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode()


def paid(client, *moves):
    states = rpc(client, "account.move", "read", list(moves), ["payment_state"])
    return [values["payment_state"] for values in states]


def wait_until_paid(client, *moves):
    """The matching of a file is a job: it may come a moment after the import."""
    for _attempt in range(120):
        if set(paid(client, *moves)) == {"paid"}:
            return
        client.page.wait_for_timeout(500)
    raise AssertionError(paid(client, *moves))


class Screen:
    """The screen Matching, as hands on a keyboard use it."""

    def __init__(self, client):
        self.client, self.page = client, client.page
        self.lines = self.page.locator(".o_matching_line")
        self.current = self.page.locator(".o_matching_line.o_matching_current")

    def open(self):
        self.client.action("account.open_account_journal_dashboard_kanban")
        self.page.locator(".o_kanban_record button[name=action_open_matching]").first.click()
        self.page.locator(".o_matching_progress").wait_for()
        return self

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        self.client.settle()

    def go_to(self, label):
        """Move down with the keyboard until the line is current."""
        for _step in range(40):
            if label in self.current.inner_text():
                break
            self.press("j")
        expect(self.current).to_contain_text(label)
        expect(self.page.locator(".o_matching_detail h3")).to_have_text(label)

    def find(self, text):
        self.press("/")
        search = self.page.locator("input[name=item_search]")
        expect(search).to_be_focused()
        search.fill(text)
        expect(self.page.locator(".o_matching_item")).to_have_count(1)
        expect(self.page.locator(".o_matching_item")).to_contain_text(text)
        self.page.keyboard.press("Enter")
        expect(search).not_to_be_focused()


def test_a_morning(client, shot):
    customers = rpc(
        client,
        "res.partner",
        "create",
        [{"name": name, "is_company": True} for name in ("Morning Ltd", "Evening Ltd")],
    )
    sure, sure_name = invoice(client, customers[0], 1234.56)
    part, part_name = invoice(client, customers[0], 500)
    one, one_name = invoice(client, customers[0], 71.01)
    two, two_name = invoice(client, customers[1], 82.02)
    rounded, rounded_name = invoice(client, customers[1], 90)
    [journal] = rpc(client, "account.journal", "search", [("type", "=", "bank")], limit=1)
    [account] = rpc(client, "account.journal", "read", [journal], ["bank_acc_number"])
    content = bank_file(
        account["bank_acc_number"],
        ("1234.56", f"Payment {sure_name}"),
        ("450.00", f"Half of {part_name}"),
        ("153.03", "WIRE 4711 MORNING"),
        ("89.10", "WIRE 4712 EVENING"),
        ("-7.50", "Account fee March"),
    )

    # the file: what is certain is posted at once
    client.action("order_processing.account_statement_import_action")
    dialog = client.page.locator(".modal-content")
    dialog.locator("input[type=file]").set_input_files(
        {"name": "morning.ofx", "mimeType": "application/x-ofx", "buffer": content}
    )
    client.settle()
    dialog.get_by_role("button", name="Import").first.click()
    client.page.locator(".o_list_view").wait_for()
    wait_until_paid(client, sure)

    # a proposal is accepted by Enter
    screen = Screen(client).open()
    before = screen.lines.count()
    screen.go_to(f"Half of {part_name}")
    expect(client.page.locator(".o_matching_proposal.o_matching_current")).to_contain_text(
        part_name
    )
    shot("matching_proposal")
    screen.press("Enter")
    expect(screen.lines).to_have_count(before - 1)
    assert paid(client, part) == ["partial"]

    # two invoices of two customers, searched and chosen
    screen.go_to("WIRE 4711 MORNING")
    screen.find(one_name)
    screen.press("x")
    screen.find(two_name)
    screen.press("x")
    expect(client.page.locator(".o_matching_rest")).to_have_text("Exactly paid")
    shot("matching_choice")
    screen.press("Enter")
    expect(screen.lines).to_have_count(before - 2)
    assert paid(client, one, two) == ["paid", "paid"]

    # ninety cents are missing: the rest is written off
    screen.go_to("WIRE 4712 EVENING")
    screen.find(rounded_name)
    screen.press("x", "w")
    dialog = client.page.locator(".modal-content")
    expect(dialog).to_contain_text("-0.90 USD")
    shot("matching_write_off")
    dialog.locator("button[name=confirm_write_off]").click()
    expect(screen.lines).to_have_count(before - 3)
    assert paid(client, rounded) == ["paid"]

    # the bank's fee: the whole line, to an account
    screen.go_to("Account fee March")
    screen.press("w")
    client.page.locator(".modal-content button[name=confirm_write_off]").click()
    expect(screen.lines).to_have_count(before - 4)

    # and the two last undone
    screen.press("u")
    expect(screen.lines).to_have_count(before - 3)
    expect(screen.current).to_contain_text("Account fee March")
    screen.press("u")
    expect(screen.lines).to_have_count(before - 2)
    assert paid(client, rounded) == ["not_paid"]
    assert paid(client, one, two) == ["paid", "paid"]


def test_refused_is_told_and_help_and_dry_run(client, shot):
    """A write-off over the limit isn't offered; keys and dry run are to be seen."""
    [journal] = rpc(client, "account.journal", "search", [("type", "=", "bank")], limit=1)
    vals = {"journal_id": journal, "payment_ref": "WIRE 9000 DEAR", "amount": -9000}
    rpc(client, LINE, "create", vals)
    screen = Screen(client).open()
    screen.go_to("WIRE 9000 DEAR")
    screen.press("w")
    expect(client.page.locator(".o_matching_too_much")).to_be_visible()
    expect(client.page.locator("button[name=confirm_write_off]")).to_be_disabled()
    client.page.keyboard.press("Escape")
    expect(client.page.locator(".modal-content")).to_have_count(0)
    screen.press("?")
    expect(client.page.locator(".o_matching_help")).to_contain_text("Skip")
    shot("matching_help")
    screen.press("Escape")
    expect(client.page.locator(".o_matching_help")).to_have_count(0)
    client.page.locator("button[name=dry_run]").click()
    expect(client.page.locator(".modal-content")).to_contain_text("Nothing was written")
