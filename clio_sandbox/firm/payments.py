"""Money for bills: payments, transfers from trust, credit memos, voids, interest (statements 8, 12 to 14)."""

import functools
from decimal import ROUND_HALF_UP, Decimal

from . import bank, bills
from .archive import Archive
from .forms import Record, Ref
from .ledger import Account

ZERO = Decimal("0.00")
CENT = Decimal("0.01")


def receivable(archive: Archive, bill: Record) -> Account:
    """The journal's account of what is owed on a bill."""
    return ("receivable", archive.get(bill["currency"])["code"], bill["client"].id, bill["id"])


def pay(
    archive: Archive, amounts: list[tuple[Record, Decimal]], payment_type: str, online: bool = False
) -> list[Record]:
    """Takes one payment for one or more bills into the operating account; returns its allocations."""
    payment = _parent(archive, "Payment")
    made = []
    for bill, amount in amounts:
        for allocation in allocate(
            archive, bill, amount, payment, payment_type=payment_type, has_online_payment=online
        ):
            operating = bank.account_for(archive, "Operating", archive.get(bill["currency"])["code"])
            _deposit(archive, operating, allocation, bill)
            made.append(allocation)
        settle(archive, bill)
    return made


def pay_from_trust(archive: Archive, bill: Record) -> Decimal:
    """Pays a bill with what the firm holds for its matters, as far as that goes; returns the amount."""
    paid = ZERO
    currency = archive.get(bill["currency"])["code"]
    source, target = (bank.account_for(archive, kind, currency) for kind in ("Trust", "Operating"))
    payment = _parent(archive, "Payment")
    for ref in bill["matters"] if bill["state"] == "awaiting_payment" else []:
        held = bank.trust_balance(archive, archive.get(ref))
        amount = min(held, bill["_open"][ref.id])
        if amount <= 0:
            continue
        for allocation in allocate(
            archive, bill, amount, payment, matter=ref, source_bank_account=Ref("bank_accounts", source["id"])
        ):
            values = {"bill": Ref("bills", bill["id"]), "allocation": Ref("allocations", allocation["id"])}
            bank.move_money(
                archive,
                source,
                -allocation["amount"],
                bank.trust_account(ref),
                _client(archive, ref),
                ref,
                transaction_type="TrustTransfer",
                source="Trust",
                description="Payment from trust",
                **values,
            )
            _deposit(archive, target, allocation, bill)
        paid += amount
    if paid:
        settle(archive, bill)
    return paid


def give_credit(archive: Archive, bill: Record, amount: Decimal, discount: bool) -> Record:
    """Issues a credit memo for an issued bill: a discount, or an amount given up."""
    memo = archive.add(
        "credit_memos",
        amount=amount,
        contact=bill["client"],
        date=archive.at.date(),
        discount=discount,
        description="Courtesy discount" if discount else "Uncollectable",
        user=bill["user"],
    )
    parent = archive.part(
        "PolymorphicObject_base", id=memo["id"], type="CreditMemo", identifier=memo["description"]
    )
    memo["allocations"] = [Ref("allocations", a["id"]) for a in allocate(archive, bill, amount, parent)]
    settle(archive, bill)
    return memo


def void_allocation(archive: Archive, allocation: Record) -> None:
    """Voids an allocation: what it paid is owed again, and the money leaves the account again."""
    archive.change("allocations", allocation["id"], voided_at=archive.at, destroyable=False)
    bill = archive.get(allocation["bill"])
    owner = allocation["matter"].id if allocation["matter"] else bill["client"].id
    bill["_open"][owner] += allocation["amount"]
    _book(archive, bill, allocation, -1)
    if allocation["parent"]["type"] == "Payment":
        account = archive.get(allocation["destination_bank_account"])
        _transact(archive, account, -allocation["amount"], allocation, bill, "Voided payment")
    settle(archive, bill)


def void_credit(archive: Archive, memo: Record) -> None:
    """Takes a credit memo back, with all its allocations."""
    for ref in memo["allocations"]:
        void_allocation(archive, archive.get(ref))
    archive.change("credit_memos", memo["id"], voided_at=archive.at)


def charge_interest(archive: Archive, bill: Record, times: int = 3) -> None:
    """Charges interest on what is open of an overdue bill, and again a month later, so many times in all."""
    if times == 0 or bill["state"] != "awaiting_payment" or not bill["interest"]["rate"] or bill["pending"]:
        return
    principal = (
        bill["balance"]
        if bill["interest"]["type"] == "compound"
        else bill["balance"] - bill["interest"]["balance"]
    )
    amount = (principal * bill["interest"]["rate"] / 1200).quantize(CENT, ROUND_HALF_UP)
    if amount <= 0:
        return
    before = {row["id"]: row["interest_amount"] for row in bill["balances"]}
    bill["interest"]["total"] += amount
    bills.add_up_payments(archive, bill)
    rows = []
    for row in bill["balances"]:
        share = row["interest_amount"] - before[row["id"]]
        bill["_open"][row["id"]] += share
        rows.append(row | {"amount": share, "due": share, "interest_amount": share})
    archive.add(
        "interest_charges",
        bill=Ref("bills", bill["id"]),
        balances=rows,
        matters=list(bill["matters"]),
        total=amount,
        date=archive.at.date(),
        description=f"Interest on invoice {bill['number']}",
    )
    currency = archive.get(bill["currency"])["code"]
    archive.journal.move(
        amount, receivable(archive, bill), ("interest", currency, _month(archive)), bill=bill["id"]
    )
    archive.plan(30, functools.partial(charge_interest, archive, bill, times - 1))


