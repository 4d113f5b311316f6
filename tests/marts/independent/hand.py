"""The hand that plants: it takes a bill once, changes it so that it stays added up, and pays it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clio_sandbox.firm import Firm, Record, Ref

from .billed import STATES
from .rounding import ZERO


class NoBillFitsError(LookupError):
    """The firm has no bill that this can happen to."""


@dataclass(frozen=True)
class Hand:
    """Writes into the firm, and takes no bill twice."""

    firm: Firm
    taken: set[int]

    def bill(self, fits: Callable[[Record, list[Record]], bool], state: str = "awaiting_payment") -> Record:
        """Returns a bill in US dollars that has neither payments nor interest, with at least three lines."""
        records = self.firm.records
        paid = {allocation["bill"].id for allocation in records["allocations"].values()}
        for id, bill in records["bills"].items():
            if bill["state"] == state and id not in paid | self.taken and not bill["interest"]["total"]:
                dollars = records["currencies"][bill["currency"].id]["code"] == "USD"
                if dollars and bill["kind"] != "trust_kind" and fits(bill, self.lines(bill)):
                    self.taken.add(int(id))
                    return bill
        raise NoBillFitsError

    def lines(self, bill: Record) -> list[Record]:
        lines = self.firm.records["line_items"].values()
        return [i for i in lines if i["bill"].id == bill["id"] and i["type"] != "SummaryLineItem"]

    def change(self, bill: Record, total: Decimal = ZERO, due: Decimal = ZERO, **changes: Any) -> None:
        """Adds to what a bill asks for; it stays added up."""
        self.firm.edit(
            "bills",
            bill["id"],
            {
                "total": bill["total"] + total,
                "due": bill["due"] + due,
                "balance": bill["balance"] + due,
                **changes,
            },
        )

    def pay(self, bill: Record, amount: Decimal, matter: int | None = None, interest: bool = False) -> None:
        """Allocates money to a bill."""
        self.firm.insert(
            "allocations",
            {
                "amount": amount,
                "bill": Ref("bills", bill["id"]),
                "contact": bill["client"],
                "date": self.firm.now.date(),
                "interest": interest,
                "matter": Ref("matters", matter) if matter else None,
                "parent": {"id": 9_900_000_000 + len(self.taken), "type": "Payment", "identifier": "Odd"},
            },
        )
        if STATES[bill["state"]] == "approved":
            paid, balance = bill["paid"] + amount, bill["balance"] - amount
            state = "awaiting_payment" if balance else "paid"
            self.firm.edit("bills", bill["id"], {"paid": paid, "balance": balance, "state": state})


def has_lines(least: int) -> Callable[[Record, list[Record]], bool]:
    return lambda bill, lines: len(lines) >= least and len(bill["matters"]) == 1 and bill["due"] > 100


def is_over(matters: int) -> Callable[[Record, list[Record]], bool]:
    return lambda bill, lines: len(bill["matters"]) == matters and bill["due"] > 100
