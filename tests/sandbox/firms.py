"""The invented firms that the tests look at, and how their records are looked up."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from clio_sandbox.firm import Firm, Record, Ref, Size

ZERO = Decimal("0.00")
LIVED: tuple[tuple[Size, int, tuple[int, ...]], ...] = (
    ("small", 1, ()),
    ("small", 1, (1, 1)),
    ("small", 2, (7,)),
    ("small", 3, (45,)),
    ("demo", 1, (31,)),
)
OWED = ("awaiting_payment", "paid")
DERIVED = {"billable_matters", "billable_clients", "billable_matters/ids", "folders/list"}


@cache
def lived(size: Size, seed: int, days: tuple[int, ...]) -> Firm:
    firm = Firm.create(size, seed)
    for each in days:
        firm.advance(each)
    return firm


def rows(firm: Firm, collection: str) -> list[Record]:
    return list(firm.records[collection].values())


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def revenue(firm: Firm, *states: str) -> list[Record]:
    return [
        b for b in rows(firm, "bills") if b["kind"] != "trust_kind" and (not states or b["state"] in states)
    ]


def lines_by_bill(firm: Firm) -> dict[object, list[Record]]:
    found: dict[object, list[Record]] = defaultdict(list)
    for line in rows(firm, "line_items"):
        if line["type"] != "SummaryLineItem":
            found[line["bill"].id].append(line)
    return found


def discount_of(line: Record) -> Decimal:
    net: Decimal = line["total"] - line["tax"] - line["secondary_tax"]
    return cents(line["sub_total"] - net)


def code(firm: Firm, ref: Ref) -> str:
    found: str = firm.records["currencies"][ref.id]["code"]
    return found
