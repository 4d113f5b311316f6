"""The way of each entry and of each line without one, from its value to the cash, from the firm's records."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from clio_sandbox.firm import Record

from .billed import Line, Records, lines
from .rounding import ZERO, in_cents
from .settled import Settlement

STEPS = (
    "worked_amount",
    "non_billable_amount",
    "no_charge_amount",
    "written_off_amount",
    "unbilled_amount",
    "draft_amount",
    "entered_amount",
    "edited_amount",
    "line_discount_amount",
    "bill_discount_amount",
    "billed_amount",
    "discount_credit_amount",
    "write_off_credit_amount",
    "collected_amount",
    "open_amount",
    "tax_amount",
    "tax_collected_amount",
    "tax_credited_amount",
    "tax_open_amount",
    "draft_billed_amount",
)
BEFORE_BILL = {
    "non_billable": "non_billable_amount",
    "no_charge": "no_charge_amount",
    "written_off": "written_off_amount",
    "unbilled": "unbilled_amount",
    "draft": "draft_amount",
    "billed": "entered_amount",
}
PAID_BY = {
    "cash": "collected_amount",
    "discount_credit": "discount_credit_amount",
    "write_off_credit": "write_off_credit_amount",
}
Row = dict[str, Any]


def work(records: Records, settled: Iterable[Settlement]) -> dict[str, Row]:
    """Returns a row per live entry, and per line of a live bill that has none, by the key of the ledger."""
    of_work: dict[str, list[Line]] = defaultdict(list)
    for line in lines(records):
        if line.state in ("draft", "approved"):
            of_work[f"activity-{line.activity}" if line.activity else f"line-{line.id}"].append(line)
    by_line: dict[int, list[Settlement]] = defaultdict(list)
    for one in settled:
        if one.part and one.part.line:
            by_line[one.part.line].append(one)
    rows = {}
    for activity in records["activities"].values():
        key = f"activity-{activity['id']}"
        rows[key] = _row(activity, of_work.pop(key, []), by_line) | _about(records, activity)
    for key, of in of_work.items():
        rows[key] = _row(None, of, by_line) | _about_lines(records, of[0])
    return rows


def _about(records: Records, entry: Record) -> Row:
    return {
        "user": entry["user"].id,
        "date": entry["date"],
        "matter": entry["matter"].id,
        "kind": "fees" if entry["type"] == "TimeEntry" else "expenses",
        "currency": records["currencies"][entry["currency"].id]["code"],
    }


def _about_lines(records: Records, line: Line) -> Row:
    return {
        "user": line.user,
        "date": line.date,
        "matter": line.matter,
        "kind": line.kind,
        "currency": records["currencies"][line.bill["currency"].id]["code"],
    }


def _row(entry: Record | None, lines: Sequence[Line], settled: Mapping[int, Sequence[Settlement]]) -> Row:
    value = entry["total"] + entry["non_billable_total"] if entry else ZERO
    state = _state(entry, lines)
    billed = [line for line in lines if line.state == "approved"]
    row: Row = dict.fromkeys(STEPS, ZERO) | {"state": state, "worked_amount": value}
    row[BEFORE_BILL[state]] = value
    gross = sum((line.sub_total for line in billed), ZERO)
    row["edited_amount"] = gross - row["entered_amount"]
    row["line_discount_amount"] = sum((line.discount for line in billed), ZERO)
    row["bill_discount_amount"] = sum((line.bill_discount for line in billed), ZERO)
    row["billed_amount"] = row["open_amount"] = sum((line.net for line in billed), ZERO)
    row["tax_amount"] = row["tax_open_amount"] = sum((line.tax + line.secondary_tax for line in billed), ZERO)
    row["draft_billed_amount"] = sum((line.net for line in lines if line.state == "draft"), ZERO)
    if entry and entry["flat_rate"]:
        row["billed_hours"] = entry["rounded_quantity_in_hours"] if billed else ZERO
    else:
        row["billed_hours"] = sum((line.quantity for line in billed if entry and line.kind == "fees"), ZERO)
    row["issued_date"] = min((line.bill["issued_at"] for line in billed), default=None)
    for one in (one for line in billed for one in settled.get(line.id, ())):
        if one.component in ("tax", "secondary_tax"):
            row["tax_collected_amount" if one.settlement == "cash" else "tax_credited_amount"] += one.amount
            row["tax_open_amount"] -= one.amount
        else:
            row[PAID_BY[one.settlement]] += one.amount
            row["open_amount"] -= one.amount
    return row


def _state(entry: Record | None, lines: Sequence[Line]) -> str:
    approved = [line for line in lines if line.state == "approved"]
    if entry and (entry["no_charge"] or (lines and all(line.is_free for line in approved or lines))):
        return "no_charge"
    if lines or entry is None:
        return "billed" if approved else "draft"
    if entry["non_billable"]:
        return "non_billable"
    if entry["on_bill"]:
        return "billed" if entry["billed"] else "draft"
    return "written_off" if entry.get("_written_off") else "unbilled"


def rated(records: Records) -> dict[int, tuple[Any, ...]]:
    """Returns the standard rate, where it comes from and the standard value of each time entry."""
    own: dict[int, Record] = {}
    for rate in sorted(records["activity_rates"].values(), key=lambda r: (r["updated_at"], r["id"])):
        if rate["user"] and not rate["contact_id"] and not rate["group"]:
            own[rate["user"].id] = rate
    found = {}
    for id, entry in records["activities"].items():
        if entry["type"] == "TimeEntry":
            user = entry["user"].id
            rate, source = records["users"][user]["rate"], "users"
            if user in own:
                rate, source = own[user]["rate"], "activity_rates"
            hours: Decimal = entry["rounded_quantity_in_hours"]
            charged = None if entry["flat_rate"] else entry["price"]
            found[int(id)] = (rate, source, charged, in_cents(Fraction(hours) * Fraction(rate)))
    return found
