"""What clients do about an issued bill: pay at once, in parts, from trust, online, too much, or never."""

import functools
from decimal import ROUND_HALF_UP, Decimal

from . import online, payments, trust
from .archive import Archive
from .forms import Record

CENT = Decimal("0.01")

# What the nth issued bill meets: each in turn, so that each occurs in every firm.
OUTCOMES = (
    "paid",
    "partly, then the rest",
    "from trust",
    "online",
    "never",
    "too much",
    "discount by credit",
    "paid",
    "bounces",
    "online",
    "partly",
    "write-off by credit",
    "with an older bill",
    "credit taken back",
    "from trust",
)


def expect(archive: Archive, bill: Record) -> None:
    """Plans what the client does, and interest should he do nothing."""
    outcome = OUTCOMES[archive.count("outcomes") % len(OUTCOMES)]
    if any(archive.get(matter)["evergreen_retainer"] for matter in bill["matters"]):
        outcome = "from trust"
    delay = 3 if outcome in ("from trust", "bounces", "online") else archive.random.randrange(6, 50)
    archive.plan(delay, functools.partial(_meet, archive, bill, outcome))
    if outcome != "never" and archive.count("reminded clients") % 9:
        archive.plan(archive.random.randrange(75, 120), functools.partial(_meet, archive, bill, "paid"))
    archive.plan(60, functools.partial(payments.charge_interest, archive, bill))


def _meet(archive: Archive, bill: Record, outcome: str) -> None:
    if bill["state"] != "awaiting_payment" or bill["balance"] <= 0 or bill["pending"]:
        return
    balance: Decimal = bill["balance"]
    part = max((balance / 3).quantize(CENT, ROUND_HALF_UP), CENT)
    match outcome:
        case "paid":
            payments.pay(archive, [(bill, balance)], "Check")
        case "too much":
            payments.pay(archive, [(bill, balance)], "Check")
            payments.take_too_much(archive, bill, Decimal("100.00"))
        case "partly":
            payments.pay(archive, [(bill, part)], "Cash")
        case "partly, then the rest":
            payments.pay(archive, [(bill, part)], "Cash")
            archive.plan(25, functools.partial(_meet, archive, bill, "paid"))
        case "from trust":
            if payments.pay_from_trust(archive, bill):
                trust.top_up(archive, bill)
        case "online":
            online.start(archive, bill, part if archive.count("online parts") % 3 == 1 else balance)
        case _:
            _meet_otherwise(archive, bill, outcome, part)


def _meet_otherwise(archive: Archive, bill: Record, outcome: str, part: Decimal) -> None:
    match outcome:
        case "bounces":
            bounced = payments.pay(archive, [(bill, bill["balance"])], "Check")
            archive.plan(4, functools.partial(_bounce, archive, bounced))
        case "with an older bill":
            older = _older_bill(archive, bill)
            payments.pay(archive, [(each, each["balance"]) for each in (older, bill) if each], "Wire")
        case "credit taken back":
            memo = payments.give_credit(archive, bill, part, discount=True)
            archive.plan(6, functools.partial(payments.void_credit, archive, memo))
        case "discount by credit" | "write-off by credit":
            payments.give_credit(archive, bill, part, discount=outcome == "discount by credit")
            archive.plan(10, functools.partial(_meet, archive, bill, "paid"))


def _bounce(archive: Archive, allocations: list[Record]) -> None:
    for allocation in allocations:
        if allocation["voided_at"] is None:
            payments.void_allocation(archive, allocation)


def _older_bill(archive: Archive, bill: Record) -> Record | None:
    """Returns another unpaid bill of the same client and currency."""
    for other in archive.records["bills"].values():
        same = (
            other["client"] == bill["client"] and other["currency"] == bill["currency"] and other is not bill
        )
        if (
            same
            and other["state"] == "awaiting_payment"
            and other["kind"] != "trust_kind"
            and not other["pending"]
        ):
            return other
    return None
