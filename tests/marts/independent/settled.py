"""What payments and credits settle, from the firm's records, by each of the four rules."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clio_sandbox.firm import Record

from .billed import COMPONENTS, Part, Records, parts
from .rounding import ZERO, divide


@dataclass(frozen=True)
class Settlement:
    """What of an allocation falls on a part of its bill, or on none: an overpayment."""

    allocation: int
    bill: int
    settlement: str
    component: str
    part: Part | None
    matter: int | None
    amount: Decimal

    @property
    def key(self) -> tuple[Any, ...]:
        return self.allocation, self.part.line if self.part else None, self.component, self.matter


def settlements(records: Records, rule: str) -> list[Settlement]:
    """Returns each valid allocation cut into what it settles."""
    asked, given = defaultdict(list), defaultdict(list)
    for part in parts(records):
        asked[part.bill].append(part)
    for allocation in records["allocations"].values():
        if allocation["voided_at"] is None:
            given[allocation["bill"].id].append(allocation)
    found = []
    for bill, allocations in given.items():
        if records["bills"][bill]["kind"] == "trust_kind":
            found += [
                _whole(records, allocation, "trust", allocation["amount"]) for allocation in allocations
            ]
            continue
        for pool, money in _pools(asked[bill], allocations):
            found += _settle(records, sorted(pool, key=_ORDERS[rule]), money, rule)
    return [one for one in found if one.amount]


def _pools(parts: list[Part], allocations: list[Record]) -> Iterator[tuple[list[Part], list[Record]]]:
    """Yields parts with the money for them: interest apart, and each matter, if all money names a matter."""
    for is_interest in (True, False):
        money = [allocation for allocation in allocations if bool(allocation["interest"]) == is_interest]
        pool = [part for part in parts if (part.component == "interest") == is_interest] or parts
        by_matter: dict[int | None, list[Record]] = defaultdict(list)
        for allocation in money:
            by_matter[allocation["matter"].id if allocation["matter"] else None].append(allocation)
        if all(matter is not None and _fits(pool, matter, of) for matter, of in by_matter.items()):
            for matter, of_matter in by_matter.items():
                yield [part for part in pool if part.matter == matter], of_matter
        else:
            yield pool, money


def _fits(pool: list[Part], matter: int, money: list[Record]) -> bool:
    asked = [part.amount for part in pool if part.matter == matter]
    return bool(asked) and sum((a["amount"] for a in money), ZERO) <= sum(asked, ZERO)


def _settle(records: Records, parts: list[Part], money: Iterable[Record], rule: str) -> Iterator[Settlement]:
    whole = sum((part.amount for part in parts), ZERO)
    had = [ZERO] * len(parts)
    received = ZERO
    for allocation in sorted(money, key=lambda a: (a["date"], a["id"])):
        received += allocation["amount"]
        kind, bill = _kind(records, allocation), allocation["bill"].id
        in_time = min(received, whole)
        has = _proportional(parts, in_time) if rule == "proportional" else _one_by_one(parts, in_time)
        used = ZERO
        for part, before, after in zip(parts, had, has, strict=True):
            used += after - before
            yield Settlement(allocation["id"], bill, kind, part.component, part, part.matter, after - before)
        had = has
        yield _whole(records, allocation, "overpayment", allocation["amount"] - used)


def _whole(records: Records, allocation: Record, component: str, amount: Decimal) -> Settlement:
    """Returns money that settles no part; its matter is the one it names, else that of a bill over one."""
    bill = records["bills"][allocation["bill"].id]
    matters = [allocation["matter"]] if allocation["matter"] else bill["matters"]
    matter = matters[0].id if len(matters) == 1 else None
    return Settlement(
        allocation["id"], bill["id"], _kind(records, allocation), component, None, matter, amount
    )


def _proportional(parts: list[Part], received: Decimal) -> list[Decimal]:
    return divide(received, [part.amount for part in parts]) if parts else []


def _one_by_one(parts: list[Part], received: Decimal) -> list[Decimal]:
    """Fills one part after the other; what is asked below nothing is settled with the first money."""
    has = []
    for part in parts:
        has.append(min(part.amount, received) if received or part.amount < 0 else ZERO)
        received -= has[-1]
    return has


def _kind(records: Records, allocation: Record) -> str:
    if allocation["parent"]["type"] == "Payment":
        return "cash"
    memo = records["credit_memos"][allocation["parent"]["id"]]
    return "discount_credit" if memo["discount"] else "write_off_credit"


def _by_line(part: Part) -> tuple[Any, ...]:
    return part.line or 0, COMPONENTS.index(part.component), part.matter or 0


def _oldest(part: Part) -> tuple[Any, ...]:
    return part.amount > 0, part.date, *_by_line(part)


_ORDERS: dict[str, Callable[[Part], tuple[Any, ...]]] = {
    "proportional": lambda part: (part.component == "adjustment", *_by_line(part)),
    "fifo": lambda part: (part.component == "adjustment", *_oldest(part)),
    "fees_first": lambda part: (
        part.component == "adjustment",
        part.amount > 0,
        part.kind == "expenses",
        *_oldest(part),
    ),
    "expenses_first": lambda part: (
        part.component == "adjustment",
        part.amount > 0,
        part.kind != "expenses",
        *_oldest(part),
    ),
}
Originations = dict[int, list[tuple[int, Decimal]]]  # matter -> people with their shares


def credits(
    records: Records, settled: Iterable[Settlement], originations: Originations
) -> Iterator[tuple[tuple[Any, ...], Decimal]]:
    """Yields the cash three times: by the person who worked, who runs the matter, who brought it in."""
    for one in settled:
        if one.settlement != "cash" or one.component == "trust":
            continue
        matter = records["matters"].get(one.matter) if one.matter else None
        people = {
            "working": one.part.user if one.part else None,
            "responsible": _attorney(matter, "responsible_attorney"),
            "originating": _attorney(matter, "originating_attorney"),
        }
        for credit, person in people.items():
            shares = [(person, Decimal(1))]
            if credit == "originating" and one.matter in originations:
                shares = [*sorted(originations[one.matter])]
            amounts = divide(one.amount, [share for _, share in shares])
            for (user, _), amount in zip(shares, amounts, strict=True):
                if amount:
                    yield (*one.key, credit, str(user) if user else "nobody"), amount


def _attorney(matter: Record | None, name: str) -> int | None:
    return matter[name].id if matter and matter[name] else None
