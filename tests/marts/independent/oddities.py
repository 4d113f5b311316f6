"""What seldom happens, planted in a firm before it is loaded: each is true, and has to be counted once."""

from contextlib import suppress
from decimal import Decimal

from clio_sandbox import Sandbox
from clio_sandbox.firm import Record, Ref

from .hand import Hand, NoBillFitsError, has_lines, is_over
from .held import amount_of
from .rounding import ZERO

CENT = Decimal("0.01")


def plant(clio: Sandbox) -> dict[str, int]:
    """Plants every oddity that the firm has a bill for, each on its own; returns their ids by oddity."""
    planted = {}
    with clio.lock:
        hand = Hand(clio.firm, set())
        for planting in PLANTINGS:
            with suppress(NoBillFitsError):
                planted[planting.__name__.removeprefix("_")] = planting(hand)
    return planted


def _voided_payment(hand: Hand) -> int:
    bill = hand.bill(has_lines(2))
    hand.pay(bill, Decimal("40.40"), bill["matters"][0].id)
    allocation = [a for a in hand.firm.records["allocations"].values() if a["bill"].id == bill["id"]][-1]
    hand.firm.edit("allocations", allocation["id"], {"voided_at": hand.firm.now})
    hand.firm.edit("bills", bill["id"], {"paid": ZERO, "balance": bill["due"]})
    return int(bill["id"])


def _edited_line(hand: Hand) -> int:
    """The bill asks for 25 less than the entry is worth."""

    def fits(bill: Record, lines: list[Record]) -> bool:
        is_worth = bool(lines) and lines[0]["type"] == "ActivityLineItem" and lines[0]["total"] > 25
        return is_worth and has_lines(2)(bill, lines)

    bill = hand.bill(fits)
    line = hand.lines(bill)[0]
    less = {name: line[name] - 25 for name in ("sub_total", "total")}
    hand.firm.edit("line_items", line["id"], less)
    hand.change(bill, total=Decimal(-25), due=Decimal(-25))
    return int(bill["id"])


def _overpaid(hand: Hand) -> int:
    bill = hand.bill(has_lines(2))
    hand.pay(bill, bill["due"] - 10)
    hand.pay(bill, Decimal("35.00"))
    return int(bill["id"])


def _paid_after_it_was_deleted(hand: Hand) -> int:
    bill = hand.bill(lambda bill, lines: True, "deleted")
    hand.pay(bill, Decimal("60.00"), bill["matters"][0].id)
    return int(bill["id"])


def _trust_request_paid_by_allocation(hand: Hand) -> int:
    bill = next(b for b in hand.firm.records["bills"].values() if b["kind"] == "trust_kind")
    hand.pay(bill, Decimal("70.00"), bill["matters"][0].id)
    return int(bill["id"])


def _billed_over_three_matters(hand: Hand) -> int:
    """Each line in turn goes to one of three matters; two of them pay a part."""
    bill = hand.bill(has_lines(5))
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


def _paid_without_naming_one_of_two_matters(hand: Hand) -> int:
    bill = hand.bill(is_over(2))
    hand.pay(bill, Decimal("50.01"), bill["matters"][1].id)
    hand.pay(bill, Decimal("20.02"))
    return int(bill["id"])


def _one_matter_paid_more_than_its_part(hand: Hand) -> int:
    bill = hand.bill(is_over(2))
    hand.pay(bill, bill["due"], bill["matters"][0].id)
    return int(bill["id"])


def _discount_that_its_matters_do_not_tell(hand: Hand) -> int:
    bill = hand.bill(has_lines(3))
    hand.change(bill, due=Decimal("-33.34"))
    hand.pay(bill, Decimal("12.35"), bill["matters"][0].id)
    return int(bill["id"])


