"""Payout reports of Stripe and PayPal: sums, fees, what is left out, what is refused."""

from datetime import date
from decimal import Decimal

import pytest

from odoo.addons.order_processing.engine.statement import StatementError
from odoo.addons.order_processing.engine.statement.payout import read_payouts

STRIPE = (
    "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,currency,gross,"
    "fee,net,reporting_category,source_id,description,invoice_number\n"
)
PAYPAL = '"Date","Type","Status","Currency","Gross","Fee","Net","Transaction ID","Invoice Number"\n'


def stripe(*rows):
    return read_payouts((STRIPE + "\n".join(rows)).encode())


def paypal(*rows):
    return read_payouts((PAYPAL + "\n".join(rows)).encode())


def test_stripe_groups_by_payout():
    first, second = stripe(
        "po_1,2026-03-10 00:00:00,txn_1,usd,100.00,3.20,96.80,charge,ch_1,Order 7,INV/2026/00001",
        "po_1,2026-03-10 00:00:00,txn_2,usd,-30.00,0.00,-30.00,refund,re_1,,",
        "po_2,2026-03-11 00:00:00,txn_3,usd,50.00,1.75,48.25,charge,ch_2,,",
        ",,txn_4,usd,10.00,0.59,9.41,charge,ch_3,not paid out yet,",
    )
    assert (first.reference, first.date, first.currency) == ("po_1", date(2026, 3, 10), "USD")
    assert (first.amount, first.fee, first.difference) == (Decimal("66.80"), Decimal("3.20"), 0)
    assert first.transactions[0].references == ("ch_1", "txn_1", "INV/2026/00001", "Order 7")
    assert [each.gross for each in first.transactions] == [100, -30]
    assert second.amount == Decimal("48.25")


def test_stripe_payout_row_tells_whether_the_report_is_complete():
    (whole,) = stripe(
        "po_1,2026-03-10,txn_1,usd,100.00,3.20,96.80,charge,ch_1,,",
        "po_1,2026-03-10,txn_9,usd,-96.80,0.00,-96.80,payout,po_1,STRIPE PAYOUT,",
    )
    assert not whole.difference
    (short,) = stripe(
        "po_1,2026-03-10,txn_1,usd,100.00,3.20,96.80,charge,ch_1,,",
        "po_1,2026-03-10,txn_9,usd,-145.05,0.00,-145.05,payout,po_1,STRIPE PAYOUT,",
    )
    assert short.difference == Decimal("48.25")


def test_paypal_is_cut_at_withdrawals_whichever_way_it_is_sorted():
    rows = [
        '"03/08/2026","Express Payment","Completed","USD","100.00","-3.20","96.80","A1","7"',
        '"03/09/2026","Express Checkout Payment","Pending","USD","70.00","0.00","70.00","A2",""',
        '"03/20/2026","General Withdrawal","Completed","USD","-96.80","0.00","-96.80","W1",""',
        '"03/21/2026","Payment","Completed","USD","1,050.00","-30.00","1,020.00","A3",""',
        '"03/21/2026","Payment","Completed","EUR","10.00","-0.50","9.50","A4",""',
    ]
    for ordered in (rows, rows[::-1]):
        (payout,) = paypal(*ordered)
        assert (payout.provider, payout.reference) == ("paypal", "W1")
        assert (payout.amount, payout.fee, payout.difference) == (
            Decimal("96.80"),
            Decimal("3.20"),
            0,
        )
        assert payout.transactions[0].references == ("A1", "7")


def test_paypal_withdrawal_of_a_part_is_incomplete():
    (payout,) = paypal(
        '"03/08/2026","Payment","Completed","USD","100.00","-3.20","96.80","A1",""',
        '"03/20/2026","General Withdrawal","Completed","USD","-50.00","0.00","-50.00","W1",""',
    )
    assert payout.difference == Decimal("-46.80")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "unreadable"),
        (b"\x00\x01\x02", "unreadable"),
        (b"a,b\n1,2\n", "not_payouts"),
        (STRIPE.encode(), "unreadable"),
        ((STRIPE + "po_1,2026-03-10,t,usd,abc,0,1,charge,c,,").encode(), "row"),
        ((STRIPE + "po_1,tomorrow,t,usd,1,0,1,charge,c,,").encode(), "row"),
        ((STRIPE + ",,t,usd,1,0,1,charge,c,,").encode(), "no_payouts"),
        (
            (PAYPAL + '"03/08/2026","Payment","Completed","USD","1","0","1","A1",""').encode(),
            "no_payouts",
        ),
    ],
)
def test_other_files_are_refused_with_a_reason(data, code):
    with pytest.raises(StatementError) as caught:
        read_payouts(data)
    assert caught.value.code == code
