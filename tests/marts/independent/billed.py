"""What bills ask for, from the firm's records: lines after discounts, and the parts of each bill."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from clio_sandbox.firm import Id, Record

from .rounding import ZERO, divide

Records = dict[str, dict[Id, Record]]
STATES = {
    "draft": "draft",
    "awaiting_approval": "draft",
    "awaiting_payment": "approved",
    "paid": "approved",
    "void": "void",
    "deleted": "deleted",
}
COMPONENTS = ("fees", "expenses", "tax", "secondary_tax", "interest", "adjustment")


@dataclass(frozen=True)
class Line:
    """A line that counts; net is what is left of its value after both discounts."""

    id: int
    bill: Record
    activity: int | None
    matter: int | None
    user: int | None
    kind: str
    date: date
    is_free: bool
    quantity: Decimal
    sub_total: Decimal
    discount: Decimal
    tax: Decimal
    secondary_tax: Decimal
    bill_discount: Decimal = ZERO

    @property
    def state(self) -> str:
        return STATES[self.bill["state"]]

    @property
    def net(self) -> Decimal:
        return self.sub_total - self.discount - self.bill_discount


@dataclass(frozen=True)
class Part:
    """Something an approved bill asks for."""

    bill: int
    line: int | None
    matter: int | None
    user: int | None
    component: str
    kind: str | None
    date: date
    amount: Decimal

    @property
    def key(self) -> tuple[Any, ...]:
        return self.bill, self.line, self.matter, self.component


def id_of(ref: Any) -> int | None:
    return ref.id if ref else None


def revenue_bills(records: Records) -> Iterator[Record]:
    return (bill for bill in records["bills"].values() if bill["kind"] != "trust_kind")


def lines(records: Records) -> list[Line]:
    """Returns the lines of all bills but trust requests, with their shares of the bills' discounts."""
    by_bill: dict[int, list[Line]] = defaultdict(list)
    for id, record in sorted(records["line_items"].items()):
        if record["type"] == "SummaryLineItem":
            continue
        taxes = record["tax"] + record["secondary_tax"]
        by_bill[record["bill"].id].append(
            Line(
                id=int(id),
                bill=records["bills"][record["bill"].id],
                activity=id_of(record["activity"]),
                matter=id_of(record["matter"]),
                user=id_of(record["user"]),
                kind="fees" if record["kind"] == "Service" else "expenses",
                date=record["date"],
                is_free=record["type"] == "NoChargeLineItem",
                quantity=record["quantity"],
                sub_total=record["sub_total"],
                discount=record["sub_total"] + taxes - record["total"],
                tax=record["tax"],
                secondary_tax=record["secondary_tax"],
            )
        )
    return [
        line for bill in revenue_bills(records) for line in _discounted(bill, by_bill.get(bill["id"], []))
    ]


def _discounted(bill: Record, lines: list[Line]) -> Iterator[Line]:
    """Shares the bill's discount over its matters as the bill says, then over the lines of each."""
    discount = bill["total"] - bill["due"]
    said = {row["id"]: row["amount"] - row["due"] for row in bill["balances"] if row["type"] == "Matter"}
    by_matter = {matter: [line for line in lines if line.matter == matter] for matter in said}
    fits = all(
        not off or sum((line.net for line in by_matter[matter]), ZERO) >= off for matter, off in said.items()
    )
    if sum(said.values(), ZERO) == discount and fits:
        shares = {
            id: share
            for matter, off in said.items()
            for id, share in _over_lines(bill, by_matter[matter], off).items()
        }
    else:
        shares = _over_lines(bill, lines, discount)
    return (replace(line, bill_discount=shares.get(line.id, ZERO)) for line in lines)


def _over_lines(bill: Record, lines: list[Line], discount: Decimal) -> dict[int, Decimal]:
    services = [line for line in lines if line.kind == "fees"]
    if bill["discount_services_only"] == "true" and sum((s.net for s in services), ZERO) >= discount:
        lines = services
    worth = [line.net for line in lines]
    if not discount or not sum(worth, ZERO):
        return {}
    return dict(zip((line.id for line in lines), divide(discount, worth), strict=True))


def parts(records: Records) -> list[Part]:
    """Returns what each approved bill asks for; the parts of a bill add up to its `due`."""
    of_bill: dict[int, list[Part]] = defaultdict(list)
    for line in lines(records):
        amounts = {line.kind: line.net, "tax": line.tax, "secondary_tax": line.secondary_tax}
        for component, amount in amounts.items():
            of_bill[line.bill["id"]].append(
                Part(
                    line.bill["id"], line.id, line.matter, line.user, component, line.kind, line.date, amount
                )
            )
    found = []
    for bill in revenue_bills(records):
        if STATES[bill["state"]] == "approved":
            asked = [*of_bill[bill["id"]], *_interest(bill)]
            rest = bill["due"] - sum((part.amount for part in asked), ZERO)
            asked.append(
                Part(bill["id"], None, _sole(bill), None, "adjustment", None, bill["issued_at"], rest)
            )
            found += [part for part in asked if part.amount]
    return found


def _interest(bill: Record) -> Iterator[Part]:
    said = {
        row["id"] if row["type"] == "Matter" else None: row["interest_amount"] for row in bill["balances"]
    }
    if sum(said.values(), ZERO) != bill["interest"]["total"]:
        said = {_sole(bill): bill["interest"]["total"]}
    for matter, amount in said.items():
        yield Part(bill["id"], None, matter, None, "interest", None, bill["issued_at"], amount)


def _sole(bill: Record) -> int | None:
    """Returns the matter of a bill over one."""
    return bill["matters"][0].id if len(bill["matters"]) == 1 else None