def _discount_beyond_its_services(hand: Hand) -> int:
    def both(bill: Record, lines: list[Record]) -> bool:
        kinds = {line["kind"] for line in lines}
        return len(kinds) == 2 and bill["due"] > bill["services_sub_total"] + 20 and len(bill["matters"]) == 1

    bill = hand.bill(both)
    hand.change(bill, due=-bill["services_sub_total"] - 5, discount_services_only="true")
    return int(bill["id"])


def _tax_rounded_on_the_bill(hand: Hand) -> int:
    bill = hand.bill(has_lines(2))
    hand.change(bill, total=CENT, due=CENT)
    hand.pay(bill, Decimal("19.99"), bill["matters"][0].id)
    hand.pay(bill, bill["balance"], bill["matters"][0].id)
    return int(bill["id"])


def _line_below_zero(hand: Hand) -> int:
    bill = hand.bill(has_lines(3))
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


def _interest_paid_where_none_is_charged(hand: Hand) -> int:
    bill = hand.bill(has_lines(2))
    hand.pay(bill, Decimal("5.05"), bill["matters"][0].id, interest=True)
    return int(bill["id"])


def _interest_that_its_matters_do_not_tell(hand: Hand) -> int:
    bill = hand.bill(has_lines(2))
    hand.change(
        bill,
        total=Decimal("9.99"),
        due=Decimal("9.99"),
        interest=bill["interest"] | {"total": Decimal("9.99"), "balance": Decimal("9.99")},
    )
    hand.pay(bill, Decimal("4.00"), bill["matters"][0].id, interest=True)
    return int(bill["id"])


def _entry_deleted_from_under_its_line(hand: Hand) -> int:
    bill = hand.bill(lambda bill, lines: len(lines) > 1 and lines[0]["activity"] is not None)
    hand.firm.delete("activities", hand.lines(bill)[0]["activity"].id)
    hand.pay(bill, Decimal("30.00"), hand.lines(bill)[0]["matter"].id)
    return int(bill["id"])


def _entry_deleted_from_a_split_invoice(hand: Hand) -> int:
    bill = hand.bill(lambda bill, lines: bill["kind"] == "aggregate_split" and len(lines) > 1)
    hand.firm.delete("activities", hand.lines(bill)[0]["activity"].id)
    return int(bill["id"])


def _half_of_a_split_invoice_voided(hand: Hand) -> int:
    bill = hand.bill(lambda bill, lines: bill["kind"] == "aggregate_split" and len(lines) > 1)
    hand.change(bill, state="void", balance=ZERO)
    return int(bill["id"])


def _line_never_seen(hand: Hand) -> int:
    """The entry is billed, and the bill asks for it, but its line is missing."""
    bill = hand.bill(lambda bill, lines: len(lines) > 1 and lines[0]["activity"] is not None)
    hand.firm.delete("line_items", hand.lines(bill)[0]["id"])
    return int(bill["id"])


def _more_paid_out_than_the_client_had(hand: Hand) -> int:
    """Seven dollars of other clients' money are paid for a matter; its bank and its balances tell it."""
    records = hand.firm.records
    bank = next(a for a in records["bank_accounts"].values() if a["type"] == "Trust" and a["balance"] > 7)
    moved = [t for t in records["bank_transactions"].values() if t["bank_account"].id == bank["id"]]
    client, matter = moved[0]["client"], records["matters"][moved[0]["matter"].id]
    had = sum((amount_of(t) for t in moved if t["client"] == client), ZERO)
    paid = {"funds_in": ZERO, "funds_out": had + 7, "amount": -had - 7, "date": hand.firm.now.date()}
    kept = ("bank_account", "bank_account_id", "client", "currency", "currency_id", "matter", "type")
    id = hand.firm.insert("bank_transactions", {name: moved[0][name] for name in kept} | paid)
    hand.firm.edit("bank_accounts", bank["id"], {"balance": bank["balance"] - had - 7})
    left = [
        held | {"balance": held["balance"] - had - 7} if held["id"] == bank["id"] else held
        for held in matter["account_balances"]
    ]
    hand.firm.edit("matters", matter["id"], {"account_balances": left})
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
