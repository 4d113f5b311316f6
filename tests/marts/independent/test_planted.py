"""Errors and rarities planted in firms: each is found where one would look for it, and counted once."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from .billed import Records, id_of
from .oddities import PLANTINGS
from .recomputed import CENT, ODD, Recomputed
from .rounding import ZERO

pytestmark = pytest.mark.xdist_group("recomputed")

NOT_BILLS = ("more_paid_out_than_the_client_had",)


def planted(recomputed: Recomputed, what: str) -> Iterator[tuple[str, int]]:
    """Yields the accounts in which something is planted, with its id; there is one at least."""
    found = [(account, ids[what]) for account, ids in recomputed.planted.items() if what in ids]
    assert found
    yield from found


def asked(recomputed: Recomputed, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with recomputed.connect() as connection:
        return connection.execute(query, values).fetchall()


def test_all_that_is_planted_is_in_some_firm(recomputed: Recomputed) -> None:
    names = {name for account in ODD for name in recomputed.planted[account]}
    assert names == {planting.__name__.removeprefix("_") for planting in PLANTINGS}


def test_integrity_tests_find_what_is_wrong_and_nothing_else(recomputed: Recomputed) -> None:
    assert recomputed.found == {
        "assert_receivables_are_made_up_of_open_parts": set(planted(recomputed, "paid_after_it_was_deleted")),
        "assert_no_client_has_less_than_nothing_in_trust": set(
            planted(recomputed, "more_paid_out_than_the_client_had")
        ),
    }


def test_a_cent_in_a_trust_statement_is_found_in_its_month(recomputed: Recomputed) -> None:
    query = """
        select account, statement_difference_amount, is_reconciled
        from fct_trust_reconciliation where statement_difference_amount <> 0"""
    assert sorted(asked(recomputed, query)) == sorted((account, CENT, False) for account in ODD)


def test_a_negative_client_ledger_is_found_in_its_month(recomputed: Recomputed) -> None:
    query = """
        select account, negative_client_count, negative_client_amount, is_reconciled
        from fct_trust_reconciliation where negative_client_count <> 0"""
    overdrawn = planted(recomputed, "more_paid_out_than_the_client_had")
    assert sorted(asked(recomputed, query)) == sorted((account, 1, -7, False) for account, _ in overdrawn)


def test_all_other_months_are_reconciled(recomputed: Recomputed) -> None:
    query = """
        select count(*) filter (not is_reconciled and statement_difference_amount = 0
            and negative_client_count = 0), count(*) filter (is_reconciled)
        from fct_trust_reconciliation"""
    ((wrong, right),) = asked(recomputed, query)
    assert (wrong, right > 20) == (0, True)


# How often a bill is there, and how much of it.
COUNTED = {
    "fct_bills": "count(*), sum(due_amount)",
    "fct_bill_lines": "count(*), sum(due_amount + bill_discount_amount)",
    "int_receivables__parts": "count(distinct bill_id), sum(due_amount)",
    "fct_payments": "count(*), sum(amount)",
    "int_settlements__spread": "count(distinct allocation_id), sum(amount)",
    "fct_receivables_aging": "count(distinct bill_id), sum(balance_amount)",
}


def test_every_bill_with_something_planted_is_counted_once(recomputed: Recomputed) -> None:
    for account, ids in recomputed.planted.items():
        counted = {
            model: {
                bill: sums
                for bill, *sums in asked(
                    recomputed,
                    f"select bill_id, {sums} from {model} where account = ? group by bill_id",
                    account,
                )
            }
            for model, sums in COUNTED.items()
        }
        for what, id in ids.items():
            if what not in NOT_BILLS:
                ours = {model: counted[model].get(id, [0, None]) for model in COUNTED}
                assert ours == _told(recomputed.firms[account].records, id), (account, what)


def _told(records: Records, id: int) -> dict[str, list[int | Decimal | None]]:
    """Returns the same of a bill as the firm has it."""
    bill = records["bills"][id]
    is_approved = bill["kind"] != "trust_kind" and bill["state"] in ("awaiting_payment", "paid")
    lines = [line for line in records["line_items"].values() if line["bill"].id == id]
    values = [line["total"] for line in lines if line["type"] != "SummaryLineItem"]
    allocations = [a for a in records["allocations"].values() if a["bill"].id == id]
    settled = [a["amount"] for a in allocations if a["voided_at"] is None]
    return {
        "fct_bills": [1, bill["due"]],
        "fct_bill_lines": _count(values),
        "int_receivables__parts": _count([bill["due"]] if is_approved else []),
        "fct_payments": _count([a["amount"] for a in allocations]),
        "int_settlements__spread": _count(settled),
        "fct_receivables_aging": _count([bill["balance"]] if is_approved and bill["balance"] else []),
    }


def _count(amounts: Sequence[Decimal]) -> list[int | Decimal | None]:
    """Returns as SQL does how many amounts there are, and their sum."""
    return [len(amounts), sum(amounts, ZERO) if amounts else None]


def test_a_voided_payment_is_listed_and_settles_nothing(recomputed: Recomputed) -> None:
    for account, bill in planted(recomputed, "voided_payment"):
        key = (account, bill)
        listed = "select amount, is_voided from fct_payments where account = ? and bill_id = ?"
        assert asked(recomputed, listed, *key) == [(Decimal("40.40"), True)]
        events = "select event_type, amount from int_receivables__events where account = ? and bill_id = ?"
        due = recomputed.firms[account].records["bills"][bill]["due"]
        amounts = {"issued": due, "payment": Decimal("-40.40"), "payment_voided": Decimal("40.40")}
        assert dict(asked(recomputed, events, *key)) == amounts


def test_an_edited_line_tells_what_was_edited(recomputed: Recomputed) -> None:
    for account, bill in planted(recomputed, "edited_line"):
        edited = (
            "select edited_amount, entered_amount - billed_gross_amount from int_work__ledger "
            "where account = ? and bill_id = ? and edited_amount <> 0 and activity_id is not null"
        )
        assert asked(recomputed, edited, account, bill) == [(Decimal(-25), Decimal(25))]
        lost = "select amount from fct_write_offs where account = ? and bill_id = ? and reason = 'edited'"
        assert asked(recomputed, lost, account, bill) == [(Decimal(25),)]


@pytest.mark.parametrize("what", ["entry_deleted_from_under_its_line", "entry_deleted_from_a_split_invoice"])
def test_a_deleted_entry_leaves_its_line_in_the_ledger_once(recomputed: Recomputed, what: str) -> None:
    for account, bill in planted(recomputed, what):
        lines = recomputed.firms[account].records["line_items"]
        orphans = [
            (f"line-{id}", line["sub_total"])
            for id, line in lines.items()
            if id_of(line["bill"]) == bill and line["type"] == "ActivityLineItem" and not line["activity"]
        ]
        assert orphans
        query = (
            "select work_key, billed_gross_amount from int_work__ledger "
            "where account = ? and bill_id = ? and activity_id is null and work_key in "
            "(select 'line-' || line_item_id from fct_bill_lines where line_type = 'ActivityLineItem')"
        )
        assert sorted(asked(recomputed, query, account, bill)) == sorted(orphans)


def test_a_bill_over_three_matters_is_one_bill_that_each_of_them_owes_a_part_of(
    recomputed: Recomputed,
) -> None:
    for account, bill in planted(recomputed, "billed_over_three_matters"):
        query = (
            "select count(distinct matter_id), count(*), sum(balance_amount) from fct_receivables_aging "
            "where account = ? and bill_id = ?"
        )
        balance = recomputed.firms[account].records["bills"][bill]["balance"]
        assert asked(recomputed, query, account, bill) == [(3, 3, balance)]


def test_two_currencies_are_never_added_up(recomputed: Recomputed) -> None:
    for account, firm in recomputed.firms.items():
        codes = {id: currency["code"] for id, currency in firm.records["currencies"].items()}
        owed = dict.fromkeys(codes.values(), ZERO)
        for bill in firm.records["bills"].values():
            if bill["kind"] != "trust_kind" and bill["state"] == "awaiting_payment":
                owed[codes[bill["currency"].id]] += bill["balance"]
        theirs = {code: amount for code, amount in owed.items() if amount}
        assert len(theirs) == 2
        for mart in ("fct_receivables_aging", "int_receivables__events"):
            amount = "balance_amount" if mart.startswith("fct") else "amount"
            query = f"select currency_code, sum({amount}) from {mart} where account = ? group by 1"
            assert dict(asked(recomputed, query, account)) == theirs
        kpi = "select currency_key, kpi_value from fct_kpis where account = ? and kpi = 'receivables'"
        assert dict(asked(recomputed, kpi, account)) == theirs
