"""What seldom happens, planted in a firm before it is loaded: each is true, and has to be counted once."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clio_sandbox import Sandbox
from clio_sandbox.firm import Firm, Record, Ref

from .billed import STATES
from .rounding import ZERO

CENT = Decimal("0.01")


class NoBillFitsError(LookupError):
    """The firm has no bill that this can happen to."""


def plant(clio: Sandbox) -> dict[str, int]:
    """Plants every oddity that the firm has a bill for, each on its own; returns their ids by oddity."""
    planted = {}
    with clio.lock:
        hand = _Hand(clio.firm, set())
        for planting in PLANTINGS:
            with suppress(NoBillFitsError):
                planted[planting.__name__.removeprefix("_")] = planting(hand)
    return planted


@dataclass(frozen=True)
class _Hand:
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


def _has_lines(least: int) -> Callable[[Record, list[Record]], bool]:
    return lambda bill, lines: len(lines) >= least and len(bill["matters"]) == 1 and bill["due"] > 100


def _is_over(matters: int) -> Callable[[Record, list[Record]], bool]:
    return lambda bill, lines: len(bill["matters"]) == matters and bill["due"] > 100


def _voided_payment(hand: _Hand) -> int:
    bill = hand.bill(_has_lines(2))
    hand.pay(bill, Decimal("40.40"), bill["matters"][0].id)
    allocation = [a for a in hand.firm.records["allocations"].values() if a["bill"].id == bill["id"]][-1]
    hand.firm.edit("allocations", allocation["id"], {"voided_at": hand.firm.now})
    hand.firm.edit("bills", bill["id"], {"paid": ZERO, "balance": bill["due"]})
    return int(bill["id"])


def _edited_line(hand: _Hand) -> int:
    """The bill asks for 25 less than the entry is worth."""

    def fits(bill: Record, lines: list[Record]) -> bool:
        is_worth = bool(lines) and lines[0]["type"] == "ActivityLineItem" and lines[0]["total"] > 25
        return is_worth and _has_lines(2)(bill, lines)

    bill = hand.bill(fits)
    line = hand.lines(bill)[0]
    less = {name: line[name] - 25 for name in ("sub_total", "total")}
    hand.firm.edit("line_items", line["id"], less)
    hand.change(bill, total=Decimal(-25), due=Decimal(-25))
    return int(bill["id"])


def _overpaid(hand: _Hand) -> int:
    bill = hand.bill(_has_lines(2))
    hand.pay(bill, bill["due"] - 10)
    hand.pay(bill, Decimal("35.00"))
    return int(bill["id"])


def _paid_after_it_was_deleted(hand: _Hand) -> int:
    bill = hand.bill(lambda bill, lines: True, "deleted")
    hand.pay(bill, Decimal("60.00"), bill["matters"][0].id)
    return int(bill["id"])


def _trust_request_paid_by_allocation(hand: _Hand) -> int:
    bill = next(b for b in hand.firm.records["bills"].values() if b["kind"] == "trust_kind")
    hand.pay(bill, Decimal("70.00"), bill["matters"][0].id)
    return int(bill["id"])


def _billed_over_three_matters(hand: _Hand) -> int:
    """Each line in turn goes to one of three matters; two of them pay a part."""
    bill = hand.bill(_has_lines(5))
    first = bill["matters"][0].id
    others = [int(m) for m in hand.firm.records["matters"] if m != first][:2]
    matters = [first, *others]
    owed = dict.fromkeys(matters, ZERO)
    for n, line in enumerate(hand.lines(bill)):
        hand.firm.edit("line_items", line["id"], {"matter": Ref("matters", matters[n % 3])})
        owed[matters[n % 3]] += line["total"]
    off = bill["total"] - bill["due"]
    balances = [
        {
            "id": m,
            "type": "Matter",
            "amount": owed[m],
            "due": owed[m] - (off if m == first else ZERO),
            "interest_amount": ZERO,
        }
        for m in matters
    ]
    hand.change(bill, matters=[Ref("matters", m) for m in matters], balances=balances)
    hand.pay(bill, min(owed[matters[0]], Decimal("33.33")), matters[0])
    hand.pay(bill, min(owed[matters[2]], Decimal("44.44")), matters[2])
    return int(bill["id"])


def _paid_without_naming_one_of_two_matters(hand: _Hand) -> int:
    bill = hand.bill(_is_over(2))
    hand.pay(bill, Decimal("50.01"), bill["matters"][1].id)
    hand.pay(bill, Decimal("20.02"))
    return int(bill["id"])


def _one_matter_paid_more_than_its_part(hand: _Hand) -> int:
    bill = hand.bill(_is_over(2))
    hand.pay(bill, bill["due"], bill["matters"][0].id)
    return int(bill["id"])


def _discount_that_its_matters_do_not_tell(hand: _Hand) -> int:
    bill = hand.bill(_has_lines(3))
    hand.change(bill, due=Decimal("-33.34"))
    hand.pay(bill, Decimal("12.35"), bill["matters"][0].id)
    return int(bill["id"])


def _discount_beyond_its_services(hand: _Hand) -> int:
    def both(bill: Record, lines: list[Record]) -> bool:
        kinds = {line["kind"] for line in lines}
        return len(kinds) == 2 and bill["due"] > bill["services_sub_total"] + 20 and len(bill["matters"]) == 1

    bill = hand.bill(both)
    hand.change(bill, due=-bill["services_sub_total"] - 5, discount_services_only="true")
    return int(bill["id"])


def _tax_rounded_on_the_bill(hand: _Hand) -> int:
    bill = hand.bill(_has_lines(2))
    hand.change(bill, total=CENT, due=CENT)
    hand.pay(bill, Decimal("19.99"), bill["matters"][0].id)
    hand.pay(bill, bill["balance"], bill["matters"][0].id)
    return int(bill["id"])


def _line_below_zero(hand: _Hand) -> int:
    bill = hand.bill(_has_lines(3))
    line = hand.lines(bill)[-1]
    refund = -line["total"] - 15
    hand.firm.edit(
        "line_items",
        line["id"],
        {
            "sub_total": Decimal(-15),
            "tax": ZERO,
            "secondary_tax": ZERO,
            "total": Decimal(-15),
            "discount": None,
        },
    )
    hand.change(bill, total=refund, due=refund)
    hand.pay(bill, Decimal("21.21"), bill["matters"][0].id)
    hand.pay(bill, bill["balance"] - 7, bill["matters"][0].id)
    return int(bill["id"])


def _interest_paid_where_none_is_charged(hand: _Hand) -> int:
    bill = hand.bill(_has_lines(2))
    hand.pay(bill, Decimal("5.05"), bill["matters"][0].id, interest=True)
    return int(bill["id"])


def _interest_that_its_matters_do_not_tell(hand: _Hand) -> int:
    bill = hand.bill(_has_lines(2))
    hand.change(
        bill,
        total=Decimal("9.99"),
        due=Decimal("9.99"),
        interest=bill["interest"] | {"total": Decimal("9.99"), "balance": Decimal("9.99")},
    )
    hand.pay(bill, Decimal("4.00"), bill["matters"][0].id, interest=True)
    return int(bill["id"])


def _entry_deleted_from_under_its_line(hand: _Hand) -> int:
    bill = hand.bill(lambda bill, lines: len(lines) > 1 and lines[0]["activity"] is not None)
    hand.firm.delete("activities", hand.lines(bill)[0]["activity"].id)
    hand.pay(bill, Decimal("30.00"), hand.lines(bill)[0]["matter"].id)
    return int(bill["id"])


def _entry_deleted_from_a_split_invoice(hand: _Hand) -> int:
    bill = hand.bill(lambda bill, lines: bill["kind"] == "aggregate_split" and len(lines) > 1)
    hand.firm.delete("activities", hand.lines(bill)[0]["activity"].id)
    return int(bill["id"])


def _half_of_a_split_invoice_voided(hand: _Hand) -> int:
    bill = hand.bill(lambda bill, lines: bill["kind"] == "aggregate_split" and len(lines) > 1)
    hand.change(bill, state="void", balance=ZERO)
    return int(bill["id"])


def _line_never_seen(hand: _Hand) -> int:
    """The entry is billed, and the bill asks for it, but its line is missing."""
    bill = hand.bill(lambda bill, lines: len(lines) > 1 and lines[0]["activity"] is not None)
    hand.firm.delete("line_items", hand.lines(bill)[0]["id"])
    return int(bill["id"])


def _more_paid_out_than_the_client_had(hand: _Hand) -> int:
    """Seven dollars of other clients' money are paid for a matter; its bank and its balances tell it."""
    records = hand.firm.records
    bank = next(a for a in records["bank_accounts"].values() if a["type"] == "Trust" and a["balance"] > 7)
    first = next(t for t in records["bank_transactions"].values() if t["bank_account"].id == bank["id"])
    matter = records["matters"][first["matter"].id]
    of_matter = next(b for b in matter["account_balances"] if b["id"] == bank["id"])
    had = of_matter["balance"]
    left = bank["balance"] - had - 7
    paid = {"amount": -had - 7, "funds_out": had + 7, "transaction_type": "Disbursement", "source": "Firm"}
    balances = {"funds_in": ZERO, "current_account_balance": left, "date": hand.firm.now.date()}
    kept = ("bank_account", "bank_account_id", "client", "currency", "currency_id", "matter", "type")
    id = hand.firm.insert("bank_transactions", {name: first[name] for name in kept} | paid | balances)
    hand.firm.edit("bank_accounts", bank["id"], {"balance": left})
    of_matter = [
        b | {"balance": Decimal(-7)} if b["id"] == bank["id"] else b for b in matter["account_balances"]
    ]
    hand.firm.edit("matters", matter["id"], {"account_balances": of_matter})
    return int(id)


PLANTINGS = (
    _billed_over_three_matters,
    _discount_beyond_its_services,
    _paid_without_naming_one_of_two_matters,
    _one_matter_paid_more_than_its_part,
    _half_of_a_split_invoice_voided,
    _entry_deleted_from_a_split_invoice,
    _line_below_zero,
    _discount_that_its_matters_do_not_tell,
    _voided_payment,
    _edited_line,
    _overpaid,
    _paid_after_it_was_deleted,
    _trust_request_paid_by_allocation,
    _tax_rounded_on_the_bill,
    _interest_paid_where_none_is_charged,
    _interest_that_its_matters_do_not_tell,
    _entry_deleted_from_under_its_line,
    _line_never_seen,
    _more_paid_out_than_the_client_had,
)
