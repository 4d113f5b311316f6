"""Money held for clients: deposits, requests for more, refunds (statements 11, 15 and 16)."""

import functools
from decimal import Decimal

from . import bank, bills
from .archive import Archive
from .forms import Record, Ref
from .matters import currency_code

ZERO = Decimal("0.00")


def take_first_deposit(archive: Archive, matter: Record) -> None:
    """A new matter with a retainer, and every third other one, starts with money in trust."""
    if matter["evergreen_retainer"] or matter["number"] % 3 == 0:
        deposit(archive, matter, Decimal(archive.random.randint(10, 60) * 100) + Decimal("0.50"))


def deposit(archive: Archive, matter: Record, amount: Decimal, bill: Record | None = None) -> None:
    """Takes money into trust for a matter."""
    account = bank.account_for(archive, "Trust", currency_code(archive, matter))
    own = Ref("matters", matter["id"])
    bank.move_money(
        archive,
        account,
        amount,
        bank.trust_account(own),
        matter["client"],
        own,
        transaction_type="Deposit",
        source="Client",
        description="Retainer — dépôt",
        bill=bill and Ref("bills", bill["id"]),
    )


def refund(archive: Archive, matter: Record) -> None:
    """Gives a client back what is left in trust."""
    held, own = bank.trust_balance(archive, matter), Ref("matters", matter["id"])
    if held > 0:
        account = bank.account_for(archive, "Trust", currency_code(archive, matter))
        bank.move_money(
            archive,
            account,
            -held,
            bank.trust_account(own),
            matter["client"],
            own,
            transaction_type="Disbursement",
            source="Firm",
            description="Refund of retainer",
        )


def top_up(archive: Archive, bill: Record) -> None:
    """Asks for money where a payment left less in trust than was agreed."""
    for ref in bill["matters"]:
        matter = archive.get(ref)
        retainer = matter["evergreen_retainer"]
        if retainer and bank.trust_balance(archive, matter) < retainer["minimum_threshold"]:
            request(archive, matter, 2 * retainer["minimum_threshold"] - bank.trust_balance(archive, matter))


def request(archive: Archive, matter: Record, amount: Decimal) -> Record:
    """Files a trust request; two of three are met."""
    bill = bills.start_bill(
        archive,
        matter["client"],
        [matter],
        matter["currency"],
        kind="trust_kind",
        issued_at=archive.at.date(),
        due_at=archive.at.date(),
    )
    account = bank.account_for(archive, "Trust", currency_code(archive, matter))
    archive.add(
        "trust_line_items",
        bill=Ref("bills", bill["id"]),
        matter=Ref("matters", matter["id"]),
        client=matter["client"],
        date=archive.at.date(),
        total=amount,
        note="Please replenish the retainer",
    )
    bill["state"] = "awaiting_payment"
    bill["destination_account"] = Ref("bank_accounts", account["id"])
    _set_money(archive, bill, amount, ZERO)
    if archive.count("trust requests") % 3 != 2:
        archive.plan(8, functools.partial(_meet_request, archive, matter, bill))
    return bill


def _meet_request(archive: Archive, matter: Record, bill: Record) -> None:
    deposit(archive, matter, bill["total"], bill)
    bill["state"] = "paid"
    bill["paid_at"] = archive.at
    _set_money(archive, bill, bill["total"], bill["total"])


def _set_money(archive: Archive, bill: Record, total: Decimal, paid: Decimal) -> None:
    bills.add_up(archive, bill)  # sets all that a trust request has none of
    bill.update(total=total, sub_total=total, due=total, paid=paid, balance=total - paid)
    matter = bill["matters"][0].id
    bill["balances"] = [
        {"id": matter, "type": "Matter", "amount": total, "due": total, "interest_amount": ZERO}
    ]
    bill["matter_totals"] = [{"id": matter, "amount": total}]
