"""What was owed, unbilled and held on any day, by the firm's records: as known then, and as known now."""

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal

from clio_sandbox.firm import Record

from .billed import STATES, Records, revenue_bills
from .held import Holder, amount_of, holder_of, movements
from .rounding import ZERO


def day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def owed(records: Records, day: date, axis: str) -> dict[int, Decimal]:
    """Returns the open balance of each bill; by effective date a voided payment was never received."""
    by_known = axis == "known_date"
    balances = {}
    for bill in revenue_bills(records):
        if _counts(bill, day, by_known):
            charges = [c for c in records["interest_charges"].values() if c["bill"].id == bill["id"]]
            told = sum((c["total"] for c in charges), ZERO)
            balance = bill["due"] - bill["interest"]["total"]
            balance += sum((c["total"] for c in charges if c["date"] <= day), ZERO)
            if day_of(bill["updated_at"]) <= day:
                balance += bill["interest"]["total"] - told
            balances[bill["id"]] = balance
    for allocation in records["allocations"].values():
        bill = allocation["bill"].id
        if bill in balances and _is_received(allocation, day, by_known):
            balances[bill] -= allocation["amount"]
    return {bill: balance for bill, balance in balances.items() if balance}


def _counts(bill: Record, day: date, by_known: bool) -> bool:
    state = STATES[bill["state"]]
    if bill["issued_at"] is None or bill["issued_at"] > day:
        return False
    return state == "approved" or (state == "void" and by_known and day_of(bill["updated_at"]) > day)


def _is_received(allocation: Record, day: date, by_known: bool) -> bool:
    voided = allocation["voided_at"]
    if by_known:
        return day_of(allocation["created_at"]) <= day and (voided is None or day_of(voided) > day)
    received: bool = allocation["date"] <= day
    return received and voided is None


def on_the_shelf(records: Records, day: date, axis: str) -> dict[int, Decimal]:
    """Returns the value of each billable entry that stood on no issued bill and was not given up."""
    by_known = axis == "known_date"
    bills: dict[int, list[Record]] = defaultdict(list)
    for line in records["line_items"].values():
        if line["activity"] and line["type"] != "SummaryLineItem":
            bills[line["activity"].id].append(records["bills"][line["bill"].id])
    shelf = {}
    for id, entry in records["activities"].items():
        made = day_of(entry["created_at"]) if by_known else entry["date"]
        is_billed = any(_counts(bill, day, by_known) for bill in [*bills[int(id)], *_named(records, entry)])
        is_given_up = entry.get("_written_off") and day_of(entry["updated_at"]) <= day
        if not entry["non_billable"] and made <= day and not is_billed and not is_given_up:
            shelf[int(id)] = entry["total"]
    return {id: value for id, value in shelf.items() if value}


def _named(records: Records, entry: Record) -> list[Record]:
    """Returns the bill that an entry names: for an entry whose lines are missing."""
    return [records["bills"][entry["bill"].id]] if entry["bill"] else []


def held(records: Records, day: date, axis: str) -> dict[Holder, Decimal]:
    """Returns what each holder had in trust."""
    balances: dict[Holder, Decimal] = defaultdict(lambda: ZERO)
    for transaction in movements(records):
        moved = day_of(transaction["created_at"]) if axis == "known_date" else transaction["date"]
        if moved <= day:
            balances[holder_of(transaction)] += amount_of(transaction)
    return {holder: balance for holder, balance in balances.items() if balance}