def allocate(
    archive: Archive,
    bill: Record,
    amount: Decimal,
    parent: Record,
    matter: Ref | None = None,
    **values: object,
) -> list[Record]:
    """Files the allocations of an amount: interest first, then each matter's open part."""
    operating = bank.account_for(archive, "Operating", archive.get(bill["currency"])["code"])
    is_payment = parent["type"] == "Payment"
    made: list[Record] = []
    interest = min(bill["interest"]["balance"], amount)
    for owner in [matter.id] if matter else list(bill["_open"]):
        part = min(bill["_open"][owner], amount)
        bill["_open"][owner] -= part
        amount -= part
        for share, is_interest in ((min(part, interest), True), (part - min(part, interest), False)):
            if share > 0:
                made.append(
                    archive.add(
                        "allocations",
                        amount=share,
                        interest=is_interest,
                        parent=parent,
                        date=archive.at.date(),
                        bill=Ref("bills", bill["id"]),
                        contact=bill["client"],
                        destroyable=True,
                        matter=Ref("matters", owner) if bill["matters"] else None,
                        destination_bank_account=Ref("bank_accounts", operating["id"])
                        if is_payment
                        else None,
                        description=None if is_payment else parent["identifier"],
                        **values,
                    )
                )
                _book(archive, bill, made[-1], 1)
                bill["_allocations"].append(made[-1]["id"])
        interest -= min(part, interest)
    return made


def settle(archive: Archive, bill: Record) -> None:
    """Adds a bill up again and moves it between unpaid and paid."""
    bills.add_up_payments(archive, bill)
    bill["state"] = "paid" if bill["balance"] == 0 else "awaiting_payment"
    valid = [archive.records["allocations"][id] for id in bill["_allocations"]]
    times = [a["created_at"] for a in valid if a["voided_at"] is None and a["parent"]["type"] == "Payment"]
    bill["paid_at"] = max(times, default=None)
    bill["available_state_transitions"] = list(bills.TRANSITIONS[bill["state"]])


def take_too_much(archive: Archive, bill: Record, amount: Decimal) -> Record:
    """Takes money for which there is nothing to allocate: the client has a credit."""
    currency = archive.get(bill["currency"])["code"]
    operating = bank.account_for(archive, "Operating", currency)
    against: Account = ("unapplied", currency, bill["client"].id)
    matter = bill["matters"][0] if bill["matters"] else None
    return bank.move_money(
        archive,
        operating,
        amount,
        against,
        bill["client"],
        matter if _same_client(archive, bill) else None,
        transaction_type="Deposit",
        source="Client",
        description="Overpayment",
    )


def _deposit(archive: Archive, account: Record, allocation: Record, bill: Record) -> None:
    _transact(
        archive, account, allocation["amount"], allocation, bill, f"Payment for invoice {bill['number']}"
    )


def _transact(
    archive: Archive, account: Record, amount: Decimal, allocation: Record, bill: Record, description: str
) -> None:
    # The receivable was booked with the allocation, against cash on its way to the bank.
    matter = allocation["matter"]
    client = _client(archive, matter) if matter else bill["client"]
    transaction = bank.move_money(
        archive,
        account,
        amount,
        ("cash to deposit",),
        client,
        matter,
        description=description,
        bill=Ref("bills", bill["id"]),
        allocation=Ref("allocations", allocation["id"]),
        source="Payment",
        transaction_type="Payment",
        clio_payments_transaction=allocation["has_online_payment"],
    )
    allocation["_transaction"] = transaction["id"]


def _book(archive: Archive, bill: Record, allocation: Record, sign: int) -> None:
    currency, amount = archive.get(bill["currency"])["code"], sign * allocation["amount"]
    month = allocation["date"].isoformat()[:7]  # a voided payment was never received: its own month loses it
    owed = receivable(archive, bill)
    if allocation["parent"]["type"] == "Payment":
        archive.journal.move(amount, ("cash to deposit",), owed)
        kind = "interest" if allocation["interest"] else "bills"
        archive.journal.move(
            amount, ("cash received", kind, currency, month), ("cash received in all", currency)
        )
    else:
        memo = archive.records["credit_memos"][allocation["parent"]["id"]]
        given = "discount credits" if memo["discount"] else "write-off credits"
        archive.journal.move(amount, (given, currency, month), owed)


def _parent(archive: Archive, kind: str) -> Record:
    number = archive.next_id("PolymorphicObject_base")
    return archive.part(
        "PolymorphicObject_base", id=number, type=kind, identifier=f"Payment {number % 100000}"
    )


def _client(archive: Archive, matter: Ref) -> Ref:
    client: Ref = archive.get(matter)["client"]
    return client


def _same_client(archive: Archive, bill: Record) -> bool:
    return bool(bill["matters"]) and _client(archive, bill["matters"][0]) == bill["client"]


def _month(archive: Archive) -> str:
    return archive.at.date().isoformat()[:7]
