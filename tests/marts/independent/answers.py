"""What some marts answer, from the firm's records: ages, hours, shares of bills, rates."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from clio_sandbox.firm import Record

from . import worked
from .billed import STATES, Records, parts
from .rounding import ZERO
from .settled import Originations, Settlement, credits

Sums = defaultdict[tuple[Any, ...], list[Decimal]]
AGES = ((0, "current"), (30, "1-30"), (60, "31-60"), (90, "61-90"))
SHARED = {"fees": 0, "expenses": 1, "tax": 2, "secondary_tax": 2, "adjustment": 2}
CREDITS = ("originating", "responsible", "working")


def _sums(width: int) -> Sums:
    return defaultdict(lambda: [ZERO] * width)


def _filled(sums: Sums) -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    return {key: tuple(values) for key, values in sums.items() if any(values)}


def age_of(since: date, today: date) -> str:
    days_old = (today - since).days
    return next((name for most, name in AGES if days_old <= most), "over 90")


def currency_of(records: Records, record: Record) -> str:
    code: str = records["currencies"][record["currency"].id]["code"]
    return code


def first_of(day: date) -> date:
    return day.replace(day=1)


def receivables_by_age(
    records: Records, settled: Iterable[Settlement], today: date
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Returns by bill and matter what is owed, how many days it is overdue and its age."""
    owed: dict[tuple[int, int | None], Decimal] = defaultdict(lambda: ZERO)
    for part in parts(records):
        owed[part.bill, part.matter] += part.amount
    for one in settled:
        if STATES[records["bills"][one.bill]["state"]] == "approved" and one.component != "trust":
            owed[one.bill, one.matter] -= one.amount
    found = {}
    for (bill, matter), amount in owed.items():
        if amount:
            due = records["bills"][bill]["due_at"]
            found[bill, matter] = (amount, max((today - due).days, 0), age_of(due, today))
    return found


def work_by_age(rows: Iterable[worked.Row], today: date) -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """Returns by matter, kind and age what is unbilled or on a draft."""
    sums = _sums(1)
    for row in rows:
        shelf = row["unbilled_amount"] + row["draft_amount"]
        sums[row["matter"], row["kind"], age_of(row["date"], today)][0] += shelf
    return _filled(sums)


def hours(records: Records) -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """Returns by person and month the hours worked, billable, non-billable, and those of its weekdays."""
    sums = _sums(3)
    for entry in records["activities"].values():
        if entry["type"] == "TimeEntry":
            row = sums[entry["user"].id, first_of(entry["date"])]
            row[0] += entry["rounded_quantity_in_hours"]
            row[2 if entry["non_billable"] else 1] += entry["rounded_quantity_in_hours"]
    return {key: (*values, Decimal(8 * _weekdays(key[1]))) for key, values in sums.items()}


def _weekdays(month: date) -> int:
    following = (month + timedelta(days=31)).replace(day=1)
    return sum((month + timedelta(n)).weekday() < 5 for n in range((following - month).days))


def shares_of_bills(
    records: Records, settled: Iterable[Settlement]
) -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """Returns by bill and person the fees, expenses and taxes billed and collected, and what was credited."""
    sums = _sums(7)
    for part in parts(records):
        if part.component in SHARED:
            sums[part.bill, part.user][SHARED[part.component]] += part.amount
    for one in settled:
        if one.part and one.component in SHARED:
            place = 3 + SHARED[one.component] if one.settlement == "cash" else 6
            sums[one.bill, one.part.user][place] += one.amount
    return _filled(sums)


def credited_by_month(
    records: Records, settled: Iterable[Settlement], originations: Originations
) -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """Returns by matter, person, month and currency the cash by each credit."""
    sums = _sums(3)
    for (allocation, _, _, matter, credit, user), amount in credits(records, settled, originations):
        record = records["allocations"][allocation]
        currency = currency_of(records, records["bills"][record["bill"].id])
        sums[matter, user, first_of(record["date"]), currency][CREDITS.index(credit)] += amount
    return _filled(sums)


def realisation(
    rows: Iterable[worked.Row], settled: Iterable[Settlement], records: Records
) -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """Returns by person, month, kind and currency: of the month's work its billable value, what is on the
    shelf, billed gross, billed and collected; of the month's bills billed and collected; the month's cash."""
    sums = _sums(8)
    for row in rows:
        who, what = row["user"], (row["kind"], row["currency"])
        shelf = row["unbilled_amount"] + row["draft_amount"]
        month = sums[(who, first_of(row["date"]), *what)]
        month[0] += shelf + row["entered_amount"] + row["written_off_amount"]
        month[1] += shelf
        month[2] += row["entered_amount"] + row["edited_amount"]
        month[3] += row["billed_amount"]
        month[4] += row["collected_amount"]
        if row["issued_date"]:
            issued = sums[(who, first_of(row["issued_date"]), *what)]
            issued[5] += row["billed_amount"]
            issued[6] += row["collected_amount"]
    for one in settled:
        if one.part and one.settlement == "cash" and one.component in ("fees", "expenses"):
            paid = first_of(records["allocations"][one.allocation]["date"])
            currency = currency_of(records, records["bills"][one.bill])
            sums[one.part.user, paid, one.component, currency][7] += one.amount
    return _filled(sums)
