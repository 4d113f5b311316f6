"""Payments by card through Clio Payments, in all their states (statement 10)."""

import functools
from datetime import timedelta
from decimal import Decimal

from . import bills, payments
from .archive import Archive
from .forms import Record, Ref

ZERO = Decimal("0.00")
PAYMENTS, LINKS = "clio_payments/payments", "clio_payments/links"
IN_FLIGHT = ("pending", "authorized")
# What becomes of the nth online payment.
FATES = (
    "completed",
    "pending",
    "completed_requiring_allocation",
    "voided",
    "failed",
    "completed",
    "canceled",
    "authorized",
    "completed",
    "requires_confirmation",
)


def start(archive: Archive, bill: Record, amount: Decimal) -> None:
    """Sends a payment link; the client uses it, and the card network takes its time."""
    number = archive.count("online payments")
    currency = archive.get(bill["currency"])["code"]
    client = archive.get(bill["client"])
    link = archive.add(
        LINKS,
        active=True,
        amount=amount,
        currency=currency,
        bill=Ref("bills", bill["id"]),
        contact=bill["client"],
        bank_account=bill["destination_account"],
        destination_account=bill["destination_account"],
        email_address=client["primary_email_address"],
        expires_at=archive.at + timedelta(days=30),
        url=f"https://pay.example/{number}",
        redirect_url="",
        description=f"Invoice {bill['number']}",
    )
    payment = archive.add(
        PAYMENTS,
        amount=amount,
        bills=[Ref("bills", bill["id"])],
        clio_payments_link=Ref(LINKS, link["id"]),
        contact=bill["client"],
        confirmation_number=f"CP{number:08}",
        currency=currency,
        description=f"Invoice {bill['number']}",
        deposit_as_revenue=True,
        destination_account=bill["destination_account"],
        email_address=client["primary_email_address"],
        matters=list(bill["matters"]),
        state="pending",
        user=bill["user"],
    )
    link["clio_payments_payment"] = Ref(PAYMENTS, payment["id"])
    _show_pending(archive, bill)
    archive.plan(2, functools.partial(_finish, archive, bill, payment, FATES[number % len(FATES)]))


def _finish(archive: Archive, bill: Record, payment: Record, fate: str) -> None:
    if fate == "pending":
        return
    archive.change(PAYMENTS, payment["id"], state=fate)
    archive.change(LINKS, payment["clio_payments_link"].id, active=fate == "requires_confirmation")
    if fate in ("completed", "voided"):
        _complete(archive, bill, payment)
    if fate == "voided":
        archive.plan(1, functools.partial(_void, archive, payment))
        archive.change(PAYMENTS, payment["id"], state="completed")
    if fate == "completed_requiring_allocation":
        transaction = payments.take_too_much(archive, bill, payment["amount"])
        archive.change(PAYMENTS, payment["id"], bank_transaction=Ref("bank_transactions", transaction["id"]))
    _show_pending(archive, bill)


def _complete(archive: Archive, bill: Record, payment: Record) -> None:
    made = payments.pay(archive, [(bill, payment["amount"])], "card", online=True)
    archive.change(
        PAYMENTS,
        payment["id"],
        allocations=[Ref("allocations", allocation["id"]) for allocation in made],
        bank_transaction=Ref("bank_transactions", made[0]["_transaction"]),
    )


def _void(archive: Archive, payment: Record) -> None:
    for ref in payment["allocations"]:
        payments.void_allocation(archive, archive.get(ref))
    archive.change(PAYMENTS, payment["id"], state="voided")


def _show_pending(archive: Archive, bill: Record) -> None:
    ref = Ref("bills", bill["id"])
    amounts = [
        p["amount"]
        for p in archive.records[PAYMENTS].values()
        if ref in p["bills"] and p["state"] in IN_FLIGHT
    ]
    bill["pending"] = sum(amounts, ZERO)
    bills.add_up_payments(archive, bill)
